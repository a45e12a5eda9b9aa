"""`communitykit login`: a token by logging in, kept where later runs find it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import completing
from communitykit.cli.app import Json, Sets, app, errors
from communitykit.cli.asking import ask
from communitykit.cli.configured import FromConfig, configured
from communitykit.cli.output import copy_out, print_json, say, warn
from communitykit.cli.progress import waits_told
from communitykit.cli.pull import checked_source, settings_for
from communitykit.errors import SettingsError

if TYPE_CHECKING:
    from communitykit.config import Config, NamedSource
    from communitykit.doors.api import Session


@app.command()
def login(  # the options of the command
    name: Annotated[
        str,
        typer.Argument(help="The connector; with --config one of its sources.", autocompletion=completing.login),
    ],
    *,
    config: FromConfig = None,
    sets: Sets = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--credential-store",
            metavar="FILE",
            help="Where the tokens are kept (0600), or keyring: the system's. Default: credentials.json.",
            autocompletion=completing.credential_stores,
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Where the browser comes back to, on this machine.")] = 8912,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for name and password here, where the platform offers both.")
    ] = False,
    manifest: Annotated[
        bool, typer.Option("--manifest", help="Only print the app to be registered, ready to paste.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Log in to a platform from this terminal. The tokens are kept where later runs find them."""
    from communitykit.doors.login import Asking, log_in  # noqa: PLC0415 # imported only when used

    with errors():
        file = configured(config)
        _check_login(name, file)
        if file is None:
            sets = [*(sets or []), *_kept_in(name, store, sets)]
        elif store is not None:
            raise SettingsError("the configuration says where tokens are kept", remedy="Leave --credential-store out.")
        with checked_source(name, file, sets) as source:
            session = _session(source)
            if manifest:
                _print_manifest(session, port, as_json=as_json)
                return
            asking = Asking(warn, lambda text, hidden: ask(text, hidden=hidden))
            with waits_told(session):
                log_in(session, asking, port=port, visit=not password)
            place = str(session.conductor.settings.credential_store)
        if as_json:
            print_json({"name": name, "credential_store": place})
        else:
            say(f"Logged in. The tokens are kept in {place}.")
            if file is None:
                variable = f"COMMUNITYKIT_{name.upper().replace('-', '_')}_CREDENTIAL_STORE"
                say(f"Later runs find them there: export {variable}={place}")


def _check_login(name: str, file: Config | None) -> None:
    """Raise SettingsError for a platform without a login, before anything else of it is asked for."""
    from communitykit.connector.registry import registry  # noqa: PLC0415 # imported only when used
    from communitykit.doors.login import no_login  # noqa: PLC0415 # same

    names = [name] if file is None else [one.connector for one in file.sources if one.name == name and not one.archive]
    for one in names:
        connector = registry().get(one)
        if connector.login is None:
            raise no_login(connector)


def _session(source: Session | NamedSource) -> Session:
    from communitykit.doors.api import Session  # noqa: PLC0415 # imported only when used

    session = source if isinstance(source, Session) else source.session
    if not isinstance(session, Session):
        raise SettingsError("an archive needs no login", remedy="Name a source that is a platform.")
    return session


def _kept_in(name: str, store: str | None, sets: list[str] | None) -> list[str]:
    """Return where tokens are kept, as a setting, unless the settings say it."""
    import os  # noqa: PLC0415 # here alone

    from communitykit.connector.registry import registry  # noqa: PLC0415 # same

    told = settings_for(name, [name], sets)
    variable = f"COMMUNITYKIT_{name.upper().replace('-', '_')}_CREDENTIAL_STORE"
    if "credential_store" in told or (store is None and os.environ.get(variable)):
        return []
    registry().get(name)
    return [f"credential_store={store or Path('credentials.json').absolute()}"]


def _print_manifest(session: Session, port: int, *, as_json: bool) -> None:
    from communitykit.doors.login import manifest  # noqa: PLC0415 # imported only when used

    told = manifest(session, port=port)
    if told is None:
        raise SettingsError(f"{session.connector.title} has no manifest", remedy="Register the app by hand.")
    if as_json:
        print_json(told)
        return
    where = getattr(session.connector.login, "manifest_at", "")
    warn(f"Paste this at {where}, and give the app's client id: --set client_id=…")
    copy_out(json.dumps(told, indent=2))

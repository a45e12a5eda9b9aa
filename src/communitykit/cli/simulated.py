"""What the commands of `communitykit sandbox` do: platforms for any client, and their export archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import cast

from communitykit.cli.output import print_json, print_table, say
from communitykit.cli.passing import TIMES, Passing, passing
from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.errors import SettingsError
from communitykit.model.values import JSON
from communitykit.sandbox import Platform, Server, World, parse_fault, serve
from communitykit.sandbox.roster import write_roster


@dataclass(frozen=True, slots=True)
class Company:
    """Which company: how large, which of all (the seed), and its own day as a date, today's if none is said."""

    size: str
    seed: int
    today: str | None

    def world(self, platforms: Iterable[str], *, before: timedelta = timedelta(0)) -> World:
        """Return it, on these platforms, as it was so long before its day.

        Raises SettingsError for a size or day that does not exist.
        """
        try:
            # The same company all day long, so that it can be served again and go on where it stood.
            day = date.fromisoformat(self.today) if self.today else datetime.now(UTC).date()
            now = datetime.combine(day, time.min, UTC) - before
            return World(seed=self.seed, size=cast("JSON", self.size), now=now, platforms=tuple(platforms))
        except (KeyError, ValueError, OverflowError) as error:
            raise SettingsError(f"there is no such company: {error}") from None


def simulated() -> dict[str, Connector]:
    """Return the installed connectors that have a sandbox, by name.

    Raises SettingsError when none has.
    """
    found = {name: one for name, one in sorted(registry().connectors.items()) if one.sandbox is not None}
    if not found:
        raise SettingsError(
            "no installed connector has a sandbox",
            remedy="The extra [all] brings no platform, each is a package: pip install communitykit_slack-*.whl, where "
            "its wheel is; from a clone: pip install ./plugins/communitykit-slack.",
        )
    return found


def platform_of(connector: Connector) -> Platform:
    """Return a connector's simulated platform.

    Raises SettingsError when it has none.
    """
    if connector.sandbox is None:
        raise SettingsError(f"{connector.name} has no sandbox", remedy=f"Those that have: {', '.join(simulated())}.")
    platform: Platform = connector.simulated()
    return platform


def serve_platforms(
    name: str | None,
    *,
    company: Company,
    port: int,
    faults: list[str],
    advance: timedelta | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Serve one simulated platform, or all of them, until Ctrl-C, or for `seconds`.

    With several, each takes the next port after `port`. With `advance`, the company begins some such lengths early, and
    an address of its own lets them pass.

    Raises SettingsError for a platform without sandbox, or a size or fault that does not exist.
    """
    chosen = {name: registry().get(name)} if name else simulated()
    platforms = {one: platform_of(connector) for one, connector in chosen.items()}
    world = company.world(platforms, before=(advance or timedelta(0)) * TIMES)
    with ExitStack() as stack:
        try:
            servers = {  # each with faults of its own: they count
                one: stack.enter_context(
                    serve(
                        world,
                        platform,
                        faults=[parse_fault(fault) for fault in faults],
                        port=port + number if port else 0,
                    )
                )
                for number, (one, platform) in enumerate(platforms.items())
            }
        except (KeyError, ValueError, OverflowError, OSError) as error:
            raise SettingsError(f"the sandbox cannot be served so: {error}") from None
        sites = [server.site for server in servers.values()]
        tell = _say_passed if not as_json else _print_passed
        address = stack.enter_context(passing(Passing(sites, advance), tell)) if advance else None
        if as_json:
            told = {one: _as_data(server) for one, server in servers.items()}
            print_json({**told, "advance": address} if address else told)
        else:
            for one, server in servers.items():
                title = f"{chosen[one].title}, {company.size} company of seed {company.seed}, for {_length(seconds)}"
                print_table(title, ("setting", "value"), [(key, str(value)) for key, value in server.settings.items()])
                say(f"For instance: communitykit pull {one} {_sets(server.settings)} --to served.duckdb")
                _say_login(one, server)
            if address:
                say(f"To let time pass: curl -X POST {address}")
        _wait(seconds)


def write_export(
    name: str,
    to: Path,
    *,
    style: str | None,
    company: Company,
    private: bool,
    roster: Path | None,
    as_json: bool,
) -> None:
    """Write an export archive of the fictional company, as the platform would have given it out, and its roster.

    Raises SettingsError for a platform without sandbox or exports, an unknown style, or a file that exists.
    """
    platform = platform_of(registry().get(name))
    styles = platform.archive_styles
    if not styles:
        raise SettingsError(f"{name} gives no export archives", remedy="Serve it: communitykit sandbox serve.")
    if style is not None and style not in styles:
        raise SettingsError(f"{name} has no export of the style {style!r}", remedy=f"It has: {', '.join(styles)}.")
    for one in filter(None, (to, roster)):
        if one.exists():
            raise SettingsError(f"{one} exists", remedy="Give another name.")
        if not one.absolute().parent.is_dir():
            raise SettingsError(f"the folder of {one} does not exist", remedy="Make it, or name another.")
    chosen = style or styles[0]
    world = company.world({name: platform})
    try:
        path = platform.write_archive(world, to, style=chosen, private=private)
        if roster:
            write_roster(world, roster)
    except OSError as error:
        raise SettingsError(f"{error.filename or to} cannot be written: {error.strerror}") from None
    if as_json:
        told = {"path": str(path), "platform": name, "style": chosen, "size": company.size, "seed": company.seed}
        print_json({**told, "roster": str(roster)} if roster else told)
    else:
        say(f"Wrote {path}: {chosen} export of the {company.size} company of seed {company.seed}.")
        say(f"For instance: communitykit import {name} {path} --to exported.duckdb")


def _sets(settings: Mapping[str, JSON]) -> str:
    return " ".join(f"--set {key}={value}" for key, value in settings.items())


def _say_login(name: str, server: Server) -> None:
    """Say how to log in, as who has no token does."""
    if server.login:
        say(f"Or log in, without the token: communitykit login {name} {_sets(server.login)}")
    if server.site.platform.account:
        say("With --password: user name {}, password {}".format(*server.site.platform.account))
    say("")


def _as_data(server: Server) -> dict[str, JSON]:
    settings = server.settings
    rate = settings.get("rate", server.rate)
    user, password = server.site.platform.account or (None, None)
    login = {"settings": {**server.login, "rate": str(rate)}, "user_name": user, "password": password}
    whole = {**settings, "base_url": settings.get("base_url", server.url), "rate": str(rate)}
    return {"settings": whole, "login": login if server.login else None}


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes and not rest else f"{seconds:.0f} s"


def _say_passed(told: dict[str, JSON]) -> None:
    happened = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in told["happened"].items())
    say(f"It is {told['now']}: {happened or 'nothing happened'}.")


def _print_passed(told: dict[str, JSON]) -> None:
    """Print nothing: what is asked by a program is answered to it."""


def _wait(seconds: float) -> None:
    deadline = monotonic() + seconds
    try:
        while monotonic() < deadline:
            sleep(min(1.0, max(0.0, deadline - monotonic())))
    except KeyboardInterrupt:
        say("Stopped.")

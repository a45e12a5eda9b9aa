"""`communitykit sandbox`: the fictional company's platforms for any client, and its export archives."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from communitykit.cli.output import print_json, print_table, say
from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.errors import SettingsError
from communitykit.sandbox import Platform, Server, World, parse_fault, serve


def simulated() -> dict[str, Connector]:
    """Return the installed connectors that have a sandbox, by name.

    Raises SettingsError when none has.
    """
    found = {name: one for name, one in sorted(registry().connectors.items()) if one.sandbox is not None}
    if not found:
        raise SettingsError("no installed connector has a sandbox", remedy="Install one: communitykit-<platform>.")
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
    name: str | None, *, size: str, seed: int, port: int, faults: list[str], seconds: float, as_json: bool
) -> None:
    """Serve one simulated platform, or all of them, until Ctrl-C, or for `seconds`.

    With several, each takes the next port after `port`.

    Raises SettingsError for a platform without sandbox, or a size or fault that does not exist.
    """
    chosen = {name: registry().get(name)} if name else simulated()
    platforms = {one: platform_of(connector) for one, connector in chosen.items()}
    world = _world(size, seed, platforms)
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
        if as_json:
            print_json({one: _as_data(server) for one, server in servers.items()})
        else:
            for one, server in servers.items():
                title = f"{chosen[one].title}, {size} company of seed {seed}, for {_length(seconds)}"
                print_table(title, ("setting", "value"), [(key, str(value)) for key, value in server.settings.items()])
                command = " ".join(f"--set {key}={value}" for key, value in server.settings.items())
                say(f"For instance: communitykit pull {one} {command} --to served.duckdb")
        _wait(seconds)


def write_export(name: str, to: Path, *, style: str | None, size: str, seed: int, private: bool, as_json: bool) -> None:
    """Write an export archive of the fictional company, as the platform would have given it out.

    Raises SettingsError for a platform without sandbox or exports, an unknown style, or a file that exists.
    """
    platform = platform_of(registry().get(name))
    styles = platform.archive_styles
    if not styles:
        raise SettingsError(f"{name} gives no export archives", remedy="Serve it: communitykit sandbox serve.")
    if style is not None and style not in styles:
        raise SettingsError(f"{name} has no export of the style {style!r}", remedy=f"It has: {', '.join(styles)}.")
    if to.exists():
        raise SettingsError(f"{to} exists", remedy="Give another name.")
    if not to.absolute().parent.is_dir():
        raise SettingsError(f"the folder of {to} does not exist", remedy="Make it, or name another.")
    chosen = style or styles[0]
    world = _world(size, seed, {name: platform})
    try:
        path = platform.write_archive(world, to, style=chosen, private=private)
    except OSError as error:
        raise SettingsError(f"{to} cannot be written: {error.strerror}") from None
    if as_json:
        print_json({"path": str(path), "platform": name, "style": chosen, "size": size, "seed": seed})
    else:
        say(f"Wrote {path}: {chosen} export of the {size} company of seed {seed}.")
        say(f"For instance: communitykit import {name} {path} --to exported.duckdb")


def _world(size: str, seed: int, platforms: dict[str, Platform]) -> World:
    try:
        # The same company all day long, so that it can be served again and go on where it stood.
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return World(seed=seed, size=cast("Any", size), now=today, platforms=tuple(platforms))
    except (KeyError, ValueError) as error:
        raise SettingsError(f"there is no such company: {error}") from None


def _as_data(server: Server) -> dict[str, Any]:
    settings = server.settings
    rate = settings.get("rate", server.rate)
    return {**settings, "base_url": settings.get("base_url", server.url), "rate": str(rate)}


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes and not rest else f"{seconds:.0f} s"


def _wait(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            time.sleep(min(1.0, max(0.0, deadline - time.monotonic())))
    except KeyboardInterrupt:
        say("Stopped.")

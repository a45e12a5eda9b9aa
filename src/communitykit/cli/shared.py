"""The options that every command takes: said once, and added to each command as it is registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from communitykit.cli import completing, output
from communitykit.cli.grouping import Below, narrow
from communitykit.cli.sparing import read_nothing, read_sparingly
from communitykit.errors import SettingsError

if TYPE_CHECKING:
    from communitykit.model.values import JSON

ASKED = {"debug": False, "json": False}
"""Whether tracebacks are asked for, and one JSON document."""


class MisusedError(typer.BadParameter):
    """A command was given what it cannot mean, said in words of our own."""

    def __init__(self, what: str, *, remedy: str) -> None:
        """Keep what is wrong, and what to do about it."""
        super().__init__(f"{what}. {remedy}")
        self.remedy = remedy

    def format_message(self) -> str:
        """Return all that is said, without a heading."""
        return self.message


def begin(*, debug: bool) -> None:
    """Forget what an earlier command of this process was asked."""
    ASKED.update(debug=debug, json=False)
    output.console.quiet = False
    output.LOG.begin()


def remember_json(value: bool) -> bool:  # noqa: FBT001 # as typer calls it
    """Remember that one JSON document is asked for."""
    ASKED["json"] = ASKED["json"] or value
    return value


def _verbose(value: int) -> None:
    if value:
        output.LOG.show(value)


def _format(value: str) -> None:
    if value not in {"text", "json"}:
        raise typer.BadParameter("is to be text or json", param_hint="--log-format")
    if value == "json":
        output.LOG.as_json()


def _quiet(value: bool) -> None:  # noqa: FBT001 # as typer calls it
    output.console.quiet = value


def _debug(value: bool) -> None:  # noqa: FBT001 # same
    ASKED["debug"] = ASKED["debug"] or value


def _options(
    *,
    _v: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            expose_value=False,
            callback=_verbose,
            show_default=False,
            help="Tell of runs, retries and long waits; -vv: of each request, without its credential.",
        ),
    ] = 0,
    _log: Annotated[
        str,
        typer.Option(
            "--log-format",
            expose_value=False,
            callback=_format,
            help="text or json: of all on the error stream.",
            autocompletion=completing.FORMATS_OF_LOGS,
        ),
    ] = "text",
    _tracebacks: Annotated[
        bool, typer.Option("--debug", expose_value=False, callback=_debug, help="Show tracebacks.")
    ] = False,
) -> None:
    """Carry the options of all commands."""


def _silence(
    *,
    _q: Annotated[
        bool, typer.Option("--quiet", expose_value=False, callback=_quiet, help="Print only what is wrong.")
    ] = False,
) -> None:
    """Carry the option of commands that do something, beside what they tell of it."""


def _params(carrier: Callable[..., None]) -> list[JSON]:
    alone = typer.Typer(add_completion=False)
    alone.command()(carrier)
    return list(typer.main.get_command(alone).params)


class Answering(TyperCommand):
    """A command whose output is what it is for."""

    def __init__(self, name: str | None, *, params: list[JSON] | None = None, **options: Any) -> None:  # noqa: ANN401 # typer's own
        """Add the options of all commands."""
        super().__init__(name, params=[*(params or []), *_params(_options)], **options)

    def get_help(self, ctx: JSON) -> str:
        """Return what `--help` prints."""
        return narrow(ctx, self.format_help)

    def parse_args(self, ctx: JSON, args: list[str]) -> list[str]:
        """Read what the command was given."""
        params = self.get_params(ctx)
        read_sparingly(params)
        if ctx.resilient_parsing:  # a shell asks
            read_nothing(params)
            completing.watch(params)
            args = completing.without_dangling(args, params)
        return super().parse_args(ctx, args)


class Doing(Answering):
    """A command that does something: `--quiet` leaves out what it tells of it."""

    def __init__(self, name: str | None, *, params: list[JSON] | None = None, **options: Any) -> None:  # noqa: ANN401 # same
        """Add `--quiet`."""
        super().__init__(name, params=[*(params or []), *_params(_silence)], **options)


class App(typer.Typer):
    """Commands, each with the options of all; `cls=Answering` for those whose output is what they are for."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 # typer's own
        """Take commands."""
        super().__init__(**{"cls": Below, **options})

    def command(self, name: str | None = None, **options: Any) -> Callable[[JSON], JSON]:  # noqa: ANN401 # typer's own
        """Register a command."""
        return super().command(name, **{"cls": Doing, **options})


def refuse_both(one: object, other: object, what: str) -> None:
    """Raise SettingsError where two things are said that cannot both be meant."""
    if one and other:
        raise SettingsError(f"{what} cannot both be meant", remedy="Leave one of them out.")

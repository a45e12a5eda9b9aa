"""In which order a user meets the commands, as `communitykit --help` lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Final

from typer.core import TyperGroup

from communitykit.cli.sparing import read_sparingly

if TYPE_CHECKING:
    from communitykit.model.values import JSON

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Try it, without a token": ("demo", "sandbox"),
    "Get in": ("connectors", "init", "login", "check", "config"),
    "Read": ("pull", "import", "run"),
    "Look": ("show", "browse", "people"),
    "Measure": ("analyse", "metrics", "report", "brief"),
    "Hand on": ("export", "translate"),
    "Privacy": ("subject", "forget", "prune", "compact", "privacy"),
}
"""Each command's section."""


_HELP: Final[Mapping[str, str]] = {
    "install_completion": "Install completion for this shell, or for the one named after it.",
    "show_completion": "Print the completion of this shell, or of the one named after it: bash, zsh, fish, powershell.",
}
"""What Typer's own options do: it knows of this shell alone."""


_LEAST_OF_CLICK = 52
"""On narrower terminals Click writes help for one of so many columns, and the terminal cuts words."""


_NAMES_OF_NARROW = 16
"""How many columns names of options take there: what is longer has a line of its own."""


def narrow(ctx: JSON, write: Callable[[JSON, JSON], None]) -> str:
    """Return a command's help, as `write` writes it, for the terminal that there is."""
    formatter = ctx.make_formatter()
    if formatter.width < _LEAST_OF_CLICK - 2:
        formatter.write_dl = partial(formatter.write_dl, col_max=_NAMES_OF_NARROW)
    write(ctx, formatter)
    return str(formatter.getvalue()).rstrip("\n")


class Below(TyperGroup):
    """Commands below another one."""

    def parse_args(self, ctx: JSON, args: list[str]) -> list[str]:
        """Read what comes before the command."""
        read_sparingly(self.get_params(ctx))
        return super().parse_args(ctx, args)


class Grouped(Below):
    """All commands, by section."""

    def parse_args(self, ctx: JSON, args: list[str]) -> list[str]:
        """Read what comes before the command."""
        columns = get_terminal_size().columns
        if columns < _LEAST_OF_CLICK:
            ctx.terminal_width = columns - 2
        params: list[JSON] = self.get_params(ctx)
        for one in params:
            one.help = _HELP.get(one.name, one.help)
        return super().parse_args(ctx, args)

    def get_help(self, ctx: JSON) -> str:
        """Return what `--help` prints."""
        return narrow(ctx, self.format_help)

    def list_commands(self, ctx: JSON) -> list[str]:  # noqa: ARG002 # as typer calls it
        """Return the commands in the order of their sections."""
        return [name for names in SECTIONS.values() for name in names if name in self.commands]

    def format_commands(self, ctx: JSON, formatter: JSON) -> None:
        """Write a list a section, all of them aligned."""
        widest = max(map(len, self.commands))
        for section, names in SECTIONS.items():
            told = [(name, self.get_command(ctx, name)) for name in names]
            limit = formatter.width - 6 - widest
            rows = [(name.ljust(widest), one.get_short_help_str(limit)) for name, one in told if one is not None]
            with formatter.section(section):
                formatter.write_dl(rows)

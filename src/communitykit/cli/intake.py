"""The options that say what of a record is let in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import completing

if TYPE_CHECKING:
    from communitykit.privacy.intake import OptOut

ContentOf = Annotated[
    str | None,
    typer.Option(
        "--content",
        help="What is kept of texts: full (default), features (length, question, links) or none.",
        autocompletion=completing.words("full", "features", "none"),
    ),
]
OptedOut = Annotated[
    Path | None,
    typer.Option("--opt-out", metavar="CSV", help="Who is left out: account ids, addresses or keyed hashes."),
]
OptOutKey = Annotated[
    str | None, typer.Option("--opt-out-key-env", metavar="NAME", help="The variable with the key of those hashes.")
]


def opt_out(path: Path | None, key_env: str | None) -> OptOut | None:
    """Return the opt-out list of a command; None where none is named.

    Raises SettingsError for a file or a key that cannot be read.
    """
    from communitykit.privacy.intake import OptOut  # noqa: PLC0415 # imported only when used
    from communitykit.privacy.pseudonyms import load_key  # noqa: PLC0415 # same

    return OptOut.read(path, load_key(env=key_env)) if path is not None else None

"""Secrets of a configuration: where each is to be found, never the secret itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.printable import printable
from communitykit.privacy.secret_commands import printed_by

WAYS = 'Write {name} = {{ env = "VARIABLE" }}, {{ file = "PATH" }} or {{ command = "COMMAND" }}.'
"""How a secret is named, for who wrote it in clear."""

_MOST = 100
"""Characters of a command that are told."""


class Secret(BaseModel):
    """One place that a secret comes from: an environment variable, a file, or what a command prints."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    env: str | None = None
    """The name of an environment variable."""
    file: str | None = None
    """A path; a relative one is beside the configuration. White space at the content's end does not count."""
    command: str | None = None
    """A command line, run without a shell: a password manager's, say. The white space around what it prints goes."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(value is not None for value in (self.env, self.file, self.command)) != 1:
            raise ValueError("name one of env, file and command")
        return self

    def value(self, folder: Path, environ: Mapping[str, str] = os.environ) -> str:
        """Return the secret.

        Raises SettingsError where the place holds none, naming the place and never what it holds.
        """
        if self.env is not None:
            if not environ.get(self.env):
                raise SettingsError(f"the environment variable {self.env} is not set", remedy="Set it.")
            return environ[self.env]
        told = _from_file(folder / self.file) if self.file is not None else _from_command(self.command or "")
        if not told.strip():
            raise SettingsError(f"the file {self.file} gives nothing", remedy="A secret is expected there.")
        return told.strip()

    @property
    def place(self) -> str:
        """The place in words, for who has to renew the secret; a long command is cut."""
        if self.env is not None:
            return f"the environment variable {self.env}"
        if self.file is not None:
            return f"the file {self.file}"
        told = printable(self.command or "")
        return f"`{told if len(told) <= _MOST else f'{told[:_MOST]}…'}`"

    def places(self, folder: Path) -> dict[str, Value]:
        """Return it as the keywords of `communitykit.privacy.pseudonyms.load_key`."""
        file = folder / self.file if self.file is not None else None
        return {"env": self.env, "file": file, "command": self.command}


def is_named(value: object) -> bool:
    """Tell whether a value says where a secret is: a table with nothing but one of the three ways."""
    return isinstance(value, Mapping) and len(value) == 1 and set(value) <= set(Secret.model_fields)


def _from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(
            f"the secret's file cannot be read: {why}", subject=str(path), remedy="Name another, or make it."
        ) from None


def _from_command(command: str) -> str:
    try:
        return printed_by(command, "a secret").decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError("the command for a secret prints no text", remedy="Try it by hand.") from None

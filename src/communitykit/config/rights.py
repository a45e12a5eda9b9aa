"""Who may read a configuration and the files of its secrets: a remark where others than their owner do."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from communitykit.config.secret import Secret
from communitykit.config.sections import Config, SourceSection

_OTHERS: Final = stat.S_IRGRP | stat.S_IROTH


def remarks(config: Config) -> list[str]:
    """Return a sentence for the configuration itself and for each file of its own secrets that others may read."""
    keys = (config.privacy.opt_out_key, config.analysis.key if config.analysis else None)
    return [*_remark(config.path, "it says where the secrets are"), *_of_secrets(keys, config.path.parent)]


def remarks_of(config: Config, section: SourceSection) -> list[str]:
    """Return a sentence for each file of a source's secrets that others may read."""
    return list(_of_secrets(section.settings.values(), config.path.parent))


def _of_secrets(settings: Iterable[object], folder: Path) -> Iterator[str]:
    for one in settings:
        if isinstance(one, Secret) and one.file is not None:
            yield from _remark(folder / one.file, "it holds a secret")


def _remark(path: Path, why: str) -> Iterator[str]:
    if os.name == "nt" or not path.is_file():  # rights are told in another way there; what is missing is an error
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        yield f"others than its owner may read {path.name} (mode {mode:04o}), and {why}: chmod 600 it."

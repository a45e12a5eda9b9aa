"""An answer's body as it arrives: kept, or streamed to a file, and never more of it than was allowed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from communitykit.connector.settings import Settings
from communitykit.errors import ProtocolError
from communitykit.http.operations import Answer, Send


class TooLongError(ProtocolError):
    """The answer is longer than the settings allow: asking again would give the same."""


class NoAnswerError(Exception):
    """No whole answer arrived. `kind` says how that shows, in httpx' names, `why` what the system says of it."""

    def __init__(self, kind: str, why: str | None = None) -> None:
        """Keep what this side says; what the other side said may be anything."""
        self.kind = kind
        self.why = why
        super().__init__(kind)


@dataclass(slots=True)
class Body:
    """What came so far. Its file, where it has one, is in `files` from the first moment on."""

    send: Send
    status: int
    headers: Mapping[str, str]
    settings: Settings
    files: list[Path]
    size: int = 0
    _chunks: list[bytes] = field(default_factory=list)
    _file: IO[bytes] | None = None

    def __post_init__(self) -> None:
        """Open the file when one was asked for and the answer is good: an empty file is a file, too."""
        if self.send.to_file and 200 <= self.status < 300:  # noqa: PLR2004 # the statuses of success
            self._file = tempfile.NamedTemporaryFile(prefix="communitykit-", delete=False)  # noqa: SIM115 # outlives it
            self.files.append(Path(self._file.name))

    @property
    def packed(self) -> bool:
        """Tell whether the body must be unpacked: where it need not, its stream is read as it is."""
        return "content-encoding" in self.headers

    def take(self, chunk: bytes) -> None:
        """Keep a piece.

        Raises TooLongError when it is one too many.
        """
        self.size += len(chunk)
        name = "max_answer_size" if self._file is None else "max_file_size"
        if self.size > getattr(self.settings, name):
            self.close()
            raise TooLongError(
                f"the answer is longer than {getattr(self.settings, name):,} bytes",
                remedy=f"If it is real, set {name} (in bytes).",
            )
        if self._file is None:
            self._chunks.append(chunk)
        else:
            self._file.write(chunk)

    def end(self) -> Answer:
        """Return the whole answer."""
        self.close()
        path = Path(self._file.name) if self._file is not None else None
        return Answer(self.status, self.send.url, self.headers, b"".join(self._chunks), path)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

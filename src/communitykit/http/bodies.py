"""An answer's body as it arrives: unpacked, kept, or streamed to a file, and never more of it than was allowed."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from communitykit.connector.settings import Settings
from communitykit.errors import ProtocolError
from communitykit.http.conductor import Answer, Send

_PIECE = 1 << 20
"""Bytes that are unpacked at once: what is packed may be a thousand times as long as what arrived."""


class TooLongError(ProtocolError):
    """The answer is longer than the settings allow: asking again would give the same."""


class NoAnswerError(Exception):
    """No whole answer arrived. `kind` says how that shows, in httpx' names."""

    def __init__(self, kind: str) -> None:
        """Keep the kind; what the other side said may be anything."""
        self.kind = kind
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
    _unpackers: list[_Unpacker] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the file when one was asked for and the answer is good: an empty file is a file, too."""
        packed = self.headers.get("content-encoding")
        if packed is not None:
            kinds = [one.strip().lower() for one in packed.split(",")]
            self._unpackers = [_Unpacker(one) for one in reversed(kinds) if one in {"gzip", "x-gzip", "deflate"}]
        if self.send.to_file and 200 <= self.status < 300:  # noqa: PLR2004 # the statuses of success
            self._file = tempfile.NamedTemporaryFile(prefix="communitykit-", delete=False)  # noqa: SIM115 # outlives it
            self.files.append(Path(self._file.name))

    def take(self, chunk: bytes) -> None:
        """Keep a piece as it arrived.

        Raises TooLongError when it is one too many, NoAnswerError when it cannot be unpacked.
        """
        if not self._unpackers:
            self._keep(chunk)
            return
        pieces = iter([chunk])
        for one in self._unpackers:
            pieces = one.unpack(pieces)
        for piece in pieces:
            self._keep(piece)

    def _keep(self, piece: bytes) -> None:
        self.size += len(piece)
        name = "max_answer_size" if self._file is None else "max_file_size"
        if self.size > getattr(self.settings, name):
            self.close()
            raise TooLongError(
                f"the answer is longer than {getattr(self.settings, name):,} bytes",
                remedy=f"If it is real, set {name} (in bytes).",
            )
        if self._file is None:
            self._chunks.append(piece)
        else:
            self._file.write(piece)

    def end(self) -> Answer:
        """Return the whole answer.

        Raises NoAnswerError when what is packed was cut short.
        """
        self.close()
        if any(one.is_cut for one in self._unpackers):
            raise NoAnswerError("DecodingError")
        path = Path(self._file.name) if self._file is not None else None
        return Answer(self.status, self.send.url, self.headers, b"".join(self._chunks), path)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


class _Unpacker:
    """Unpacks gzip, or deflate with or without the head that it should have."""

    def __init__(self, kind: str) -> None:
        self._bare = kind == "deflate"
        self._begun = False
        self._unpacking = zlib.decompressobj(zlib.MAX_WBITS if self._bare else zlib.MAX_WBITS | 16)

    @property
    def is_cut(self) -> bool:
        """Tell whether its end is missing; nothing at all has none."""
        return self._begun and not self._unpacking.eof

    def unpack(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield what is unpacked, a piece at a time.

        Raises NoAnswerError for what is not so packed.
        """
        for packed in pieces:
            rest, full = packed, False
            while rest or full:  # a full piece may leave more of what was taken in
                piece = self._piece(rest)
                yield piece
                rest, full = self._unpacking.unconsumed_tail, len(piece) == _PIECE

    def _piece(self, packed: bytes) -> bytes:
        first, self._begun = not self._begun, True
        try:
            return self._unpacking.decompress(packed, _PIECE)
        except zlib.error:
            if not (first and self._bare):
                raise NoAnswerError("DecodingError") from None
        self._unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        return self._piece(packed)

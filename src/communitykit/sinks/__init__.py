"""Writing records elsewhere: JSON Lines here, tables of a store in `communitykit.sinks.csv_and_parquet`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Annotated

from pydantic import BaseModel, Field, TypeAdapter

from communitykit.errors import CommunityKitError
from communitykit.model import Record, Vanished
from communitykit.model.values import Value
from communitykit.sinks.targets import writing

__all__ = ["export_store", "from_json_line", "read_jsonl", "to_json_line", "write_jsonl"]

_RECORD: TypeAdapter[Record | Vanished] = TypeAdapter(Annotated[Record | Vanished, Field(discriminator="record")])


def to_json_line(record: BaseModel) -> str:
    """Write a record as one line of JSON: what was told, `record` and `id`; None stays apart from untold."""
    if "record" not in record.__pydantic_fields_set__:  # made by hand: the reader needs to know the kind all the same
        record = record.model_copy(update={"record": record.record})  # type: ignore[attr-defined] # every record has one
    source = record.__dict__.get("source")
    if source is None:
        return _json(record)
    told = record.__pydantic_serializer__.to_json(record, exclude_unset=True, exclude=_SOURCE).decode()
    return f'{told[:-1]},"source":{_json_of(source)}}}'


_SOURCE = {"source"}
_last: tuple[BaseModel | None, str] = (None, "")


def _json_of(source: BaseModel) -> str:
    """Write a provenance once for all records of a page, which share it: it is a quarter of a line's work."""
    global _last  # noqa: PLW0603 # one pair, put in place at once: whichever thread reads it, both belong together
    last, text = _last
    if last is not source:
        text = _json(source)
        _last = source, text
    return text


def _json(record: BaseModel) -> str:
    return record.__pydantic_serializer__.to_json(record, exclude_unset=True).decode()  # what model_dump_json calls


def from_json_line(line: str | bytes) -> Value:
    """Read a record back, equal to the one that was written.

    Raises CommunityKitError when the line is no record.
    """
    try:
        return _RECORD.validate_json(line)
    except ValueError as error:
        raise CommunityKitError(f"not a record: {str(error).splitlines()[0]}") from None


def write_jsonl(
    records: Iterable[BaseModel], to: str | Path | IO[str], *, share: bool = False, overwrite: bool = False
) -> int:
    """Write records as JSON Lines (UTF-8) to a path or an open text file; return their number.

    A file is its owner's only, unless `share` leaves it to the umask. One that was written so before is replaced when
    all is written, any other only with `overwrite`.

    Raises SettingsError where something else is there.
    """
    if isinstance(to, str | Path):
        with (
            writing(Path(to), "export", share=share, overwrite=overwrite) as made,
            made.open("w", encoding="utf-8", newline="\n") as file,
        ):
            return write_jsonl(records, file)
    if isinstance(records, list | tuple) and len(records) > 1:  # at hand: none waits for another that is to come
        for at in range(0, len(records), _TOGETHER):
            to.write(_lines(records[at : at + _TOGETHER]))
        return len(records)
    number = 0
    for record in records:
        to.write(to_json_line(record) + "\n")
        number += 1
    return number


_TOGETHER = 100


def _lines(records: Sequence[BaseModel]) -> str:
    """Return the lines that `to_json_line` writes of each, of which those of one page share what stands at their end.

    Put together in bytes and decoded at once: a fifth less of the writing.
    """
    pieces: list[bytes] = []
    last, end = None, b""
    for record in records:
        source = record.__dict__.get("source")
        if source is None or "record" not in record.__pydantic_fields_set__:
            pieces.append(f"{to_json_line(record)}\n".encode())
            continue
        if source is not last:
            last, end = source, f',"source":{_json(source)}}}\n'.encode()
        told = record.__pydantic_serializer__.to_json(record, exclude_unset=True, exclude=_SOURCE)
        pieces += (told[:-1], end)
    return b"".join(pieces).decode()


def read_jsonl(path: str | Path) -> Iterator[Value]:
    """Read records back from JSON Lines.

    Raises CommunityKitError naming the line that is no record.
    """
    with Path(path).open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield from_json_line(line)
                except CommunityKitError as error:
                    raise CommunityKitError(error.message, subject=f"{Path(path).name}, line {number}") from None


def export_store(
    store: str | Path, to: str | Path, file_format: str = "parquet", *, share: bool = False, overwrite: bool = False
) -> dict[str, int]:
    """Write a store's tables into a folder as `parquet`, `jsonl` or `csv`; give the rows by table.

    Files that an export wrote before are replaced, others only with `overwrite`.

    Raises StoreError when there is no store, CommunityKitError for another format, SettingsError where other files have
    the names of the tables: then nothing is written.
    """
    from communitykit.sinks.csv_and_parquet import export  # noqa: PLC0415 # duckdb is imported only when used

    return export(Path(store), Path(to), file_format, share=share, overwrite=overwrite)

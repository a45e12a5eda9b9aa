"""The record of processing (GDPR article 30): what a store holds of colleagues, what for, how long, what left it."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic_core import from_json, to_json

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.privacy.record_words import WORDS
from communitykit.privacy.releases import checked_purpose
from communitykit.store import Store
from communitykit.store.columns import PROVENANCE_NAMES, TABLES, columns
from communitykit.store.making import PRIVATE_FILE

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff;margin:0}main{max-width:60rem;margin:auto;"
    "padding:1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem "
    ".6rem;border-bottom:1px solid #767676;overflow-wrap:anywhere}tbody th{font-weight:400}"
)
_SOURCES: Final = """
SELECT platform, network, min(source_connector) AS connector, count(*) FILTER (NOT stub) AS accounts,
    min(fetched_at) AS first_read, max(fetched_at) AS last_read
FROM members GROUP BY ALL ORDER BY ALL
"""
_RELEASES: Final = 'SELECT released_at, released_by, what, purpose, "rows" FROM releases ORDER BY ALL'
_RUNS: Final = "SELECT sources FROM runs WHERE sources IS NOT NULL AND status IS DISTINCT FROM 'erasure'"


def record_of_processing(  # what nobody but the controller can tell
    store: str | Path,
    *,
    purpose: str,
    retention: str,
    k: int = 5,
    key_id: str | None = None,
    scopes: Mapping[str, Sequence[str]] | None = None,
    now: datetime | None = None,
) -> dict[str, Value]:
    """Return the record of processing of a store, as JSON's own types and datetimes (UTC).

    `purpose`, `retention` ("25mo"), `k` (the smallest group shown), `key_id` (of the analysis tables' key) and `scopes`
    (by source, those that reading needs) are what a store does not know; the rest is read from it: sources, the
    fields that hold something and in how many rows, releases, how many accounts were forgotten.

    Raises SettingsError for a purpose or retention that says nothing; StoreError where there is no store.
    """
    if not retention.strip():
        raise SettingsError("no retention is told", subject="retention", remedy='Say how long: retention="25mo".')
    with Store(store) as opened:
        used = {name for (one,) in _cells(opened.sql(_RUNS)) for name in from_json(one)}
        ((forgotten,),) = _cells(opened.sql("SELECT count(*) FROM forgotten"))
        return {
            "made_at": now or datetime.now(UTC),
            "purpose": checked_purpose(purpose),
            "retention": retention.strip(),
            "k": k,
            "key_id": key_id,
            "connectors": sorted(used),
            "scopes": {name: list(granted) for name, granted in sorted((scopes or {}).items())},
            "sources": opened.sql(_SOURCES).to_pylist(),
            "fields": [row for kind in TABLES for row in _fields(opened, kind)],
            "forgotten": forgotten,
            "releases": opened.sql(_RELEASES).to_pylist(),
        }


def connectors_of(store: str | Path) -> list[str]:
    """Return the connectors that ever read into a store, by name; raises StoreError where there is none."""
    with Store(store) as opened:
        return sorted({name for (one,) in _cells(opened.sql(_RUNS)) for name in from_json(one)})


def render(record: Mapping[str, object], language: str) -> str:
    """Return the record as one HTML page that fetches and runs nothing; `language` is en or fr.

    Raises SettingsError for another language, and where jinja2 is not installed.
    """
    if language not in WORDS:
        raise SettingsError(f"it knows en and fr, not {language!r}", subject="language")
    try:
        from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 # an extra's
    except ImportError:
        raise SettingsError("a page needs jinja2", remedy='Install it: pip install "communitykit[report]".') from None
    words = WORDS[language]
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    text = (resources.files("communitykit.privacy") / "record.html.j2").read_text(encoding="utf-8")
    page: str = Environment(autoescape=True, undefined=StrictUndefined).from_string(text).render(
        language=language, words=words, style=_STYLE, style_hash=f"sha256-{digest}", sections=_sections(record, words)
    )  # fmt: skip
    return page


def write_record(record: Mapping[str, object], to: str | Path, language: str) -> list[Path]:
    """Write the record as HTML at `to` and as JSON beside it, for their owner's eyes; return both paths.

    Raises SettingsError as `render` does, and for a path that ends in .json; OSError where a file cannot be written, or
    is there already.
    """
    page, data = Path(to), Path(to).with_suffix(".json")
    if page == data:
        raise SettingsError("that is the name of the JSON beside the page", subject=str(to), remedy="Name it .html.")
    texts = {page: render(record, language).encode(), data: to_json(record, indent=2)}
    for path in texts:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    for path, text in texts.items():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE), "wb") as file:
            file.write(text)
    return list(texts)


def _fields(opened: Store, kind: str) -> list[dict[str, Value]]:
    """Return which fields of a kind hold something, and in how many rows."""
    names = [column.name for column in columns(kind) if column.name not in PROVENANCE_NAMES]
    counted = ", ".join(f'count("{name}") AS "{name}"' for name in names)
    (row,) = opened.sql(f"SELECT {counted} FROM {TABLES[kind]}").to_pylist()  # noqa: S608 # our own names
    return [{"table": TABLES[kind], "field": name, "rows": number} for name, number in row.items() if number]


def _sections(record: Mapping[str, Value], words: Mapping[str, Value]) -> list[dict[str, Value]]:
    labels: Mapping[str, str] = words["labels"]
    record = {**record, "retention": _length(record["retention"], words)}
    facts = ("made_at", "purpose", "retention", "k", "key_id", "connectors", "forgotten")
    tables: dict[str, list[list[str]]] = {
        "facts": [[labels[name], _shown(record[name], words)] for name in facts],
        "scopes": [[name, ", ".join(granted)] for name, granted in record["scopes"].items()],
    }
    called = {"table": words["tables"], "field": words["fields"], "what": words["releases"]}
    for name in ("sources", "fields", "releases"):
        tables[name] = [
            [_shown(called.get(key, {}).get(cell, cell), words) for key, cell in row.items()] for row in record[name]
        ]
    return [
        {"title": words["sections"][name], "columns": words["columns"][name], "rows": tables[name]}
        for name in ("facts", "sources", "scopes", "fields", "releases")
    ]


def _length(text: str, words: Mapping[str, Value]) -> str:
    """Return a length such as `25mo` in words; whatever else was told stays as it is."""
    told = re.fullmatch(r"(\d+) ?(d|w|mo|y)", text)
    return f"{told[1]}\N{NO-BREAK SPACE}{words['units'][told[2]][int(told[1]) > 1]}" if told else text


def _shown(value: Value, words: Mapping[str, Value]) -> str:
    if value is None or value == []:
        return str(words["none"])
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(words["time"])
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:,}".replace(",", words["thousands"]) if isinstance(value, int) else str(value)


def _cells(table: Value) -> list[tuple[Value, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]

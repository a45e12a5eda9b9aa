"""Small tables as text and as HTML, for what shows itself at a prompt and in a notebook. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from communitykit.printable import printable

_WIDEST, _LAST_WIDEST = 100, 2_000
"""Characters of a cell that are shown: more in the last column, where reasons and what to do about them stand."""


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, columns and rows; a cell is a text, or a number that is set to the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def as_text(heading: str, tables: Iterable[Table] = ()) -> str:
    """Return a heading and tables in plain lines."""
    lines = [printable(heading)]
    for table in tables:
        if not table.rows:
            continue
        body = [_texts(row) for row in (table.columns, *table.rows)]
        widths = [max(len(row[at]) for row in body) for at in range(len(table.columns))]
        numeric = [all(isinstance(row[at], int) for row in table.rows) for at in range(len(table.columns))]
        lines.append(f"{table.title}:")
        for row in body:
            cells = zip(row, widths, numeric, strict=True)
            aligned = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells)
            lines.append("  " + "  ".join(aligned).rstrip())
    return "\n".join(lines)


def as_html(heading: str, tables: Iterable[Table] = ()) -> str:
    """Return the same as HTML, in which nothing of a platform's is markup."""
    parts = [f"<p><strong>{_escaped(heading)}</strong></p>"]
    for table in tables:
        if not table.rows:
            continue
        head = "".join(f'<th scope="col" style="text-align:left">{_escaped(name)}</th>' for name in table.columns)
        rows = "".join(f"<tr>{''.join(map(_cell, row, _texts(row)))}</tr>" for row in table.rows)
        caption = f'<caption style="text-align:left">{_escaped(table.title)}</caption>'
        parts.append(f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    return f"<div>{''.join(parts)}</div>"


def _cell(cell: object, text: str) -> str:
    side = "right" if isinstance(cell, int) else "left"
    return f'<td style="text-align:{side}">{_escaped(text)}</td>'


def _escaped(text: str) -> str:
    return escape(printable(text))


def _texts(row: Sequence[object]) -> list[str]:
    *others, last = row
    return [*(_text(cell, _WIDEST) for cell in others), _text(last, _LAST_WIDEST)]


def _text(cell: object, widest: int) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    text = printable("-" if cell is None else str(cell))
    return text if len(text) <= widest else f"{text[: widest - 1]}…"

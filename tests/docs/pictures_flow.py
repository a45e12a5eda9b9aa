"""The picture of what communitykit does, drawn from the connectors that are there."""

from __future__ import annotations

from html import escape

from communitykit.connector.registry import registry

INK, SOFT, LINE, CARD, ACCENT = "#1f2a33", "#5b6b78", "#8fa3b0", "#ffffff", "#00796b"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDTH, HEIGHT = 980, 372
TITLE = (
    "Platforms, exports and deliveries become one record; the record becomes people, tables without names, figures, "
    "a report and a brief"
)
TIP = "id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' orient='auto'"


def flow() -> str:
    """Return the picture as SVG: platforms, the record, people, tables without names, figures, a brief."""
    found = registry().connectors.values()
    rows = [(one.title, ", ".join(_doors(one))) for one in found]
    step = 272 / len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{FONT}" role="img">',
        f"<title>{TITLE}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="12" fill="#f4f7f8"/>',
        f"<marker {TIP}><path d='M0 0L8 4L0 8z' fill='{LINE}'/></marker>",
        _text(130, 34, "your platforms", SOFT, 14),
        _text(426, 34, "the record: for few", SOFT, 14),
        _text(772, 34, "what is made of it", SOFT, 14),
    ]
    for number, (title, doors) in enumerate(rows):
        top = 52 + number * step
        parts += [
            _box(20, top, 220, step - 10),
            _text(32, top + step / 2 - 8, title, INK, 14, anchor="start", bold=True),
            _text(32, top + step / 2 + 8, doors, SOFT, 12, anchor="start"),
            _arrow(242, top + step / 2 - 5, 322, 186),
        ]
    parts += _card(328, 92, 196, 188, "activity.duckdb", ACCENT, _RECORD)
    parts += [_arrow(526, 140, 576, 110), _arrow(526, 232, 576, 262)]
    parts += _card(582, 60, 170, 106, "people", INK, ("one person behind", "several accounts,", "with the evidence"))
    parts += _card(
        582, 206, 170, 118, "analysis tables", INK, ("no names, no words:", "pseudonyms, days,", "ties, coverage")
    )
    parts += [
        _arrow(667, 168, 667, 202),
        _arrow(754, 106, 800, 106),
        _arrow(754, 252, 800, 222),
        _arrow(754, 276, 800, 306),
    ]
    parts += _card(806, 60, 156, 92, "brief", INK, ("what to do this week,", "and why"))
    parts += _card(806, 166, 156, 96, "figures", INK, ("of groups of five", "or more people, with", "their coverage"))
    parts += _card(806, 276, 156, 80, "report", INK, ("the answer first,", "one page a language"))
    parts.append(
        _text(426, 312, "what could not be read is said:", SOFT, 12)
        + _text(426, 329, "never guessed, never silent", SOFT, 12)
    )
    return "\n".join([*parts, "</svg>", ""])


_TABLES = ("no names, no words:", "pseudonyms, days,", "ties, coverage")
_RECORD = (
    "one model, the same ids",
    "members, communities,",
    "posts, replies, reactions,",
    "joins, views, figures",
    "each with when it was true",
    "Coverage and Issues",
)


def _doors(connector: object) -> list[str]:
    doors = (("discover", "API"), ("archive", "exports"), ("webhook", "webhooks"))
    return [title for name, title in doors if getattr(connector, name) is not None]


def _card(
    x: float, y: float, width: float, height: float, title: str, colour: str, lines: tuple[str, ...]
) -> list[str]:
    """Return a box with a title and lines, in the middle of its height."""
    top = y + height / 2 - (len(lines) * 17 + 8) / 2
    middle = x + width / 2
    told = [_text(middle, top + 26 + 17 * number, line, SOFT, 13) for number, line in enumerate(lines)]
    return [_box(x, y, width, height, colour), _text(middle, top + 6, title, colour, 16, bold=True), *told]


def _box(x: float, y: float, width: float, height: float, colour: str = LINE) -> str:
    return (
        f'<rect x="{x:g}" y="{y:.1f}" width="{width:g}" height="{height:.1f}" rx="8" fill="{CARD}" '
        f'stroke="{colour}" stroke-width="1.4"/>'
    )


def _text(x: float, y: float, text: str, colour: str, size: int, *, anchor: str = "middle", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}"{weight}>'
        f"{escape(text)}</text>"
    )


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return (
        f'<path d="M{x:g} {y:.1f}L{to_x:g} {to_y:.1f}" stroke="{LINE}" stroke-width="1.4" fill="none" '
        'marker-end="url(#tip)"/>'
    )

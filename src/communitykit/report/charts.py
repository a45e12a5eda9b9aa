"""Charts as SVG that follow the page's colours, light and dark: Altair, rendered by vl-convert without a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import altair as alt
import vl_convert

from communitykit.model.values import Value
from communitykit.report.fitting import fitted

_COLOURS: Final = {
    "#101010": "var(--ink)",
    "#707070": "var(--muted)",
    "#d0d0d0": "var(--rule)",
    "#2050a0": "var(--accent)",
}
"""What is drawn in, and what the page's style makes of it."""
_OPENING: Final = r'<svg viewBox="\1" width="\2" aria-hidden="true" focusable="false">'
_WIDTH: Final = 420
_CONFIG: Final[dict[str, Value]] = {
    "background": "transparent",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#101010",
        "titleColor": "#101010",
        "tickColor": "#d0d0d0",
        "domainColor": "#d0d0d0",
        "gridColor": "#d0d0d0",
        "labelFontSize": 14,
    },
}


def line(points: Sequence[tuple[str, float | None]], axis: str, *, share: bool) -> str:
    """Return a course: labels in their order, and their values; a gap where there is none. Shares go up to 1."""
    rows = [{"label": label, "value": value} for label, value in points]
    order = [label for label, _ in points]
    scale = alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=True)
    base = alt.Chart(_data(rows), width=_WIDTH, height=190).encode(
        x=alt.X("label:N", sort=order, axis=alt.Axis(title=None, labelAngle=0 if len(order) < 8 else -40)),  # noqa: PLR2004 # room
        y=alt.Y("value:Q", axis=alt.Axis(title=None, labelExpr=axis, tickCount=5), scale=scale),
    )
    chart = base.mark_line(color="#2050a0", strokeWidth=2.5) + base.mark_point(color="#2050a0", filled=True, size=45)
    return _svg(chart)


def bars(rows: Sequence[tuple[str, float, str]]) -> str:
    """Return bars beside one another: label, value, and the value as it is written."""
    data = [{"label": label, "value": value, "shown": shown} for label, value, shown in rows]
    base = alt.Chart(_data(data), width=_WIDTH - 210, height=alt.Step(30)).encode(
        y=alt.Y("label:N", sort=None, axis=alt.Axis(title=None, labelLimit=170, ticks=False, domain=False)),
        x=alt.X("value:Q", axis=None, scale=alt.Scale(zero=True)),
    )
    shown = base.mark_text(align="left", dx=5, color="#101010", fontSize=14).encode(text="shown:N")
    return _svg(base.mark_bar(color="#2050a0", height=18) + shown)


def crossing(cells: Sequence[Mapping[str, Value]], order: Sequence[str]) -> str:
    """Return a square of shares: `row`, `column`, `value` (None where hidden) and `shown`."""
    step = alt.Step(max(34, min(64, _WIDTH // max(1, len(order)))))
    base = alt.Chart(_data(cells), width=step, height=alt.Step(34)).encode(
        x=alt.X(
            "column:N",
            sort=list(order),
            axis=alt.Axis(title=None, labelAngle=-35, orient="top", labelLimit=150, ticks=False, domain=False),
        ),
        y=alt.Y("row:N", sort=list(order), axis=alt.Axis(title=None, labelLimit=150, ticks=False, domain=False)),
    )
    squares = base.mark_rect(color="#2050a0", stroke="#d0d0d0").encode(
        opacity=alt.Opacity("value:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.5]), legend=None)
    )
    return _svg(squares + base.mark_text(color="#101010", fontSize=12).encode(text="shown:N"))


def _data(rows: Sequence[Mapping[str, Value]]) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def described(chart: alt.LayerChart, *, validate: bool = False) -> dict[str, Value]:
    """Return a chart as Vega-Lite has it. To hold it to the schema takes as long as to draw it: tests do."""
    told: dict[str, Value] = chart.configure(**_CONFIG).to_dict(validate=validate)
    return told


def _svg(chart: alt.LayerChart) -> str:
    drawn = fitted(vl_convert.vegalite_to_svg(described(chart)))
    for colour, name in _COLOURS.items():
        drawn = re.sub(colour, name, drawn, flags=re.IGNORECASE)
    drawn = re.sub(r"rgb\(32, 80, 160\)", "var(--accent)", drawn)
    drawn = re.sub(r' (?:aria|role)[\w-]*="[^"]*"', "", drawn)  # the page says what a chart shows, once
    return re.sub(r'<svg [^>]*viewBox="(\S+ \S+ (\S+) \S+)"[^>]*>', _OPENING, drawn, count=1)

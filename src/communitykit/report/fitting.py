"""A chart's frame, wide enough for its texts in whatever font the reader's browser has.

What draws a chart measures texts in a font of its own; a browser shows them in another, and cuts what leaves the frame.
So every text counts here as wide as the widest of the usual faces (Verdana, DejaVu Sans) draws it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from math import ceil, cos, floor, radians, sin
from typing import Final
from xml.etree import ElementTree as ET

_NARROW: Final = frozenset("ijlftr.,:;'|!()[]/ \N{RIGHT SINGLE QUOTATION MARK}\u00a0\u202f")
_WIDE: Final = frozenset("mwMWQ@%\N{HORIZONTAL ELLIPSIS}\N{EM DASH}")
_ABOVE, _BELOW = 1.0, 0.3
"""How far letters reach from their line, in ems."""
_STEP: Final = re.compile(r"(translate|rotate)\(([^)]*)\)")
Affine = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]


def width(text: str) -> float:
    """Return how wide a text is at most, in ems."""
    return sum(map(_advance, text))


def fitted(svg: str) -> str:
    """Return an SVG whose frame holds all its texts; the frame never gets smaller."""
    (told,) = re.findall(r'viewBox="([^"]*)"', svg)
    left, top, across, down = map(float, told.split())
    boxes = [(left, top, left + across, top + down), *_boxes(ET.fromstring(svg), (1, 0, 0, 1, 0, 0))]  # noqa: S314 # our own chart
    left, top = (floor(min(one[side] for one in boxes)) for side in (0, 1))
    across, down = (ceil(max(one[side] for one in boxes)) - start for side, start in ((2, left), (3, top)))
    return svg.replace(f'viewBox="{told}"', f'viewBox="{left} {top} {across} {down}"', 1)


def _advance(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return 1.0
    if letter in _WIDE:
        return 1.08
    if letter in _NARROW:
        return 0.47
    return 0.79 if letter.isupper() else 0.66


def _boxes(part: ET.Element, outer: Affine) -> Iterator[Box]:
    """Yield the box of every text below, in the chart's own units."""
    inner = outer
    for name, numbers in _STEP.findall(part.get("transform", "")):
        values = [float(one) for one in re.split(r"[ ,]+", numbers.strip())]
        inner = _times(inner, _moved(*values) if name == "translate" else _turned(values[0]))
    if part.tag.endswith("text"):
        size = float(part.get("font-size", "16").removesuffix("px"))
        long = width("".join(part.itertext())) * size
        start = {"end": -long, "middle": -long / 2}.get(part.get("text-anchor", "start"), 0.0)
        corners = [_at(inner, x, y) for x in (start, start + long) for y in (-_ABOVE * size, _BELOW * size)]
        yield (
            min(x for x, _ in corners), min(y for _, y in corners),
            max(x for x, _ in corners), max(y for _, y in corners),
        )  # fmt: skip
    for one in part:
        yield from _boxes(one, inner)


def _moved(x: float, y: float = 0.0) -> Affine:
    return (1, 0, 0, 1, x, y)


def _turned(degrees: float) -> Affine:
    angle = radians(degrees)
    return (cos(angle), sin(angle), -sin(angle), cos(angle), 0, 0)


def _times(one: Affine, two: Affine) -> Affine:
    a, b, c, d, e, f = one
    p, q, r, s, t, u = two
    return (a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f)


def _at(affine: Affine, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = affine
    return a * x + c * y + e, b * x + d * y + f

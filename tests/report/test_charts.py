"""No label of a chart is cut, whatever font shows it: by the widths that are allowed for, and in a real Chromium."""

import re
from pathlib import Path

import pytest
from browser import CHROMIUM, asked  # beside this file

from communitykit.report import charts
from communitykit.report.fitting import fitted, width

LONG = ["Ressources humaines", "petits groupes réunis", "WWWW MMMM Qualité", "東京オフィス開発本部", "occasionnels"]
CUT = """
var cut = [];
document.querySelectorAll('svg').forEach(function (svg) {
  var frame = svg.viewBox.baseVal;
  svg.querySelectorAll('text').forEach(function (text) {
    var box = text.getBBox(), way = svg.getScreenCTM().inverse().multiply(text.getScreenCTM());
    [[box.x, box.y], [box.x + box.width, box.y + box.height]].forEach(function (at) {
      var point = svg.createSVGPoint();
      point.x = at[0];
      point.y = at[1];
      point = point.matrixTransform(way);
      if (point.x < frame.x - 1 || point.y < frame.y - 1 || point.x > frame.x + frame.width + 1 ||
          point.y > frame.y + frame.height + 1) cut.push(text.textContent);
    });
  });
});
var dark = matchMedia('(prefers-color-scheme: dark)').matches;
tell({cut: cut, texts: document.querySelectorAll('svg text').length, dark: dark});
"""


def drawn() -> list[str]:
    cells = [{"row": row, "column": column, "value": 0.2, "shown": "20 %"} for row in LONG[:4] for column in LONG[:4]]
    months = [f"{name} 2026" for name in ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août")]
    return [
        *(charts.bars([(name, 1.0, "100 %")]) for name in LONG),
        charts.line([(name, 0.5) for name in months], "datum.label", share=False),
        charts.crossing(cells, LONG[:4]),
    ]


def test_a_frame_grows_with_its_texts_and_never_shrinks() -> None:
    svg = '<svg viewBox="0 0 100 50"><g transform="translate(10,20)"><text {} font-size="10px">{}</text></g></svg>'
    assert fitted(svg.format('text-anchor="start"', "a")) == svg.format('text-anchor="start"', "a")
    (left, top, across, down) = re.findall(
        r"-?\d+", re.findall('viewBox="(.*?)"', fitted(svg.format('text-anchor="end"', "M" * 5)))[0]
    )
    assert (int(left), int(top), int(down)) == (-44, 0, 50)
    assert int(left) + int(across) == 100
    turned = fitted(svg.format('transform="rotate(-90)"', "M" * 5))
    assert 'viewBox="0 -34 100 84"' in turned
    assert width("é") == width("e\u0301")
    assert width("東") == 1.0


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")
@pytest.mark.parametrize(("size", "dark"), [(1280, False), (320, True)], ids=["wide-light", "narrow-dark"])
def test_no_label_is_cut_in_chromium(tmp_path: Path, size: int, *, dark: bool) -> None:
    page = tmp_path / "charts.html"
    page.write_text(f"<!DOCTYPE html><html><body>{''.join(drawn())}</body></html>", encoding="utf-8")
    told = asked(page, CUT, tmp_path, width=size, dark=dark)
    assert told["texts"] > 30
    assert told["dark"] is dark
    assert told["cut"] == []

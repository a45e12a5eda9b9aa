"""Charts are drawn without being held to Vega-Lite's schema, which takes as long as drawing: here they are."""

from functools import partial

import pytest

from communitykit.report import charts


def test_every_chart_is_as_the_schema_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "described", partial(charts.described, validate=True))
    cells = [{"row": "Sales", "column": "Care", "value": 0.5, "shown": "50 %"}]
    drawn = [
        charts.line([("May", 0.5), ("June", None)], "format(datum.value, '.0%')", share=True),
        charts.line([("May", 3.0)], "datum.label", share=False),
        charts.bars([("Sales", 0.5, "50 %")]),
        charts.crossing(cells, ["Sales", "Care"]),
    ]
    assert all(one.startswith("<svg viewBox=") for one in drawn)

"""How many payloads became Issues: one that every run meets again is one."""

from __future__ import annotations

from typing import Final

COUNTED: Final = """SELECT reason, wire_kind, detail, CAST(sum(number) AS BIGINT) AS number FROM (
    SELECT slice, native_id, reason, wire_kind, detail, max(number) AS number FROM (
        SELECT run_id, slice, native_id, reason, wire_kind, detail, count(*) AS number FROM issues GROUP BY ALL)
    GROUP BY ALL)
GROUP BY ALL ORDER BY number DESC, reason, wire_kind, detail"""
"""Issues by reason, kind of payload and detail; of those that show no id the run that has most of them counts."""

"""The contract for connectors, as far as a roster goes: it has no API and no webhooks."""

from typing import Any, ClassVar

from communitykit.testing import ConnectorSuite

CONTEXT = {"network": "roster", "today": "2026-01-31"}


def row(number: str, **fields: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    told = {"employee_number": number, "name": "Ada Lovelace", "email": "ada@corp.example b@corp.example", **fields}
    return "row", {"id": number, "place": f"hr.csv:{number}", "manager_id": "1", "fields": told}, CONTEXT


class TestRoster(ConnectorSuite):
    connector = "directory"
    payloads: ClassVar = [
        row("1", department="R&D", start_date="2020-01-31", end_date="", leader="yes", status="active"),
        row("2", directory_id="11111111-1111-4111-8111-111111111111", employment="contractor", site="Köln"),
        row("3", end_date="2021-12-31", status="left", accounts="slack:T1:member:U1"),
        row("4", start_date="someday", status="perhaps"),
        ("row", {"id": None, "place": "hr.csv:9", "fields": {}}, CONTEXT),
        ("column", "Salary", {}),
    ]

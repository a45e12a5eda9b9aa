"""Usage reports that platforms hand out as CSV: read by the names of their columns. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from communitykit.errors import ProtocolError

_CONCEALED = re.compile(r"[0-9A-Fa-f]{32}|<PII:H\d+\(.*\)>|\(Unknown\)")


def report_rows(text: str) -> Iterator[dict[str, str]]:
    """Return a report's rows by column name, with or without a byte order mark; empty cells stay empty, not 0.

    Columns are inserted and renamed over the years, so nothing is read by position; what a row has beyond its header
    is left out, and blank lines are skipped.

    Raises ProtocolError for what is no CSV.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restkey="", restval="")
    try:
        for row in reader:
            cells = {name.strip(): str(value).strip() for name, value in row.items() if name}
            if any(cells.values()):
                yield cells
    except csv.Error as error:
        raise ProtocolError(f"the report is no CSV table: {error}", remedy="Run again later.") from None


def is_concealed(name: str) -> bool:
    """Tell whether a name in a report was replaced by the platform to hide who it is.

    Microsoft 365 does so by default since 2021-09-01 ("Microsoft 365 reports: show user details"): 32 hexadecimal
    digits, `<PII:H105(…)>` or `(Unknown)` stand where a user principal name or a display name would.
    """
    return _CONCEALED.fullmatch(name.strip()) is not None

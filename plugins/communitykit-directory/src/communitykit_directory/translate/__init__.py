"""From rows to members. Pure."""

from __future__ import annotations

from communitykit.connector import WireKind
from communitykit_directory.translate.people import column, row

TRANSLATORS = {"row": WireKind(row), "column": WireKind(column)}
IGNORED = {"column": "A column that tells none of the fields that are read: salaries, birthdays, telephone numbers."}

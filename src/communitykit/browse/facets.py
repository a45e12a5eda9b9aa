"""Lists that are narrowed by plain links: what there is to choose from, counted, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NOT_TOLD: Final = "not told"
"""What a value is called that no source tells."""
FACETS: Final[Mapping[str, Mapping[str, str]]] = {
    "communities": {"platform": "platform", "kind": "kind", "privacy": "privacy"},
    "posts": {
        "platform": "platform",
        "month": "strftime(created_at, '%Y-%m')",
        "author": "author_kind",
        "kind": "kind",
        "thread": "CASE WHEN root_id IS NULL THEN 'begins a thread' ELSE 'reply' END",
    },
}
"""By list: what it can be narrowed by, each as an expression in SQL. Days are days of UTC."""
VALUES: Final = 60
"""Values of one facet that are offered at most."""
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody narrowed a list to: a value by facet."""

    listed: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, listed: str, query: Mapping[str, str]) -> Chosen:
        """Read an address; what is no facet of that list is passed over."""
        return cls(listed, {one: query[one][:_LONGEST] for one in FACETS[listed] if query.get(one)})

    @property
    def condition(self) -> str:
        """The condition in SQL; values are its parameters."""
        return " AND ".join(f"{_value(FACETS[self.listed][one])} = ${one}" for one in self.values) or "true"

    def counted(self, rows: str) -> str:
        """Return SQL that counts the values of every facet among these rows: facet, value, number."""
        parts = [
            f"(SELECT '{name}' AS facet, {_value(expression)} AS value, count(*) AS number FROM ({rows}) "  # noqa: S608 # our own text
            f"GROUP BY ALL ORDER BY {'value' if name == 'month' else 'number'} DESC, value LIMIT {VALUES})"
            for name, expression in FACETS[self.listed].items()
        ]
        return " UNION ALL ".join(parts)


def _value(expression: str) -> str:
    return f"coalesce(CAST({expression} AS VARCHAR), '{NOT_TOLD}')"

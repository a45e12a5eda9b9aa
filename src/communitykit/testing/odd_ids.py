"""A fault of the contract's own: rows that do not say which they are."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType

from communitykit.model.values import JSON
from communitykit.sandbox import Answer, Call, Fault, Site
from communitykit.sandbox.faults import Proceed
from communitykit.sandbox.pages import Items, entries
from communitykit.testing.spoiling import decoded, lists_of, walk


class OddIds(Fault):
    """One row of each list has an odd id wherever it is shown, of those lists that are asked for under some names."""

    def __init__(
        self,
        wanted: Callable[[str], bool],
        fields: Sequence[str],
        value: JSON,
        random: Random,
        longest: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Keep which methods are meant, where ids stand, and what stands there instead; a row is drawn of each list.

        `longest` are the requests of whose answers it is drawn, by where the list stands; elsewhere the first.
        """
        super().__init__()
        self.longest = longest
        self.wanted = wanted
        self.fields = fields
        self.value = value
        self.random = random
        self.drawn: dict[str, JSON] = {}
        """The id that was spoilt, by where its list stands."""
        self.held: set[str] = set()
        """The ids of the spoilt rows, and of rows that stand inside of these: they go with them."""

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer with an odd id."""
        answer: Answer = proceed()
        name = site.desk.name(call)
        data = decoded(answer) if self.wanted(name) else None
        for path, items in lists_of(site, data):
            where = f"{name} {'.'.join(map(str, path))}"
            known = [(key, self._id_of(row)) for key, row in entries(items)]
            known = [(key, native) for key, native in known if native is not None]
            if known and where not in self.drawn and self.longest.get(where, call.key) == call.key:
                self.drawn[where] = self.random.choice(known)[1]
            for key, native in known:
                if native == self.drawn.get(where):
                    self._spoil(items, key)
                    self._met[where] += 1
        return answer if data is None else Answer.of(data, status=answer.status, headers=answer.headers)

    def _id_of(self, row: JSON) -> JSON:
        """Return a row's id: a text that is a row is one; None where it has none."""
        if not isinstance(row, dict):
            return row if isinstance(row, str) else None
        return row.get(self._field(row))

    def _field(self, row: Mapping[str, JSON]) -> str:
        """Return where a row's id stands; empty where it has none."""
        return next((name for name in self.fields if isinstance(row.get(name), str | int) and row[name] != ""), "")

    def _spoil(self, items: Items, key: JSON) -> None:
        row = items[key]
        inside = [one for path, one in walk((), [row]) if isinstance(path[-1], int)]
        self.held |= {str(native) for one in inside if (native := self._id_of(one)) is not None}
        if not isinstance(row, dict):
            items[key] = copy.deepcopy(self.value)
        elif self.value is None:
            del row[self._field(row)]
        else:
            row[self._field(row)] = copy.deepcopy(self.value)

"""Which groups of an archive may be read: what no list of it calls open is private. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from communitykit.connector import JSON, Selection, as_mapping, as_text
from communitykit_workplace.ids import native_id, ref

_PRIVATE = "private groups were left out; ask for them with include_private"
_UNKNOWN = "objects of groups that no list calls open were left out; ask for them with include_private"


@dataclass(slots=True)
class Groups:
    """What an archive tells of its groups: `left_out` counts what was kept out, by why.

    `root` is the company's community, whose own feed everybody reads.
    """

    selection: Selection
    root: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    _wanted: dict[str, bool] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _home: dict[str, str] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)

    def listed(self, item: Mapping[str, JSON]) -> bool:
        """Take in a group of a list; tell whether it is to be read."""
        native, name = native_id(item.get("id")), as_text(item.get("name"))
        if native is None:
            return True
        wanted = self.selection.wants(name, native)
        may = self.selection.include_private or as_text(item.get("privacy")).upper() == "OPEN"
        if self._wanted.get(native, True) and wanted and not may:
            self.left_out[_PRIVATE] += 1
        self._wanted[native] = may and wanted and self._wanted.get(native, True)  # the stricter of two lists
        self._names[name] = native
        return self._wanted[native]

    def note(self, native: str, group: str | None) -> None:
        """Remember which group a post is in: what hangs from it names only the second half of its id."""
        before, _, number = native.rpartition("_")
        if number and (home := group or before):
            self._home[number] = home
            self._named.add(home)

    def home_of(self, native: str | None) -> str | None:
        """Return the group of a post or comment by its id, `group_post` or `post_comment`; None where nothing tells."""
        if native is None:
            return None
        first, _, rest = native.partition("_")
        return self._home.get(first) or (first if rest and self._home.get(rest, first) == first else None)

    def is_group(self, native: str) -> bool:
        """Tell whether posts are in a group of this id."""
        return native in self._named

    def keeps_out(self, group: str | None, author: str | None = None) -> bool:
        """Tell whether what is in a group stays out, and count it; `author` is whose own page it may be."""
        if group is not None and group in {self.root, author}:
            return False
        wanted = self._wanted.get(group or "")
        if wanted is None:  # no list tells of it
            wanted = self.selection.include_private and self.selection.wants(group)
            if not self.selection.include_private:
                self.left_out[_UNKNOWN] += 1
        return not wanted

    def keeps_out_entry(self, item: Mapping[str, JSON]) -> bool:
        """Tell whether an entry of a download stays out, which names its group by words alone, if at all."""
        told = as_mapping(item.get("group"))
        group = ref(told) or self._names.get(as_text(told.get("name")))
        return bool(told) and self.keeps_out(group)

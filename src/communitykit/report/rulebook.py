"""The brief's rules: one file each, a head and a question in SQL over the tables of `ground.sql`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from communitykit.errors import SettingsError
from communitykit.model.values import Value

_PARAMETER: Final = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Rule:
    """What to look for, and how.

    Attributes:
        name: The file's name without `.sql`; its words are under `brief.rules.NAME`.
        order: Where its lines stand.
        most: How many lines it may have.
        needs: What the record must tell for it to look at all.
        parameters: Their values by name.
        sql: The question. Its rows have `place_id`, `post_id`, `link` and what its words show; a column that ends in
            `_seconds` is a length of time, and `form` chooses between its words.
    """

    name: str
    order: int
    most: int
    needs: tuple[str, ...]
    parameters: Mapping[str, float]
    sql: str

    def values(self, given: Mapping[str, object]) -> dict[str, Value]:
        """Return the parameters that its SQL names, of its own and of those given."""
        known = {**self.parameters, **given}
        return {name: known[name] for name in _PARAMETER.findall(self.sql)}


@cache
def rules() -> dict[str, Rule]:
    """Return the rules by name, in their order."""
    folder = resources.files("communitykit.report") / "rules"
    files = [one for one in folder.iterdir() if one.name.endswith(".sql")]
    made = [_read(one.name[:-4], one.read_text(encoding="utf-8")) for one in files]
    return {one.name: one for one in sorted(made, key=lambda one: (one.order, one.name))}


def chosen(without: tuple[str, ...]) -> list[Rule]:
    """Return all rules but those.

    Raises:
        SettingsError: There is no such rule.
    """
    known = rules()
    for name in without:
        if name not in known:
            raise SettingsError(f"there is no rule {name!r}", remedy=f"There are: {', '.join(known)}.")
    return [one for one in known.values() if one.name not in without]


def _read(name: str, text: str) -> Rule:
    head = dict(re.findall(r"^-- (order|most|needs|parameters): (.*)$", text, re.MULTILINE))
    parameters = {}
    for one in filter(None, head.get("parameters", "").split(";")):
        key, _, value = one.partition("=")
        parameters[key.strip()] = float(value) if "." in value else int(value)
    needs = tuple(one.strip() for one in head.get("needs", "").split(",") if one.strip())
    return Rule(name, int(head["order"]), int(head["most"]), needs, parameters, text)

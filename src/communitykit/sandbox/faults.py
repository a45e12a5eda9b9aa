"""What may go wrong on a platform, composable and seeded. A fault stands around the platform's answer.

Which requests a fault meets is decided by the request itself and the seed, not by their order, so that it is the same
however many run side by side; each request that it meets fails `times` times and then succeeds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from random import Random
from typing import TYPE_CHECKING, ClassVar, TypeVar

from communitykit.connector.settings import did_you_mean
from communitykit.errors import SettingsError
from communitykit.model.values import JSON
from communitykit.sandbox.platform import Answer, Call

if TYPE_CHECKING:
    from communitykit.sandbox.site import Site

T = TypeVar("T")

Proceed = Callable[[], Answer]
"""Gives what the platform itself answers; it takes no argument."""


FAULTS: dict[str, type[Fault]] = {}
"""Every fault by its name, as `--fault` knows it."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """Base of all faults. `share` of the requests are met, each the first `times` times that it comes."""

    name: ClassVar[str] = ""
    main: ClassVar[str] = "share"
    """The parameter that stands alone in `name=value`."""
    share: float = 0.3
    times: int = 1
    seed: int = 1
    _met: Counter[str] = field(default_factory=Counter, repr=False)

    def __init_subclass__(cls) -> None:
        """Register the fault by its name."""
        if cls.name:
            FAULTS[cls.name] = cls

    def arrange(self, site: Site) -> None:
        """Prepare the site, once."""

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer a call; `proceed` is how the platform itself would."""
        return self.spoil(site, call, proceed) if self.meets(call) else proceed()

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002 # for those who override
        """Answer a call that the fault meets."""
        return proceed()

    def listed(self, name: str, entries: Sequence[T]) -> Sequence[T]:  # noqa: ARG002 # for those who override
        """Return a whole list, of which a page is cut by number or offset, as it is now."""
        return entries

    def meets(self, call: Call) -> bool:
        """Tell whether this request is met now, and count it."""
        key = call.key
        chosen = Random(f"{self.seed}/{self.name}/{key}").random() < self.share
        if not chosen or self._met[key] >= self.times:
            return False
        self._met[key] += 1
        return True

    def changed(self, call: Call, answer: Answer, change: Callable[[JSON], None]) -> Answer:
        """Change the JSON of a successful answer; where nothing comes of it, the fault has not struck."""
        if not answer.headers.get("content-type", "").startswith("application/json") or answer.status != 200:  # noqa: PLR2004
            return answer
        before, data = self._met[call.key], json.loads(answer.body)
        change(data)
        if data == json.loads(answer.body):
            self._met[call.key] = before
            return answer
        return Answer.of(data, status=answer.status, headers=answer.headers)

    def lacking(self, site: Site) -> str:  # noqa: ARG002 # for those who override
        """Say what the simulated platform lacks for the fault to strike at all; empty where it lacks nothing."""
        return ""

    @property
    def met(self) -> frozenset[str]:
        """Where it struck: requests, or kinds of places."""
        return frozenset(self._met)

    @property
    def hits(self) -> int:
        """How often it struck."""
        return self._met.total()


def parse_fault(text: str, *, seed: int = 1) -> Fault:
    """Make a fault from `name`, `name=value` or `name:parameter=value,parameter=value`; `50ms` and `2s` are seconds.

    Raises SettingsError for an unknown name or parameter.
    """
    name, separator, rest = text.partition("=") if ":" not in text else text.partition(":")
    if name not in FAULTS:
        message = f"there is no fault {name!r}{did_you_mean(name, FAULTS)}"
        raise SettingsError(message, remedy=f"Faults: {', '.join(sorted(FAULTS))}.")
    kind = FAULTS[name]
    pairs = [(kind.main, rest)] if separator == "=" else [tuple(part.split("=", 1)) for part in rest.split(",") if part]
    known = {item.name: item for item in fields(kind) if not item.name.startswith("_")}
    values: dict[str, JSON] = {"seed": seed}
    for pair in pairs:
        if len(pair) != 2 or pair[0] not in known:  # noqa: PLR2004 # a name and a value
            message = f"the fault {name!r} has no parameter {pair[0]!r}{did_you_mean(pair[0], known)}"
            raise SettingsError(message, remedy=f"It has: {', '.join(sorted(known))}.")
        values[pair[0]] = _number(pair[1], whole=known[pair[0]].type == "int")
    return kind(**values)


def _number(text: str, *, whole: bool) -> float:
    try:
        if text.endswith("ms"):
            return float(text[:-2]) / 1000
        value = float(text.removesuffix("s"))
    except ValueError:
        raise SettingsError(f"{text!r} is not a number", remedy="Write 0.3, 50ms or 2s.") from None
    return int(value) if whole else value

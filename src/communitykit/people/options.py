"""What whoever runs `people` declares about the company: domains, handles, shared mailboxes, and who leads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import TypeAdapter, ValidationError

from communitykit.errors import SettingsError

_SHAPE = TypeAdapter(dict[str, dict[str, str] | list[str] | str | int | None])


@dataclass(frozen=True)
class Leaders:
    """Who leads, by rules in this order: the roster's own flag, a list, a job title, depth below the top.

    `listed` holds account ids, addresses or employee numbers; `titles` is a regular expression that is searched in job
    titles, whatever their case; `depth` counts persons as leaders who have at most so many managers above them.
    """

    listed: tuple[str, ...] = ()
    titles: str | None = None
    depth: int | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The expression for job titles.

        Raises SettingsError when it is none.
        """
        try:
            return re.compile(self.titles, re.IGNORECASE) if self.titles else None
        except re.error as error:
            raise SettingsError(
                f"the rule for leaders' job titles, {self.titles!r}, is no regular expression: {error}",
                remedy="Write for instance '^(head|director)' .",
            ) from None


@dataclass(frozen=True)
class Options:
    """What is declared about a company's accounts.

    `domains` maps a domain to the one that it became (`{"old.example": "new.example"}`): addresses of both are the
    same. `handles` maps a network (`slack:T1`, or a platform's name for all of its networks) to the domain to which
    its handles are addresses. `shared` names more local parts of shared mailboxes than are known anyway.
    """

    domains: dict[str, str] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    leaders: Leaders = field(default_factory=Leaders)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises SettingsError for domains that are none or go round in a circle, and for a title rule that is none.
        """
        for domain in (*self.domains, *self.domains.values(), *self.handles.values()):
            if not re.fullmatch(r"[^@\s.]+(\.[^@\s.]+)+", domain):
                raise SettingsError(f"{domain!r} is no domain", remedy="Write for instance old.example=new.example.")
        for domain in self.domains:
            self.domain(domain)
        _ = self.leaders.pattern
        if self.leaders.depth is not None and self.leaders.depth < 0:
            raise SettingsError(f"a depth of {self.leaders.depth} is above the top", remedy="Give 0 or more.")

    @cached_property
    def _domains(self) -> dict[str, str]:
        return {old.casefold(): new.casefold() for old, new in self.domains.items()}

    def domain(self, name: str) -> str:
        """Return the domain that stands for this one.

        Raises SettingsError where the declared domains go round in a circle.
        """
        after = self._domains.get(name)
        if after is None:
            return name
        seen = {name}
        while after is not None:
            if after in seen:
                raise SettingsError(f"the domains {', '.join(sorted(seen))} stand for one another in a circle")
            seen.add(after)
            name = after
            after = self._domains.get(name)
        return name

    def handle_domain(self, platform: str, network: str) -> str | None:
        """Return the domain to which a network's handles are addresses; None where none is declared."""
        domain = self.handles.get(f"{platform}:{network}", self.handles.get(platform))
        return domain.casefold() if domain else None

    def dump(self) -> dict[str, object]:
        """Return it as plain data."""
        leaders = {"listed": list(self.leaders.listed), "titles": self.leaders.titles, "depth": self.leaders.depth}
        return {"domains": self.domains, "handles": self.handles, "shared": list(self.shared), **leaders}

    @classmethod
    def load(cls, text: str) -> Options:
        """Return what `dump` gave, from JSON text; nothing declared where the text is not understood."""
        try:
            told = _SHAPE.validate_json(text)
            leaders = Leaders(tuple(told.pop("listed", ())), told.pop("titles", None), told.pop("depth", None))  # type: ignore[arg-type] # dumped so
            shared = tuple(told.pop("shared", ()))  # type: ignore[arg-type] # same
            return cls(**told, shared=shared, leaders=leaders)  # type: ignore[arg-type] # same
        except (ValidationError, TypeError, SettingsError):
            return cls()

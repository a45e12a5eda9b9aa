"""What all checks of the contract share: the connector, its simulated platform, a company, and its truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.connector.settings import load_settings
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.model.values import JSON
from communitykit.sandbox import CHANGES, Platform, World, project
from communitykit.sandbox.truth import Difference
from communitykit.testing.reading import Kept, Run, current, read

HIDDEN_WITHOUT: Mapping[str, frozenset[str]] = {
    "edits": frozenset({"edited", "reply_edited"}),
    "deletions": frozenset({"deleted", "reply_deleted"}),
    "late_replies": frozenset({"replied", "reply_edited", "reply_deleted", "reply_reacted", "reply_unreacted"}),
    "reply_changes": frozenset({"reply_edited", "reply_reacted", "reply_unreacted"}),
}
"""What an incremental run need not find when the connector does not claim a feature."""

SHOWN = 20
"""How many lines a failing check says of what it found."""
TRUTH = "test_what_the_api_gives_is_the_truth"
"""The check that comes first."""
_TRUE: dict[type, bool] = {}
_WHOLE: dict[type, Run] = {}
_TOLD_ANYWAY: dict[tuple[type, str], Counter[str]] = {}


class Checks:
    """Base of the checks. A subclass names its connector and leaves the rest as it is.

    `everything` are the settings with which the connector finds whatever its platform still tells, at whatever price;
    those that its settings do not have are left out. `ratio` is the largest part of a fresh read's requests that a
    later run may take: without news, with a week's news, and with `everything` after a month.
    """

    connector: ClassVar[str]
    seed: ClassVar[int] = 5
    everything: ClassVar[Mapping[str, JSON]] = {"lookback": "all", "threads": "all"}
    ratio: ClassVar[tuple[float, float, float]] = (0.75, 1.0, 1.1)

    @pytest.fixture
    def declaration(self) -> Connector:
        """Return the connector's declaration, with a sandbox or without."""
        return registry().get(self.connector)

    @pytest.fixture
    def declared(self) -> Connector:
        """Return the connector's declaration; the suite needs its sandbox."""
        found = registry().get(self.connector)
        if found.sandbox is None:
            pytest.skip(f"{self.connector} declares no sandbox, so there is no truth to hold it against")
        return found

    @pytest.fixture(autouse=True)
    def _truth_first(self, request: pytest.FixtureRequest) -> None:
        """Hold the rest only where a plain read is true: whatever else is wrong then follows from that."""
        first = request.node.originalname == TRUTH or "declared" not in request.fixturenames
        if not first and not self._is_true():
            pytest.skip(
                f"NOT CHECKED, which is no pass: a plain read of {self.connector} is not the truth: see {TRUTH}"
            )

    def _is_true(self) -> bool:
        """Read once and compare; remember it for the class."""
        found = registry().get(self.connector)
        if type(self) not in _TRUE and found.sandbox is not None:
            store, world = Kept(), self.make_world()
            try:
                _TRUE[type(self)] = not store.read(found, world).left_out and not self.differences(found, world, store)
            except Exception:  # noqa: BLE001 # the check itself will show it
                _TRUE[type(self)] = False
        return _TRUE.get(type(self), True)

    @pytest.fixture
    def platform(self, declared: Connector) -> Platform:
        """Return the simulated platform."""
        return platform_of(declared)

    @pytest.fixture
    def world(self) -> World:
        """Return the company."""
        return self.make_world()

    @pytest.fixture
    def whole(self, declared: Connector) -> Run:
        """Return one undisturbed run over everything, private and direct too: the class's own, to be looked at only."""
        if type(self) not in _WHOLE:
            _WHOLE[type(self)] = read(declared, self.make_world(), include_private=True, include_direct=True)
        return _WHOLE[type(self)]

    def told_anyway(self, declared: Connector, options: Mapping[str, object]) -> Counter[str]:
        """Count what a plain undisturbed run over a site with these options says that it left out."""
        key = (type(self), repr(sorted(options.items())))
        if key not in _TOLD_ANYWAY:
            _TOLD_ANYWAY[key] = Counter(read(declared, self.make_world(), options=options).left_out)
        return _TOLD_ANYWAY[key]

    def make_world(self) -> World:
        """Make the company anew: the same each time."""
        return World(seed=self.seed, size="tiny", platforms=(self.connector,))

    def differences(
        self,
        declared: Connector,
        world: World,
        store: Kept | Path,
        **door: Any,  # noqa: ANN401 # the keywords of project
    ) -> list[Difference]:
        """Compare what a store holds with the truth."""
        truth = project(world, declared.capabilities, platform_of(declared), **door)
        found: list[Difference] = truth.compare(store.current() if isinstance(store, Kept) else current(store))
        return found

    def all_settings(self, declared: Connector) -> dict[str, JSON]:
        """Return `everything`, as far as the connector has such settings."""
        return {name: value for name, value in self.everything.items() if name in declared.settings.model_fields}

    def findable(self, declared: Connector) -> frozenset[str]:
        """Name the changes that an incremental run of this connector claims to find."""
        missing = [name for name in HIDDEN_WITHOUT if name not in declared.capabilities.features]
        return frozenset(CHANGES).difference(*(HIDDEN_WITHOUT[name] for name in missing))


def hold_none(found: Iterable[object], about: object = "") -> None:
    """Fail if anything was found, and say all of it, a line each: pytest would show the first of them.

    Raises AssertionError with `about`, twenty lines and how many more there are.
    """
    __tracebackhide__ = True
    lines = [str(one) for one in found]
    if lines:
        more = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        head = f"{len(lines)} found that should not be" + (f" ({about})" if about else "")
        raise AssertionError("\n".join([f"{head}:", *lines[:SHOWN], *more]))


def between(before: Mapping[str, Iterable[JSON]], after: Mapping[str, Iterable[JSON]]) -> list[Difference]:
    """Return where the current records of two stores, or of one at two times, differ: by record kind and id."""
    found: list[Difference] = []
    for record in sorted({*before, *after}):
        old, new = ({row["id"]: row for row in rows.get(record, ())} for rows in (before, after))
        for id_ in sorted({*old, *new}):
            if id_ not in old or id_ not in new:
                found.append(Difference(record, id_, "", old.get(id_), new.get(id_)))
                continue
            names = sorted({*old[id_], *new[id_]})
            pairs = [(name, old[id_].get(name), new[id_].get(name)) for name in names]
            found += [Difference(record, id_, name, one, other) for name, one, other in pairs if one != other]
    return found


def platform_of(declared: Connector) -> Platform:
    """Return a connector's simulated platform.

    Raises TypeError when it declares none.
    """
    made: Platform = declared.simulated()
    return made


def conduct(declared: Connector, settings: Mapping[str, object], *, clock: Clock = SYSTEM_CLOCK) -> Conductor:
    """Prepare a connector that need not be installed, with rate limits of its own."""
    return Conductor(declared, load_settings(declared.name, declared.settings, settings), clock=clock, pace=Pace())

"""Bringing a store up to date with a configuration, for programs that follow it: adapters, notebooks, schedulers."""

from __future__ import annotations

from pathlib import Path

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.config.opening import opened, run_options
from communitykit.config.sections import Config
from communitykit.config.unopened import UnopenedSource
from communitykit.connector.times import parse_length
from communitykit.pulling import pull_at
from communitykit.result import PullResult
from communitykit.sinks.permissions import make_folder


def refresh(config: Config, store: Path | str, *, clock: Clock = SYSTEM_CLOCK) -> PullResult:
    """Read every source of a configuration into a store, and erase what is past its time (`keep` of `[privacy]`).

    `store` is made where there is none, and counts before the configuration's own. A source that fails, or cannot be
    opened, ends itself alone: look at `errors`, `coverage` and `by_source` of the result.

    Raises as `opened`, where no source can be opened, which the store tells then, too; as `run_options` and `pull`.
    """
    path = Path(store)
    make_folder(path.parent)
    unopened: list[UnopenedSource] = []
    with opened(config, unopened=unopened, clock=clock) as sources:
        result = pull_at([*unopened, *sources], path, run_options(config, clock=clock), clock=clock)
        if not sources:
            raise unopened[0].error
    if config.privacy.keep is not None and not result.interrupted:
        from communitykit.privacy.erasing import prune  # noqa: PLC0415 # duckdb is imported only when used

        now = clock.now()
        prune(path, before=now - parse_length(config.privacy.keep), now=now)
    return result

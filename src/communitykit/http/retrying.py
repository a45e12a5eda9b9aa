"""How often a request is sent again, and after how long. Pure."""

from __future__ import annotations

import random

from communitykit.connector.flow import Response
from communitykit.connector.waiting import bounded, retry_after
from communitykit.errors import NoConnectionError, RateLimitedError, RetryableError

MAX_TRANSIENT = 6
"""Attempts at a request that fails without a word on when to come back."""
MAX_REFUSED_HERE = 4
"""Attempts at a connection that this machine itself refuses: some five seconds, in which a server may be restarted."""
MAX_LIMITED = 60
"""Attempts at a request that the platform postpones."""
MAX_BACKOFF = 60.0
"""Longest wait between attempts, in seconds, where the platform names none."""

_jitter = random.SystemRandom()


def told_wait(error: RetryableError, response: Response) -> float | None:
    """Return how long to wait: the standard's header where it is readable, else what the connector found elsewhere."""
    told = retry_after(response)
    if told is None and error.retry_after is not None:
        return bounded(error.retry_after)
    return told


def attempts_for(error: RetryableError) -> int:
    """Return how often the same request is sent in all when it ends like this."""
    if isinstance(error, NoConnectionError) and error.refused_here:
        return MAX_REFUSED_HERE
    return MAX_LIMITED if isinstance(error, RateLimitedError) else MAX_TRANSIENT


def pause(error: RetryableError, attempt: int) -> float:
    """Return the seconds until the next attempt: the platform's own word, else doubling with jitter."""
    if error.retry_after:  # one that says 0 would be asked sixty times at once
        return error.retry_after
    ceiling: float = min(MAX_BACKOFF, 0.5 * 2.0 ** min(attempt, 10))
    return ceiling / 2 + _jitter.uniform(0, ceiling / 2)

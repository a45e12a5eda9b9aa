"""The library's one logger, `communitykit`.

DEBUG a request, INFO runs, retries and long waits, WARNING what a call leaves out of what was asked for, ERROR a defect
with its place. No line holds a credential, a name of a person or a word that somebody wrote. It has no handler: Python
shows warnings and errors on the error stream until a program sets up logging (`logging.basicConfig(level="INFO")`,
say), and `logging.getLogger("communitykit").addHandler(logging.NullHandler())` silences it.
"""

from __future__ import annotations

import logging
from typing import Final

NAME: Final = "communitykit"
LOGGER: Final = logging.getLogger(NAME)
LONG_SECONDS: Final = 10.0
"""A wait that is told, since whoever looks on wonders."""

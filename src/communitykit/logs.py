"""The library's one logger, `communitykit`: DEBUG a request, INFO runs and long waits, ERROR a defect with its place.

No line holds a credential, a name of a person or a word that somebody wrote. Nothing is shown before a program gives
the logger a handler of its own: `logging.basicConfig(level="INFO")`, say.
"""

from __future__ import annotations

import logging
from typing import Final

NAME: Final = "communitykit"
LOGGER: Final = logging.getLogger(NAME)
LOGGER.addHandler(logging.NullHandler())
LONG_SECONDS: Final = 10.0
"""A wait that is told, since whoever looks on wonders."""

"""Histories and servers are those of the core's own tests."""

import sys
from pathlib import Path

_TESTS = Path(__file__).parents[3] / "tests"
sys.path[:0] = [str(_TESTS / "exchange"), str(_TESTS / "servers")]

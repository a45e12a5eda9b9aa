"""Histories stand beside the tests, servers one folder on."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "servers")]

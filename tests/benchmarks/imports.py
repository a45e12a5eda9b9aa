"""How long importing takes."""

from __future__ import annotations

import subprocess
import sys
import time

from figure import Figure

_FLOOR = "import pydantic\nfrom pydantic import BaseModel\n" + "".join(
    f"class Model{number}(BaseModel):\n    one: int = 0\n    two: str = ''\n    three: list[int] = []\n"
    for number in range(15)
)


def import_time() -> list[Figure]:
    """Time `import communitykit` against importing pydantic and building 15 models."""
    bare = _best("pass")
    floor, ours = _best(_FLOOR) - bare, _best("import communitykit") - bare
    ratio = ours / floor
    return [Figure("import communitykit", f"{ours:.3f} s", f"{floor:.3f} s", f"{ratio:.2f} ≤ 1.5", ratio <= 1.5)]


def _best(code: str) -> float:
    taken = []
    for _ in range(9):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        taken.append(time.perf_counter() - started)
    return min(taken)

"""A dump of a million comments: the memory that importing it takes, in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from figure import Figure

_POSTS, _COMMENTS = 10_000, 100
_LIMIT = 400 * 1024 * 1024


def workplace() -> list[Figure]:
    """Import 1,000,000 comments under 10,000 posts from one zip, into a store."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dump.zip"
        _write(path)
        command = [sys.executable, __file__, str(path), str(Path(folder) / "activity.duckdb")]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    memory, seconds, posts = told["memory"], told["seconds"], told["posts"]
    whole = posts == _POSTS * (_COMMENTS + 1)
    return [
        Figure(
            "import a Graph dump of 1,000,000 comments",
            f"{memory / 1024 / 1024:.0f} MB, {seconds:.0f} s, {posts / seconds:,.0f} posts/s",
            f"{_LIMIT // 1024 // 1024} MB",
            "memory < 400 MB, all stored",
            whole and memory < _LIMIT,
        )
    ]


def _write(path: Path) -> None:
    """Write the dump: one bare list, of some 250 megabytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("groups.json", "w") as file:
            file.write(json.dumps([{"id": "100000", "name": "General", "privacy": "OPEN"}]).encode())
        with archive.open("posts.json", "w", force_zip64=True) as file:
            for number in range(_POSTS):
                file.write(b"[" if not number else b",")
                file.write(json.dumps(_post(number)).encode())
            file.write(b"]")


def _post(number: int) -> dict[str, object]:
    comments = [
        {
            "id": f"{number + 1}_{index + 1_000_000}",
            "created_time": f"2024-{number % 12 + 1:02}-{index % 28 + 1:02}T10:{index % 60:02}:00+0000",
            "from": {"id": str(200_000 + (number * 7 + index) % 5_000), "name": "Somebody or Other"},
            "message": f"Comment {index} on post {number}: the numbers of last week look good, thank you all.",
            "comment_count": 0,
            "like_count": 0,
        }
        for index in range(_COMMENTS)
    ]
    return {
        "id": f"100000_{number + 1}",
        "created_time": f"2024-{number % 12 + 1:02}-01T09:00:00+0000",
        "updated_time": "2024-12-28T10:00:00+0000",
        "from": {"id": "200000", "name": "Somebody or Other"},
        "message": f"Post {number}",
        "comments": {"data": comments},
    }


def _import(path: str, store: str) -> None:
    from communitykit import pull, read_archive  # noqa: PLC0415 # in the process that is measured

    started = time.perf_counter()
    with read_archive("workplace", path) as archive:
        result = pull(archive, store)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"memory": peak, "seconds": seconds, "posts": result.tally.new["posts"]}))


if __name__ == "__main__":
    _import(sys.argv[1], sys.argv[2])

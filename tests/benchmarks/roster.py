"""A roster of 200,000 people is imported."""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path

from figure import Figure

from communitykit import pull, read_archive
from communitykit.store import Store

_PEOPLE = 200_000
_BOUND = 20.0
_HEADINGS = ("Employee ID", "Name", "Work e-mail", "Department", "Division", "Site", "Country", "Manager ID",
             "Job title", "Start date", "Salary")  # fmt: skip


def roster() -> list[Figure]:
    """Import a roster of usual columns; its floor is reading the CSV's rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hr-2026-11-01.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADINGS)
            for n in range(_PEOPLE):
                mail, boss = f"given{n}.family{n}@corp.example", f"A{n // 8}" if n else ""
                writer.writerow([f"A{n}", f"Given{n} Family{n}", mail, f"D{n % 200}", f"V{n % 20}", "Köln", "DE", boss,
                                 "Engineer", "2020-01-31", n])  # fmt: skip
        began = time.process_time()
        with path.open(newline="", encoding="utf-8") as file:
            rows = sum(1 for _ in csv.DictReader(file))
        floor = time.process_time() - began
        began = time.process_time()
        with read_archive("directory", path, whole=True) as archive:
            pull([archive], Path(folder) / "a.duckdb")
        took = time.process_time() - began
        with Store(Path(folder) / "a.duckdb") as store:
            (row,) = store.sql("SELECT count(*) AS n, count(manager_id) AS m FROM members").to_pylist()
    right = row == {"n": _PEOPLE, "m": _PEOPLE - 1} and rows == _PEOPLE
    name = f"roster: {_PEOPLE:,} rows"
    return [Figure(name, f"{took:.1f} s CPU", f"{floor:.1f} s", f"{_BOUND:.0f} s", took <= _BOUND and right)]

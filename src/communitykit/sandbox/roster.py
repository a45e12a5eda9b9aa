"""The company's roster, as its HR system would export it."""

from __future__ import annotations

import csv
from pathlib import Path

from communitykit.sandbox import vocabulary as words
from communitykit.sandbox.times import from_us
from communitykit.sandbox.world import World

_HEADINGS = ("Employee ID", "First name", "Last name", "Work e-mail", "Aliases", "Object ID", "Department", "Division",
             "Site", "Country", "Manager ID", "Job title", "Start date", "End date", "Is manager")  # fmt: skip


def write_roster(world: World, path: Path) -> int:
    """Write who is and was employed as CSV, leavers with their last day, and return how many they are.

    Two of three whose address changed have their former one among their aliases: somebody looked after it.
    """
    staff = [one for one in world.people if one.employee_number is not None and one.kind == "employee"]
    numbers: set[str] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADINGS)
        for one in staff:
            if one.employee_number is None or one.employee_number in numbers:
                continue  # a second account: the roster knows people
            numbers.add(one.employee_number)
            boss = world.people[one.manager].employee_number if one.manager is not None else None
            alias = f"{one.former.slug}@{words.DOMAIN}" if one.former and one.former.slug and one.number % 3 else ""
            local = one.slug if one.mailbox in {None, "support"} else one.mailbox
            left = from_us(one.left_at).date().isoformat() if one.left_at is not None else ""
            writer.writerow(
                [one.employee_number, one.given, one.family, f"{local}@{words.DOMAIN}", alias, one.directory_id or "",
                 one.department, one.division, one.site.city, one.site.country, boss or "", one.title,
                 from_us(one.hired_at).date().isoformat(), left, "yes" if one.leader else "no"]
            )  # fmt: skip
    return len(numbers)

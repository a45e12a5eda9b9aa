"""Rows of several files about one person become one, and managers are found. Pure.

Files of two HR systems are joined by employee number, directory id, or by an address that each holds once. Inside one
file a number is one person's: of rows that repeat it, the one of who works here counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from communitykit.connector import counted
from communitykit_directory.archive.sources import Found, Source
from communitykit_directory.wire import Row, hashed, is_here, mails

_KEYS = ("employee_number", "directory_id", "key", "dn")
_MANAGERS = ("manager_number", "manager_email", "manager")
_INTERNAL = frozenset({"key", "dn", *_MANAGERS, "manager_name"})
_SCIENTIFIC = re.compile(r"\d[.,]\d+[eE]\+?\d+")


@dataclass(slots=True)
class _Person:
    fields: dict[str, str]
    place: str
    mails: set[str]
    native: str = ""


@dataclass(slots=True)
class Roster:
    """All rows as persons, and what was found to be odd on the way."""

    persons: list[_Person] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    bad: list[Row] = field(default_factory=list)
    """Rows that cannot be anybody's."""
    _by: dict[tuple[str, str], _Person] = field(default_factory=dict)

    def add(self, source: Source) -> None:
        """Add a file's rows."""
        self.bad += source.bad
        self.bad += [
            {"id": _native(row.fields) or None, "place": row.place, "why": why, "reason": reason}
            for row, reason, why in source.odd
        ]
        rows, lost = _once(source.rows)
        self.bad += [
            {"id": None, "place": row.place, "why": f"the number is another's in {kept.place}"}
            for row, kept in lost if _is_another(kept, row)
        ]  # fmt: skip
        repeated = len(lost)
        if repeated:
            self.problems.append(
                f"{counted(repeated, 'row')} of {source.name} with an employee number of another: the row of who "
                "works here, and began last, counts"
            )
        counts: dict[str, int] = {}
        mails_of = [_mails(row.fields) for row in rows]
        for own in mails_of:
            for address in own:
                counts[address] = counts.get(address, 0) + 1
        added = []
        for row, own in zip(rows, mails_of, strict=True):
            if _SCIENTIFIC.fullmatch(row.fields.get("employee_number", "")):
                self.bad.append({"id": None, "place": row.place, "why": "the employee number is rounded (1.2E+05)"})
                continue
            person = self._known(row, [one for one in own if counts[one] == 1])
            if person is None:
                person = _Person(dict(row.fields), row.place, set(own))
                self.persons.append(person)
            elif _collide(person, row, own):
                self.bad.append({"id": None, "place": row.place, "why": f"the number is another's in {person.place}"})
                continue
            else:
                _merge(person, row, own)
            added.append(person)
        for person in added:  # after the whole file: its own rows are not joined with one another by address
            self._note(person)

    def rows(self) -> Iterable[Row]:
        """Yield the persons as rows with their ids, managers found among all of them."""
        for person in self.persons:
            person.native = _native(person.fields)
        trimmed: dict[str, _Person | None] = {}
        for person in self.persons:  # Excel takes zeros from the front of numbers, in one file and not in the other
            bare = person.fields.get("employee_number", "").lstrip("0")
            trimmed[bare] = None if bare in trimmed else person
        lost = 0
        for person in self.persons:
            told = {name: text for name, text in person.fields.items() if name not in _INTERNAL}
            row: Row = {"id": person.native or None, "place": person.place, "fields": told}
            if not person.fields.keys().isdisjoint(_MANAGERS):
                boss = self._manager(person.fields, trimmed)
                row["manager_id"] = boss
                lost += boss is None and any(person.fields.get(name) for name in _MANAGERS)
            yield row
        yield from self.bad
        if lost:
            self.problems.append(f"nobody in the roster has the name or address of {counted(lost, 'manager')}")

    def _known(self, row: Found, own: list[str]) -> _Person | None:
        for name in ("employee_number", "directory_id"):
            if (value := row.fields.get(name)) and (found := self._by.get((name, value.lower()))):
                return found
        matches = {id(found): found for one in own if (found := self._by.get(("mail", one)))}
        if len(matches) != 1:
            return None
        (found,) = matches.values()
        numbers = {found.fields.get("employee_number"), row.fields.get("employee_number")} - {None, ""}
        return found if len(numbers) < 2 else None  # noqa: PLR2004 # two numbers are two people

    def _note(self, person: _Person) -> None:
        for name in _KEYS:
            if value := person.fields.get(name):
                self._by[name, value.lower()] = person
        for address in person.mails:
            before = self._by.get(("mail", address))
            if before is None:
                self._by["mail", address] = person
            elif before is not person:  # two persons hold it: it tells nobody
                self._by["mail", address] = _NOBODY

    def _manager(self, fields: dict[str, str], trimmed: dict[str, _Person | None]) -> str | None:
        for name in _MANAGERS:
            text = fields.get(name, "").strip()
            if not text:
                continue
            if "@" in text:
                found = next((self._by.get(("mail", one)) for one in mails(text)), None)
            else:
                found = next((one for key in _KEYS if (one := self._by.get((key, text.lower())))), None)
                found = found or trimmed.get(text.lstrip("0"))
            if found is not None and found.native:
                return found.native
            if name == "manager_number" or (name == "manager" and re.fullmatch(r"[A-Za-z]{0,3}-?\d+", text)):
                return text  # somebody whom this roster does not list
        return None


_NOBODY = _Person({}, "", set())


def _once(rows: list[Found]) -> tuple[list[Found], list[tuple[Found, Found]]]:
    """Return one row for each employee number, and those that were more, each with the one that counts."""
    kept: dict[str, Found] = {}
    more: list[tuple[str, Found]] = []
    for index, row in enumerate(rows):
        number = row.fields.get("employee_number", "").lower() or f"\0{index}"
        before = kept.setdefault(number, row)
        if before is not row:
            if _standing(row) > _standing(before):
                kept[number], before = row, kept[number]
                more.append((number, before))
            else:
                more.append((number, row))
    return list(kept.values()), [(row, kept[number]) for number, row in more]


def _is_another(kept: Found, row: Found) -> bool:
    """Tell whether a row that repeats a number is somebody else's: no name in common, and no address."""
    names, own = ([{*_name(one.fields).split()} for one in (kept, row)], [{*_mails(one.fields)} for one in (kept, row)])
    return all(names) and names[0].isdisjoint(names[1]) and own[0].isdisjoint(own[1])


def _standing(row: Found) -> tuple[bool, bool, str]:
    here = is_here(row.fields.get("status", "")) is not False
    return here, not row.fields.get("end_date"), row.fields.get("start_date", "")


def _mails(fields: dict[str, str]) -> list[str]:
    return mails(f"{fields.get('email', '')} {fields.get('addresses', '')}")


def _collide(person: _Person, row: Found, own: list[str]) -> bool:
    """Tell whether two systems gave one number to two people: neither their addresses nor their names agree."""
    names = [{*_name(one).split()} for one in (person.fields, row.fields)]
    apart = bool(person.mails) and bool(own) and person.mails.isdisjoint(own)
    return apart and all(names) and names[0].isdisjoint(names[1])


def _name(fields: dict[str, str]) -> str:
    whole = fields.get("name") or f"{fields.get('given_name', '')} {fields.get('family_name', '')}"
    return re.sub(r"[^\w ]+", " ", whole.lower()).strip()


def _merge(person: _Person, row: Found, own: list[str]) -> None:
    """Add what a further file tells: the first one's word counts, all addresses are kept."""
    for name, text in row.fields.items():
        if name != "addresses" and not person.fields.get(name):
            person.fields[name] = text
    person.mails.update(own)
    if own:
        person.fields["addresses"] = " ".join(sorted(person.mails))


def _native(fields: dict[str, str]) -> str:
    """Return what identifies somebody: number, directory id, else a key made of the address or of the system's id."""
    if told := fields.get("employee_number") or fields.get("directory_id", "").lower():
        return told
    own = _mails(fields)
    return hashed(own[0]) if own else hashed(fields["key"]) if fields.get("key") else ""

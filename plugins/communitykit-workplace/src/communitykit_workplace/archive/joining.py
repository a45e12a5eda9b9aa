"""Who is who among several files: by id, then by external id, then by e-mail address. Nobody is joined by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from communitykit.connector import JSON
from communitykit_workplace.ids import address, native_id


@dataclass(slots=True)
class People:
    """Everybody whom files with ids told of, by what other files may have in place of an id."""

    by_external: dict[str, str] = field(default_factory=dict)
    by_employee: dict[str, str] = field(default_factory=dict)
    by_mail: dict[str, str] = field(default_factory=dict)

    def note(self, item: Mapping[str, JSON]) -> None:
        """Remember a member of the Graph, or a user of SCIM."""
        native = native_id(item.get("id"))
        if native is None:
            return
        for name in ("external_id", "externalId"):
            if item.get(name):
                self.by_external.setdefault(str(item[name]), native)
        numbers = [item.get("employee_number")]
        numbers += [part.get("employeeNumber") for part in item.values() if isinstance(part, dict)]
        for number in numbers:
            if number:
                self.by_employee.setdefault(str(number), native)
        listed = item.get("emails")
        mails = [one.get("value") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        for mail in (item.get("email"), item.get("userName"), *mails):
            if found := address(mail):
                self.by_mail.setdefault(found.lower(), native)

    def find(self, *, native: object = None, external: object = None, mail: object = None) -> str | None:
        """Return somebody's id; None where nothing joins."""
        found = native_id(native)
        if found is None and external:
            found = self.by_external.get(str(external)) or self.by_employee.get(str(external))
        if found is None and (told := address(mail)):
            found = self.by_mail.get(told.lower())
        return found

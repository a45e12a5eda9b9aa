"""LDIF (RFC 2849): entries of a directory, one by one. Files in, fields of rows out."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from typing import IO

Entry = dict[str, list[str | bytes]]
"""Values by attribute, in lower case without options; what is no UTF-8 stays bytes."""

_PERSONS = frozenset({"person", "inetorgperson", "organizationalperson", "user", "posixaccount"})
_NO_PERSONS = frozenset({"computer", "group", "contact"})
_DISABLED = 2  # ADS_UF_ACCOUNTDISABLE of userAccountControl
_PLAIN = {
    "employee_number": ("employeenumber", "employeeid"), "name": ("displayname", "cn"), "given_name": ("givenname",),
    "family_name": ("sn",), "username": ("samaccountname", "uid"), "job_title": ("title",),
    "department": ("department", "departmentnumber", "ou"), "division": ("division",),
    "organization": ("company", "o"), "site": ("physicaldeliveryofficename", "l"), "country": ("co", "c"),
    "language": ("preferredlanguage",), "manager": ("manager",), "employment": ("employeetype",),
}  # fmt: skip
_ADDRESSES = ("proxyaddresses", "mailalternateaddress", "userprincipalname")


def entries(file: IO[bytes]) -> Iterator[tuple[int, Entry]]:
    """Yield each entry with its line, comments and folded lines put right; changes of entries are passed over.

    Raises ValueError naming the line that is none.
    """
    entry: Entry = {}
    begin = 1
    for number, line in _unfolded(file):
        if not line:
            if "dn" in entry and entry.get("changetype", ["add"])[0] == "add":
                yield begin, entry
            entry = {}
            continue
        if not entry:
            begin = number
        name, colon, value = line.partition(":")
        if not colon:
            if line == "-":
                continue
            raise ValueError(f"line {number} is no line of LDIF")
        attribute = name.split(";")[0].strip().lower()
        if value.startswith("<"):  # an address of a file elsewhere: nothing is fetched
            continue
        entry.setdefault(attribute, []).append(_decoded(value[1:], number) if value.startswith(":") else value.strip())
    if "dn" in entry and entry.get("changetype", ["add"])[0] == "add":
        yield begin, entry


def is_ldif(head: bytes) -> bool:
    """Tell whether a file that begins like this is LDIF."""
    text = head.lstrip(b"\xef\xbb\xbf")
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith(b"#")), b"")
    return re.match(rb"(?i)version:\s*1$|dn::?\s*\S", first) is not None


def is_person(entry: Entry) -> bool:
    """Tell whether an entry is somebody: its classes say so."""
    classes = {one.lower() for one in entry.get("objectclass", ()) if isinstance(one, str)}
    return not classes.isdisjoint(_PERSONS) and classes.isdisjoint(_NO_PERSONS)


def fields_of(entry: Entry) -> dict[str, str]:
    """Return what an entry tells as the fields of a row; `dn` is its own name, for managers to be found by."""
    told = {name: found for name, attributes in _PLAIN.items() if (found := _first(entry, *attributes)) is not None}
    mail = _first(entry, "mail") or ""
    aliases = [one for name in _ADDRESSES for one in entry.get(name, ()) if isinstance(one, str)]
    own = next((one for one in aliases if one.startswith("SMTP:")), "")  # the primary one, by its capitals
    told["email"] = mail or own.removeprefix("SMTP:")
    others = [one for one in aliases if ":" not in one or one.lower().startswith("smtp:")]
    told["addresses"] = " ".join(one.split(":", 1)[-1] for one in others)
    told["dn"] = str(_first(entry, "dn") or "").lower()
    external = _first(entry, "msds-externaldirectoryobjectid")
    if external:
        told["directory_id"] = external.removeprefix("User_")
    control = _first(entry, "useraccountcontrol") or ""
    if control.isdecimal():
        told["status"] = "disabled" if int(control) & _DISABLED else "enabled"
    return told


def _first(entry: Entry, *names: str) -> str | None:
    return next((one for name in names for one in entry.get(name, ()) if isinstance(one, str)), None)


def _decoded(text: str, number: int) -> str | bytes:
    try:
        body = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        raise ValueError(f"line {number} is no base64") from None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _unfolded(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace")
    held: list[str] = []
    begin = 1
    try:
        for number, line in enumerate(text, 1):
            bare = line.rstrip("\r\n")
            if bare.startswith(" ") and held:
                held.append(bare[1:])
                continue
            if held and not held[0].startswith("#"):
                yield begin, "".join(held)
            held, begin = [bare], number
            if not bare:
                yield number, ""
                held = []
        if held and not held[0].startswith("#"):
            yield begin, "".join(held)
    finally:
        text.detach()

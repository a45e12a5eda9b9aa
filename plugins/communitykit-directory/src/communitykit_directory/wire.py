"""What a row of a roster is on its way to becoming a member, and how its values are read. Pure.

A row's `fields` hold text by the names of `FIELDS`. One that is there and empty was told to be empty; one that is not
there was not told at all.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TypedDict

FIELDS = (
    "employee_number", "directory_id", "name", "given_name", "family_name", "username", "email", "addresses",
    "job_title", "department", "division", "organization", "site", "country", "language", "manager", "manager_number",
    "manager_email", "manager_name", "start_date", "end_date", "status", "employment", "leader", "accounts",
)  # fmt: skip
"""What a roster may tell of somebody."""

_YES = frozenset({"yes", "y", "true", "t", "1", "x", "ja", "j", "wahr", "oui", "o", "vrai", "si"})
_NO = frozenset({"no", "n", "false", "f", "0", "nein", "falsch", "non", "faux", "-"})
_HERE = frozenset(
    {"active", "aktiv", "actif", "active employee", "employed", "current", "present", "enabled", "on leave", "leave",
     "en conge", "beurlaubt", "angestellt", "en poste"}
)  # fmt: skip
_GONE = frozenset(
    {"inactive", "inaktiv", "inactif", "terminated", "left", "leaver", "disabled", "ended", "resigned", "retired",
     "former", "ausgetreten", "ausgeschieden", "gekundigt", "sorti", "parti", "quitte", "termine", "withdrawn"}
)  # fmt: skip
_OUTSIDE = re.compile(
    r"extern|contract(?:or|ed)|freelance|consult(?!ing)|vendor|supplier|temp(?:orary)? ?(?:agency|worker)|agency|"
    r"prestataire|interim|sous-traitan|leiharbeit|zeitarbeit|dienstleister|fremdfirma"
)
_ACCENTS = str.maketrans("àâäéèêëîïôöùûüç", "aaaeeeeiioouuuc")
_LOST = re.compile(r"\w\?\w|(?:^|[\s-])\?\w|\ufffd")
"""Letters that an encoding could not hold and a program wrote as `?`: `?ukasz`, `Wi?niewski`, `?ód?`."""
_NOTHING = frozenset({"", "-", "--", "n/a", "#n/a", "#ref!", "#name?", "#value!", "#div/0!", "#null!", "null", "none"})
_MAIL = re.compile(r"[^@\s;,<>]+@[^@\s;,<>]+\.[^@\s;,<>.]+")


class Row(TypedDict, total=False):
    """One person of a roster."""

    id: str | None
    place: str
    why: str
    """Why nobody can be made of it; with an id, what of somebody's row could not be read."""
    reason: str
    """The same in a word, where it is another than that nothing says who it is."""
    manager_id: str | None
    fields: dict[str, str]


def plain(value: object) -> str:
    """Return a cell as text, without what Excel puts around it; empty for what stands for nothing.

    >>> [plain(one) for one in (1001.0, '="00123"', "'0042", " #N/A ", None, True)]
    ['1001', '00123', '0042', '', '', 'true']
    """
    if not isinstance(value, str):
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        value = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    text = value.replace("\u00a0", " ").replace("\u200b", "").strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    text = text.removeprefix("'").strip()
    return "" if text.lower() in _NOTHING else text


def has_lost_letters(text: str) -> bool:
    """Tell whether `?` stands where a letter was: inside a word or at its beginning.

    >>> [has_lost_letters(one) for one in ("?ukasz", "Wi?niewski", "R&D?", "Łukasz", "?")]
    [True, True, False, False, False]
    """
    return ("?" in text or "\ufffd" in text) and _LOST.search(text) is not None


def mails(text: str) -> list[str]:
    """Return all addresses in a text, in lower case: `Anna <a@b.example>; smtp:c@d.example`."""
    return [one.removeprefix("smtp:").removeprefix("mailto:") for one in _MAIL.findall(text.lower())]


def flag(text: str) -> bool | None:
    """Return what yes or no, in three languages, says; None for what is neither."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None


@lru_cache(maxsize=1024)
def is_here(text: str) -> bool | None:
    """Return whether a status, in three languages, says that somebody works here; None for what says neither."""
    word = re.sub(r"[^a-z0-9 -]+", "", _unaccented(text.strip().lower()))
    return True if word in _HERE or word in _YES else False if word in _GONE or word in _NO else None


def is_outside(text: str) -> bool:
    """Tell whether a sort of employment is another company's or nobody's: contractors, agency staff, freelancers."""
    return _OUTSIDE.search(_unaccented(text.lower())) is not None


def hashed(text: str) -> str:
    """Return what identifies somebody of whom only a name or address is told, and shows neither."""
    return "key-" + hashlib.sha256(text.lower().encode()).hexdigest()[:20]


def _unaccented(text: str) -> str:
    return text.translate(_ACCENTS)

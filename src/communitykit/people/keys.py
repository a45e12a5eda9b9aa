"""What joins accounts: the keys of each rule, from an account's own columns. Pure.

Rules in order of strength. Strong ones (`link`, `directory_id`, `number`) name a person; weak ones (`mail`, `handle`)
name a place that may be somebody else's next year.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from communitykit.people.accounts import Accounts
from communitykit.people.options import Options

Rule = Literal["link", "directory_id", "number", "mail", "handle"]
RULES: tuple[Rule, ...] = ("link", "directory_id", "number", "mail", "handle")
WEAK = frozenset({"mail", "handle"})

_PLACEHOLDERS = frozenset(
    {"", "-", "--", "?", "n/a", "na", "#n/a", "nan", "none", "null", "nil", "unknown", "tbd", "x", "xxx", "test"}
)
_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_GUEST = re.compile(r"(.+)_([^_@]+)#ext#@.+", re.IGNORECASE)
"""A guest's user principal name in Microsoft Entra: their own address, with `_` for `@`, in the host's domain."""
_SHARED = (
    "abuse accounting accounts admin administrator assistance billing bonjour booking bot buchhaltung "
    "career careers comms communication communications compliance compta comptabilite contact "
    "customerservice datenschutz direction dpo einkauf empfang events facility facilities feedback "
    "finance formation frontdesk hello help helpdesk hostmaster hr info information it kontakt legal "
    "logistics mail mailbox marketing newsletter no-reply noreply notification notifications office "
    "orders payroll personal poststelle postmaster presse press privacy purchasing reception recrutement "
    "recruiting reply rh root sales security secretariat sekretariat service services shop social support "
    "team teams technik user vertrieb verwaltung web webmaster welcome zentrale "
)
SHARED = frozenset(_SHARED.split())
"""Local parts of addresses that are a desk's and no single person's, in English, French and German."""


def mail(text: str | None, options: Options) -> str | None:
    """Return an address as it is compared: case, plus-part and former domain taken off; None when it is none.

    >>> mail("Anna.Berg+slack@old.example", Options(domains={"old.example": "new.example"}))
    'anna.berg@new.example'
    """
    if not text:
        return None
    plain = text.strip().removeprefix("mailto:").casefold()
    if "#ext#" in plain and (guest := _GUEST.fullmatch(plain)):
        plain = f"{guest[1]}@{guest[2]}"
    if not _MAIL.fullmatch(plain):
        return None
    local, _, domain = plain.partition("@")
    local = local.partition("+")[0] or local
    return f"{local}@{options.domain(domain)}"


def is_shared(address: str, options: Options) -> bool:
    """Tell whether a compared address is a shared mailbox, by its local part."""
    local = address.partition("@")[0]
    return local in SHARED or local in options.shared


def number(text: str | None) -> str | None:
    """Return a number or object id as it is compared; None for what only fills a field (`n/a`, `0`, `0000-0000`)."""
    plain = (text or "").strip().casefold()
    return None if plain in _PLACEHOLDERS or not plain.strip("0-. ") else plain


def mails_of(accounts: Accounts, account: int, options: Options) -> list[str]:
    """Return all addresses of an account as they are compared, its own first; shared mailboxes too."""
    own = mail(accounts.email[account], options)
    return [*([own] if own else []), *_more_mails(accounts, account, options, own)]


def _more_mails(accounts: Accounts, account: int, options: Options, own: str | None) -> list[str]:
    """Return the addresses of an account that its e-mail field does not tell: a user principal name, aliases."""
    username, others = accounts.username[account], accounts.addresses[account]
    told = [mail(username, options)] if username and "@" in username else []
    told += [mail(one, options) for one in others or ()]
    return list(dict.fromkeys(one for one in told if one and one != own)) if told else []


class Keys:
    """The keys of every rule, over one company's accounts; addresses are read once.

    Bots and the platforms' own accounts hold none: they belong to whoever set them up, and are not them.
    """

    def __init__(self, accounts: Accounts, options: Options) -> None:
        """Read the addresses of all accounts."""
        self._accounts, self._options = accounts, options
        told = zip(accounts.kind, accounts.stub, strict=True)
        self._persons = [one for one, (kind, stub) in enumerate(told) if kind not in {"bot", "system"} and not stub]
        self.mail = [mail(one, options) for one in accounts.email]
        """Each account's own address as it is compared."""
        self._more = {
            one: found for one in self._persons if (found := _more_mails(accounts, one, options, self.mail[one]))
        }

    def groups(self, rule: Rule) -> dict[str, list[int]]:
        """Return who holds each key of a rule, for keys that more than one account holds; accounts in order."""
        told: dict[Rule, Callable[[], Iterator[tuple[int, str]]]] = {
            "link": self._links,
            "directory_id": self._directory_ids,
            "number": self._numbers,
            "mail": self._addresses,
            "handle": self._handles,
        }
        first: dict[str, int] = {}
        held: dict[str, list[int]] = {}
        for account, key in told[rule]():
            earlier = first.setdefault(key, account)
            if earlier != account:
                held.setdefault(key, [earlier]).append(account)
        return {key: sorted(holders) for key, holders in held.items()}

    def _links(self) -> Iterator[tuple[int, str]]:
        accounts = self._accounts
        rows = [one for one in self._persons if accounts.links[one] and accounts.in_roster(one)]
        linked = {one: dict.fromkeys(link for link in accounts.links[one] or () if link) for one in rows}
        targets = set().union(*linked.values())
        for one in self._persons if targets else ():
            if accounts.in_roster(one):
                yield from ((one, link) for link in linked.get(one, ()))
            elif accounts.id[one] in targets:
                yield one, accounts.id[one]

    def _directory_ids(self) -> Iterator[tuple[int, str]]:
        told = self._accounts.directory_id
        return ((one, key) for one in self._persons if told[one] and (key := number(told[one])))

    def _numbers(self) -> Iterator[tuple[int, str]]:
        told, external = self._accounts.employee_number, self._accounts.external  # others count their people themselves
        held = [(one, key) for one in self._persons if told[one] and not external[one] and (key := number(told[one]))]
        yield from held
        bare = {key.lstrip("0") for _, key in held if key.startswith("0")}
        for one, key in held if bare else ():  # a spreadsheet took the zeros off: the same, where an address agrees too
            if (short := key.lstrip("0")) in bare:
                yield from ((one, f"{short} {address}") for address in self._mails(one))

    def _addresses(self) -> Iterator[tuple[int, str]]:
        for one, address in self._all_mails():
            if not is_shared(address, self._options):
                yield one, address

    def _mails(self, account: int) -> list[str]:
        """Return the addresses of an account that are a single person's."""
        told = (self.mail[account], *self._more.get(account, ()))
        return [one for one in dict.fromkeys(told) if one is not None and not is_shared(one, self._options)]

    def _all_mails(self) -> Iterator[tuple[int, str]]:
        for one in self._persons:
            if (own := self.mail[one]) is not None:
                yield one, own
            if one in self._more:
                yield from ((one, other) for other in self._more[one])

    def _handles(self) -> Iterator[tuple[int, str]]:
        """Yield handles as addresses, and the addresses that equal one.

        Who has an address in that domain has no second one that nobody told.
        """
        accounts, options = self._accounts, self._options
        places = dict.fromkeys(zip(accounts.platform, accounts.network, strict=True)) if options.handles else ()
        declared = {place: domain for place in places if (domain := options.handle_domain(*place))}
        made: set[str] = set()
        for one in self._persons if declared else ():
            domain = declared.get((accounts.platform[one], accounts.network[one]))
            username = accounts.username[one]
            if not domain or not username or "@" in username:
                continue
            address = mail(f"{username}@{domain}", options)
            if address and not is_shared(address, options):
                own = "@" + address.rpartition("@")[2]
                told = (self.mail[one] or "", *self._more.get(one, ()))
                if not any(other.endswith(own) for other in told):
                    made.add(address)
                    yield one, address
        if made:
            yield from ((one, address) for one, address in self._all_mails() if address in made)

"""Who leads: by the roster's flag, a list, a job title, or depth, in that order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from communitykit.people.accounts import Accounts
from communitykit.people.keys import mail, mails_of, number
from communitykit.people.options import Options
from communitykit.people.tree import Tree


def lead(
    accounts: Accounts,
    sources: Mapping[int, list[int]],
    tree: Tree,
    options: Options,
    title_of: Callable[[int], str | None],
) -> dict[int, tuple[bool, str | None]]:
    """Return who leads, and by which rule, for persons of whom any rule tells; the first that tells decides.

    The roster's flag tells both ways; the other rules tell who leads, and then who does not. Without any, nobody is
    told.
    """
    wanted = options.leaders
    listed = {mail(one, options) or one.casefold() for one in wanted.listed}
    rules = bool(listed) or wanted.pattern is not None or wanted.depth is not None
    told: dict[int, tuple[bool, str | None]] = {}
    for person, held in sources.items():
        flag = next((flag for one in held if (flag := accounts.leader[one]) is not None), None)
        if flag is not None:
            told[person] = flag, "roster"
        elif listed and any(listed.intersection(_names(accounts, one, options)) for one in held):
            told[person] = True, "list"
        elif wanted.pattern is not None and wanted.pattern.search(title_of(person) or ""):
            told[person] = True, "title"
        elif wanted.depth is not None and tree.depth.get(person, wanted.depth + 1) <= wanted.depth:
            told[person] = True, "depth"
        elif rules:
            told[person] = False, None
    return told


def _names(accounts: Accounts, account: int, options: Options) -> set[str]:
    """Return how a list may name an account: its id, its addresses, its employee number."""
    own = number(accounts.employee_number[account])
    return {accounts.id[account].casefold(), *mails_of(accounts, account, options), *([own] if own else [])}

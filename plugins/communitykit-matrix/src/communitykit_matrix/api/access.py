"""What the token may do. Flows: nothing is sent here."""

from __future__ import annotations

import communitykit.connector as ck
from communitykit_matrix.api.methods import CLOSED, USERS, WHO

NO_ACCOUNTS = "accounts are known by their rooms only: a server admin's token of a Synapse lists all, closed ones too"


def needs(selection: ck.Selection) -> list[ck.Need]:
    """List what a run needs: Matrix's tokens have no scopes, an account reads the rooms that it is in."""
    found = [
        ck.Need(
            "messages and members",
            ("an account that is in the rooms to read",),
            required=True,
            use_fr="messages et membres",
            any_of_fr=("un compte présent dans les salons à lire",),
        )
    ]
    if selection.settings.accounts == "auto":
        found.append(
            ck.Need(
                "all accounts, deactivated ones too",
                ("a Synapse server administrator's account",),
                use_fr="tous les comptes, même désactivés",
                any_of_fr=("un compte d'administrateur du serveur Synapse",),
            )
        )
    return found


def preflight(selection: ck.Selection) -> ck.Flow:
    """Find out what the token may do."""
    yield WHO
    try:
        if selection.settings.accounts == "auto":
            yield USERS.with_params(limit=1)
    except CLOSED:
        yield ck.Gap(NO_ACCOUNTS, "skipped")

"""What the token may do. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import communitykit.connector as ck
from communitykit.connector import JSON
from communitykit_matrix.api.methods import CLOSED, USERS, WHO
from communitykit_matrix.settings import MatrixSettings

NO_ACCOUNTS = "accounts are known by their rooms only: a server admin's token of a Synapse lists all, closed ones too"


def authorize(settings: MatrixSettings, saved: Mapping[str, JSON] | None, now: datetime) -> ck.AuthFlow:  # noqa: ARG001
    """Return the token as it is."""
    yield from ()
    return ck.bearer(settings.token.get_secret_value())


def needs(selection: ck.Selection) -> list[ck.Need]:
    """List what a run needs: Matrix's tokens have no scopes, an account reads the rooms that it is in."""
    found = [ck.Need("messages and members", ("an account that is in the rooms to read",), required=True)]
    if selection.settings.accounts == "auto":
        found.append(ck.Need("all accounts, deactivated ones too", ("a Synapse server administrator's account",)))
    return found


def preflight(selection: ck.Selection) -> ck.Flow:
    """Find out what the token may do."""
    yield WHO
    try:
        if selection.settings.accounts == "auto":
            yield USERS.with_params(limit=1)
    except CLOSED:
        yield ck.Gap(NO_ACCOUNTS, "skipped")

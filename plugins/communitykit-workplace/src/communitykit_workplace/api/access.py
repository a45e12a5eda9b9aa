"""Whether there is a token, and the proof that goes with it. Flows: nothing is sent here."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from communitykit import CommunityKitError, SettingsError
from communitykit.connector import JSON, AuthFlow, Credential, Flow, Gap, Need, Selection, ask, bearer
from communitykit_workplace.api.methods import graph
from communitykit_workplace.ids import PLATFORM
from communitykit_workplace.settings import WorkplaceSettings

_PROOF_LIVES = timedelta(minutes=10)
"""How long a timed proof is used; a new one is made five minutes before it ends."""


def authorize(settings: WorkplaceSettings, _saved: Mapping[str, JSON] | None, now: datetime) -> AuthFlow:
    """Return the token, and with the app's secret the proof that the caller knows it.

    Raises SettingsError when there is no token.
    """
    if settings.token is None:
        raise SettingsError(
            "there is no token",
            platform=PLATFORM,
            remedy="Give token (COMMUNITYKIT_WORKPLACE_TOKEN), as the mirror or recording expects it.",
        )
    token = settings.token.get_secret_value()
    found = bearer(token)
    if settings.app_secret is None:
        return found
    at = int(now.timestamp()) if settings.timed_proof else None
    params = {"appsecret_proof": proof(token, settings.app_secret.get_secret_value(), at=at)}
    if at is not None:
        params["appsecret_time"] = str(at)
    yield from ()  # a flow, though it asks nothing
    return Credential(headers=found.headers, params=params, expires_at=now + _PROOF_LIVES if at is not None else None)


def proof(token: str, secret: str, *, at: int | None = None) -> str:
    """Return `appsecret_proof`: the hex HMAC-SHA256 of the token, or of token, `|` and time, under the app's secret."""
    message = token if at is None else f"{token}|{at}"
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def needs(_selection: Selection[WorkplaceSettings]) -> list[Need]:
    """List the permissions of a custom integration that a run needs, by the names of Workplace's admin panel."""
    return [
        Need(
            "posts, comments and reactions of groups",
            ("Read group content",),
            required=True,
            use_fr="publications, commentaires et réactions des groupes",
        ),
        Need("who is in which group", ("Read group membership",), required=True, use_fr="qui est dans quel groupe"),
        Need("e-mail addresses", ("Read user email",), use_fr="adresses électroniques"),
        Need(
            "department, job title and other profile fields",
            ("Read work profile",),
            use_fr="service, poste et autres champs de profil",
        ),
        Need("who has whom as manager", ("Read org chart",), use_fr="qui a qui pour responsable"),
    ]


def preflight(selection: Selection) -> Flow:
    """Look which community this is, and say what the integration may not read."""
    yield from ask(graph("community", subject="community", fields="id,name"))
    for path in ("community/members", "community/groups"):
        try:
            yield from ask(graph(path, subject=path, fields="id", limit=1))
        except CommunityKitError as error:
            yield Gap(str(error), "denied")
    if selection.settings.scim_base is None:
        yield Gap("no scim_url is given: managers and departments are as the Graph tells them", "skipped")

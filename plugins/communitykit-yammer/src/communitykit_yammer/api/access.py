"""Whether there are tokens, for what, and how they are renewed. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime

from communitykit import SettingsError
from communitykit.connector import JSON, AuthFlow, Credential, Flow, Gap, Need, Request, Selection, ask, bearer
from communitykit.connector.login import DeviceLogin
from communitykit.connector.oauth import refresh_token, token_from
from communitykit_yammer.api.methods import graph, rest
from communitykit_yammer.ids import PLATFORM
from communitykit_yammer.settings import YammerSettings

REST_SCOPE = "https://api.yammer.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"


def _device_url(settings: YammerSettings) -> str:
    return settings.device_url


def _token_url(settings: YammerSettings) -> str:
    return settings.token_url


def _login_scope(_settings: YammerSettings) -> str:
    return f"{REST_SCOPE} offline_access"


LOGIN = DeviceLogin(_device_url, _token_url, _login_scope)
"""By a code that is typed in a browser; the refresh token that comes with it gives Graph's token, too."""

Renewal = Generator[Request, JSON, tuple[Credential, str | None]]


def authorize(settings: YammerSettings, saved: Mapping[str, JSON] | None, now: datetime) -> AuthFlow:
    """Return the tokens, each for its own address: from providers, by refreshing, or as they were given.

    Raises SettingsError when there is none for what is to be read.
    """
    known = saved or {}
    refresh = str(known.get("refresh_token") or "") or _plain(settings.refresh_token)
    rest_token, refresh = yield from _token(settings, "token", REST_SCOPE, refresh, known, now)
    headers = {settings.rest_base: rest_token.headers}
    expiries = [rest_token.expires_at]
    if settings.graph:
        graph_token, refresh = yield from _token(settings, "graph_token", GRAPH_SCOPE, refresh, known, now)
        headers = {settings.graph_base: graph_token.headers, **headers}
        expiries.append(graph_token.expires_at)
    ends = min((one for one in expiries if one is not None), default=None)
    kept = {"refresh_token": refresh} if refresh and refresh != _plain(settings.refresh_token) else None
    return Credential(headers_of=headers, expires_at=ends, saved=kept)


def _token(
    settings: YammerSettings, name: str, scope: str, refresh: str | None, known: Mapping[str, JSON], now: datetime
) -> Renewal:
    """Find one resource's token, in the order in which they can be renewed; give the refresh token that follows."""
    given = getattr(settings, name)
    provider = getattr(settings, f"{name}_provider")
    if provider is not None:
        return token_from(provider, scope, platform=PLATFORM), refresh
    if refresh and settings.client_id and (given is None or known):
        credential = yield from refresh_token(
            settings.token_url,
            refresh_token=refresh,
            client_id=settings.client_id,
            client_secret=_plain(settings.client_secret),
            now=now,
            platform=PLATFORM,
            scope=f"{scope} offline_access",
        )
        return credential, str((credential.saved or {}).get("refresh_token") or refresh)
    if given is None:
        raise SettingsError(
            f"there is no {name.replace('_', ' ')}",
            platform=PLATFORM,
            remedy=f"Give {name} or {name}_provider, or refresh_token with client_id (COMMUNITYKIT_YAMMER_…), "
            "or log in: communitykit login yammer.",
        )
    return bearer(given.get_secret_value()), refresh


def needs(selection: Selection[YammerSettings]) -> list[Need]:
    """List the permissions that a run needs; all are delegated, a token reads what its owner may."""
    found = [
        Need(
            "messages, groups and people",
            ("user_impersonation (Yammer)", "access_as_user (Yammer)"),
            required=True,
            use_fr="messages, groupes et personnes",
        )
    ]
    if selection.settings.graph:
        found.append(
            Need(
                "communities, their owners and members",
                ("Community.Read.All",),
                use_fr="communautés, leurs propriétaires et leurs membres",
            )
        )
        if selection.settings.reports != "off":
            found.append(Need("usage reports", ("Reports.Read.All",), use_fr="rapports d'utilisation"))
    if selection.settings.export_since is not None:
        found.append(
            Need(
                "network data exports",
                ("an Engage or network administrator's account",),
                use_fr="exports des données du réseau",
                any_of_fr=("un compte d'administrateur Engage ou du réseau",),
            )
        )
    return found


def preflight(selection: Selection) -> Flow:
    """Look whose tokens these are, and say what their owner cannot read."""
    settings: YammerSettings = selection.settings
    yield from ask(rest("networks/current", subject="networks"))
    me = (yield from ask(rest("users/current", subject="token"))).data
    admin = isinstance(me, Mapping) and any(
        str(me.get(flag)).lower() == "true" for flag in ("admin", "verified_admin", "m365_yammer_admin")
    )
    if settings.export_since is not None and not admin:
        yield Gap("exports are for administrators of the network; the token's owner is none", "denied")
    if settings.graph:
        yield from ask(
            graph(settings.graph_base, "employeeExperience/communities", subject="communities", **{"$top": 1})
        )


def _plain(secret: JSON) -> str | None:
    return secret.get_secret_value() if secret is not None else None

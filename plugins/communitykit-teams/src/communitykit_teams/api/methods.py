"""How Microsoft Graph is asked: requests, budgets, and what a refusal means. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from communitykit import (
    CommunityKitError,
    CredentialError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from communitykit.connector import JSON, Budget, Cost, Request, Response, required_list
from communitykit.connector.odata import odata_error
from communitykit.connector.waiting import retry_after
from communitykit_teams.settings import TeamsSettings

PAGE = 999
"""Largest page of users, groups and members."""
MESSAGES = 50
"""Largest page of channel messages ("List channel messages")."""
EXPANDED = 1000
"""Replies that `$expand=replies` brings at most with each message."""

BUDGETS: dict[str, Budget] = {
    "get": Budget(30, 1),
    "channels": Budget(60, 1),
    "members": Budget(60, 1),
    "messages": Budget(20, 1),
    "export": Budget(200, 1),
    "object": Budget(4, 1),
    "directory": Budget(3_500, 10),
    "reports": Budget(14, 600),
}
"""Documented limits per app and tenant ("Microsoft Graph service-specific throttling limits").

`object` is "a maximum of four requests per second per app on a given team or channel"; `directory` counts resource
units of the smallest tenants; `reports` counts one report.
"""

_PREFER = {"Prefer": "include-unknown-enum-members"}
"""Without it shared channels and system messages come back as `unknownFutureValue`."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Describes requests for one tenant's app; limits are counted for it."""

    tenant: str
    rate: float = 1.0
    model: str | None = None

    @classmethod
    def of(cls, settings: TeamsSettings) -> Graph:
        """Take what the settings say."""
        return cls((settings.tenant or settings.client_id or "").lower(), settings.rate, settings.export_model)

    def ask(
        self,
        path: str,
        budget: str,
        query: Mapping[str, str | int] | None = None,
        *,
        subject: str,
        on: str = "",
        cost: int = 1,
    ) -> Request:
        """Describe a GET: `on` is the team or channel that it is counted on; in `query`, `top` becomes `$top`."""
        costs = [Cost(budget, self.tenant, cost)]
        if on:
            costs.append(Cost("object", on))
        params = {f"${name}": value for name, value in (query or {}).items()}
        return Request(path, params=params, headers=_PREFER, costs=tuple(costs), subject=subject)

    def together(self, budget: str) -> int:
        """Tell how many requests of a budget fit into one `$batch`: its parts are counted one by one."""
        return max(1, min(20, int(min(BUDGETS[budget].limit * self.rate, 20))))


def listed(data: Mapping[str, JSON], subject: str) -> list[JSON]:
    """Return what stands in a page of a collection, odd things too: their translation says what is wrong with them.

    `data` is empty where a walk begins anew; an answer never is.

    Raises ProtocolError where no list stands there: an answer that was not understood must not look like an empty list.
    """
    return required_list(data, "value", subject=subject) if data else []


def segment(native: str) -> str:
    """Write an id as a part of a path."""
    return quote(native, safe=":@")


_CREDENTIAL = frozenset(
    {
        "invalidauthenticationtoken",
        "unauthenticated",
        "authenticationerror",
        "compacttokenparsefailed",
        "authentication_expiredtoken",
        "authentication_unauthorized",
        "authentication_missingormalformed",
    }
)
_PERMISSION = frozenset(
    {
        "forbidden",
        "accessdenied",
        "authorization_requestdenied",
        "insufficientprivileges",
        "authorization_identitynotfound",
        "accessrestricted",
    }
)
_CURSOR = frozenset(
    {"directory_expiredpagetoken", "syncstatenotfound", "syncstateinvalid", "resyncrequired", "invalidskiptoken",
     "resyncapplydifferences", "resyncuploaddifferences"}
)  # fmt: skip
_LIMITED = frozenset(
    {"toomanyrequests", "activitylimitreached", "request_throttledtemporarily", "applicationthrottled",
     "throttledrequest", "429"}
)  # fmt: skip
_TRANSIENT = frozenset(
    {"generalexception", "internalservererror", "servicenotavailable", "serviceunavailable", "unknownerror", "timeout",
     "badgateway", "gatewaytimeout", "service_internalservererror", "cannotsnapshottree", "resourcebeingprovisioned",
     "servicereadonly"}
)  # fmt: skip

_OPTIONS = "This tenant refuses one of the query's options: nothing is lost, another way is tried or the part is told."
_GONE_ON = "Run again: what was changed meanwhile is read then."
_REFUSED = (
    "badrequest", "invalidrequest", "request_badrequest", "request_unsupportedquery", "unsupportedqueryoption",
    "invalidrange", "childitemcountexceeded", "invalidaccepttype", "invalidparameterformat", "invalidpath",
    "invalidqueryoption", "invalidstartindex", "maxitemcountexceeded", "maxquerylengthexceeded", "parameteristoolong",
    "parameteristoosmall", "pathistoolong", "pathtoodeep", "toomanyresultsrequested", "toomanytermsinquery",
    "totalaffecteditemcountexceeded", "truncationnotallowed", "zeroorfewerresultsrequested",
)  # fmt: skip
_OF_WRITING = (
    "entitytagdoesnotmatch", "fragmentlengthmismatch", "fragmentoutoforder", "fragmentoverlap", "lockmismatch",
    "locknotfoundoralreadyexpired", "lockownermismatch", "malformedentitytag", "maxdocumentcountexceeded",
    "maxfilesizeexceeded", "maxfoldercountexceeded", "maxfragmentlengthexceeded", "maxstreamsizeexceeded",
    "propertynotupdateable", "uploadsessionfailed", "uploadsessionincomplete", "uploadsessionnotfound",
)  # fmt: skip
REMEDIES: dict[str, str] = {
    **dict.fromkeys(_REFUSED, _OPTIONS),
    **dict.fromkeys(_OF_WRITING, "Check base_url: Graph says so of what is written, and nothing here is."),
    "notsupported": "This kind of object, or this cloud, does not offer it: what it holds is left out.",
    "notallowed": "An administrator does not allow it in this tenant: ask for it, or leave this part out.",
    "extensionerror": "A service behind Microsoft Graph failed: run again later.",
    "malwaredetected": "Microsoft blocks this object since malware was found in it: it is left out.",
    "virussuspicious": "Microsoft blocks this object since malware was found in it: it is left out.",
    "provisioningnotallowed": "The account has no such service: give it a licence, or leave this part out.",
    "namealreadyexists": _GONE_ON,
    "resourcemodified": _GONE_ON,
    "preconditionfailed": _GONE_ON,
    "editconflict": _GONE_ON,
    "conflict": _GONE_ON,
    "quotalimitreached": "The tenant has used up a quota: ask its administrator, and run again.",
    "directory_quotaexceeded": "The tenant has used up a quota: ask its administrator, and run again.",
    "methodnotallowed": "Check base_url: this address answers no such request.",
}
"""What to do about codes that Graph documents and that mean nothing else above.

"Microsoft Graph error responses and resource types" (microsoft-graph-docs-contrib, concepts/errors.md), its detailed
codes too; those with an underscore are of the directory ("Azure AD Graph API error codes and error handling").
"""
_STATUSES: dict[int, str] = {
    400: _OPTIONS,
    405: REMEDIES["methodnotallowed"],
    406: "Check base_url, and what stands between here and Microsoft Graph: it changes the headers.",
    409: _GONE_ON,
    411: "Check what stands between here and Microsoft Graph: it takes Content-Length away.",
    412: _GONE_ON,
    413: "Lower `rate`: fewer requests go into one batch then.",
    415: "Check what stands between here and Microsoft Graph: it changes the headers.",
    416: _OPTIONS,
    422: _OPTIONS,
    501: REMEDIES["notsupported"],
}
"""The same by the status, where the code is one that nobody has heard of."""

_PERMISSIONS: tuple[tuple[str, str], ...] = (
    (r"getAllMessages", "ChannelMessage.Read.All"),
    (r"/messages(/|$|\?|\()", "ChannelMessage.Read.All (or ChannelMessage.Read.Group for this one team)"),
    (r"/channels/[^/]+/(allMembers|members)", "ChannelMember.Read.All"),
    (r"teams/[^/]+/members", "TeamMember.Read.All"),
    (r"/(allChannels|channels)", "Channel.ReadBasic.All"),
    (r"(^|/)groups", "GroupMember.Read.All"),
    (r"(^|/)teams/[^/?]+(\?|$)", "TeamSettings.Read.All"),
    (r"(^|/)teams", "Team.ReadBasic.All"),
    (r"(^|/)users", "User.Read.All"),
    (r"(^|/)organization", "Organization.Read.All"),
    (r"(^|/)reports", "Reports.Read.All"),
    (r"(^|/)subscriptions", "ChannelMessage.Read.All"),
)
"""Which application permission an address needs, the first that fits."""
_PROTECTED = (
    " If it is granted, the tenant may be one for which Microsoft must still approve protected APIs "
    "(https://aka.ms/teamsgraph/requestaccess)."
)

_LOGIN: dict[int, tuple[type[CommunityKitError], str, str]] = {
    90002: (SettingsError, "there is no such tenant", "Correct tenant: its id stands on the app's overview page."),
    900023: (SettingsError, "this is no tenant", "Correct tenant: its id stands on the app's overview page."),
    700016: (SettingsError, "the app is not in this tenant", "Correct tenant or client_id; or have an admin consent."),
    7000215: (CredentialError, "the client secret is wrong", "Copy the secret's value, not its id."),
    7000222: (CredentialError, "the client secret has expired", "Make a new one under 'Certificates & secrets'."),
    700027: (CredentialError, "the certificate is not the app's", "Upload it under 'Certificates & secrets'."),
    65001: (PermissionMissingError, "nobody consented to the app", "Have an administrator grant admin consent."),
    7000112: (CredentialError, "the app is disabled in this tenant", "Enable it under 'Enterprise applications'."),
}
"""What Microsoft Entra's error numbers mean to the caller ("Microsoft Entra authentication error codes")."""
_AADSTS = re.compile(r"AADSTS(\d+)")


def permission_for(url: str) -> str | None:
    """Name the application permission that an address needs."""
    path = url.split("/v1.0/", 1)[-1].split("?", 1)[0]
    return next((name for pattern, name in _PERMISSIONS if re.search(pattern, path)), None)


def fault(response: Response) -> CommunityKitError | None:
    """Tell what an answer means when it is a refusal: OData's envelope, or the login's own."""
    data = response.data
    if isinstance(data, Mapping) and isinstance(data.get("error"), str):
        return _login_refusal(data)
    told = odata_error(data)
    if told is None:
        nothing = not isinstance(data, Mapping) or not data
        if response.status < 300 and response.request.expect == "json" and nothing:  # noqa: PLR2004
            empty = data is None and response.status in {202, 204} and response.request.method != "GET"
            return None if empty else ProtocolError("the answer is no JSON object, or empty", remedy="Check base_url.")
        return refusal("", "", response) if response.status >= 400 else None  # noqa: PLR2004
    return refusal(*told, response)


def refusal(code: str, message: str, response: Response) -> CommunityKitError:
    """Make the error that a code or status means, named by what to do about it. Codes come in any case."""
    status, known = response.status, code.lower()
    shown = code or None
    if status in {429, 509} or known in _LIMITED:
        return RateLimitedError("Microsoft Graph asks to wait", retry_after=retry_after(response), code=shown)
    if status == 410 or known in _CURSOR:  # noqa: PLR2004
        return CursorError("the page's token expired", code=shown, remedy="Run again: reading goes on.")
    if status == 401 or known in _CREDENTIAL:  # noqa: PLR2004
        return CredentialError("the token is refused", code=shown, remedy="Renew it; check the app's secret.")
    if status == 402:  # noqa: PLR2004
        return PermissionMissingError("this API wants payment", code=shown, remedy="Set export_model to A or B.")
    if status == 403 or known in _PERMISSION:  # noqa: PLR2004
        return _denied(shown, response)
    if status == 404 or known in {"notfound", "itemnotfound", "resourcenotfound", "request_resourcenotfound"}:  # noqa: PLR2004
        return ObjectUnavailableError("there is no such object any more", code=shown)
    if (status >= 500 and status != 501) or status == 423 or known in _TRANSIENT:  # noqa: PLR2004
        wait = retry_after(response)
        return TransientError("Microsoft Graph failed to answer", retry_after=wait, code=shown)
    return _unmet(known, message, response, shown)


def _unmet(known: str, message: str, response: Response, shown: str | None) -> ProtocolError:
    """Make the error of a request that Graph does not do; what nothing documents is to be reported."""
    text = f"Microsoft Graph refused the request: {message}" if message else "Microsoft Graph refused the request"
    if (remedy := REMEDIES.get(known) or _STATUSES.get(response.status)) is not None:
        return ProtocolError(text, code=shown, remedy=remedy)
    request_id = response.headers.get("request-id")
    about = f" Microsoft's support asks for the request-id {request_id}." if request_id else ""
    return ProtocolError(text, code=shown, remedy=f"Please report this with the text above.{about}")


def _denied(code: str | None, response: Response) -> CommunityKitError:
    needed = permission_for(response.request.url)
    if needed is None:
        return PermissionMissingError("the app may not do this", code=code, remedy="Ask an administrator.")
    protected = _PROTECTED if "ChannelMessage" in needed else ""
    return PermissionMissingError(
        f"the app lacks the permission {needed}",
        code=code,
        remedy=f"Grant {needed} to the app as an application permission, with admin consent.{protected}",
    )


def _login_refusal(data: Mapping[str, JSON]) -> CommunityKitError:
    text = str(data.get("error_description") or "")
    match = _AADSTS.search(text)
    codes = data.get("error_codes")
    number = int(match[1]) if match else codes[0] if isinstance(codes, list) and codes else 0
    code = f"AADSTS{number}" if number else str(data["error"])
    if number in _LOGIN:
        kind, what, remedy = _LOGIN[number]
        return kind(what, code=code, remedy=remedy)
    if data["error"] == "temporarily_unavailable":
        return TransientError("the login failed to answer", code=code)
    first = text.split("Trace ID", 1)[0].split("\r\n", 1)[0].strip()
    return CredentialError(
        f"no token came back: {first or data['error']}", code=code, remedy="Check the app registration."
    )

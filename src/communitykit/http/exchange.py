"""What is decided about one request: where it may go, and what the answer is. Pure.

The two drivers in `communitykit.http.drivers` only send and sleep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from pydantic import SecretStr

from communitykit.connector.declaration import Connector
from communitykit.connector.decoding import decode_json
from communitykit.connector.flow import Request, Response
from communitykit.connector.scrub import Scrubber, secrets_in
from communitykit.connector.settings import Settings, addresses
from communitykit.errors import (
    CommunityKitError,
    CredentialError,
    ForeignHostError,
    NoConnectionError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RateLimitedError,
    RetryableError,
    SettingsError,
    TransientError,
)
from communitykit.http.retrying import told_wait
from communitykit.model.values import JSON

MAX_REDIRECTS = 5
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Exchange:
    """The decisions for one connector with its settings."""

    def __init__(self, connector: Connector, settings: Settings) -> None:
        """Work out once which hosts may be asked and which may see the credential.

        Raises SettingsError when there is no base URL.
        """
        self.connector = connector
        self.settings = settings
        base = settings.base_url or connector.base_url
        if not base:
            raise SettingsError(
                "there is no address to ask", platform=connector.name, remedy="Give base_url, as a keyword or setting."
            )
        self.base_url = base.rstrip("/") + "/"
        named = [urlsplit(address).netloc for address in addresses(settings)]
        own = {urlsplit(self.base_url).netloc, *(host for host in named if host)}
        declared = () if settings.base_url else (*connector.hosts, *connector.credential_hosts)
        self._hosts = (*own, *declared)
        self._credential_hosts = (*own, *(() if settings.base_url else connector.credential_hosts))
        self.scrubber = Scrubber(connector.secrets, secrets_in(settings))

    def address(self, url: str, *, subject: str = "") -> str:
        """Make an address absolute and check that it may be asked.

        Raises ForeignHostError when its host is not the settings' or the connector's, or when it is plain http to
        anything but this machine; ProtocolError when it cannot be read.
        """
        try:
            absolute = _absolute(self.base_url, url)
            parts = urlsplit(absolute)
        except ValueError:
            raise self._unreadable(subject) from None
        if not any(fnmatchcase(parts.netloc, pattern) for pattern in self._hosts):
            raise ForeignHostError(
                f"refused to send a request to {parts.hostname}",
                platform=self.connector.name,
                subject=subject,
                remedy="The answer pointed to a host that neither the settings nor the connector name.",
            )
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ForeignHostError(
                f"refused to send a request to {parts.hostname} without encryption",
                platform=self.connector.name,
                subject=subject,
                remedy="Use an https address; plain http is for this machine only.",
            )
        return absolute

    def may_see_credential(self, url: str) -> bool:
        """Tell whether the credential may be sent there."""
        return any(fnmatchcase(urlsplit(url).netloc, pattern) for pattern in self._credential_hosts)

    def redirect(self, request: Request, url: str, status: int, headers: Mapping[str, str]) -> Request | None:
        """Return the request that follows a redirect, without credential, or None when it is no redirect.

        Raises ProtocolError for an address that cannot be read.
        """
        location = headers.get("location")
        if status not in {301, 302, 303, 307, 308} or not location:
            return None
        try:
            further = urljoin(url, location)
        except ValueError:
            raise self._unreadable(request.subject) from None
        return replace(request, url=further, method="GET", params={}, form=None, json=None, authorized=False)

    def _unreadable(self, subject: str) -> ProtocolError:
        return ProtocolError(
            "the answer pointed to an address that cannot be read",
            platform=self.connector.name,
            subject=subject,
            remedy="Nothing was sent there; run again, and report it if it stays so.",
        )

    def decode(
        self, request: Request, status: int, headers: Mapping[str, str], body: bytes, fetched_at: datetime
    ) -> Response:
        """Decode an answer once.

        Raises the error that the answer means: the connector's own reading first, then the HTTP status.
        """
        broken = False
        data: JSON = None
        if request.expect == "json":
            try:
                data = decode_json(body) if body else None
            except ValueError:
                broken = True
                data = body.decode("utf-8", "replace")
        else:
            data = body.decode("utf-8-sig", "replace")
        response = Response(request, status, headers, data, fetched_at)
        if request.any_status and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.TOO_MANY_REQUESTS and not broken:
            return response
        error = self.connector.error_of(response) if self.connector.error_of and not broken else None
        error = error or self._fault_of_status(response, broken=broken)
        if error is None:
            return response
        if isinstance(error, RetryableError):
            error.retry_after = told_wait(error, response)
        elif request.any_status and status < HTTPStatus.MULTIPLE_CHOICES:
            return response  # a refusal that the platform tells with a good status
        raise self.explain(error, request, status)

    def explain(self, error: CommunityKitError, request: Request, status: int | None = None) -> CommunityKitError:
        """Complete an error with what the exchange knows; scrub what the platform wrote into it."""
        error.platform = error.platform or self.connector.name
        error.subject = error.subject or _subject(error, request)
        error.status = error.status if error.status is not None else status
        self.scrubber.error(error)
        return error

    def _fault_of_status(self, response: Response, *, broken: bool) -> CommunityKitError | None:
        status = response.status
        kind = response.headers.get("content-type", "").split(";")[0] or "no content type"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimitedError("the platform asks to wait")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return TransientError("the platform failed to answer")
        if status < HTTPStatus.MULTIPLE_CHOICES:
            if broken:
                return TransientError(f"the answer is not whole JSON ({kind}, {len(response.data)} characters)")
            return None
        if status == HTTPStatus.UNAUTHORIZED:
            return CredentialError("the credential is refused", remedy="Renew it.")
        if status == HTTPStatus.FORBIDDEN:
            return PermissionMissingError("the credential may not do this", remedy="Ask for the permission.")
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return ObjectUnavailableError("there is no such object, or it is closed to this credential")
        return ProtocolError(f"unexpected answer ({kind})", remedy="Please report this with the text of this error.")


def _subject(error: CommunityKitError, request: Request) -> str | None:
    """Return what an error is about: nothing where nothing could be asked, the token only where that is refused."""
    if isinstance(error, NoConnectionError):
        return None
    about_token = isinstance(error, CredentialError | PermissionMissingError)
    named = request.subject if about_token or request.subject != "token" else ""
    return named or request.url.split("?", 1)[0]


@lru_cache(maxsize=1024)
def _absolute(base: str, url: str) -> str:
    """Join them; most addresses are a method's, asked a thousand times."""
    return urljoin(base, url)


def secret_values(settings: Settings) -> tuple[str, ...]:
    """List the secret values among the settings: what tells one credential's saved state from another's."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))

"""Logins as servers of OAuth 2 do them, for simulated platforms: device codes (RFC 8628) and PKCE (RFC 7636)."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from communitykit.sandbox.platform import Answer, Call
from communitykit.sandbox.site import Site

_LIFE = 900
_INTERVAL = 1


@dataclass(slots=True)
class DeviceCodes:
    """Codes that were given out, and what came of them: a code is redeemed once, after somebody typed it."""

    site: Site
    client_id: str
    _given: dict[str, str] = field(default_factory=dict)
    _typed: set[str] = field(default_factory=set)

    def begin(self, call: Call) -> Answer:
        """Answer the device authorization request."""
        if call.fields.get("client_id") != self.client_id:
            return self._refused("unauthorized_client", 700016)
        if not call.fields.get("scope"):
            return self._refused("invalid_scope", 70011)
        mark = hashlib.sha256(f"{self.site.world.seed}/device/{len(self._given)}".encode()).hexdigest().upper()
        self._given[f"D{mark}"] = user_code = mark[:9]
        where = f"{self.site.url}/devicelogin"
        return Answer.of(
            {
                "user_code": user_code,
                "device_code": f"D{mark}",
                "verification_uri": where,
                "expires_in": _LIFE,
                "interval": _INTERVAL,
                "message": f"To sign in, use a web browser to open the page {where} and enter the code {user_code}.",
            }
        )

    def typed(self, call: Call) -> Answer:
        """Answer the page on which a code is typed."""
        code = str(call.fields.get("user_code", "")).strip().upper()
        if not code:
            return _page("A code is shown at the terminal. Type it here.", _FORM)
        if code not in self._given.values():
            return _page("There is no such code.", _FORM, status=400)
        self._typed.add(code)
        return _page("Thank you. The terminal goes on by itself; you may close this window.")

    def redeem(self, call: Call) -> Answer | None:
        """Refuse a code that is not known, or that nobody typed yet; None where a token is due."""
        device = str(call.fields.get("device_code", ""))
        user = self._given.get(device)
        if not user or call.fields.get("client_id") != self.client_id:
            return self._refused("invalid_grant", 70000)
        if user not in self._typed:
            return self._refused("authorization_pending", 70016)
        self._given[device] = ""
        return None

    def _refused(self, error: str, number: int) -> Answer:
        described = f"AADSTS{number}: {error}."
        return Answer.of({"error": error, "error_description": described, "error_codes": [number]}, status=400)


_FORM = (
    "<form><label for=code>Code</label> <input id=code name=user_code autocomplete=off autofocus required> "
    "<button>Next</button></form>"
)


def _page(sentence: str, form: str = "", *, status: int = 200) -> Answer:
    """Return a page as a person sees it in a browser."""
    head = "<!DOCTYPE html><html lang=en><meta name=viewport content='width=device-width'><title>Sandbox</title>"
    return Answer(status, f"{head}<p>{sentence}</p>{form}</html>".encode(), {"content-type": "text/html"})


def proves(verifier: str, challenge: str) -> bool:
    """Tell whether a verifier is the one of an S256 challenge."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode() == challenge

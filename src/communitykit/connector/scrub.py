"""Taking secrets out of what is kept or shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

HIDDEN = "[hidden]"

_SECRET_PARAMETER = re.compile(
    r"^(t|token|.*_token|.*secret.*|sig|signature|x-amz-.*|x-goog-.*|se|sp|sv|sr|key|code|password|appsecret_proof)$",
    re.IGNORECASE,
)


class Scrubber:
    """Removes known token shapes and this run's own secrets from text and JSON."""

    def __init__(self, patterns: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        """Compile once: `patterns` are regular expressions of tokens, `secrets` are exact values."""
        parts = [*patterns, *(re.escape(secret) for secret in secrets if len(secret) > 3)]  # noqa: PLR2004 # no words
        self._pattern = re.compile("|".join(parts)) if parts else None

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text

    def json(self, value: Any) -> Any:  # noqa: ANN401 # any JSON
        """Return the JSON value without secrets, in its strings and in the queries of its addresses."""
        if isinstance(value, str):
            return self.text(without_credentials(value) if "://" in value else value)
        if isinstance(value, dict):
            return {key: self.json(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        return value


def without_credentials(url: str) -> str:
    """Remove user information and credential-like query parameters from an address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not parts.query and "@" not in parts.netloc:
        return url
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _SECRET_PARAMETER.match(name)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[-1], parts.path, query, parts.fragment))

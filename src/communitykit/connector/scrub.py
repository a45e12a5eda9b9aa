"""Taking secrets out of what is kept or shown: the one place through which every such text passes. No I/O."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, SecretBytes, SecretStr

from communitykit.errors import CommunityKitError
from communitykit.model.values import JSON

HIDDEN = "[hidden]"

_SHORTEST = 4
"""Characters of a secret that is looked for: what is shorter stands in every other word."""
_SHORTEST_ENCODED = 8
_SHORTEST_IN_PARTS = 12
"""Characters of a secret whose beginning and end are looked for, too: messages quote "the token that begins with …"."""
_SHORTEST_PART = 8
_SECRET_NAME = re.compile(
    r"^(.*token|.*secret.*|.*password|.*assertion|authorization|cookie|appsecret_proof)$", re.IGNORECASE
)
_SECRET_PARAMETER = re.compile(
    r"^(t|.*token|.*secret.*|.*password|.*assertion|sig|signature|x-amz-.*|x-goog-.*|se|sp|sv|sr|key|.*api_?key|code"
    r"|tempauth|appsecret_proof)$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"xox[a-z]|xapp-|^eyJ[\w-]+\.")
_MIXED = re.compile(r"[A-Za-z].*[0-9]|[0-9].*[A-Za-z]|[a-z][A-Z].*[a-z][A-Z]", re.DOTALL)
_WORD_AND_YEAR = re.compile(r"[A-Za-z]+[\W_]*\d{0,4}|\d{0,4}[\W_]*[A-Za-z]+")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)
_USER = re.compile(r"://[^/?#\s]*@")


class Scrubber:
    """Removes known token shapes, this run's own secrets in every form they are written in, and signed addresses."""

    def __init__(self, patterns: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        """Begin with `patterns`, regular expressions of tokens, and `secrets`, exact values."""
        self._patterns = tuple(patterns)
        self._forms: set[str] = set()
        self._parts: set[tuple[str, str, str]] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know more secrets from now on: a token that was just given out, say."""
        told = [secret for secret in secrets if len(secret) >= _SHORTEST]
        self._parts |= {(secret, *parts_of(secret)) for secret in told if any(parts_of(secret))}
        forms = self._forms | {form for secret in told for form in _forms(secret)}
        if self._pattern is None or forms != self._forms:
            self._forms = forms
            longest_first = sorted(map(re.escape, forms), key=len, reverse=True)
            parts = [*self._patterns, *longest_first]
            self._pattern = re.compile("|".join(parts)) if parts else re.compile(r"(?!)")

    def text(self, text: str) -> str:
        """Return the text without secrets, and its addresses without credentials."""
        if "://" in text:
            text = _ADDRESS.sub(lambda found: without_credentials(found[0]), text)
        text = self._pattern.sub(HIDDEN, text) if self._pattern else text
        for secret, head, tail in self._parts:
            if head and head in text:
                text = _without_beginning(text, head, secret, HIDDEN)
            if tail and tail in text:
                text = _without_beginning(text[::-1], tail[::-1], secret[::-1], HIDDEN[::-1])[::-1]
        return text

    def json(self, value: object) -> JSON:
        """Return the JSON value without secrets: in its strings, its addresses, and under names that mean secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                key: HIDDEN if isinstance(item, str) and item and is_secret_name(key) else self.json(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.json(item) for item in value]
        return value

    def error(self, error: BaseException) -> None:
        """Take secrets out of an error and of what is chained to it: texts, attributes and arguments, in place."""
        seen: set[int] = set()
        waiting = [error]
        while waiting:
            one = waiting.pop()
            seen.add(id(one))
            self._one_error(one)
            for name in ("__cause__", "__context__"):
                chained = getattr(one, name)
                if chained is None or id(chained) in seen:
                    continue
                self._one_error(chained)
                if self.text(str(chained)) != str(chained):  # it keeps its text where nobody can reach it
                    setattr(one, name, None)
                else:
                    waiting.append(chained)

    def _one_error(self, error: BaseException) -> None:
        error.args = tuple(self.json(part) if isinstance(part, str | dict | list) else part for part in error.args)
        if isinstance(error, CommunityKitError):
            for name in ("message", "subject", "code", "remedy"):
                value = getattr(error, name)
                if value is not None:
                    setattr(error, name, self.text(str(value)))


def parts_of(secret: str) -> tuple[str, str]:
    """Return the shortest beginning and the shortest end of a secret that give it away; each may be empty.

    They have at least 8 characters, and are no word, number, or word beside a year: letters and digits, or capitals
    amidst small letters. A short secret has none, nor has an address.
    """
    if len(secret) < _SHORTEST_IN_PARTS or "://" in secret:
        return "", ""
    lengths = range(_SHORTEST_PART, len(secret))
    head = next((secret[:length] for length in lengths if _is_no_word(secret[:length])), "")
    tail = next((secret[-length:] for length in lengths if _is_no_word(secret[-length:])), "")
    return head, tail


def is_secret_name(name: object) -> bool:
    """Tell whether a value of that name is a secret, whatever it looks like."""
    return isinstance(name, str) and _SECRET_NAME.match(name) is not None


def without_credentials(url: str) -> str:
    """Remove user information and credential-like parameters (of query and fragment) from an address."""
    if not any(sign in url for sign in "?#@"):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:  # no address, so nothing tells what in it is a secret
        return _USER.sub("://", re.split("[?#]", url, maxsplit=1)[0])
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit((parts.scheme, host, parts.path, _kept(parts.query), _kept(parts.fragment)))


def secrets_in(value: object, name: str = "") -> Iterator[str]:
    """Yield the secrets of settings, of a request's form, of an answer: secret types, names that mean secrets."""
    if isinstance(value, SecretStr):
        yield from secrets_in(value.get_secret_value(), "secret")
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode("utf-8", "replace")
    elif isinstance(value, str):
        if is_secret_name(name):
            yield value.removeprefix("Bearer ")
        if "@" in value and "://" in value:
            yield from _user_of(value)
    elif isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from secrets_in(getattr(value, field), field)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets_in(item, str(key))
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from secrets_in(item, name)


def _user_of(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password:
        yield password


def _is_no_word(part: str) -> bool:
    return _MIXED.search(part) is not None and _WORD_AND_YEAR.fullmatch(part) is None


def _without_beginning(text: str, head: str, secret: str, hidden: str) -> str:
    """Hide each place at which the secret begins, as far as it goes on there."""
    kept: list[str] = []
    begin = 0
    while (at := text.find(head, begin)) >= 0:
        end = at + len(head)
        while end < len(text) and end - at < len(secret) and text[end] == secret[end - at]:
            end += 1
        kept += [text[begin:at], hidden]
        begin = end
    return "".join([*kept, text[begin:]])


def _kept(query: str) -> str:
    if "=" not in query:
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [
        (name, value) for name, value in pairs if not _SECRET_PARAMETER.match(name) and not _SECRET_VALUE.search(value)
    ]
    return query if len(kept) == len(pairs) else urlencode(kept)


def _forms(secret: str) -> set[str]:
    """Return the forms in which a secret is written: plain, percent-encoded, in JSON, in HTML, in base64."""
    percent = {quote(secret, safe=""), quote_plus(secret), quote(secret)}
    percent |= {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in percent}
    written = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], escape(secret)}
    return percent | written | {one for one in _in_base64(secret) if len(one) >= _SHORTEST_ENCODED}


def _in_base64(secret: str) -> Iterator[str]:
    """Yield what the secret's own bits come to wherever it begins inside something that is encoded (user:secret)."""
    raw = secret.encode("utf-8", "surrogatepass")
    for before, cut in ((0, 0), (1, 2), (2, 3)):
        for encoded in (b64encode(bytes(before) + raw), urlsafe_b64encode(bytes(before) + raw)):
            yield encoded[cut : (before + len(raw)) * 8 // 6].decode()

"""What a connector can be told, from keywords and from the environment."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypedDict, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from communitykit.connector.scrub import Scrubber, secrets_in
from communitykit.connector.times import parse_length
from communitykit.errors import SettingsError
from communitykit.model.values import JSON


def _length(value: object) -> JSON:
    if isinstance(value, int | float):  # pydantic would take it for seconds
        raise ValueError("is to be a length of time, as 90d")  # noqa: TRY004 # as pydantic has it
    if not isinstance(value, str) or value == "all":
        return value
    try:
        return parse_length(value)
    except SettingsError as error:
        raise ValueError(error.remedy) from None  # which says what to write, and never what was given


class _AskedHost:
    """Marks a setting whose host may be asked."""


def _whole_address(value: str | None) -> str | None:
    """Refuse an address that nothing can be sent to, in words that do not quote it."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError("is to be a whole address, as https://example.org")
    return value


Address: TypeAlias = Annotated[str | None, _AskedHost(), AfterValidator(_whole_address)]
"""A setting that names a place of the user's own to ask: its host may be asked, and sees the credential.

It begins with `https://`, or with `http://` for this machine.
"""

Lookback: TypeAlias = Annotated[timedelta | Literal["all"], BeforeValidator(_length)]
"""A setting that says how far back a later run looks for what changed: `30d`, `2w`, `3mo`, a timedelta, or `all`."""


def lookback_length(lookback: timedelta | str) -> timedelta | None:
    """Return a look-back as a length; None is all."""
    return lookback if isinstance(lookback, timedelta) else None


class Settings(BaseModel):
    """What every connector can be told; a connector adds its own fields, secrets as SecretStr.

    Each field can come from the environment too: `COMMUNITYKIT_<CONNECTOR>_<FIELD>`, a keyword wins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Address = Field(default=None, description="Another address than the platform's own.")
    proxy: SecretStr | None = Field(default=None, description="Proxy address, perhaps with its password.")
    ca_bundle: Path | None = Field(default=None, description="File of certificate authorities to trust.")
    timeout: float = Field(default=30.0, gt=0, description="Seconds without an answer before a request is given up.")
    max_answer_time: float = Field(
        default=300.0, gt=0, description="Seconds that one answer may take, from its first byte to its last."
    )
    max_answer_size: int = Field(
        default=256 * 1024**2, gt=0, description="Bytes that one answer may have, unpacked: it is held in memory."
    )
    max_file_time: float = Field(
        default=6 * 3600.0, gt=0, description="Seconds that the download of one file may take: an export, say."
    )
    max_file_size: int = Field(default=64 * 1024**3, gt=0, description="Bytes that one downloaded file may have.")
    rate: float = Field(default=1.0, gt=0, description="Multiplies the declared budgets; inf only for sandboxes.")
    concurrency: int = Field(default=8, ge=1, le=64, description="Slices read side by side.")
    credential_store: Path | None = Field(
        default=None,
        description="File (0600) for rotated credentials, or `keyring`: the system's; without it they live as long as "
        "the process.",
    )


class SettingsKeywords(TypedDict, total=False):
    """What a caller may give for `Settings`, as a type checker knows it; a connector adds what it adds there.

    None leaves a keyword out, so that the environment may give it.
    """

    base_url: str | None
    proxy: str | SecretStr | None
    ca_bundle: str | Path | None
    timeout: float | None
    max_answer_time: float | None
    max_answer_size: int | None
    max_file_time: float | None
    max_file_size: int | None
    rate: float | None
    concurrency: int | None
    credential_store: str | Path | None


S = TypeVar("S", bound=Settings)


def addresses(settings: Settings) -> list[str]:
    """Return the addresses that settings name."""
    fields = type(settings).model_fields.items()
    marked = [name for name, field in fields if any(isinstance(one, _AskedHost) for one in field.metadata)]
    return [address for name in marked if (address := getattr(settings, name)) is not None]


_SAYS_WHO = {str, SecretStr, Path}
"""Types of settings that tell of an account: tokens, ids and their files. Choices, lengths and numbers tell how."""


def account(name: str, address: str, settings: Settings) -> str | None:
    """Return which account these settings read a platform with, before anything is asked: the same for the same.

    It is the connector, the place, and a digest of the settings of its own that hold a text, a secret or a path (token,
    tenant, client id, network…), and of where rotated credentials are kept. What only says how to read (a look-back, a
    choice, a number) does not count. None where a function gives the tokens: whose they are nobody knows yet. A token
    that is got anew each time makes another account each time.

    The digest has eight hex digits: enough to tell accounts apart, too few to find a secret by.
    """
    told = [str(settings.credential_store or "")]
    fields = type(settings).model_fields
    for field in sorted(fields.keys() - Settings.model_fields.keys()):
        annotation, value = fields[field].annotation, getattr(settings, field)
        if value is None:
            continue
        if annotation is Any:
            return None
        if not _SAYS_WHO.isdisjoint(get_args(annotation) or (annotation,)):
            told.append(f"{field}={value.get_secret_value() if isinstance(value, SecretStr) else value}")
    digest = hashlib.sha256("\0".join(told).encode()).hexdigest()[:8]
    return f"{name}:{address}:{digest}"


def load_settings(name: str, kind: type[S], values: Mapping[str, object]) -> S:
    """Make a connector's settings from keywords and, for what they leave out, from the environment.

    Raises SettingsError naming each wrong or missing setting, where it can be given, and never its value.
    """
    prefix = f"COMMUNITYKIT_{name.upper().replace('-', '_')}_"
    given = {field: value for field, value in values.items() if value is not None}
    for field in kind.model_fields:
        text = os.environ.get(prefix + field.upper())
        if field not in given and text:
            given[field] = text
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = what_is_wrong(error, kind)
        wrong = Scrubber((), secrets_in(given)).text(wrong)  # a connector's own check may quote what it refuses
        known = ", ".join(sorted(kind.model_fields))
        raise SettingsError(
            f"settings are not usable: {wrong}",
            platform=name,
            remedy=f"Give them as keywords (on the command line: --set NAME=VALUE) or as {prefix}<NAME>. "
            f"Known settings: {known}.",
        ) from None


def what_is_wrong(error: ValidationError, kind: type[BaseModel]) -> str:
    """Word what a model refused, field by field and without any value; a misspelt field with what it may have meant."""
    told: dict[str, list[str]] = {}
    for item in error.errors(include_input=False, include_url=False):
        sentences = told.setdefault(".".join(_place(item["loc"])) or "as a whole", [])
        sentence = _word(item, kind)
        if sentence not in sentences:
            sentences.append(sentence)
    return "; ".join(f"{place}: {' or '.join(sentences)}" for place, sentences in told.items())


_WORDS = {
    "missing": "is missing",
    "string": "is to be a text",
    "int": "is to be a whole number",
    "float": "is to be a number",
    "bool": "is to be true or false",
    "list": "is to be a list",
    "tuple": "is to be a list",
    "set": "is to be a list",
    "frozen": "is to be a list",
    "dict": "is to be a table of names and values",
    "mapping": "is to be a table of names and values",
    "model": "is to be a table of names and values",
    "path": "is to be a path",
    "url": "is to be an address",
    "date": "is to be a date, as 2026-01-31",
    "datetime": "is to be a date and time, as 2026-01-31T08:00+01:00",
    "timezone": "is to be a date and time with its zone, as 2026-01-31T08:00+01:00",
    "time": "is to be a length of time, as 90d",
    "timedelta": "is to be a length of time, as 90d",
    "too": "is too short or too long",
    "finite": "is to be a number that ends",
}
"""What is said, by how the checker's name of a fault begins: its own words say nothing to who wrote a setting."""
_BOUNDS = {"greater_than": "more than", "greater_than_equal": "at least", "less_than": "less than"}
_BOUNDS["less_than_equal"] = "at most"
_BRANCH = re.compile(r".*[\[\]()].*|str|int|float|bool|date|datetime|timedelta|path|lax-or-strict|constrained-.*")
"""What a checker adds to a field's name where a value may be of several types."""


def _place(loc: tuple[int | str, ...]) -> list[str]:
    return [str(part) for number, part in enumerate(loc) if not number or not _BRANCH.fullmatch(str(part))]


def _word(item: JSON, kind: type[BaseModel]) -> str:
    what, context = item["type"], item.get("ctx", {})
    if what == "extra_forbidden":
        return f"not known{did_you_mean(str(item['loc'][0]), kind.model_fields) if len(item['loc']) == 1 else ''}"
    if what in {"value_error", "assertion_error"}:
        return str(context["error"])
    if what in _BOUNDS:
        return f"is to be {_BOUNDS[what]} {next(iter(context.values()))}"
    if what in {"literal_error", "enum"}:
        return f"is to be {context['expected']}"
    if what == "string_pattern_mismatch":
        return f"is not written as {context['pattern']}"
    return _WORDS.get(what.split("_")[0], "is not usable")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ", did you mean 'since'?" for a name that is nearly one of those known, else nothing."""
    close = get_close_matches(name, known, n=1)
    return f", did you mean {close[0]!r}?" if close else ""

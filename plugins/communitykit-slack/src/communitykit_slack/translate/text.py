"""Slack's markup to plain text, with what it mentions and links to. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from communitykit.connector import JSON, make_id
from communitykit_slack.ids import PLATFORM, Location

_MARKED = re.compile(r"[<&*_~`]")
_FORMATTED = re.compile(r"[*_~`]")
# What formatting must not look into: code, references, emoji, and the mark that stands for them meanwhile.
_OPAQUE = re.compile(r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|<(?P<ref>[^<>]+)>|:[\w+'-]+:|\ue000", re.DOTALL)
_REFERENCE = re.compile(r"<([^<>]+)>")
_STAND_IN = "\ue000"
# A marker counts where it hugs a word: not preceded or followed by a letter or digit, and nothing but text between.
_FORMATS = tuple(
    (mark, re.compile(rf"(?<![^\W_]){re.escape(mark)}(?=\S)([^{mark}\n]+)(?<=\S){re.escape(mark)}(?![^\W_])"))
    for mark in ("*", "_", "~")
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")
_ID = re.compile(r"[A-Z][A-Z0-9]*\Z")
_LOWERED = re.compile(r"(?:[a-z](?=[a-z0-9]*[0-9])[a-z0-9]{7,}|uslackbot)\Z")
EVERYONE = frozenset({"here", "channel", "everyone"})


class Plain(NamedTuple):
    """A body's plain text, and whom and what it names: mentions as dicts in order, each once; links likewise."""

    text: str
    mentions: tuple[dict[str, JSON], ...] = ()
    links: tuple[str, ...] = ()


class Named:
    """Collects mentions and links while a text is read, each once."""

    def __init__(self, place: Location) -> None:
        """Begin with none."""
        self._place = place
        self._mentions: dict[tuple[str, str], dict[str, JSON]] = {}
        self._links: dict[str, None] = {}

    def member(self, user: str, label: str | None = None) -> str:
        """Note a member; give the text to show."""
        native = real_id(user)
        if native is None:
            return self._note("member", user, None, label or user, "@")
        return self._note("member", native, self._place.bot(native), label, "@")

    def channel(self, channel: str, label: str | None = None) -> str:
        """Note a channel; give the text to show."""
        native = real_id(channel)
        if native is None:
            return self._note("community", channel, None, label or channel, "#")
        network = self._place.network if native == self._place.channel else self._place.team
        return self._note("community", native, make_id(PLATFORM, network, "community", native), label, "#")

    def user_group(self, group: str, label: str | None = None) -> str:
        """Note a user group; give the text to show."""
        label = label.removeprefix("@") if label else None
        return self._note("user_group", group, make_id(PLATFORM, self._place.team, "community", group), label, "@")

    def everyone(self, word: str) -> str:
        """Note @here, @channel or @everyone; give the text to show."""
        self._mentions.setdefault(("everyone", word), {"kind": "everyone", "id": None, "label": word})
        return f"@{word}"

    def link(self, url: str, label: str | None = None) -> str:
        """Note an address; give the text to show."""
        if "://" in url:
            self._links[unescape(url)] = None
        return label or url

    def plain(self, text: str) -> Plain:
        """Return a text with everything that was noted."""
        return Plain(text, tuple(self._mentions.values()), tuple(self._links))

    def _note(self, kind: str, native: str, id_: str | None, label: str | None, sign: str) -> str:
        shown = unescape(label) if label else None
        self._mentions.setdefault((kind, native), {"kind": kind, "id": id_, "label": shown})
        return sign + (label or native)


def real_id(text: str) -> str | None:
    """Return a native id as Slack writes it; None where it is none, such as somebody's name.

    Ids are upper case: what programs put into lower case is read as what it was.
    """
    if _ID.match(text):
        return text
    return text.upper() if _LOWERED.match(text) else None


def unescape(text: str) -> str:
    """Undo Slack's three escapes."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def plain(text: str, place: Location) -> Plain:
    """Read mrkdwn: markers of formatting go, references become what is shown, escapes are undone, emoji stay."""
    if _MARKED.search(text) is None:
        return Plain(text)
    named = Named(place)
    return named.plain(render(text, named))


def render(text: str, named: Named) -> str:
    """Return the plain text of mrkdwn, noting mentions and links in `named`."""
    if _FORMATTED.search(text) is None:  # most texts that hold anything hold mentions
        return unescape(_REFERENCE.sub(lambda found: _reference(found[1], named, found[0]), text))
    shown: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        shown.append(_show(match, named))
        return _STAND_IN

    text = _OPAQUE.sub(stand_in, text)
    for mark, pattern in _FORMATS:
        if mark in text:
            text = pattern.sub(r"\1", text)
    if shown:
        pieces = text.split(_STAND_IN)
        text = "".join([pieces[0], *(part for pair in zip(shown, pieces[1:], strict=True) for part in pair)])
    return unescape(text)


def _show(match: re.Match[str], named: Named) -> str:
    if (code := match["block"] or match["code"]) is not None:  # a typed < is escaped, so what is not is Slack's own
        return _REFERENCE.sub(lambda found: _reference(found[1], named, found[0]), code.strip("\n"))
    if (ref := match["ref"]) is not None:
        return _reference(ref, named, match[0])
    return match[0]


def _reference(ref: str, named: Named, whole: str) -> str:
    target, _, label = ref.partition("|")
    sign, name = target[:1], target[1:]
    if sign in _SIGNS and name:
        return _SIGNS[sign](named, name, label or None)
    if _ADDRESS.match(target):
        return named.link(target, label or None)
    return whole  # not a reference: somebody's own angle brackets


def _special(named: Named, name: str, label: str | None) -> str:
    word, _, argument = name.partition("^")
    if word in EVERYONE:
        return named.everyone(word)
    if word == "subteam" and argument:
        return named.user_group(argument.partition("^")[0], label)
    return label or f"@{word}"


_SIGNS: dict[str, Callable[[Named, str, str | None], str]] = {
    "@": Named.member,
    "#": Named.channel,
    "!": _special,
}

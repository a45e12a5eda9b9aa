"""Acts on posts: reactions, who has seen it, votes, RSVPs. None has a time, but for some views. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from communitykit.connector import JSON, Draft, Rejected, Swept, acted, as_mapping, reacted
from communitykit.connector.drafts import acted_by
from communitykit_workplace.edges import is_whole, listed, rows
from communitykit_workplace.ids import community_id, content_key, member_id, native_id, parse_time, person_id, post_id
from communitykit_workplace.translate.attachments import attachments
from communitykit_workplace.translate.parts import as_text, each_act, odd_names, without_odd

LIKE = "LIKE"
RSVP = {"attending": "attending", "maybe": "maybe", "interested": "interested", "declined": "declined"}
"""Edges of an event, and the answers that they list."""


def reactions(item: Mapping[str, JSON], target: str, community: str | None) -> Iterator[Draft]:
    """Translate who reacted and how; where the list is whole, whoever is not in it has taken it back.

    `likes` are a part of the reactions: they count only where reactions were not asked for.
    """
    edge = item.get("reactions")
    likes = edge is None
    edge = item.get("likes") if likes else edge
    understood = is_whole(edge) and not likes
    if not understood or listed(edge):  # of nobody, as mostly, there is nothing to say
        reaction = partial(_reaction, target, community, set(), LIKE if likes else "")
        for draft in each_act(edge, _native(target), reaction):
            understood = understood and not isinstance(draft, Rejected)
            yield draft
    if understood and all(isinstance(one.get("type"), str) for one in rows(edge)):
        yield Swept("event", {"kind": "reacted", "target_id": target})


def _native(target: str) -> str:
    return target.rpartition(":")[2].partition("/")[0]  # what the Graph gives has nothing to be unescaped


def _actor(one: Mapping[str, JSON]) -> str:
    """Return the native id of whose act it is.

    Raises Rejected when it has none.
    """
    native = native_id(one.get("id"))
    if native is None:
        raise Rejected("no_actor", "an act names nobody")
    return native


def _reaction(
    target: str, community: str | None, seen: set[str], otherwise: str, one: Mapping[str, JSON]
) -> Draft | None:
    native, kind = _actor(one), str(one.get("type") or otherwise).upper()
    if not kind or kind == "NONE" or native in seen:
        return None
    seen.add(native)
    return reacted(kind, target=target, actor=member_id(native), community=community)


def tally(item: Mapping[str, JSON]) -> dict[str, int] | None:
    """Count reactions by type: of a whole list, or of the aliases `reactions_<type>` that dumps by scripts have."""
    counted: dict[str, int] = {}
    for name, edge in item.items():
        if name.startswith("reactions_") and isinstance(edge, dict):
            told = (edge.get("summary") or {}).get("total_count")
            if isinstance(told, int):
                counted[name.removeprefix("reactions_").upper()] = told
    if counted:
        return {kind: number for kind, number in counted.items() if number}
    edge = item.get("reactions")
    if not is_whole(edge):
        return None
    kinds: dict[str, str] = {}
    for one in listed(edge):
        native = native_id(one.get("id")) if isinstance(one, dict) else None
        if native is None:
            return None
        kinds[native] = str(one.get("type") or "").upper()
    for kind in kinds.values():
        if kind not in {"", "NONE"}:
            counted[kind] = counted.get(kind, 0) + 1
    return counted


_ODD = (AttributeError, KeyError, OverflowError, Rejected, TypeError, ValueError)
"""How a payload that is not what it should be shows."""


def views(edge: object, target: str, community: str | None) -> Iterable[Draft]:
    """Translate who has seen a post, with the time where it is told: all at once, there are sixteen for a post."""
    people = listed(edge)
    if not people:
        return _views_one_by_one(edge, target, community)
    try:
        viewers = [person_id(one["id"]) for one in people]
        times = [parse_time(one["seen_time"]) if "seen_time" in one else None for one in people]
        return acted_by(viewers, "viewed", target=target, community=community, at=times)
    except _ODD:  # each by itself, so that one that is odd costs itself alone, and is told
        return _views_one_by_one(edge, target, community)


def _views_one_by_one(edge: object, target: str, community: str | None) -> Iterator[Draft]:
    def view(one: Mapping[str, JSON]) -> Draft:
        at = parse_time(one["seen_time"]) if "seen_time" in one else None
        return acted("viewed", target=target, actor=member_id(_actor(one)), community=community, at=at)

    return each_act(edge, _native(target), view)


def votes(poll: object, target: str, community: str | None) -> Iterator[Draft]:
    """Translate who voted for which option of a poll."""
    edge = as_mapping(poll).get("options")
    options = rows(edge)
    understood = bool(options) and len(options) == len(listed(edge))
    for option in options:
        label, votes_of = as_text(option.get("name")) or "", option.get("votes")
        key = native_id(option.get("id")) or (f"~{content_key(label)}" if label else "")
        understood = understood and bool(key) and is_whole(votes_of)
        for draft in each_act(votes_of, _native(target), partial(_vote, target, community, key, label)) if key else ():
            understood = understood and not isinstance(draft, Rejected)
            yield draft
    if understood:
        yield Swept("event", {"kind": "voted", "target_id": target})


def _vote(target: str, community: str | None, key: str, label: str, voter: Mapping[str, JSON]) -> Draft:
    draft = acted("voted", target=target, actor=member_id(_actor(voter)), community=community, detail=key)
    draft["detail"] = label or key
    return draft


def rsvps(item: Mapping[str, JSON], target: str, community: str | None) -> Iterator[Draft]:
    """Translate who answered an invitation, and how."""
    understood = "attending" in item
    for edge, answer in RSVP.items():
        understood = understood and (edge not in item or is_whole(item[edge]))
        for draft in each_act(item.get(edge), _native(target), partial(_rsvp, target, community, answer)):
            understood = understood and not isinstance(draft, Rejected)
            yield draft
    if understood:
        yield Swept("event", {"kind": "rsvp", "target_id": target})


def _rsvp(target: str, community: str | None, answer: str, one: Mapping[str, JSON]) -> Draft:
    return acted("rsvp", target=target, actor=member_id(_actor(one)), community=community, detail=answer)


def edge_rows(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a page of an edge that stands apart from its object: `{edge: {data: […]}}`.

    `context` tells the `object`, and the `group` where it is known.

    Raises Rejected when nothing tells what the edge is of.
    """
    native, group = native_id(context.get("object")), native_id(context.get("group"))
    if native is None:
        raise Rejected("no_object", "nothing tells whose edge this is")
    target, community = post_id(native), community_id(group) if group else None
    whole, odd = without_odd(item, native)
    found = [
        *reactions(item, target, community),
        *views(item.get("seen"), target, community),
        *votes(item.get("poll"), target, community),
        *rsvps(item, target, community),
    ]
    # One page of several: only the connector's own reading knows when all were seen.
    drafts: list[Draft] = [one for one in found if not isinstance(one, Swept)]
    if (shown := attachments(whole, odd_names(odd))) is not None:
        drafts.append({"record": "post", "id": target, "attachments": shown})
    if not drafts and not odd:
        raise Rejected("empty", "nobody is named")
    yield from drafts
    yield from odd

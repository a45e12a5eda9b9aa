"""What people and Yammer itself did becomes events: who reacted, who voted, what the platform tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from communitykit.connector import JSON, Draft, Rejected, Swept, make_event_id
from communitykit_yammer.ids import (
    NETWORK,
    PLATFORM,
    community_id,
    member_id,
    network_of,
    number,
    parse_time,
    post_id,
    reaction_id,
)
from communitykit_yammer.translate.oddities import spoken_part
from communitykit_yammer.wire import LikedBy, Message


def reactions(liked: LikedBy, draft: Mapping[str, JSON], network: str) -> Iterator[Draft]:
    """Translate who reacted: no type and no time is told. Where the list is whole, what is not in it was undone."""
    actors: dict[str, None] = {}
    for one in liked.get("names") or ():
        if isinstance(one, dict) and (user := number(one.get("user_id"))):
            actors[member_id(network, user)] = None
    for actor in actors:
        yield {
            "record": "event",
            "id": reaction_id(network, draft["id"], actor),
            "kind": "reacted",
            "actor_id": actor,
            "target_id": draft["id"],
            **({"community_id": draft["community_id"]} if "community_id" in draft else {}),
            "active": True,
        }
    if len(actors) >= count(liked):
        yield Swept("event", {"kind": "reacted", "target_id": draft["id"]})


def vote(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of an export's Answers.csv: somebody voted for an answer to a question.

    Raises Rejected when it does not say who, or for what.
    """
    network, target, voter = network_of(context, {}), number(item.get("messageid")), number(item.get("voterid"))
    if target is None or voter is None:
        raise Rejected("no_id", "the vote does not say who voted, or for what")
    message_id, actor, at = post_id(network, target), member_id(network, voter), parse_time(item.get("createdat"))
    yield {
        "record": "event",
        "id": make_event_id(PLATFORM, network, "voted", target=message_id, actor=actor, detail="answer"),
        "kind": "voted",
        "actor_id": actor,
        "target_id": message_id,
        "detail": "answer",
        "active": True,
        **({"occurred_at": at, "time_source": "event"} if at else {}),
    }


def system(item: Message, context: Mapping[str, JSON], network: str, native: str, where: str | None) -> dict[str, JSON]:
    """Describe what Yammer itself tells ("has created the [[group:1]] group") at a place: nobody's post."""
    spoken = spoken_part(item, context, network, {})
    target = where or community_id(network, NETWORK)
    sender = number(item.get("sender_id"))
    actor = member_id(network, sender, item.get("sender_type")) if sender else None
    occurred: datetime | None = parse_time(item.get("created_at"))
    kind = "x-yammer-system"
    return {
        "record": "event",
        "id": make_event_id(PLATFORM, network, kind, target=target, actor=actor, occurrence=native),
        "kind": kind,
        "actor_id": actor,
        "target_id": target,
        "community_id": target,
        "detail": spoken.text if spoken else None,
        "occurred_at": occurred,
        "time_source": "event" if occurred else "none",
        "active": True,
    }


def count(liked: LikedBy) -> int:
    """Return how many reacted."""
    told = liked.get("count")
    return told if isinstance(told, int) else len(liked.get("names") or ())

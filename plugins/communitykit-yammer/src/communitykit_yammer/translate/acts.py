"""What people and Yammer itself did becomes events: who reacted, who voted, what the platform tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from communitykit.connector import JSON, Draft, Rejected, Swept, acted, occurred, reacted
from communitykit.connector.drafts import EventDraft, PostDraft
from communitykit_yammer.ids import (
    NETWORK,
    community_id,
    kind_of,
    member_id,
    network_of,
    number,
    parse_time,
    post_id,
)
from communitykit_yammer.translate.oddities import spoken_part
from communitykit_yammer.wire import LikedBy, Message


def reactions(liked: LikedBy, draft: PostDraft, network: str, *, whole: bool = True) -> Iterator[Draft]:
    """Translate who reacted: no type and no time is told. Where the list is whole, what is not in it was undone."""
    actors: dict[str, None] = {}
    for one in liked.get("names") or ():
        if isinstance(one, dict) and (user := number(one.get("user_id"))):
            actors[member_id(network, user)] = None
    for actor in actors:
        yield reacted(None, target=draft["id"], actor=actor, community=draft.get("community_id"))
    if whole and len(actors) >= count(liked):
        yield Swept("event", {"kind": "reacted", "target_id": draft["id"]})


def vote(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of an export's Answers.csv: somebody voted for an answer to a question.

    Raises Rejected when it does not say who, or for what.
    """
    network, target, voter = network_of(context, {}), number(item.get("messageid")), number(item.get("voterid"))
    if target is None or voter is None:
        raise Rejected("no_id", "the vote does not say who voted, or for what")
    at = parse_time(item.get("createdat"))
    yield acted("voted", target=post_id(network, target), actor=member_id(network, voter), detail="answer", at=at)


def system(item: Message, context: Mapping[str, JSON], network: str, native: str, where: str | None) -> EventDraft:
    """Describe what Yammer itself tells ("has created the [[group:1]] group") at a place: nobody's post."""
    spoken = spoken_part(item, context, network, {})
    target = where or community_id(network, NETWORK)
    sender = number(item.get("sender_id"))
    sort = kind_of(item.get("sender_type"))
    actor = member_id(network, sender, sort) if sender and sort else None
    return occurred(
        "x-yammer-system",
        target=target,
        actor=actor,
        at=parse_time(item.get("created_at")),
        occurrence=native,
        community=target,
        detail=spoken.text if spoken else None,
    )


def count(liked: LikedBy) -> int:
    """Return how many reacted."""
    return liked["count"] if is_counted(liked) else len(liked.get("names") or ())


def is_counted(liked: LikedBy | None) -> bool:
    """Tell whether the platform itself says how many reacted."""
    return liked is not None and isinstance(liked.get("count"), int)

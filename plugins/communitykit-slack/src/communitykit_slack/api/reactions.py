"""The flow that completes lists of who reacted: Slack cuts them short in history, and tells all when asked for one."""

from __future__ import annotations

from communitykit import CommunityKitError, ObjectUnavailableError, PermissionMissingError
from communitykit.connector import JSON, Flow, Gap, Response, as_list, as_mapping, as_number, ask_all
from communitykit_slack.api.channel import PATIENCE, SIDE_BY_SIDE, Channel
from communitykit_slack.api.checkpoint import Progress
from communitykit_slack.ids import is_ts, micros
from communitykit_slack.translate.messages import reactions_of

_FOR_ALL = frozenset({"missing_scope", "not_allowed_token_type"})
"""Refusals that every other message would meet, too."""


def completed(channel: Channel, progress: Progress, items: list[JSON]) -> Flow[list[JSON]]:
    """Ask who else reacted where a list is cut short and its counts moved since it was last asked for.

    A message about which nothing more can be learned keeps the list that it came with; what kept it is told as a Gap.
    """
    cut = [index for index, item in enumerate(items) if channel.full_reactions and _is_news(item, progress)]
    items = list(items)
    for start in range(0, len(cut), SIDE_BY_SIDE):
        if not channel.full_reactions:
            break
        group = cut[start : start + SIDE_BY_SIDE]
        answers = yield from ask_all(
            channel.ask("reactions.get", timestamp=items[index]["ts"], full="true") for index in group
        )
        for index, answer in zip(group, answers, strict=True):
            if isinstance(answer, Response):
                channel.failed_reactions = 0
                items[index] = _with_reactions(items[index], answer.data.get("message"))
                if micros(items[index]["ts"]) >= channel.watched_since:
                    progress.reactions[items[index]["ts"]] = _counts(items[index])
            elif not isinstance(answer, ObjectUnavailableError):  # a message deleted meanwhile is no loss
                yield from _failed(channel, items[index]["ts"], answer)
    return items


def _failed(channel: Channel, ts: str, error: CommunityKitError) -> Flow:
    channel.failed_reactions += 1
    if (isinstance(error, PermissionMissingError) and error.code in _FOR_ALL) or channel.failed_reactions >= PATIENCE:
        channel.full_reactions = False
        yield Gap(f"not everybody who reacted: {error}", community_id=channel.community_id)
    else:
        yield Gap(f"not everybody who reacted to {ts}: {error}", community_id=channel.community_id)


def _is_news(item: JSON, progress: Progress) -> bool:
    if not isinstance(item, dict) or not is_ts(item.get("ts")):
        return False
    if all(len(as_list(one.get("users"))) >= as_number(one.get("count")) for one in reactions_of(item)):
        return False
    return progress.reactions.get(item["ts"]) != _counts(item)


def _counts(item: dict[str, JSON]) -> str:
    return " ".join(sorted(f"{one.get('name')}={one.get('count')}" for one in reactions_of(item)))


def _with_reactions(item: dict[str, JSON], told: JSON) -> dict[str, JSON]:
    reactions = as_list(as_mapping(told).get("reactions"))
    return {**item, "reactions": reactions} if reactions else item

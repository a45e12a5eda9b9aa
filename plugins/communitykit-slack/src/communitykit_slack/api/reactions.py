"""The flow that completes lists of who reacted: Slack cuts them short in history, and tells all when asked for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from communitykit import CommunityKitError, ObjectUnavailableError, PermissionMissingError, ProtocolError
from communitykit.connector import JSON, Batch, Flow, Gap, Response, as_list, as_mapping, ask_all
from communitykit.connector.payload import as_number
from communitykit_slack.api.channel import PATIENCE, SIDE_BY_SIDE, Channel
from communitykit_slack.api.checkpoint import Progress
from communitykit_slack.ids import is_ts, micros, ts_key
from communitykit_slack.translate.messages import reactions_of

_FOR_ALL = frozenset({"missing_scope", "not_allowed_token_type"})
"""Refusals that every other message would meet, too."""


def completed(channel: Channel, progress: Progress, items: list[JSON]) -> Flow[list[JSON]]:
    """Ask who else reacted where a list is cut short and its counts moved since it was last asked for.

    A message about which nothing can be learned now keeps the list that it came with; what kept it is told as a Gap,
    and its list is owed until it is read.
    """
    cut = {item["ts"]: index for index, item in enumerate(items) if is_cut(item, progress)}
    progress.unlisted.update(dict.fromkeys(cut))
    items = list(items)
    for group in _groups(channel, list(cut)):
        for ts, told in (yield from _lists(channel, progress, group)).items():
            items[cut[ts]] = _with_reactions(items[cut[ts]], told)
            if micros(ts) >= channel.watched_since:
                progress.reactions[ts] = _counts(items[cut[ts]])
    return items


def owed_lists(channel: Channel, progress: Progress) -> Flow:
    """Read the lists that an earlier run could not, of messages that this one did not meet."""
    due = [ts for ts in progress.unlisted if ts not in channel.asked_lists and ts_key(ts) <= ts_key(channel.until)]
    for group in _groups(channel, due):
        lists = yield from _lists(channel, progress, group)
        rows = [{"ts": ts, "reactions": told.get("reactions", [])} for ts, told in lists.items()]
        yield Batch("reactions", rows, channel.context)


def _groups(channel: Channel, stamps: Sequence[str]) -> Iterator[Sequence[str]]:
    """Return what is asked for side by side, as long as lists are given at all."""
    for start in range(0, len(stamps), SIDE_BY_SIDE):
        if channel.full_reactions:
            yield stamps[start : start + SIDE_BY_SIDE]


def _lists(channel: Channel, progress: Progress, stamps: Sequence[str]) -> Flow[dict[str, dict[str, JSON]]]:
    """Ask for messages' lists; return the messages that were told, by their ts, which are then no longer owed."""
    channel.asked_lists.update(stamps)
    answers = yield from ask_all(channel.ask("reactions.get", timestamp=ts, full="true") for ts in stamps)
    lists: dict[str, dict[str, JSON]] = {}
    for ts, answer in zip(stamps, answers, strict=True):
        if isinstance(answer, Response):
            told = as_mapping(answer.data.get("message"))
            if told.get("ts") != ts:
                yield from _failed(channel, ts, ProtocolError("the answer is about no message", platform="slack"))
                continue
            channel.failed_reactions = 0
            lists[ts] = dict(told)
        elif not isinstance(answer, ObjectUnavailableError):
            yield from _failed(channel, ts, answer)
            continue
        progress.unlisted.pop(ts, None)  # a message deleted meanwhile is no loss
    return lists


def _failed(channel: Channel, ts: str, error: CommunityKitError) -> Flow:
    channel.failed_reactions += 1
    if (isinstance(error, PermissionMissingError) and error.code in _FOR_ALL) or channel.failed_reactions >= PATIENCE:
        channel.full_reactions = False
        yield Gap(f"not everybody who reacted: {error}")
    else:
        yield Gap(f"not everybody who reacted to {ts}: {error}")


def is_cut(item: JSON, progress: Progress) -> bool:
    """Tell whether a message's lists of who reacted are cut short, and its counts moved since they were asked for."""
    if not isinstance(item, dict) or not is_ts(item.get("ts")):
        return False
    if all(len(as_list(one.get("users"))) >= as_number(one.get("count")) for one in reactions_of(item)):
        return False
    return progress.reactions.get(item["ts"]) != _counts(item)


def _counts(item: dict[str, JSON]) -> str:
    return " ".join(sorted(f"{one.get('name')}={one.get('count')}" for one in reactions_of(item)))


def _with_reactions(item: dict[str, JSON], told: dict[str, JSON]) -> dict[str, JSON]:
    reactions = as_list(told.get("reactions"))
    return {**item, "reactions": reactions} if reactions else item

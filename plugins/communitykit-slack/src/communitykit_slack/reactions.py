"""The flow that completes lists of who reacted: Slack cuts them short in history, and tells all when asked for one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from communitykit import Gap, ObjectUnavailableError, PermissionMissingError, Response
from communitykit_slack.channels import SIDE_BY_SIDE, Channel
from communitykit_slack.ids import is_ts, ts_key
from communitykit_slack.progress import Progress


def completed(
    channel: Channel, progress: Progress, items: list[dict[str, Any]]
) -> Generator[Any, Any, list[dict[str, Any]]]:
    """Ask who else reacted where a list is cut short and its counts moved since it was last asked for."""
    if not channel.full_reactions:
        return items
    cut = [index for index, item in enumerate(items) if is_ts(item.get("ts")) and _is_news(item, progress)]
    items = list(items)
    for start in range(0, len(cut), SIDE_BY_SIDE):
        group = cut[start : start + SIDE_BY_SIDE]
        answers = yield tuple(
            channel.ask("reactions.get", timestamp=items[index]["ts"], full="true") for index in group
        )
        for index, answer in zip(group, answers, strict=True):
            if isinstance(answer, Response):
                items[index] = _with_reactions(items[index], answer.data.get("message"))
                if ts_key(items[index]["ts"]) >= ts_key(channel.watched_since):
                    progress.reactions[items[index]["ts"]] = _counts(items[index])
            elif isinstance(answer, PermissionMissingError):
                channel.full_reactions = False
                yield Gap(f"not everybody who reacted: {answer}", community_id=channel.community_id)
            elif not isinstance(answer, ObjectUnavailableError):  # a message deleted meanwhile is no loss
                raise answer
        if not channel.full_reactions:
            break
    return items


def _is_news(item: dict[str, Any], progress: Progress) -> bool:
    listed = item.get("reactions") or ()
    if all(len(one.get("users") or ()) >= (one.get("count") or 0) for one in listed):
        return False
    return progress.reactions.get(item["ts"]) != _counts(item)


def _counts(item: dict[str, Any]) -> str:
    return " ".join(sorted(f"{one.get('name')}={one.get('count')}" for one in item.get("reactions") or ()))


def _with_reactions(item: dict[str, Any], told: Any) -> dict[str, Any]:  # noqa: ANN401 # any JSON
    reactions = told.get("reactions") if isinstance(told, dict) else None
    return {**item, "reactions": reactions} if reactions else item

"""How a slice is read: a channel's messages, its members, the workspace's profiles. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping

from communitykit import ObjectUnavailableError, PermissionMissingError
from communitykit.connector import (
    JSON,
    Batch,
    Checkpoint,
    Flow,
    Gap,
    Listing,
    Reader,
    Response,
    Selection,
    Slice,
    Swept,
    as_mapping,
    ask_all,
)
from communitykit.connector.payload import as_texts
from communitykit_slack.api.channel import PATIENCE, SIDE_BY_SIDE, Channel
from communitykit_slack.api.checkpoint import Progress
from communitykit_slack.api.messages import read_history
from communitykit_slack.api.methods import LIST_LIMIT, PAGER, call, page_of
from communitykit_slack.ids import Bots, member_id, people_of, place_of, ts_of
from communitykit_slack.settings import SlackSettings

_SAVED_EVERY = 256
"""Profiles between two checkpoints: each holds all users, so one beside every few requests would be costly."""


def read_messages(selection: Selection[SlackSettings], slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read a channel's messages, with their replies and who reacted."""
    if slice_.params.get("closed"):
        yield Gap(
            f"channel {slice_.label}: the app is not in it (not_in_channel). "
            "Invite it (/invite @app), or use a user token.",
            "denied",
        )
        return
    context = _context(slice_)
    place = place_of(context)
    channel = Channel(
        team=slice_.network,
        native=place.channel,
        community_id=place.community_id,
        post_prefix=place.post_prefix,
        label=slice_.label,
        until=ts_of(selection.until),
        context=context,
        full_reactions=selection.settings.reactions == "full",
    )
    yield from read_history(channel, Progress.load(checkpoint), selection)


def estimate_messages(
    selection: Selection[SlackSettings], slice_: Slice, checkpoint: Checkpoint | None
) -> Mapping[str, int]:
    """Tell about how many requests a channel takes; one that was never read does not say how long it is."""
    progress = Progress.load(checkpoint)
    if not progress.spans or slice_.params.get("closed"):
        return {}
    threads = len(progress.roots) if selection.settings.threads == "all" else len(progress.pending)
    return {"conversations.history": 1, **({"conversations.replies": threads} if threads else {})}


def estimate_members(_selection: object, slice_: Slice, _checkpoint: object) -> Mapping[str, int]:
    """Tell how many requests a channel's members take."""
    return {"conversations.members": 1 + int(slice_.params.get("size") or 0) // LIST_LIMIT}


def estimate_profiles(
    selection: Selection[SlackSettings], slice_: Slice, checkpoint: Checkpoint | None
) -> Mapping[str, int]:
    """Tell how many profiles changed: each takes a request."""
    return {"users.profile.get": len(_changed(selection, slice_, checkpoint))}


def _context(slice_: Slice) -> dict[str, JSON]:
    params = slice_.params
    context = {"team": slice_.network, "channel": params["channel"], "origin": "api"}
    context["bots"] = Bots(params.get("bots") or {})
    return context | {name: params[name] for name in ("url", "host", "people") if params.get(name)}


def read_members(_selection: object, slice_: Slice, _checkpoint: object) -> Flow:
    """Read who is in a channel."""
    context = _context(slice_)
    native = str(context["channel"])
    request = call(
        "conversations.members", slice_.network, subject=f"channel {slice_.label}", channel=native, limit=LIST_LIMIT
    )
    listing = Listing(request, PAGER)
    while (found := (yield from page_of(listing, "members"))) is not None:
        yield Batch("member", [{"user": user} for user in found], context)
    if listing.problem:
        yield Gap(f"not all members: {listing.problem}")
    else:
        yield Swept("membership", {"community_id": place_of(context).community_id})


def read_profiles(selection: Selection[SlackSettings], slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Ask for the custom fields of users whose profile changed since they were asked for."""
    told = {name: slice_.params[name] for name in ("fields", "people") if name in slice_.params}
    context = {"team": slice_.network, "origin": "api", **told}
    users: dict[str, int] = dict(slice_.params["users"])
    wanted = _changed(selection, slice_, checkpoint)
    left = set(wanted)
    seen = {user: at for user, at in users.items() if user not in left}
    failed = 0
    for start in range(0, len(wanted), SIDE_BY_SIDE):
        group = wanted[start : start + SIDE_BY_SIDE]
        answers = yield from ask_all(
            call("users.profile.get", slice_.network, subject=f"user {user}", user=user) for user in group
        )
        rows = []
        for user, answer in zip(group, answers, strict=True):
            if isinstance(answer, Response):
                rows.append({"user": user, "profile": as_mapping(answer.data.get("profile"))})
                seen[user] = users[user]
                failed = 0
            elif not isinstance(answer, ObjectUnavailableError):  # who is gone has no profile
                failed += 1
                if isinstance(answer, PermissionMissingError) or failed >= PATIENCE:
                    raise answer
                yield Gap(f"no custom profile fields until the next run: {answer}")
        done = start + len(group)
        due = done == len(wanted) or done % _SAVED_EVERY == 0
        saved = {"v": 1, "fields": _digest(slice_), "seen": dict(seen)} if due else None
        yield Batch("profile", rows, context, checkpoint=saved)


def _changed(selection: Selection[SlackSettings], slice_: Slice, checkpoint: Checkpoint | None) -> list[str]:
    """Return whose profile is to be asked for; whoever is forgotten is in no checkpoint, and not asked for again."""
    people = people_of({"team": slice_.network, **slice_.params})
    usable = checkpoint is not None and checkpoint.get("v") == 1 and checkpoint.get("fields") == _digest(slice_)
    seen = checkpoint["seen"] if usable and checkpoint is not None else {}
    changed = [user for user, at in slice_.params["users"].items() if seen.get(user) != at]
    return [user for user in changed if not selection.is_forgotten(member_id(people, user))]


def _digest(slice_: Slice) -> list[str]:
    """Name the fields asked for, and whose ids were made: when either is another, everybody is asked again."""
    fields = sorted(f"{native}={name}" for native, name in slice_.params["fields"].items())
    return [*fields, *as_texts([slice_.params.get("people")])]


READERS: Mapping[str, Reader[SlackSettings]] = {
    "messages": Reader(read_messages, estimate_messages, ("post", "event")),
    "members": Reader(read_members, estimate_members, ("membership",)),
    "profiles": Reader(read_profiles, estimate_profiles, ("member",)),
}
"""How slices are read, by the `reader` that discovery names."""

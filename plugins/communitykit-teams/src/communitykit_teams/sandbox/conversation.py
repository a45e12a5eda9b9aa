"""Channel messages as Graph lists them: by activity, with expanded replies, as delta, and as one flat export."""

from __future__ import annotations

import re
from datetime import datetime

from pydantic_core import to_json

from communitykit.connector import JSON
from communitykit.sandbox import DAY, Item, Message, Place, to_us
from communitykit_teams.sandbox import naming
from communitykit_teams.sandbox.desk import Asked, Listed, Refused, TeamsDesk
from communitykit_teams.sandbox.rendering import message_object, notice_object

_SINCE = re.compile(r"lastModifiedDateTime gt ([0-9T:.Z+-]+)", re.IGNORECASE)
_REACH = 240 * DAY
"""Delta shows eight months."""


def _place(desk: TeamsDesk, asked: Asked) -> Place:
    """Find the channel that is asked for.

    Raises Refused when it is not in that team, or closed to the app.
    """
    place = desk.places.get(asked.parts["channel"])
    if place is None or naming.team(desk.world, place) != asked.parts["team"]:
        raise Refused(404, "NotFound", "No channel found.")
    if place.number in desk.site.unreadable:
        raise Refused(403, "Forbidden", "The application is not allowed to read this channel.")
    return place


def _threads(desk: TeamsDesk, place: Place) -> list[Item]:
    """Return a channel's roots and notices, what was active last first."""
    key = ("threads", place.number, 0)
    if key not in desk.kept:
        roots = [item for item in desk.world.scan(place) if not isinstance(item, Message) or item.root is None]
        desk.kept[key] = sorted(roots, key=_order, reverse=True)
    found: list[Item] = desk.kept[key]
    return found


def _order(item: Item) -> tuple[int, int]:
    """Order by activity: a new reply lifts its thread, an edit or a reaction does not."""
    last = item.replies[-1].at if isinstance(item, Message) and item.replies else item.at
    return last, item.at


def _size(desk: TeamsDesk, asked: Asked) -> int:
    top = asked.option("top") or "20"
    if not top.isdigit() or not 0 < int(top) <= 50:  # noqa: PLR2004 # the documented limit
        raise Refused(400, "BadRequest", "The limit of '50' for Top query has been exceeded.")
    return min(int(top), desk.messages)


def messages(desk: TeamsDesk, asked: Asked) -> JSON:
    """List a channel's roots; `$expand=replies` brings their replies along. Nothing else is supported."""
    unsupported = [name for name in ("filter", "orderby", "select") if asked.option(name)]
    if unsupported:
        raise Refused(400, "BadRequest", f"Query option '{unsupported[0].title()}' is not allowed.")
    place, size = _place(desk, asked), _size(desk, asked)
    kind = f"messages/{place.number}"
    threads = _threads(desk, place)
    start = 0
    if reached := desk.position(asked, kind):
        last, at = (int(part) for part in reached.split("."))
        start = next((index for index, one in enumerate(threads) if _order(one) < (last, at)), len(threads))
    page = threads[start : start + size]
    more: dict[str, JSON] = {"@odata.count": len(page)}
    if start + size < len(threads):
        more["@odata.nextLink"] = desk.link(asked, kind, "{}.{}".format(*_order(page[-1])))
    expand = "replies" in asked.option("expand")
    return Listed([_thread(desk, asked, one, expand=expand) for one in page], more)


def _thread(desk: TeamsDesk, asked: Asked, item: Item, *, expand: bool) -> bytes:
    """Render a root with its replies, the newest first, as many as are expanded; kept as long as nothing changes."""
    key = (f"thread {asked.known} {expand}", item.place, item.at)
    if desk.world.size.held and key in desk.kept:
        kept: bytes = desk.kept[key]
        return kept
    whole = _rendered(desk, asked, item)
    if expand:
        answers = sorted(item.replies, key=lambda one: one.at, reverse=True) if isinstance(item, Message) else []
        shown = answers[: desk.expand]
        whole["replies@odata.count"] = len(shown)
        whole["replies"] = [_rendered(desk, asked, one) for one in shown]
        if len(answers) > len(shown):
            place = desk.world.places[item.place]
            path = f"/v1.0/teams/{naming.team(desk.world, place)}/channels/{naming.channel(desk.world, place)}"
            inner = Asked(type(asked.call)("GET", f"{path}/messages/{item.at}/replies", {}), {})
            whole["replies@odata.nextLink"] = desk.link(inner, f"replies/{item.place}/{item.at}", str(len(shown)))
    made = to_json(whole)
    if desk.world.size.held:
        desk.kept[key] = made
    return made


def _rendered(desk: TeamsDesk, asked: Asked, item: Item) -> dict[str, JSON]:
    if isinstance(item, Message):
        return message_object(desk.world, item)
    return notice_object(desk.world, item, known=asked.known)


def _root(desk: TeamsDesk, asked: Asked) -> Message:
    native = asked.parts["message"]
    found = desk.world.message(_place(desk, asked), int(native)) if native.isdecimal() else None
    if found is None:
        raise Refused(404, "NotFound", "Message not found.")
    return found


def message(desk: TeamsDesk, asked: Asked) -> JSON:
    """Tell one message."""
    return message_object(desk.world, _root(desk, asked))


def replies(desk: TeamsDesk, asked: Asked) -> JSON:
    """List the replies of a message, the newest first."""
    root, size = _root(desk, asked), _size(desk, asked)
    kind = f"replies/{root.place}/{root.at}"
    start = int(desk.position(asked, kind) or 0)
    answers = sorted(root.replies, key=lambda one: one.at, reverse=True)
    page = answers[start : start + size]
    more: dict[str, JSON] = {"@odata.count": len(page)}
    if start + size < len(answers):
        more["@odata.nextLink"] = desk.link(asked, kind, str(start + size))
    return Listed([to_json(message_object(desk.world, one)) for one in page], more)


def delta(desk: TeamsDesk, asked: Asked) -> JSON:
    """List the threads in which something changed, oldest first, and give the link to what will change from now on.

    A reaction shows with the root alone: one under a reply moves nothing that delta looks at.
    """
    if desk.site.options.get("delta") is False:
        raise Refused(400, "BadRequest", "Parameter 'Filter' not supported for this request.")
    place, size = _place(desk, asked), _size(desk, asked)
    kind = f"delta/{place.number}"
    now = desk.world.now_us
    if link := desk.position(asked, f"{kind}/link", "deltatoken"):
        since, start, until = int(link), 0, now
    elif reached := desk.position(asked, kind):
        since, start, until = (int(part) for part in reached.split("."))
    else:
        match = _SINCE.search(asked.option("filter"))
        since, start, until = to_us(datetime.fromisoformat(match[1])) if match else 0, 0, now
    since = max(since, now - _REACH)
    changed = [one for one in reversed(_threads(desk, place)) if since < _touched(one) <= until]
    changed.sort(key=_touched)
    page = changed[start : start + size]
    if start + size < len(changed):
        more = {"@odata.nextLink": desk.link(asked, kind, f"{since}.{start + size}.{until}")}
    else:
        more = {"@odata.deltaLink": desk.link(asked, f"{kind}/link", str(until), "deltatoken")}
    expand = "replies" in asked.option("expand")
    return Listed([_thread(desk, asked, one, expand=expand) for one in page], more)


def _touched(item: Item) -> int:
    """Return when delta last notices something in a thread."""
    if not isinstance(item, Message):
        return item.at
    words = (max(one.at, one.edited_at or 0, one.deleted_at or 0) for one in item.replies)
    return max(item.changed_at, *words, 0)


def all_messages(desk: TeamsDesk, asked: Asked) -> JSON:
    """List all messages of a team in one flat list, roots and replies alike."""
    team = asked.parts["team"]
    if team not in desk.teams:
        raise Refused(404, "NotFound", "No team found with Group Id.")
    match = _SINCE.search(asked.option("filter"))
    since = to_us(datetime.fromisoformat(match[1])) if match else 0
    found: list[Item] = []
    for place in desk.teams[team]:
        for root in _threads(desk, place):
            found += [root, *(root.replies if isinstance(root, Message) else ())]
    kept = [one for one in found if (one.changed_at if isinstance(one, Message) else one.at) > since]
    kept.sort(key=lambda one: one.at, reverse=True)
    return desk.cut(asked, f"export/{team}", kept, lambda one: to_json(_rendered(desk, asked, one)))

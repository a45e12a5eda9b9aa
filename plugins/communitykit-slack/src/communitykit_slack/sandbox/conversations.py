"""The methods about channels and what is in them, each with its own paging."""

# ruff: noqa: ARG001 # all methods have one signature

from __future__ import annotations

from itertools import islice

from communitykit.connector import JSON
from communitykit.sandbox import Grant, Message, Place, make_cursor
from communitykit_slack.sandbox import naming, rendering, rules
from communitykit_slack.sandbox.desk import SlackDesk, encode, missing, require
from communitykit_slack.sandbox.replies import Fields, Reply, known, page_of
from communitykit_slack.sandbox.rules import Refused, Rule


def conversations_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List channels. Archived ones are left out after paging, so pages get short."""
    if grant is None:
        raise Refused("not_authed")
    wanted = [one.strip() for one in str(fields.get("types") or "public_channel").split(",")]
    if any(one not in rules.SCOPES for one in wanted):
        raise Refused("invalid_types")
    for one in wanted:
        require(grant, f"{rules.SCOPES[one]}:read")
    listed = (place for place in desk.places.values() if naming.sort_of(place) in wanted)
    places = sorted(listed, key=lambda one: one.number)
    page, data = page_of(desk, fields, rule, "team", places)
    if rules.flag(fields, "exclude_archived"):
        page = [place for place in page if not place.archived]
    items = [encode(desk.channel(place)) for place in page]
    return Reply(data, "channels", items)


def conversations_info(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell about one channel."""
    place = desk.place(fields, known(grant), rule)
    return Reply({"channel": desk.channel(place, count=rules.flag(fields, "include_num_members"))})


def conversations_join(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Join a channel."""
    place = desk.place(fields, known(grant), Rule(3, per_type="read"))
    if place.archived:
        raise Refused("is_archived")
    if place.privacy != "public":
        raise Refused("method_not_supported_for_channel_type")
    return Reply({"channel": desk.channel(place), "warning": "already_in_channel"})


def conversations_members(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List who is in a channel."""
    place = desk.place(fields, known(grant), rule)
    page, data = page_of(desk, fields, rule, "member", place.present())
    return Reply(data, "members", [encode(naming.user(desk.world, desk.world.people[number])) for number in page])


def conversations_history(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Page through a channel: with `oldest` alone forward in time, else backward; newest first inside a page."""
    place = desk.place(fields, known(grant), rule, joined=True)
    latest, oldest = rules.bound(fields, "latest"), rules.bound(fields, "oldest")
    forward = oldest is not None and latest is None
    inclusive = rules.truthy_bound(fields, "inclusive")
    size = rules.limit(fields, rule)
    after = oldest - 1 if oldest is not None and inclusive else oldest
    before = latest + 1 if latest is not None and inclusive else latest
    if fields.get("cursor"):
        reached = naming.moment(rules.position(desk.secret, "next_ts", str(fields["cursor"])))
        after, before = (reached, before) if forward else (after, reached)
    items = list(islice(desk.world.scan(place, after=after, before=before, newest_first=not forward), size + 1))
    more, items = len(items) > size, items[:size]
    data: dict[str, JSON] = {"has_more": more, "pin_count": 0}
    if more:
        data["response_metadata"] = {"next_cursor": make_cursor(desk.secret, "next_ts", naming.ts(items[-1].at))}
    if forward:
        items.reverse()
    if latest is not None:
        data["latest"] = str(fields["latest"])
    shown = [
        desk.wire(item) if isinstance(item, Message) else encode(rendering.notice_object(desk.world, item))
        for item in items
        if not isinstance(item, Message) or rendering.visible(item)
    ]
    return Reply(data, "messages", shown)


def conversations_replies(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Page through a thread, oldest first; the root leads whatever the bounds."""
    place = desk.place(fields, known(grant), rule, joined=True)
    root = _message(desk, place, fields, "ts", "thread_not_found")
    latest, oldest = rules.bound(fields, "latest"), rules.bound(fields, "oldest")
    inclusive = rules.truthy_bound(fields, "inclusive")
    size = rules.limit(fields, rule)
    if root.root is not None:
        return Reply({"has_more": False}, "messages", [desk.wire(root)])
    replies = [
        reply
        for reply in root.living()
        if (oldest is None or reply.at > oldest or (inclusive and reply.at == oldest))
        and (latest is None or reply.at < latest or (inclusive and reply.at == latest))
    ]
    leads = True
    if fields.get("cursor"):
        reached = naming.moment(rules.position(desk.secret, "thread", str(fields["cursor"])))
        replies = [reply for reply in replies if reply.at > reached]
        leads = bool(desk.site.options.get("parent_leads", True))
    room = max(1, size - leads)
    page = replies[:room]
    data: dict[str, JSON] = {"has_more": len(replies) > room}
    if len(replies) > room:
        data["response_metadata"] = {"next_cursor": make_cursor(desk.secret, "thread", naming.ts(page[-1].at))}
    return Reply(data, "messages", [desk.wire(message) for message in ([root, *page] if leads else page)])


def reactions_get(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell the reactions of one post; `full` lists everybody."""
    place = desk.place(fields, known(grant), Rule(rule.tier))
    message = _message(desk, place, fields, "timestamp", "message_not_found")
    cut = None if rules.flag(fields, "full") else desk.cut
    shown = rendering.message_object(desk.world, message, cut=cut, files=desk.files)
    return Reply({"type": "message", "channel": naming.channel(desk.world, place), "message": shown})


def pins_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List what is pinned in a channel."""
    place = desk.place(fields, known(grant), Rule(rule.tier), joined=True)
    items = [
        {
            "type": "message",
            "created": message.pinned[1] // 1_000_000,
            "created_by": naming.user(desk.world, desk.world.people[message.pinned[0]]),
            "channel": naming.channel(desk.world, place),
            "message": rendering.message_object(desk.world, message, cut=desk.cut, files=desk.files),
        }
        for message in desk.world.messages(place)
        if message.pinned and message.live
    ]
    return Reply({"items": items[:100]})


def _message(desk: SlackDesk, place: Place, fields: Fields, name: str, error: str) -> Message:
    if not fields.get(name):
        raise missing(name)
    try:
        found = desk.world.message(place, naming.moment(str(fields[name])))
    except ValueError:
        raise Refused(error) from None
    if found is None or not rendering.visible(found):
        raise Refused(error)
    return found

"""Posts and comments become Posts, and what is beside them becomes events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, cast

from communitykit.connector import JSON, Draft, Rejected, occurred
from communitykit.connector.drafts import CountsDraft, EventDraft, PollDraft, PollOptionDraft, PostDraft
from communitykit.connector.parts import unread_times
from communitykit_workplace.edges import is_odd, is_readable, is_whole, listed, rows, summed, total
from communitykit_workplace.ids import (
    comment_id,
    community_id,
    member_id,
    native_id,
    parse_time,
    post_id,
    ref,
)
from communitykit_workplace.translate.acts import reactions, tally, views, votes
from communitykit_workplace.translate.attachments import attachments, shared_post
from communitykit_workplace.translate.parts import as_text, each, odd_names, without_odd
from communitykit_workplace.translate.text import links, mentions, plain_text
from communitykit_workplace.wire import Comment, Post

STORY = "x-workplace-story"
"""The event that a post becomes which says only what somebody did ("X created the group")."""


def post(item: Post, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a post of a feed with everything beside and below it.

    `context` may tell the `group` whose feed it is of, and `lost`: fields that the source cannot tell, so that their
    absence says nothing (`poll` and `message_tags`, where a table has no column for them; `message`).

    Raises Rejected when it has no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the post has no id")
    whole, odd = without_odd(item, native)
    yield from odd
    given, item = item, cast("Post", whole)
    if context.get("origin") != "api":
        yield from unread_times(item, ("created_time",), parse_time, native)
    unread = odd_names(odd)
    lost = (*(context.get("lost") or ()), *unread)
    where = _where(item, native, context)
    community = community_id(where) if where else None
    message, shown, poll = item.get("message"), attachments(item, unread), given.get("poll")
    if (
        item.get("story")
        and not message
        and not shown
        and not poll
        and not {"message", "attachments"}.intersection(lost)
    ):
        yield _story(item, native, community)
        yield from reactions(item, post_id(native), community)
        return
    target = post_id(native)
    draft = _frame(item, target, community)
    draft["root_id"] = draft["parent_id"] = None
    if isinstance(poll, dict) or "poll" not in lost:
        draft["kind"] = "poll" if poll else "post"
    if "message" not in lost:
        _say(draft, item, message, "markdown" if item.get("formatting") == "MARKDOWN" else "plain", lost)
    if shown is not None:
        draft["attachments"] = shown
    if item.get("poll"):
        draft["poll"] = _poll(item, message)
    if shared := shared_post(item):
        draft["shared_from_id"] = post_id(shared)
    if _are_comments(item.get("comments")) and (counts := _counts(item, _replies(item))):
        draft["counts"] = counts
    yield draft
    yield from reactions(item, target, community)
    yield from views(item.get("seen"), target, community)
    yield from votes(poll, target, community)
    below = {"community": community, "root": target, "lost": context.get("lost") or (), "origin": context.get("origin")}
    yield from each(item.get("comments"), native, lambda one: _comment(one, below))


def comment(item: Comment, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a comment that stands apart from its post; `context` tells the `post`, and perhaps `group`, `parent`.

    Without a post, which page or file it stood in must tell: a comment is never taken for a post.

    Raises Rejected when it has no id.
    """
    of, group = native_id(context.get("post")) or ref(item.get("object")) or _post_of(item), context.get("group")
    if group is None and of and "_" in of:
        group = of.split("_", 1)[0]
    below: dict[str, JSON] = {"community": community_id(group) if group else None, "root": post_id(of) if of else None}
    below["origin"] = context.get("origin")
    if parent := native_id(context.get("parent")):
        below["parent"] = post_id(parent)
    yield from _comment(item, below)


def _comment(item: Comment | Mapping[str, JSON], below: Mapping[str, JSON]) -> Iterator[Draft]:
    native = comment_id(dict(item)) if "id" not in item else native_id(item["id"])
    if native is None:
        raise Rejected("no_id", "a comment has no id")
    target, community, root = post_id(native), below["community"], below["root"]
    item, odd = without_odd(item, native)
    yield from odd
    if below.get("origin") != "api":
        yield from unread_times(item, ("created_time",), parse_time, native)
    unread = odd_names(odd)
    lost = (*(below.get("lost") or ()), *unread)
    draft = _frame(item, target, community)
    draft["kind"] = "post"
    told = ref(item.get("parent"))
    parent = post_id(told) if told else below.get("parent") or root
    if root:
        draft["root_id"] = root
    else:  # what it stands below is not told, and a comment is no post of its own
        draft["extra"] = {"comment": True}
    if parent:
        draft["parent_id"] = parent
    if "message" not in unread:
        _say(draft, item, item.get("message"), "plain", lost)
    if (shown := attachments(item, unread)) is not None:
        draft["attachments"] = shown
    if counts := _counts(item, None):
        draft["counts"] = counts
    yield draft
    if "reactions" in item or "likes" in item:
        yield from reactions(item, target, community)
    if "comments" in item:
        inner = {**below, "parent": target}
        yield from each(item["comments"], native, lambda one: _comment(one, inner))


def _frame(item: Mapping[str, JSON], target: str, community: str | None) -> PostDraft:
    """Describe where it stands, who wrote it and when."""
    draft: PostDraft = {"record": "post", "id": target, "gone": None}
    if community:
        draft["community_id"] = community
    if author := ref(item.get("from")):
        draft["author_id"] = member_id(author)
    elif isinstance(told := item.get("from"), dict) and (name := as_text(told.get("name"))):
        draft["author_name"] = name
    if created := parse_time(item.get("created_time")):
        draft["created_at"] = created
    if url := as_text(item.get("permalink_url")):
        draft["url"] = url
    return draft


def _say(
    draft: PostDraft,
    item: Mapping[str, JSON],
    message: object,
    body_format: Literal["plain", "markdown"],
    lost: Iterable[str],
) -> None:
    """Describe what it says; the Graph leaves out an empty message."""
    said = message if isinstance(message, str) and message else None
    draft["body"], draft["links"] = said, links(said or "")
    if said is None or item.get("formatting") or "formatting" not in lost:
        draft["body_format"] = body_format if said else None
        draft["text"] = plain_text(said, body_format) if said else None
    else:  # how to read it was not told, so whoever knows decides; marks are no words either way
        draft["text"] = plain_text(said, "markdown")
    if "message_tags" in item or "message_tags" not in lost:
        draft["mentions"] = mentions(item.get("message_tags"))


def _where(item: Post, native: str, context: Mapping[str, JSON]) -> str | None:
    """Find the group: told by the reading, by whom the post is to, or by its id, which begins with it."""
    if group := native_id(context.get("group")):
        return group
    author = ref(item.get("from"))
    for one in rows(item.get("to")):
        first = native_id(one.get("id"))
        return first if first != author else None
    owner = native.split("_", 1)[0] if "_" in native else None
    return owner if owner != author else None


def _story(item: Post, native: str, community: str | None) -> EventDraft:
    """Describe what Workplace itself says of somebody's act: nobody's words."""
    actor = ref(item.get("from"))
    return occurred(
        STORY,
        target=community or post_id(native),
        actor=member_id(actor) if actor else None,
        at=parse_time(item.get("created_time")),
        occurrence=native,
        community=community,
        detail=item.get("story"),
    )


def _poll(item: Post, message: str | None) -> PollDraft:
    poll = item["poll"]
    options: list[PollOptionDraft] = [
        {"text": str(one.get("name") or one.get("option") or ""), "votes": _int(one.get("vote_count"))}
        for one in rows(poll.get("options"))
    ]
    return {
        "question": as_text(poll.get("question")) or message or None,
        "options": options,
        "closes_at": parse_time(poll.get("closing_time")),
    }


def _counts(item: Mapping[str, JSON], replies: int | None) -> CountsDraft | None:
    """Return the figures beside a post, where any is told: they are one field, told whole or not at all."""
    counts: CountsDraft = {}
    if replies is not None:
        counts["replies"] = replies
    kinds, given, seen_by = tally(item), item.get("reactions"), item.get("seen")
    if kinds is not None:
        counts["reactions"] = kinds
    elif not is_readable(given) or not all(native_id(one.get("id")) for one in rows(given)):
        return None
    elif (liked := item.get("like_count")) is not None and _int(liked) is not None:
        counts["reacted"] = _int(liked)
    elif (reacted := total(given)) is not None:
        counts["reacted"] = reacted
    if (seen := summed(seen_by)) is None:  # which counts what cannot be read, too
        if not is_readable(seen_by):
            return None
        seen = total(seen_by)
    if seen is not None:
        counts["views"] = seen
    shares = item.get("shares")
    if isinstance(shares, dict) and _int(shares.get("count")) is not None:
        counts["shares"] = shares["count"]
    return counts or None


def _are_comments(edge: object) -> bool:
    """Tell whether the comments, and those below them, can be read: if not, nobody knows how many there are."""
    if is_odd(edge):
        return False
    for one in listed(edge):
        if not isinstance(one, dict) or not (one.get("id") or comment_id(one)):
            return False
        if "comments" in one and not _are_comments(one["comments"]):
            return False
    return True


def _replies(item: Mapping[str, JSON]) -> int | None:
    """Count everything below a post, where all of it is shown; else what is told of it.

    The summary of a list that is cut counts no answers to comments: where there are some, it is not the figure.
    """
    edge = item.get("comments")
    if edge is None:
        return _int(item.get("comment_count"))
    shown = rows(edge)
    if not is_whole(edge):
        return None if any(_below(one) for one in shown) else total(edge)
    different = _different(shown)
    return len(different) + sum(_below(one) for one in different)


def _different(shown: Iterable[JSON]) -> list[JSON]:
    """Return what a list shows, each once: a page may show one twice."""
    return list({str(one.get("id") or at): one for at, one in enumerate(shown)}.values())


def _below(comment: Mapping[str, JSON]) -> int:
    edge = comment.get("comments")
    if isinstance(edge, dict | list) and is_whole(edge):
        return len(_different(rows(edge)))
    return _int(comment.get("comment_count")) or 0


def _int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _post_of(item: Comment) -> str | None:
    """Find the post in a comment's own address; only group posts are named there by both of their parts."""
    url = as_text(item.get("permalink_url")) or ""
    parts = url.split("?", 1)[0].rstrip("/").split("/")
    if "groups" in parts:
        at = parts.index("groups")
        tail = [part for part in parts[at + 1 :] if part.isdecimal()]
        if len(tail) == 2:  # noqa: PLR2004 # group and post
            return f"{tail[0]}_{tail[1]}"
    return None

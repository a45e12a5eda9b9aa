"""Events of groups and pages of the knowledge library become Posts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from communitykit.connector import JSON, Draft, Ignored, Rejected
from communitykit.connector.drafts import PostDraft
from communitykit_workplace.ids import community_id, member_id, native_id, parse_time, post_id, ref
from communitykit_workplace.translate.acts import rsvps
from communitykit_workplace.translate.parts import as_text, each, without_odd
from communitykit_workplace.translate.text import links, plain_text
from communitykit_workplace.wire import Event, Page

_FIGURES = ("attending_count", "declined_count", "interested_count", "maybe_count", "noreply_count")


def event(item: Event, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate an event: when it takes place is in `extra`, since nothing tells when it was written.

    `context` may tell the `group`.

    Raises Rejected when it has no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the event has no id")
    if item.get("is_draft") is True:
        yield Ignored("draft")
        return
    whole, odd = without_odd(item, native)
    yield from odd
    item = cast("Event", whole)
    group = ref(item.get("parent_group")) or native_id(context.get("group"))
    community = community_id(group) if group else None
    target, text = post_id(native), as_text(item.get("description"))
    draft: PostDraft = {
        "record": "post",
        "id": target,
        "kind": "post",
        "root_id": None,
        "parent_id": None,
        "title": as_text(item.get("name")),
        "body": text,
        "body_format": "plain" if text else None,
        "text": text,
        "links": links(text or ""),
        "gone": None,
    }
    _forget(draft, odd)
    if community:
        draft["community_id"] = community
    if owner := ref(item.get("owner")):
        draft["author_id"] = member_id(owner)
    times = {name: moment.isoformat() for name in ("start_time", "end_time") if (moment := parse_time(item.get(name)))}
    place = item.get("place")
    about: dict[str, JSON] = {**times, **{name: item[name] for name in _FIGURES if isinstance(item.get(name), int)}}  # type: ignore[literal-required] # keys of the tuple
    if isinstance(place, dict) and place.get("name"):
        about["place"] = place["name"]
    if item.get("is_canceled") is True:
        about["canceled"] = True
    draft["extra"] = {"event": about}
    yield draft
    yield from rsvps(item, target, community)


def page(item: Page, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a page of the knowledge library, or a group's note; one that is still a draft is nobody's reading yet.

    `context` may tell the `community`, or the note's `group`.

    Raises Rejected when it has no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the page has no id")
    if item.get("status") == "DRAFT":
        yield Ignored("draft")
    else:
        whole, odd = without_odd(item, native)
        yield from odd
        article = _article(cast("Page", whole), native, context)
        _forget(article, odd)
        yield article
    yield from each(item.get("subcategories"), native, lambda below: page(cast("Page", below), context))


_TITLES = frozenset({"odd_name", "odd_title", "odd_subject"})


def _forget(draft: PostDraft, odd: Sequence[Rejected]) -> None:
    """Leave untold what stands in a field that cannot be read: it is there, and nobody knows what it says."""
    for one in odd:
        if one.reason in _TITLES:
            draft.pop("title", None)
            continue
        draft.pop("body", None)
        draft.pop("body_format", None)
        draft.pop("text", None)
        draft.pop("links", None)


def _article(item: Page, native: str, context: Mapping[str, JSON]) -> PostDraft:
    content = item.get("content", item.get("message"))
    raw = content if isinstance(content, str) and content else None
    text = plain_text(raw, "html") if raw else _spoken(item.get("json_content"))
    draft: PostDraft = {
        "record": "post",
        "id": post_id(native),
        "kind": "article",
        "root_id": None,
        "parent_id": None,
        "title": as_text(item.get("title")) or as_text(item.get("subject")),
        "body": raw,
        "body_format": "html" if raw else None,
        "text": text or None,
        "links": links(raw or text or ""),
        "gone": None,
    }
    if author := ref(item.get("from")):
        draft["author_id"] = member_id(author)
    if created := parse_time(item.get("created_time")):
        draft["created_at"] = created
    if community := native_id(context.get("group")) or native_id(context.get("community")):
        draft["community_id"] = community_id(community)
    extra: dict[str, JSON] = {}
    if editor := ref(item.get("last_editor")):
        extra["last_editor_id"] = member_id(editor)
    if updated := parse_time(item.get("last_updated")):
        draft["edited_at"] = updated
    if extra:
        draft["extra"] = extra
    return draft


def _spoken(tree: JSON) -> str:
    """Return the words of a tree, a paragraph a line."""
    if isinstance(tree, list):
        return "".join(_spoken(one) for one in tree)
    if not isinstance(tree, dict):
        return ""
    if isinstance(tree.get("text"), str):
        return str(tree["text"])
    inner = _spoken(tree.get("children"))
    return f"{inner}\n" if tree.get("type") in {"paragraph", "heading", "list-item"} else inner

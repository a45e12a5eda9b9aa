"""Edges beside an object: what is in them, whether that is all, and who is named anywhere in a payload. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from communitykit.connector import JSON, Batch
from communitykit_workplace.ids import native_id
from communitykit_workplace.wire import Tag

PEOPLE = ("reactions", "likes", "seen")
"""Edges whose objects are people."""
NESTED = ("comments", *PEOPLE, "votes", "attending", "maybe", "interested", "declined")
"""Edges that are asked for together with their object, and so may be cut."""


def rows(edge: object) -> list[dict[str, JSON]]:
    """Return the objects of an edge; null and nonsense in it are left out."""
    found = edge.get("data") if isinstance(edge, dict) else edge
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def listed(edge: object) -> list[JSON]:
    """Return whatever stands in an edge, nonsense too: what cannot be read was there all the same."""
    found = edge.get("data") if isinstance(edge, dict) else edge
    return found if isinstance(found, list) else []


def is_odd(edge: object) -> bool:
    """Tell whether something stands where an edge should, and is none: what it holds, nobody knows.

    A number is none either, but a count, which scripts write in its place.
    """
    if isinstance(edge, dict):
        return not isinstance(edge.get("data", []), list)
    return edge is not None and not isinstance(edge, list | int)


def is_readable(edge: object) -> bool:
    """Tell whether an edge, if it shows anything, shows objects alone: what else stands there, nobody knows."""
    return not is_odd(edge) and all(isinstance(one, dict) for one in listed(edge))


def are_objects(edge: object) -> bool:
    """Tell whether this is an edge or a list of objects; null is an empty one, a count is none."""
    if isinstance(edge, dict):
        return not edge or ("data" in edge and are_objects(edge["data"]))
    return edge is None or (isinstance(edge, list) and all(isinstance(one, dict) for one in edge))


def shows_replies(item: Mapping[str, JSON]) -> bool:
    """Tell whether all that is below a post is shown with it; an edge that is left out tells nothing."""
    edge = item.get("comments")
    return is_whole(edge) and all(
        isinstance(one, dict) and (is_whole(one.get("comments")) if one.get("comments") else not _answered(one))
        for one in listed(edge)
    )


def _answered(comment: Mapping[str, JSON]) -> bool:
    return bool(comment.get("comment_count"))


def is_whole(edge: object) -> bool:
    """Tell whether an edge shows everything: one that goes on names its next page."""
    if isinstance(edge, list):
        return True
    if not isinstance(edge, dict) or not isinstance(edge.get("data"), list):
        return False
    paging = edge.get("paging")
    return not (isinstance(paging, dict) and paging.get("next"))


def summed(edge: object) -> int | None:
    """Return how many objects an edge has in all by its summary."""
    summary = edge.get("summary") if isinstance(edge, dict) else None
    told = summary.get("total_count") if isinstance(summary, dict) else None
    return told if isinstance(told, int) and not isinstance(told, bool) else None


def total(edge: object) -> int | None:
    """Return how many objects an edge has in all, where its summary or its whole list tells."""
    told = summed(edge)
    return told if told is not None or not is_whole(edge) else len(rows(edge))


def people(item: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """Name everybody that a post or comment names, with all that is below it: id and name."""
    author = item.get("from")
    if isinstance(author, dict):
        yield from _named(author)
    for tag in tagged(item.get("message_tags")):
        yield from _named(tag)
    for edge in NESTED[1:]:
        if edge in item:
            for one in rows(item[edge]):
                yield from _named(one)
    poll = item.get("poll")
    if isinstance(poll, dict):
        for option in rows(poll.get("options")):
            for voter in rows(option.get("votes")):
                yield from _named(voter)
    if "comments" in item:
        for comment in rows(item["comments"]):
            yield from people(comment)


def cut(item: Mapping[str, JSON]) -> Iterator[tuple[str, str, dict[str, JSON]]]:
    """Name the edges at and below an object that do not show everything: edge, id of the object that has it, itself."""
    native = native_id(item.get("id")) or ""
    for name in NESTED:
        edge = item.get(name)
        if isinstance(edge, dict) and isinstance(edge.get("data"), list) and not is_whole(edge):
            yield name, native, edge
    for comment in rows(item.get("comments")):
        yield from cut(comment)
    poll = item.get("poll")
    if isinstance(poll, dict):
        for option in rows(poll.get("options")):
            yield from cut(option)


def _named(one: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    native = native_id(one.get("id"))
    if native:
        name = one.get("name")
        yield native, name if isinstance(name, str) else ""


def tagged(tags: object) -> Iterator[Tag]:
    """Return the people that are named, as profiles."""
    for tag in tags_of(tags) if tags else ():
        if tag.get("type") in ("user", None):  # it may be anything, a list too
            yield tag


def tags_of(tags: object) -> Iterator[Tag]:
    """Return the tags of `message_tags`, whatever their shape."""
    for tag in tags_listed(tags):
        if isinstance(tag, dict):
            yield cast("Tag", tag)


def tags_listed(tags: object) -> Iterator[JSON]:
    """Return whatever stands in `message_tags` where a tag should."""
    if isinstance(tags, dict) and "data" in tags:
        tags = tags["data"]
    for group in tags.values() if isinstance(tags, dict) else [tags]:
        yield from group if isinstance(group, list) else [group]


def profiles(items: Sequence[dict[str, JSON]], known: set[str], context: dict[str, JSON]) -> Iterator[Batch]:
    """Return those whom these posts name and who were not given yet."""
    found: list[dict[str, str]] = []
    for item in items:
        for native, name in people(item):
            if name and native not in known:
                known.add(native)
                found.append({"id": native, "name": name})
    if found:
        yield Batch("profile", found, context)

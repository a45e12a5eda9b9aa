"""Parts of a payload one by one: what is odd about one costs that one alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from communitykit.connector import JSON, Draft, Rejected, in_part
from communitykit.connector.parts import as_rejected
from communitykit_workplace.edges import are_objects, is_odd, listed, rows, tags_listed
from communitykit_workplace.ids import native_id

_SHAPES: Mapping[str, type | tuple[type, ...]] = {
    "message": str,
    "story": str,
    "poll": dict,
    "message_tags": (list, dict),
    "attachments": (list, dict),
    "attachment": dict,
    "permalink_url": str,
    "content": str,
    "title": str,
    "subject": str,
    "description": str,
}
"""Fields of posts, comments, pages and events that are read as one thing only."""


_SHOWN = frozenset(
    {"title", "name", "description", "type", "media_type", "url", "unshimmed_url", "target", "media", "subattachments"}
)


def _are_tags(tags: JSON) -> bool:
    return all(isinstance(tag, dict) and native_id(tag.get("id")) for tag in tags_listed(tags))


def _are_attachments(edge: JSON) -> bool:
    return are_objects(edge) and all(
        _SHOWN & one.keys() and ("subattachments" not in one or _are_attachments(one["subattachments"]))
        for one in rows(edge)
    )


def _is_poll(poll: JSON) -> bool:
    options = poll.get("options")
    return are_objects(options) and all({"id", "name", "option"} & one.keys() for one in rows(options))


_READABLE: Mapping[str, Callable[[JSON], bool]] = {
    "message_tags": _are_tags,
    "attachments": _are_attachments,
    "poll": _is_poll,
}
"""Fields that are lists, or have one: what was told of them before is not erased by what cannot be read in it."""


def each(edge: object, owner: str, translate: Callable[[dict[str, JSON]], Iterable[Draft]]) -> Iterator[Draft]:
    """Translate what stands in an edge of `owner` (a native id); what cannot be read is Rejected by itself.

    It is named by its own id, or else by that of its owner, so that nothing of it is taken for gone.
    """
    if is_odd(edge):
        yield _odd_edge(edge, owner)
    for one in listed(edge):
        if isinstance(one, dict):
            yield from in_part(native_id(one.get("id")) or owner, translate(one))
        else:
            yield _no_object(one, owner)


def each_act(edge: object, owner: str, translate: Callable[[dict[str, JSON]], Draft | None]) -> Iterator[Draft]:
    """Translate as `each` what gives one act, or None: there are sixteen for a post, so none has a generator."""
    if is_odd(edge):
        yield _odd_edge(edge, owner)
    for one in listed(edge):
        if not isinstance(one, dict):
            yield _no_object(one, owner)
            continue
        try:
            act = translate(one)
        except Exception as error:  # noqa: BLE001 # as in `in_part`: one act never costs the rest
            yield as_rejected(native_id(one.get("id")) or owner, error)
        else:
            if act is not None:
                yield act


def _odd_edge(edge: object, owner: str) -> Rejected:
    return Rejected("odd_edge", f"{type(edge).__name__} in place of a list", native=owner)


def _no_object(one: object, owner: str) -> Rejected:
    return Rejected("no_object", f"{type(one).__name__} in a list of objects", native=owner)


def without_odd(item: Mapping[str, JSON], native: str) -> tuple[Mapping[str, JSON], list[Rejected]]:
    """Return what was said without the fields that cannot be read as what they are, and what those were."""
    odd = [
        name for name, shape in _SHAPES.items() if item.get(name) is not None and not isinstance(item[name], shape)
    ]  # fmt: skip
    odd += [name for name, holds in _READABLE.items() if item.get(name) and name not in odd and not holds(item[name])]
    if not odd:
        return item, []
    told = [Rejected(f"odd_{name}", type(item[name]).__name__, native=native) for name in odd]
    return {name: value for name, value in item.items() if name not in odd}, told


def odd_names(odd: Iterable[Rejected]) -> list[str]:
    """Return which fields `without_odd` left out."""
    return [one.reason.removeprefix("odd_") for one in odd]


def as_text(value: object) -> str | None:
    """Return words where there are any."""
    return value if isinstance(value, str) and value else None

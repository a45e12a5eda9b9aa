"""What blocks, cards, previews and files show: their plain text and their metadata. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import JSON, as_text, make_id
from communitykit.connector.scrub import without_credentials
from communitykit_slack.ids import PLATFORM, Location
from communitykit_slack.translate.text import EVERYONE, Named, render
from communitykit_slack.wire import File, LegacyAttachment

_TEXTS = frozenset({"mrkdwn", "plain_text", "raw_text", "raw_number", "text", ""})
_LEAVES = frozenset({"user", "channel", "usergroup", "broadcast", "emoji", "link", "url"})
_WORDS = frozenset({"title", "subtitle", "text", "label", "description", "body", "caption", "heading"})
"""Keys whose plain strings are shown, in kinds of blocks that hold no text objects there."""
_SILENT = frozenset({"actions", "button", "input", "overflow", "checkboxes", "radio_buttons", "datepicker"})
"""What is there to be clicked at, not to be read."""
_CONTROLS = frozenset({"accessory", "actions", "buttons", "confirm", "options", "option_groups", "placeholder"})


def blocks_text(blocks: object, named: Named) -> str:
    """Return the plain text of a message's blocks, one paragraph per block."""
    if not isinstance(blocks, list):
        return ""
    return "\n".join(part for block in blocks if isinstance(block, dict) and (part := _block(block, named)))


def beyond_text(blocks: object, named: Named) -> str:
    """Return what blocks show beside what somebody wrote: rich text is in a message's `text` already."""
    return blocks_text([block for block in _dicts(blocks) if block.get("type") != "rich_text"], named)


def _block(block: dict[str, JSON], named: Named) -> str:
    """Return what a block shows. Slack adds kinds every quarter, so any is walked; the known ones only add form."""
    kind = block.get("type")
    if kind in _SILENT:
        return ""
    if kind in {"image", "video"}:
        return _shown(block.get("title"), named) or as_text(block.get("alt_text"))
    return _shown(block, named)


def _shown(value: object, named: Named, *, between: str = "\n") -> str:
    """Return the text of any part of a block: a text object, rich text, a row of cells, or what has such in it."""
    if isinstance(value, list):
        row = all(not isinstance(one, list) for one in value)
        parts = [_shown(one, named, between=" ") for one in value]
        return (between if row else "\n").join(part for part in parts if part)
    if not isinstance(value, dict):
        return ""
    kind = as_text(value.get("type"))
    if kind in _SILENT:
        return ""
    if kind.startswith("rich_text"):
        return _rich(value, named)
    if kind in _LEAVES:
        return _leaf(value, named)
    if isinstance(text := value.get("text"), str) and kind in _TEXTS:
        return render(text, named) if kind in {"mrkdwn", ""} else text
    parts = [
        render(inner, named) if isinstance(inner, str) and name in _WORDS else _shown(inner, named)
        for name, inner in value.items()
        if name not in _CONTROLS
    ]
    return "\n".join(dict.fromkeys(part for part in parts if part))


def _rich(element: dict[str, JSON], named: Named) -> str:
    kind, inner = as_text(element.get("type")), list(_dicts(element.get("elements")))
    if kind == "rich_text":
        return "\n".join(_rich(one, named) for one in inner)
    if kind == "rich_text_list":
        return "\n".join(f"• {_rich(item, named)}" for item in inner)
    return "".join(_rich(leaf, named) if "elements" in leaf else _leaf(leaf, named) for leaf in inner)


def _leaf(leaf: dict[str, JSON], named: Named) -> str:
    kind = leaf.get("type")
    if kind == "user" and leaf.get("user_id"):
        return named.member(str(leaf["user_id"]))
    if kind == "channel" and leaf.get("channel_id"):
        return named.channel(str(leaf["channel_id"]))
    if kind == "usergroup" and leaf.get("usergroup_id"):
        return named.user_group(str(leaf["usergroup_id"]))
    if kind == "broadcast" and leaf.get("range") in EVERYONE:
        return named.everyone(str(leaf["range"]))
    if kind == "emoji":
        return f":{leaf.get('name')}:"
    if kind in {"link", "url"} and leaf.get("url"):
        return named.link(str(leaf["url"]), as_text(leaf.get("text")) or None)
    return str(leaf.get("text") or leaf.get("fallback") or leaf.get("value") or "")


def card_text(card: LegacyAttachment, named: Named) -> str:
    """Return the plain text of a card: pretext, title, text and fields, or else its fallback."""
    texts: list[object] = [card.get("pretext"), card.get("title"), card.get("text")]
    for field in _dicts(card.get("fields")):
        texts += [field.get("title"), field.get("value")]
    parts = [render(text, named) for text in texts if isinstance(text, str) and text]
    if (shown := blocks_text(card.get("blocks"), named)) and shown not in parts:
        parts.append(shown)
    fallback = card.get("fallback")
    if not parts and isinstance(fallback, str):
        parts.append(render(fallback, named))
    return "\n".join(parts)


def is_preview(card: LegacyAttachment) -> bool:
    """Tell a link's preview or a shared message from a card that is content itself."""
    return bool(card.get("from_url") or card.get("original_url") or card.get("is_msg_unfurl") or card.get("is_share"))


def card(item: LegacyAttachment, place: Location) -> dict[str, JSON]:
    """Return the metadata of a card or preview."""
    address = item.get("from_url") or item.get("title_link") or item.get("original_url") or item.get("image_url")
    text = card_text(item, Named(place))
    kind = "link" if is_preview(item) else "card"
    if not text and item.get("image_url"):
        kind = "image"
    native = item.get("id")
    title = item.get("title")
    return {
        "kind": kind,
        "id": str(native) if native is not None else None,
        "name": render(title, Named(place)) if isinstance(title, str) and title else None,
        "url": without_credentials(address) if isinstance(address, str) and address else None,
        "text": text or None,
    }


def shared_from(cards: object, place: Location) -> str | None:
    """Return the id of the message that a message shares, if it shares one."""
    for item in _dicts(cards):
        channel, ts = item.get("channel_id"), item.get("ts")
        if (item.get("is_share") or item.get("is_msg_unfurl")) and channel and isinstance(ts, str) and ts:
            if channel == place.channel:
                return place.post(ts)
            return make_id(PLATFORM, item.get("channel_team") or place.team, "post", str(channel), ts)
    return None


def file(item: File) -> dict[str, JSON]:
    """Return the metadata of a file; its address without the export's token."""
    mime = as_text(item.get("mimetype")) or None
    family = (mime or "").partition("/")[0]
    address = as_text(item.get("permalink")) or as_text(item.get("url_private"))
    size = item.get("size")
    return {
        "kind": family if family in {"image", "video", "audio"} else "file",
        "id": as_text(item.get("id")) or None,
        "name": as_text(item.get("name")) or as_text(item.get("title")) or None,
        "url": without_credentials(address) if address else None,
        "mime_type": mime,
        "size": size if isinstance(size, int) and size > 0 else None,
    }


def _dicts(value: object) -> Iterator[JSON]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())

"""What blocks, cards, previews and files show: their plain text and their metadata. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from communitykit.connector import make_id
from communitykit_slack.ids import PLATFORM, Location
from communitykit_slack.looking import as_text
from communitykit_slack.translate.text import EVERYONE, Named, render
from communitykit_slack.wire import File, LegacyAttachment

_LISTS_OF_ELEMENTS = ("elements", "fields")
_CREDENTIALS = frozenset({"t", "token", "pub_secret", "x-amz-signature", "x-amz-security-token", "signature", "sig"})


def blocks_text(blocks: object, named: Named) -> str:
    """Return the plain text of a message's blocks, one paragraph per block."""
    if not isinstance(blocks, list):
        return ""
    return "\n".join(part for block in blocks if isinstance(block, dict) and (part := _block(block, named)))


def _block(block: dict[str, Any], named: Named) -> str:
    kind = block.get("type")
    if kind == "rich_text":
        return "\n".join(_rich(element, named) for element in _dicts(block.get("elements")))
    if kind in {"image", "video"}:
        title = block.get("title")
        return _text_object(title, named) or str(block.get("alt_text") or "")
    parts = [_text_object(block.get("text"), named)]
    if kind in {"section", "context"}:
        parts += [_text_object(item, named) for key in _LISTS_OF_ELEMENTS for item in _dicts(block.get(key))]
    return "\n".join(part for part in parts if part)


def _text_object(value: object, named: Named) -> str:
    if isinstance(value, str):
        return render(value, named)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return ""
    return render(value["text"], named) if value.get("type") == "mrkdwn" else str(value["text"])


def _rich(element: dict[str, Any], named: Named) -> str:
    inner = _dicts(element.get("elements"))
    if element.get("type") == "rich_text_list":
        return "\n".join(f"• {_rich(item, named)}" for item in inner)
    return "".join(_leaf(leaf, named) for leaf in inner)


def _leaf(leaf: dict[str, Any], named: Named) -> str:
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
    if kind == "link" and leaf.get("url"):
        return named.link(str(leaf["url"]), str(leaf.get("text") or "") or None)
    return str(leaf.get("text") or leaf.get("fallback") or leaf.get("value") or "")


def card_text(card: LegacyAttachment, named: Named) -> str:
    """Return the plain text of a card: pretext, title, text and fields, or else its fallback."""
    texts: list[object] = [card.get("pretext"), card.get("title"), card.get("text")]
    for field in _dicts(card.get("fields")):
        texts += [field.get("title"), field.get("value")]
    parts = [render(text, named) for text in texts if isinstance(text, str) and text]
    if not parts and (shown := blocks_text(card.get("blocks"), named)):
        parts.append(shown)
    fallback = card.get("fallback")
    if not parts and isinstance(fallback, str):
        parts.append(render(fallback, named))
    return "\n".join(parts)


def is_preview(card: LegacyAttachment) -> bool:
    """Tell a link's preview or a shared message from a card that is content itself."""
    return bool(card.get("from_url") or card.get("original_url") or card.get("is_msg_unfurl") or card.get("is_share"))


def card(item: LegacyAttachment, place: Location) -> dict[str, Any]:
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


def file(item: File) -> dict[str, Any]:
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


def without_credentials(url: str) -> str:
    """Take tokens and signatures out of an address: exports put a key to every file into it."""
    if "?" not in url and "@" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name.lower() not in _CREDENTIALS and "xox" not in value]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[-1], parts.path, query, parts.fragment))


def _dicts(value: object) -> Iterator[Any]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())

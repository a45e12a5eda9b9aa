"""What a post shows beside its message: files, pictures, links, shared posts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON
from communitykit.connector.drafts import AttachmentDraft
from communitykit_workplace.edges import rows
from communitykit_workplace.ids import native_id, ref
from communitykit_workplace.translate.parts import as_text
from communitykit_workplace.wire import Attachment, Post

_Kind = Literal["file", "image", "video", "audio", "link", "card", "other"]
_KINDS: Mapping[str, _Kind] = {
    "photo": "image", "image": "image", "cover_photo": "image", "sticker": "image", "animated_image_share": "image",
    "video": "video", "video_inline": "video", "video_autoplay": "video", "animated_image_video": "video",
    "file": "file", "file_upload": "file", "doc": "file", "audio": "audio", "share": "link", "link": "link",
    "event": "card", "note": "card", "native_templates": "card", "fallback": "link", "multi_share": "link",
}  # fmt: skip


def attachments(item: Post | Mapping[str, JSON], lost: Iterable[str] = ()) -> tuple[AttachmentDraft, ...] | None:
    """Return the attachments; None where none were asked for, and the post itself shows none.

    Of those that are `lost` other fields tell a part at most: then nothing is told.
    """
    if "attachments" in lost or "attachment" in lost:
        return None
    if "attachments" in item:
        found = [made for one in rows(item["attachments"]) for made in _one(one)]
        return tuple(found)
    if isinstance(single := item.get("attachment"), dict):
        return tuple(_one(single))
    return tuple(_legacy(item)) or None


def shared_post(item: Post | Mapping[str, JSON]) -> str | None:
    """Return the native id of the post that this one shares, where it is told."""
    return native_id(item.get("parent_id"))


def _one(item: Attachment | Mapping[str, JSON]) -> Iterator[AttachmentDraft]:
    below = rows(item.get("subattachments"))
    if below:  # an album: its pictures say it all
        for one in below:
            yield from _one(one)
        return
    sort = str(item.get("media_type") or item.get("type") or "")
    kind = _KINDS.get(sort, _KINDS.get(str(item.get("type") or ""), "other"))
    media = item.get("media") if isinstance(item.get("media"), dict) else {}
    image = media.get("image") if isinstance(media, dict) else None
    source = (media or {}).get("source") or (image.get("src") if isinstance(image, dict) else None)
    target = item.get("target") if isinstance(item.get("target"), dict) else {}
    yield {
        "kind": kind,
        "id": ref(target),
        "name": as_text(item.get("title")) or as_text(item.get("name")),
        "url": as_text(item.get("unshimmed_url")) or as_text(item.get("url")) or as_text(source),
        "text": as_text(item.get("description")),
    }


def _legacy(item: Mapping[str, JSON]) -> Iterator[AttachmentDraft]:
    """Make one of the fields that old answers and scripts have in place of attachments."""
    kind, url = as_text(item.get("type")), as_text(item.get("link")) or as_text(item.get("source"))
    if kind not in {"photo", "video", "link"} or not url:
        return
    yield {
        "kind": _KINDS[kind],
        "id": native_id(item.get("object_id")),
        "name": as_text(item.get("name")),
        "url": url,
        "text": as_text(item.get("description")) or as_text(item.get("caption")),
    }

"""A company told record by record, for worlds in which every act is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

from communitykit.model import Community, EngagementEvent, Member, Membership, Mention, Post, Provenance, Record
from communitykit.model.values import JSON

PLATFORM: Final = "records"
"""What the records say they are from: what reading records at hand covers, then, is their coverage."""
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)


def _id(kind: str, native: str) -> str:
    return f"{PLATFORM}:aurora:{kind}:{native}"


class Chronicle:
    """Records as they are told: `pull(from_records(chronicle.records), "activity.duckdb")` reads them.

    People, communities and posts are named by their ids, which each call returns.
    """

    def __init__(self, as_of: datetime = datetime(2026, 12, 31, tzinfo=UTC)) -> None:
        """Begin with nobody; `as_of` is when all of it was true."""
        self.records: list[Record] = []
        self._source = Provenance(connector=PLATFORM, version="1", origin="api", fetched_at=as_of, as_of=as_of)
        self._roots: dict[str, tuple[str, str]] = {}

    def person(self, name: str, department: str | None = None, **fields: object) -> str:
        """Tell of somebody; `fields` are a Member's."""
        native = name.lower().replace(" ", "-")
        told = {"kind": "person", "display_name": name, "department": department, "active": True, **fields}
        self.records.append(Member.model_validate({"id": _id("member", native), "source": self._source, **told}))
        return _id("member", native)

    def place(
        self, name: str, *, owner: str | None = None, members: Iterable[str] = (), created_at: datetime = _BEGINNING
    ) -> str:
        """Tell of a community, its owner and its members."""
        place = _id("community", name)
        self.records.append(
            Community(
                id=place,
                source=self._source,
                kind="channel",
                name=name,
                privacy="public",
                created_at=created_at,
                url=f"https://aurora.example/{name}",
            )
        )
        for member in dict.fromkeys((*([owner] if owner else ()), *members)):
            role: Literal["owner", "member"] = "owner" if member == owner else "member"
            native = f"{name}/{member.rsplit(':', 1)[1]}"
            membership = Membership(
                id=_id("membership", native),
                source=self._source,
                community_id=place,
                member_id=member,
                role=role,
                active=True,
            )
            self.records.append(membership)
        return place

    def post(
        self,
        author: str,
        place: str,
        at: datetime,
        text: str,
        *,
        asks: Iterable[str] = (),
        **fields: object,
    ) -> str:
        """Tell of a post that opens a thread; `asks` are mentioned in it, `fields` are a Post's."""
        return self._write(author, place, at, text, asks, fields)

    def reply(
        self,
        author: str,
        post: str,
        at: datetime,
        text: str = "Thanks.",
        **fields: object,
    ) -> str:
        """Tell of an answer to a post."""
        root, place = self._roots[post]
        return self._write(author, place, at, text, (), {"root_id": root, "parent_id": post, **fields})

    def react(self, person: str, post: str, at: datetime) -> None:
        """Tell of a reaction to a post."""
        native = f"{post.rsplit(':', 1)[1]}/{person.rsplit(':', 1)[1]}"
        self.records.append(
            EngagementEvent(
                id=_id("event", native),
                source=self._source,
                kind="reacted",
                actor_id=person,
                target_id=post,
                community_id=self._roots[post][1],
                detail="like",
                occurred_at=at,
                time_source="event",
            )
        )

    def _write(
        self, author: str, place: str, at: datetime, text: str, asks: Iterable[str], fields: dict[str, JSON]
    ) -> str:
        post = _id("post", str(len(self._roots)))
        self._roots[post] = (fields.get("root_id", post), place)
        told: dict[str, JSON] = {
            "url": f"https://aurora.example/posts/{len(self._roots) - 1}",
            "mentions": tuple(Mention(kind="member", id=one) for one in asks),
            **fields,
        }
        self.records.append(
            Post(id=post, source=self._source, community_id=place, author_id=author, text=text, created_at=at, **told)
        )
        return post

"""What a plugin fills in to simulate its platform: ids, wire rendering, rules. Everything else is the core's."""

# ruff: noqa: ARG002 # a default implementation has the signature of what replaces it

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import parse_qsl, unquote

from communitykit.connector.flow import Budget
from communitykit.model.values import JSON
from communitykit.sandbox.messages import Message, Reaction, Segment
from communitykit.sandbox.pages import Items, items_at
from communitykit.sandbox.people import Person
from communitykit.sandbox.places import Circle, Place
from communitykit.sandbox.world import Door, World

if TYPE_CHECKING:
    from communitykit.sandbox.changes import Change
    from communitykit.sandbox.site import Site

Failure = Literal["limited", "server", "error_body", "html", "revoked", "expired", "cursor"]
"""Ways to fail of which each platform has its own wording."""


@dataclass(slots=True)
class Call:
    """One request as it arrived. `fields` are the query and the form or JSON body together, as text where possible."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: str = ""
    body: bytes = b""
    fields: dict[str, JSON] = field(default_factory=dict)
    malformed: bool = False

    @classmethod
    def read(cls, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Take a request apart; a body that is not what its content type says leaves `malformed` set."""
        call = cls(method, unquote(path), headers, query, body)
        call.fields.update(parse_qsl(query, keep_blank_values=True))
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        try:
            if body and kind == "application/x-www-form-urlencoded":
                call.fields.update(parse_qsl(body.decode("utf-8"), keep_blank_values=True))
            elif body and kind == "application/json":
                data = json.loads(body)
                call.malformed = not isinstance(data, dict)
                call.fields.update(data if isinstance(data, dict) else {})
        except ValueError:
            call.malformed = True
        return call

    @property
    def key(self) -> str:
        """What tells this request from others, whatever credential it carries."""
        fields = sorted((name, str(value)) for name, value in self.fields.items() if name != "token")
        return f"{self.path}?{fields}"

    def bearer(self) -> str | None:
        """Return the bearer token, or None."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def basic(self) -> tuple[str, str] | None:
        """Return user and password of HTTP basic authentication, or None."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, separator, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return None
        return (user, password) if separator else None


@dataclass(slots=True)
class Answer:
    """What goes back, and how.

    It goes after `delay` seconds; `cut` drops the connection after that many bytes of the body (-1: before the first
    byte of anything); `drip` seconds pass between its pieces.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    drip: float = 0.0

    @classmethod
    def of(cls, data: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """Answer with JSON."""
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, {"content-type": "application/json; charset=utf-8", **(headers or {})})


@dataclass(slots=True)
class Grant:
    """A token that was given out. `expires_at` is in seconds of the site's own time; None never ends."""

    token: str = field(repr=False)
    kind: str
    scopes: frozenset[str] = frozenset()
    expires_at: float | None = None
    revoked: bool = False


class Desk(ABC):
    """One running simulation of a platform: answers calls, and says what a call is counted as."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Answer a call as the platform would."""

    @abstractmethod
    def name(self, call: Call) -> str:
        """Name what is called, for the log: a method or a route without ids and credentials."""

    def draw(self, call: Call) -> tuple[str, str] | None:
        """Give (budget, scope) that the call is counted by; None for what is not limited."""
        return None

    def costs(self, call: Call) -> Sequence[tuple[str, str]]:
        """Return every (budget, scope) that the call is counted by, where there are several."""
        draw = self.draw(call)
        return () if draw is None else (draw,)

    def renew(self, item: dict[str, JSON]) -> bool:
        """Put a value that nobody documented into an object, taking no meaning away; tell whether it could."""
        return False

    @abstractmethod
    def failure(self, kind: Failure, *, retry_after: int | None = None) -> Answer:
        """Word a failure as the platform does."""


class Platform(ABC):
    """A platform, simulated. Stateless: worlds and sites are handed in."""

    name: ClassVar[str]
    """As the connector calls itself."""
    budgets: ClassVar[Mapping[str, Budget]] = {}
    """How many calls there may be, by the names that the connector's own budgets have."""
    joint: ClassVar[bool] = False
    """Whether a budget that is used up closes all of them."""
    place_kind: ClassVar[str] = "group"
    """What the model calls a community of this platform."""
    cursor_field: ClassVar[str | tuple[str, ...]] = "cursor"
    """The request's field that asks for a further page; several where listings differ ("older_than", "page")."""
    cursor_path: ClassVar[tuple[str, ...]] = ()
    """Where an answer names the next page; `cursor_at` where that is not the same everywhere."""
    visibility: ClassVar[tuple[str, ...]] = ()
    """The fields of payloads that say who may read a community, where private ones are shown at all."""
    circle_mention: ClassVar[Literal["user_group", "tag"]] = "user_group"
    """What the model calls a mention of a group of people."""
    listings: ClassVar[tuple[str, ...]] = ()
    """Keys of answers' JSON under which pages of objects stand, inner ones after a dot ("topics", "post_stream.posts").

    They are no names of calls. An answer that is itself a list is a page anyway. Under a key stands a list, or an
    object that holds the page's objects by their ids. Where their order is beside it, name both: ("order", "posts").
    """
    precision: ClassVar[int] = 1
    """The smallest step of the platform's times, in microseconds: what is finer is cut off."""
    tells_every_stay: ClassVar[bool] = False
    """Whether all who come and go are told as events, also those of whom the world's own lines say nothing."""
    written_at: ClassVar[str] = ""
    """The field in which a message says when it was written; empty where its id is that time."""
    counted: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Lists inside of objects that are cut short without a further page, each with the path of its count beside it."""
    optional: ClassVar[frozenset[str]] = frozenset()
    """Fields that the platform may leave out of any object without anything being lost."""
    archive_styles: ClassVar[tuple[str, ...]] = ()
    """Styles of export archives; empty where the platform has none."""
    tight: ClassVar[Mapping[str, JSON]] = {}
    """Options of a site whose pages are as small as the platform ever makes them, so that a small world has many."""
    all_lists: ClassVar[Mapping[str, JSON]] = {}
    """Options of a site of which as many lists as can be are asked for, each in an answer of its own: without batches,
    with whatever is read only where it was set up. The contract puts odd ids into rows there."""
    read_by_post: ClassVar[tuple[str, ...]] = ()
    """Calls (`Desk.name`) that read though they are no GET, as globs ("*.list", "$batch", "token")."""
    renewing: ClassVar[Mapping[str, JSON]] = {}
    """Options of a site whose tokens expire and can be renewed; empty where the platform has no such tokens."""
    account: ClassVar[tuple[str, str] | None] = None
    """A name and a password that let in, where the platform takes such."""

    @abstractmethod
    def open(self, site: Site) -> Desk:
        """Set a simulation up on a site: hand out its first token with `site.grant`, and give who answers."""

    def limits(self, options: Mapping[str, object]) -> Mapping[str, Budget]:
        """Return the limits of a site with these options of the platform's own."""
        return self.budgets

    @abstractmethod
    def settings(self, site: Site) -> dict[str, JSON]:
        """Return what `communitykit.connect` needs to be told to read this simulation."""

    def login(self, site: Site) -> dict[str, JSON]:
        """Return the settings of who has no token yet and logs in; empty where nobody logs in from a terminal."""
        return {}

    @abstractmethod
    def network(self, world: World, person: Person | None = None) -> str:
        """Return the native id of the company's network, or of a person's home."""

    @abstractmethod
    def member_id(self, world: World, person: Person, *, told: bool = True) -> str:
        """Return somebody's id; `told=False` where the payload does not tell the home network."""

    @abstractmethod
    def community_id(self, world: World, place: Place) -> str:
        """Return a community's id."""

    @abstractmethod
    def post_id(self, world: World, message: Message) -> str:
        """Return a post's id."""

    @abstractmethod
    def membership_id(self, world: World, place: Place | Circle, person: Person) -> str | None:
        """Return the id of somebody's being in a community; None where the platform lists no such membership."""

    def joined_id(self, world: World, place: Place) -> str:
        """Return the community that people are members of to be in this one: itself, unless it inherits them."""
        return self.community_id(world, place)

    def privacy(self, place: Place) -> str:
        """Return who may read a community, as the platform has it."""
        return place.privacy

    def lists(self, person: Person) -> bool:
        """Tell whether the platform's own list of accounts has somebody: strangers and integrations are in none."""
        return person.kind != "external" and not (person.kind == "bot" and person.solo)

    def reaction(self, emoji: str) -> str:
        """Return what the platform calls a reaction."""
        return emoji

    def lists_in(self, data: JSON) -> dict[tuple[str, ...], Items]:
        """Return the items of an answer that is a page, each by the keys that lead to them; what is no page has none.

        They are the answer's own lists (or objects by id), not copies: faults change them in place.
        """
        if isinstance(data, list):
            return {(): data}
        return items_at(data, (tuple(name.split(".")) for name in self.listings))

    def further(self, fields: Mapping[str, JSON]) -> str | None:
        """Return the field by which a request of these asks for a further page; None where it asks for a first one."""
        names = (self.cursor_field,) if isinstance(self.cursor_field, str) else self.cursor_field
        return next((name for name in names if fields.get(name)), None)

    def cursor_at(self, call: Call) -> tuple[str, ...]:
        """Return where the answer to this call names the next page."""
        return self.cursor_path

    def reactions(self, message: Message) -> Sequence[Reaction]:
        """Return the reactions to a post as the platform has them: all, unless it allows one of each person."""
        return message.reactions

    def shows(self, world: World, message: Message) -> bool:
        """Tell whether a post is there: it was not deleted, nor was that under which the platform deletes it, too."""
        return message.live

    def next_page(self, call: Call, cursor: str) -> str:
        """Write a cursor as answers name the next page: as it is, or inside an address."""
        return cursor

    def circle_id(self, world: World, circle: Circle) -> str | None:
        """Return the id of a group of people; None where the platform has no such groups."""
        return None

    @abstractmethod
    def body(self, world: World, message: Message) -> tuple[str, str]:
        """Return a post's body as the platform keeps it, and its format."""

    @abstractmethod
    def plain(self, world: World, message: Message, segments: Sequence[Segment]) -> str:
        """Return the plain text that the platform's rules determine."""

    def kind_of(self, message: Message) -> str:
        """Return the kind that the platform tells a post apart as."""
        return "post"

    def adjust(
        self, world: World, record: str, fields: dict[str, JSON], subject: object, door: Door
    ) -> dict[str, JSON]:
        """Complete or cut down what the truth says of one record, where the platform differs from the rest."""
        return fields

    def more(self, world: World, door: Door) -> Iterator[tuple[str, str, dict[str, JSON]]]:
        """Return records (kind, id, fields) besides the world's: the network, the system's account."""
        return iter(())

    def write_archive(self, world: World, path: Path, *, style: str = "", private: bool = False) -> Path:
        """Write an export archive of the world.

        Raises NotImplementedError where the platform has none.
        """
        raise NotImplementedError

    def receiving(self, secret: str) -> str:
        """Return what a receiver of deliveries signed with `secret` must be told."""
        return secret

    def tampered(self, body: bytes) -> bytes:
        """Change a delivery's body on its way, in a part that the platform protects."""
        return body + b" "

    def sent_at(self, headers: Mapping[str, str], body: bytes) -> datetime | None:
        """Return when a delivery says that it was sent; None where it does not say."""
        return None

    def deliveries(
        self, world: World, changes: Iterable[Change], *, secret: str, duplicates: int = 0
    ) -> Iterator[tuple[dict[str, str], bytes]]:
        """Return the signed webhook deliveries (headers, body) that tell of changes; each `duplicates` times more.

        Raises NotImplementedError where the platform has none.
        """
        raise NotImplementedError

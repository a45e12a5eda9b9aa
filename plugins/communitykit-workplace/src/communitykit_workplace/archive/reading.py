"""Reading an archive's files in three goes, and keeping account of what they lack. Files in, wire payloads out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive, Batch, Gap, Rejected, Selection, Slice, counted
from communitykit.connector.archive import sampled
from communitykit.connector.tables import tables
from communitykit_workplace.archive.download import SCOPE, Owner, entries, owner_of
from communitykit_workplace.archive.dump import Objects
from communitykit_workplace.archive.groups import Groups
from communitykit_workplace.archive.joining import People
from communitykit_workplace.archive.scripts import Made, Script, recognise
from communitykit_workplace.archive.sorting import READ, Part, kind_of
from communitykit_workplace.edges import cut, profiles, rows
from communitykit_workplace.ids import content_key, native_id, ref
from communitykit_workplace.secrets import cleaned
from communitykit_workplace.translate.figures import label_key

BATCH = 500
"""Objects in one batch; a post holds its comments, so they are counted with it."""
STAGES = ("people", "places", "talk")
"""What must be known first: who is who, then which groups are private, then what was said."""
_PEOPLE = frozenset({"scim_user", "member"})
_PLACES = frozenset({"community", "group"})
_ASIDE = {"message": "message", "webhook": "webhook"}
_EDGE_KINDS = frozenset({"reactions", "likes", "seen", "attending", "maybe", "interested", "declined"})
_SHOWN = 5
_OLDEST = datetime(2016, 10, 10, tzinfo=UTC)
"""When Workplace opened: what is damaged is dated then, so that it fills gaps and hides nothing."""

Step = Batch | Slice | Gap


@dataclass(slots=True)
class Reader:
    """One reading: what is known so far, and what was found to be missing."""

    archive: Archive
    selection: Selection
    parts: list[Part]
    people: People = field(default_factory=People)
    known: set[str] = field(default_factory=set)
    pending: dict[tuple[JSON, ...], list[JSON]] = field(default_factory=dict)
    weight: Counter[tuple[JSON, ...]] = field(default_factory=Counter)
    truncated: Counter[str] = field(default_factory=Counter)
    unsure: dict[str, str] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    nobody: int = 0
    last: dict[tuple[str, str], tuple[tuple[int, ...], bool]] = field(default_factory=dict)
    told: list[Gap] = field(default_factory=list)
    stages: dict[str, frozenset[str]] = field(default_factory=dict)
    owners: dict[str, Owner | None] = field(default_factory=dict)
    groups: Groups = field(init=False)
    digest: str = field(init=False)
    """What tells this archive's local ids from another's: the same however its files are packed."""

    def __post_init__(self) -> None:
        """Know nothing of any group."""
        self.groups = Groups(self.selection)
        read = (part.name for part in self.parts if part.form in READ)
        self.digest = content_key(sorted((name.rsplit("/", 1)[-1], self.archive.size(name)) for name in read))[:SCOPE]

    def stage(self, stage: str) -> Iterator[Step]:
        """Read what belongs to one go; a file whose objects were all of another kind is not opened again."""
        for part in self.parts:
            held = self.stages.get(part.name)
            if held is not None and stage not in held:
                continue
            try:
                if part.form == "graph":
                    yield from self._graph(part, stage)
                elif part.form == "table":
                    yield from self._table(part, stage)
                elif part.form == "download" and stage == "talk":
                    yield from self._download(part)
            except (ArchiveError, ValueError) as error:
                text = str(error) if isinstance(error, ArchiveError) else f"{part.name} is not readable to its end"
                self.told.append(Gap(text, "partial"))
        if stage == STAGES[-1]:
            yield from self._settled()
        yield from self._flush()

    def _settled(self) -> Iterator[Step]:
        """Tell what those are that show an id and a name alone, now that everything was seen."""
        groups = [native for native in self.unsure if self.groups.is_group(native)]
        for native in groups:
            yield from self._place("group", {"id": native, "name": self.unsure[native]})
        if nameless := len(self.unsure.keys() - self.known - set(groups)):
            self.told.append(
                Gap(f"{counted(nameless, 'object')} with an id and a name alone, which may be people or groups")
            )

    def gaps(self) -> Iterator[Gap]:
        """Say what the archive lacks: incompleteness is the normal state of all of them."""
        yield from dict.fromkeys(self.told)
        for part in self.parts:
            if part.form == "damaged":
                yield Gap(f"{part.name} cannot be read", "partial")
        unknown = [part.name for part in self.parts if part.form == "other"]
        if unknown:
            shown = ", ".join(unknown[:_SHOWN]) + (", …" if len(unknown) > _SHOWN else "")
            yield Gap(
                f"{counted(len(unknown), 'file is', 'files are')} of no known kind, and not read: {shown}", "skipped"
            )
        for name, number in sorted(self.truncated.items()):
            yield Gap(f"the {name} of {counted(number, 'object')} are cut short: their next pages were not asked for",
                      "truncated")  # fmt: skip
        for (folder, stem), (_, more) in sorted(self.last.items()):
            if more:
                yield Gap(f"{folder}{stem} ends before its last page", "truncated")
        if self.nobody:
            yield Gap(
                f"who wrote {counted(self.nobody, 'post or comment', 'posts and comments')} is not told", "partial"
            )
        for why, number in sorted(self.groups.left_out.items()):
            yield Gap(f"{number} {why}", "skipped", option="include_private")

    # Graph and SCIM

    def _graph(self, part: Part, stage: str) -> Iterator[Step]:
        found: set[str] = set()
        objects = Objects(self.archive.items(part.name))
        for item in objects:
            kind = kind_of(item, part.edge)
            if stage == STAGES[0] and kind == "post" and (native := native_id(item.get("id"))):
                self.groups.note(native, native_id(part.owner) if "_" not in part.owner else None)
            belongs = _stage_of(kind)
            found.add(belongs)
            if belongs == stage:
                yield from self._object(kind, item, part)
        if stage == STAGES[0]:
            self._page(part, more=objects.more)
            if objects.odd:
                self.told.append(Gap(f"{part.name}, {sampled(objects.odd)}"))
        self.stages[part.name] = frozenset(found)

    def _page(self, part: Part, *, more: bool) -> None:
        """Remember of each list whether the last of its pages names another one."""
        folder, _, leaf = part.name.rpartition("/")
        stem = re.sub(r"[_-]?\d+(?=\.[^.]*$)", "", leaf)
        order = tuple(int(number) for number in re.findall(r"\d+", leaf)) or (0,)
        key = (f"{folder}/" if folder else "", stem)
        if order >= self.last.get(key, ((), False))[0]:
            self.last[key] = (order, more)

    def _object(self, kind: str, item: dict[str, JSON], part: Part) -> Iterator[Step]:
        owner = native_id(part.owner)
        if kind in _PEOPLE:
            self.people.note(item)
            if item.get("name") and (native := native_id(item.get("id"))):
                self.known.add(native)
            yield from self._put(kind, cleaned(item), {})
        elif kind in _PLACES:
            yield from self._place(kind, item)
        elif kind in {"membership", "admin", "moderator"}:
            yield from self._membership(kind, cleaned(item), owner)
        elif kind in {"post", "comment", "event", "page"}:
            yield from self._talk(kind, item, owner)
        elif kind in _EDGE_KINDS or kind == "attachments":
            yield from self._edge(kind, item, owner)
        elif kind == "beside":
            yield from self._beside(item)
        elif kind == "unsure":
            self.unsure.setdefault(str(item["id"]), str(item.get("name") or ""))
        elif kind == "profile":
            yield from self._put("profile", item, {})
        elif kind == "error":
            self.told.append(Gap("pages of the dump hold errors in place of objects", "partial"))
        else:
            yield from self._put("aside", item, {"kind": _ASIDE.get(kind, "aside")})

    def _place(self, kind: str, item: dict[str, JSON]) -> Iterator[Step]:
        native = native_id(item.get("id"))
        if kind == "community":
            self.groups.root = self.groups.root or native
        elif not self.groups.listed(item):
            return
        root = self.groups.root
        yield from self._put(kind, item, {"community": root} if root and kind == "group" else {})
        for below in rows(item.get("groups")):
            yield from self._place("group", {"parent": {"id": native}, **below})

    def _membership(self, kind: str, item: dict[str, JSON], owner: str | None) -> Iterator[Step]:
        if owner is None:  # a list of the whole company's people
            yield from self._put("member", item, {})
            return
        if self.groups.keeps_out(owner):
            return
        role = {"admin": {"role": "admin"}, "moderator": {"role": "moderator"}}.get(kind, {})
        yield from self._named([item])
        yield from self._put("membership", item, {"group": owner, **role})

    def _talk(self, kind: str, item: dict[str, JSON], owner: str | None) -> Iterator[Step]:
        context: dict[str, JSON] = {}
        native = str(item.get("id") or "")
        group = owner if owner and "_" not in owner and kind != "page" else None
        if kind == "comment":
            if owner and owner != native:
                context[_above(owner, native)] = owner
            group = self.groups.home_of(owner if "_" in (owner or "") else native) or context.get("group")
        elif kind == "page":
            group = owner if "subject" in item else self.groups.root
            context = {"community": self.groups.root} if self.groups.root and "subject" not in item else {}
        if kind != "comment" and group and "community" not in context:
            context["group"] = group
        company = kind == "page" and "subject" not in item  # the knowledge library is everybody's
        where = group or (ref(item.get("parent_group")) if kind == "event" else self.groups.home_of(native))
        if not company and self.groups.keeps_out(where, ref(item.get("from"))):
            return
        if kind in {"post", "comment"}:
            self._note(item)
        yield from self._named_in(item)
        yield from self._put(kind, item, context, weight=_weight(item))

    def _beside(self, item: dict[str, JSON]) -> Iterator[Step]:
        """Read an object that shows only what is beside it, so that nothing is told of itself."""
        native = str(item["id"])
        for edge in _EDGE_KINDS & item.keys():
            for one in rows(item[edge]):
                yield from self._edge(edge, one, native)
        for comment in rows(item.get("comments")):
            yield from self._talk("comment", comment, native)
        for name, _, _edge in cut(item):
            self.truncated[name] += 1

    def _edge(self, kind: str, item: dict[str, JSON], owner: str | None) -> Iterator[Step]:
        if owner is None:
            yield from self._put("aside", item, {"kind": "aside"})
            return
        group = self.groups.home_of(owner)
        if self.groups.keeps_out(group):
            return
        yield from self._named([item])
        yield from self._put("edge", {kind: [item]}, {"object": owner, **({"group": group} if group else {})})

    def _note(self, item: dict[str, JSON]) -> None:
        """Count what is missing of a post."""
        for name, _, _edge in cut(item):
            self.truncated[name] += 1
        self.nobody += _unsigned(item)

    # Tables and downloads

    def _table(self, part: Part, stage: str) -> Iterator[Step]:
        found: set[str] = set()
        for table in tables(self.archive, part.name):
            script = recognise(table.columns)
            if script is None:
                continue
            if stage == STAGES[0]:
                self.told += [Gap(f"{part.name} ({script.title}) does not tell: {loss}") for loss in script.losses]
            spare = 0
            for row in table.rows:
                spare += bool(row.spare)
                for made in script.make(row.cells, self.people, part.owner):
                    belongs = _stage_of(made.kind)
                    found.add(belongs)
                    if belongs == stage:
                        yield from self._made(made, script, table.place)
            if stage == STAGES[0]:
                self.told += [Gap(problem) for problem in table.problems]
            if spare and stage == STAGES[0]:
                self.told.append(
                    Gap(f"{counted(spare, 'row')} of {part.name} with more cells than the table has columns")
                )
        self.stages[part.name] = frozenset(found)

    def _made(self, made: Made, script: Script, place: str) -> Iterator[Step]:
        kind, item, context = made
        if kind == "member":
            self.people.note(item)
        if kind in _PLACES:
            yield from self._place(kind, item)
            return
        if kind == "post":
            if self.groups.keeps_out(self.groups.home_of(str(item["id"])), ref(item.get("from"))):
                return
            self._note(item)
            yield from self._named_in(item)
            context = {**context, "lost": list(script.lost)}
        if kind == "edge" and self.groups.keeps_out(self.groups.home_of(str(context["object"]))):
            return
        if "group" in context and self.groups.keeps_out(context["group"]):
            return
        if kind == "download" and self.groups.keeps_out_entry(item):
            return
        if kind == "figures":  # rows that only their place tells apart
            key = f"{place} {label_key(item['cells'])}"
            item, self.rows[key] = {**item, "nth": self.rows[key]}, self.rows[key] + 1
        if kind in {"employee", "figures", "download"}:
            context = {**context, "digest": self.digest, "table": place.rsplit("/", 1)[-1]}
        if script.damaged:
            yield Batch(kind, [item], context, as_of=_OLDEST)
            return
        yield from self._put(kind, item, context, weight=_weight(item) if kind == "post" else 1)

    def _download(self, part: Part) -> Iterator[Step]:
        """Read entries of somebody's download; every set of files is one person's, its profile says whose."""
        owner = self._owner(part)
        if owner is None:
            self.told.append(Gap(f"{part.name}: nothing tells whose download this is", "partial"))
        self.told.append(Gap("downloads of one's information hold no ids: their records join nothing else"))
        context = {"digest": self.digest} if owner is None or owner.key is None else {"digest": owner.key, "own": True}
        for entry in entries(self.archive, part.name, owner.author if owner else None):
            if isinstance(entry, Rejected) or not self.groups.keeps_out_entry(entry):
                yield from self._put("download", entry, context)

    def _owner(self, part: Part) -> Owner | None:
        """Find whose download a file is of: that of the nearest profile, in its own folder or one around it."""
        folder = part.name
        while folder:
            folder = folder.rpartition("/")[0]
            near = [one for one in self.parts if one.form == "download" and one.name.startswith(folder)]
            for one in near:
                if "profile" in one.name and one.name not in self.owners:
                    self.owners[one.name] = owner_of(self.archive, one.name, self.people)
                if owner := self.owners.get(one.name):
                    return owner
        return None

    # Batches

    def _named_in(self, item: dict[str, JSON]) -> Iterator[Step]:
        for batch in profiles([item], self.known, {}):
            for one in batch.items:
                yield from self._put("profile", one, {})

    def _named(self, rows: Iterable[Mapping[str, JSON]]) -> Iterator[Step]:
        for one in rows:
            native = native_id(one.get("id"))
            if native and one.get("name") and native not in self.known:
                self.known.add(native)
                yield from self._put("profile", {"id": native, "name": one["name"]}, {})

    def _put(self, kind: str, item: JSON, context: dict[str, JSON], *, weight: int = 1) -> Iterator[Step]:
        """Gather payloads of one kind and context into batches."""
        key = (kind, *sorted((name, str(value)) for name, value in context.items()))
        waiting = self.pending.setdefault(key, [context])
        waiting.append(item)
        self.weight[key] += weight
        if self.weight[key] >= BATCH:
            if kind != "profile" and ("profile",) in self.pending:  # whom it names, before it
                yield self._batch(("profile",))
            yield self._batch(key)
        elif len(self.pending) > BATCH:  # many small lists, of as many posts
            yield from self._flush()

    def _batch(self, key: tuple[JSON, ...]) -> Batch:
        context, *items = self.pending.pop(key)
        del self.weight[key]
        return Batch(key[0], items, context)

    def _flush(self) -> Iterator[Step]:
        for key in list(self.pending):
            yield self._batch(key)


def _above(owner: str, native: str) -> str:
    """Tell what a page of comments is of: ids of comments begin with their post's number, as their siblings' do."""
    if "_" not in owner:
        return "group"
    return "parent" if "_" in native and owner.split("_", 1)[0] == native.split("_", 1)[0] else "post"


def _stage_of(kind: str) -> str:
    return "people" if kind in _PEOPLE else "places" if kind in _PLACES else "talk"


def _unsigned(item: Mapping[str, JSON]) -> int:
    """Count what nobody signed, a post and its comments alike."""
    return (not isinstance(item.get("from"), dict)) + sum(_unsigned(one) for one in rows(item.get("comments")))


def _weight(item: Mapping[str, JSON]) -> int:
    """Count a post with what is below it."""
    total = 1
    for name in ("comments", "reactions", "seen"):
        edge = item.get(name)
        if isinstance(edge, dict) and isinstance(edge.get("data"), list):
            total += len(edge["data"])
    return total

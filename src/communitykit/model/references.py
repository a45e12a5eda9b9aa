"""Which fields name another record: declared beside the fields, and read from there by everybody. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, Final, NamedTuple, TypeAlias, get_args, get_origin

from pydantic import BaseModel, Field

from communitykit.model.values import Value

KINDS: Final = ("member", "community", "post")
"""What can be named."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands in a field's annotation: the field names records of these kinds. The id says which of them."""

    kinds: tuple[str, ...]

    @classmethod
    def to(cls, *kinds: str) -> Ref:
        """Return a reference to records of any of these kinds."""
        return cls(kinds)


MemberId: TypeAlias = Annotated[str, Field(min_length=1), Ref.to("member")]
"""The id of a member."""
CommunityId: TypeAlias = Annotated[str, Field(min_length=1), Ref.to("community")]
"""The id of a community."""
PostId: TypeAlias = Annotated[str, Field(min_length=1), Ref.to("post")]
"""The id of a post."""
AnyId: TypeAlias = Annotated[str, Field(min_length=1), Ref.to(*KINDS)]
"""The id of a member, community or post."""


class Reference(NamedTuple):
    """One record named by another."""

    field: str
    """Where: `author_id`, `mentions.id`, `extra.delegate_id`."""
    kind: str
    id: str


@cache
def reference_fields(model: type[BaseModel]) -> Mapping[str, tuple[str, ...]]:
    """Return the fields of a model that name records, and the kinds that each may name.

    What is nested stands after a dot (`mentions.id`). `extra` is told by its values, since connectors put there what
    the model has no name for: any text in it that is an id names a record.

    >>> from communitykit.model import Post
    >>> reference_fields(Post)["author_id"], reference_fields(Post)["mentions.id"]
    (('member',), ('member', 'community'))
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, field in model.model_fields.items():
        for one in field.metadata:
            if isinstance(one, Ref):
                found[name] = one.kinds
        for kinds, inner in _inside(field.annotation):
            if kinds:
                found[name] = kinds
            if inner is not None:
                found |= {f"{name}.{at}": each for at, each in reference_fields(inner).items()}
    return found


def _inside(annotation: object) -> Iterator[tuple[tuple[str, ...], type[BaseModel] | None]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield (), annotation
    if get_origin(annotation) is Annotated:
        yield tuple(kind for one in get_args(annotation) if isinstance(one, Ref) for kind in one.kinds), None
    for part in get_args(annotation):
        yield from _inside(part)


def references(record: BaseModel) -> Iterator[Reference]:
    """Yield every record that another one names, in `extra` too, each time that it does."""
    for name, kinds in reference_fields(type(record)).items():
        first, _, rest = name.partition(".")
        value = getattr(record, first)
        for one in value if isinstance(value, tuple) else (value,):
            told = getattr(one, rest, None) if rest else one
            kind = kind_of(told)
            if told is not None and kind in kinds:
                yield Reference(name, kind, told)
    yield from _in_extra("extra", getattr(record, "extra", None))


def members_named(records: Iterable[BaseModel]) -> Iterator[str]:
    """Yield the id of every member that one of these records names, in `extra` too, each time that it does.

    It is `references` for one kind, and asks a field's value for its kind only where it may name another.
    """
    model: type[BaseModel] | None = None
    fields: tuple[tuple[str, str, bool], ...] = ()
    for record in records:
        if record.__class__ is not model:
            model, fields = record.__class__, _to_members(record.__class__)
        values = record.__dict__
        for name, inner, certain in fields:
            value = values[name]
            if not value:
                continue
            if value.__class__ is tuple:
                for one in value:
                    told = getattr(one, inner) if inner else one
                    if told and (certain or kind_of(told) == "member"):
                        yield told
            elif certain or _kind(value) == "member":
                yield value
        extra = values.get("extra")
        if extra:
            yield from (one.id for one in _in_extra("extra", extra) if one.kind == "member")


@cache
def _to_members(model: type[BaseModel]) -> tuple[tuple[str, str, bool], ...]:
    """Return the fields that may name members, what of theirs does, and whether they name nothing else."""
    return tuple(
        (*name.partition(".")[::2], kinds == ("member",))
        for name, kinds in reference_fields(model).items()
        if "member" in kinds
    )


def _in_extra(where: str, value: Value) -> Iterator[Reference]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _in_extra(f"{where}.{name}", one)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            yield from _in_extra(where, one)
    else:
        kind = kind_of(value)
        if kind is not None:
            yield Reference(where, kind, value)


def kind_of(value: object) -> str | None:
    """Return the kind of record that an id is of; None for what is no id of a member, community or post.

    >>> kind_of("slack:T1:member:U1"), kind_of("see: a:b")
    ('member', None)
    """
    return _kind(value) if isinstance(value, str) else None


@lru_cache(maxsize=1024)  # acts come one after another on one target
def _kind(value: str) -> str | None:
    parts = value.split(":", 3)
    return parts[2] if len(parts) == 4 and parts[2] in KINDS and all(parts) else None  # noqa: PLR2004 # as in ids

"""What connectors do with answers and checkpoints, written once: asking many, what a token lacks, going on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Literal, TypeVar

from communitykit.connector.flow import Checkpoint, Flow, Gap, Request, Response, ask_all
from communitykit.errors import CommunityKitError, ObjectUnavailableError, PermissionMissingError

K = TypeVar("K")
P = TypeVar("P")

SIDE_BY_SIDE = 8
"""So many requests of a flow run side by side: more wait for one another's budget anyway."""


@dataclass(slots=True)
class Answers(Generic[K]):
    """What came back when many were asked: who was answered, and who was not and why, each in the order of asking."""

    answered: list[tuple[K, Response]] = field(default_factory=list)
    failed: list[tuple[K, CommunityKitError]] = field(default_factory=list)

    def gaps(self, what: str) -> Iterator[Gap]:
        """Yield a Gap for each reason why something was not answered, however many it kept out.

        `what` says what is missing: "3 of 40 profiles: ..." for `gaps("profiles")`.
        """
        asked = len(self.answered) + len(self.failed)
        reasons: dict[tuple[str, Literal["partial", "denied"]], int] = {}
        for _, error in self.failed:
            text = error.message if error.remedy is None else f"{error.message.rstrip('.')}. {error.remedy}"
            reasons[text, status_of(error)] = reasons.get((text, status_of(error)), 0) + 1
        for (text, status), number in reasons.items():
            yield Gap(f"{number} of {asked} {what}: {text}", status)


def ask_each(items: Sequence[K], request: Callable[[K], Request]) -> Flow[Answers[K]]:
    """Return what came back for each item, all asked side by side; for long lists go through `in_groups`.

    Raises CredentialError, which ends everything.
    """
    answers = yield from ask_all(request(item) for item in items)
    sorted_ = Answers[K]()
    for item, answer in zip(items, answers, strict=True):
        if isinstance(answer, Response):
            sorted_.answered.append((item, answer))
        else:
            sorted_.failed.append((item, answer))
    return sorted_


def in_groups(items: Iterable[K], size: int = SIDE_BY_SIDE) -> Iterator[list[K]]:
    """Yield items in groups of up to `size`, so that what one group brought is handed on before the next is asked."""
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group


def status_of(error: CommunityKitError) -> Literal["partial", "denied"]:
    """Return the status of a Gap that tells of an error: denied where the credential may not, partial otherwise."""
    return "denied" if isinstance(error, PermissionMissingError | ObjectUnavailableError) else "partial"


@dataclass(frozen=True, slots=True)
class Need:
    """A scope or permission that reading needs: what it is for, the names of which one is enough, the usual one first.

    Without a `required` one nothing can be read at all.
    """

    use: str
    any_of: tuple[str, ...]
    required: bool = False
    central: bool = False
    """Something can be read without it, and what matters cannot: an administrator is asked for it as needed."""
    use_fr: str = ""
    """The use in French, for a letter to an administrator."""
    any_of_fr: tuple[str, ...] = ()
    """The names in French, where they are no names of the platform's own."""


def check_grants(held: Collection[str] | None, needed: Iterable[Need], *, holder: str, remedy: str) -> Flow:
    """Compare what a credential may do with what reading needs, for `preflight`: a Gap for each grant that is missing.

    `held` is None where the platform does not tell. `holder` is who lacks it ("the token"); `remedy` says how to get
    it, with `{grant}` where its name goes.

    Raises PermissionMissingError, naming the grant, what it is for and how to get it, for the first required one.
    """
    if held is None:
        yield Gap(f"{holder} does not say what it may do: reading will tell", remark=True)
        return
    for need in needed:
        if not set(need.any_of).isdisjoint(held):
            continue
        name = need.any_of[0]
        text, advice = f"{holder} lacks {name}: {need.use} cannot be read", remedy.format(grant=name)
        if need.required:
            raise PermissionMissingError(text, subject="token", code="missing_grant", remedy=advice)
        yield Gap(f"{text}. {advice}", "denied")


def load_checkpoint(checkpoint: Checkpoint | None, *, v: int, load: Callable[[Checkpoint], P], fresh: P) -> P:
    """Return what `load` makes of a checkpoint of version `v`, and `fresh` where there is none that is understood.

    One of another version, or of a shape that `load` trips over, is not understood: the slice is read again from the
    beginning, which costs requests and loses nothing.
    """
    if not isinstance(checkpoint, dict) or checkpoint.get("v") != v:
        return fresh
    try:
        return load(checkpoint)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        return fresh

"""The flow that completes lists of who reacted, where a message shows a part of them."""

from __future__ import annotations

from communitykit import ObjectUnavailableError, ProtocolError, TransientError
from communitykit.connector import JSON, Flow, as_mapping, ask, required_list, sound_and_odd
from communitykit_yammer.api.checkpoint import Progress
from communitykit_yammer.api.methods import LIST_PAGE, rest
from communitykit_yammer.api.pages import id_of, is_cut
from communitykit_yammer.ids import number


def completed(items: list[dict[str, JSON]], progress: Progress, owed: dict[int, str]) -> Flow[list[dict[str, JSON]]]:
    """Ask for everybody who reacted where a list is cut short and its count moved since it was last asked for.

    A message whose list fails keeps the part of it that it shows; why is noted in `owed` by its id.
    """
    found = list(items)
    for index, item in enumerate(items):
        native, count = str(item["id"]), as_mapping(item.get("liked_by")).get("count")
        if not is_cut(item) or progress.reactions.get(native) == count:
            continue
        try:
            names = yield from _likers(native, count)
        except (TransientError, ProtocolError) as error:
            owed[id_of(item)] = str(error)
            continue
        if names is not None:
            found[index] = {**item, "liked_by": {"count": count, "names": names}}
            if all(isinstance(one, dict) for one in names):  # else it is asked for again
                progress.reactions[native] = int(count or 0)
    return found


def _likers(native: str, count: JSON) -> Flow[list[JSON] | None]:
    """List who reacted to one message, odd items too; None where it was deleted meanwhile, which is no loss.

    Where fewer come than the message counts, the list of several pages may have shifted while it was walked: it is
    walked once more.
    """
    names: dict[str, dict[str, JSON]] = {}
    odd: list[JSON] = []
    for _ in range(2):
        pages = yield from _walked(native, names, odd)
        if pages is None:
            return None
        if pages < 2 or len(names) + len(odd) == count:  # noqa: PLR2004 # one page is of one moment
            break
    return [*names.values(), *odd]


def _walked(native: str, names: dict[str, dict[str, JSON]], odd: list[JSON]) -> Flow[int | None]:
    """Walk the list once, note who is new, and return how many pages it has; None where the message was deleted."""
    page, walked = 0, set[str]()
    while True:
        page += 1
        try:
            response = yield from ask(rest(f"users/liked_message/{native}", subject=f"message {native}", page=page))
        except ObjectUnavailableError:
            return None
        path = () if isinstance(response.data, list) and response.data else ("users",)
        rows = required_list(response.data, *path, subject=f"message {native}")
        people, others = sound_and_odd(rows, lambda one: number(one.get("id")))
        odd += [one for one in others if one not in odd]
        shown = {user: one for one in people if (user := number(one["id"]))}
        fresh = shown.keys() - walked
        walked |= fresh
        for user, one in shown.items():
            names.setdefault(user, {**one, "user_id": one["id"], "permalink": one.get("name")})
        if len(rows) < LIST_PAGE or not fresh:
            return page

"""Slices and declarations are plain: they go to other processes, and are kept as JSON."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import asdict, replace

from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Flow, Selection, Slice
from communitykit.errors import CommunityKitError
from communitykit.model.values import JSON
from communitykit.sandbox import World
from communitykit.testing.base import Checks
from communitykit.testing.reading import read


class SliceChecks(Checks):
    """What a reader in another process is handed: the slice itself, and the connector by its name."""

    def test_slices_are_json_and_pickle(self, declared: Connector, world: World) -> None:
        """Every slice comes back from JSON and from pickle as it was, and names a reader that there is."""
        found: list[Slice] = []
        assert declared.discover is not None, "a connector with a sandbox discovers what to read"
        watched = replace(declared, discover=_watched(declared.discover, found))
        read(watched, world, include_private=True, include_direct=True)
        assert found, "nothing was discovered"
        for slice_ in found:
            assert Slice(**_plain(json.loads(json.dumps(asdict(slice_))))) == slice_
            assert pickle.loads(pickle.dumps(slice_)) == slice_  # noqa: S301 # made here
            assert not slice_.reader or slice_.reader in declared.readers

    def test_the_declaration_is_importable(self, declared: Connector) -> None:
        """Nothing in a declaration is a lambda or a function inside another: every part of it has a name."""
        assert pickle.loads(pickle.dumps(declared)) == declared  # noqa: S301 # made here


def _watched(discover: Callable[[Selection], Flow], found: list[Slice]) -> Callable[[Selection], Flow]:
    def watching(selection: Selection) -> Flow:
        flow, answer, error = discover(selection), None, None
        while True:
            try:
                step = flow.throw(error) if error is not None else flow.send(answer)
            except StopIteration:
                return
            if isinstance(step, Slice):
                found.append(step)
            answer, error = None, None
            try:
                answer = yield step
            except CommunityKitError as raised:
                error = raised

    return watching


def _plain(told: dict[str, JSON]) -> dict[str, JSON]:
    """Return a slice's fields as its constructor takes them: JSON has no tuples."""
    kinds = told["kinds"]
    return {**told, "kinds": tuple(kinds) if isinstance(kinds, list) else ()}

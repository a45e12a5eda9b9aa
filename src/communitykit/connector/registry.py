"""Finding connectors. Entry points are loaded one by one: a broken plugin is reported, never fatal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points

import pluggy

from communitykit.connector import hookspec
from communitykit.connector.declaration import Connector
from communitykit.errors import UnknownConnectorError, wrong_argument

OWN = frozenset({"directory", "matrix", "slack", "teams", "workplace", "yammer"})
"""Connectors whose packages are known to exist: those of this project. No other package's name is guessed."""


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that could not be used: its entry point's name, the package that brings it, and why."""

    name: str
    package: str
    reason: str


class Registry:
    """The connectors that are installed, by name, and the plugins that are broken: loaded when they are asked for."""

    def __init__(self, points: Iterable[EntryPoint]) -> None:
        """Keep the entry points, in order of name."""
        self._points = sorted(points, key=lambda point: (point.name, point.value))
        self._asked: dict[EntryPoint, Connector | BrokenPlugin] = {}

    @property
    def connectors(self) -> dict[str, Connector]:
        """All of them, which loads every plugin."""
        return self._all[0]

    @property
    def broken(self) -> tuple[BrokenPlugin, ...]:
        """Those of all plugins that could not be used."""
        return self._all[1]

    def get(self, name: str) -> Connector:
        """Return the connector of that name; where its plugin is called so, no other is loaded.

        Raises UnknownConnectorError naming what is installed, the closest name, or the package of a connector of ours.
        """
        if not isinstance(name, str):
            raise wrong_argument("name", name, "a connector's name, as 'slack'")
        if found := self._called(name):
            return found
        if name in self.connectors:
            return self.connectors[name]
        for plugin in self.broken:
            if plugin.name == name:
                raise UnknownConnectorError(
                    f"the plugin {name!r} of package {plugin.package} is broken: {plugin.reason}",
                    remedy=f"Try: pip install --upgrade {plugin.package}.",
                )
        import difflib  # noqa: PLC0415 # only who misspells waits for it

        close = difflib.get_close_matches(name, self.connectors, n=1)
        installed = ", ".join(sorted(self.connectors)) or "none"
        hint = "Connectors are packages, named communitykit-<platform> mostly."
        if name in OWN:
            hint = f"Its package is communitykit-{name}; from a clone: pip install ./plugins/communitykit-{name}."
        elif close:
            hint = f"Did you mean {close[0]!r}?"
        raise UnknownConnectorError(
            f"there is no connector {name!r}; installed: {installed}",
            remedy=hint,
        )

    @cached_property
    def _all(self) -> tuple[dict[str, Connector], tuple[BrokenPlugin, ...]]:
        connectors: dict[str, Connector] = {}
        broken: list[BrokenPlugin] = []
        # Who is called as its connector comes first, as for `get`.
        found = [(point, self._ask(point)) for point in self._points]
        for point, one in sorted(found, key=lambda pair: pair[0].name != getattr(pair[1], "name", None)):
            if isinstance(one, BrokenPlugin):
                broken.append(one)
            elif one.name in connectors:
                broken.append(_broken(point, f"another plugin already provides the connector {one.name!r}"))
            else:
                connectors[one.name] = one
        return dict(sorted(connectors.items())), tuple(sorted(broken, key=lambda one: one.name))

    def has(self, name: str) -> bool:
        """Tell whether there is a connector of that name, as `get` finds it."""
        return self._called(name) is not None or name in self.connectors

    def _called(self, name: str) -> Connector | None:
        """Return the connector whose plugin alone is called so."""
        own = [point for point in self._points if point.name == name]
        found = self._ask(own[0]) if len(own) == 1 else None
        return found if isinstance(found, Connector) and found.name == name else None

    def _ask(self, point: EntryPoint) -> Connector | BrokenPlugin:
        if point not in self._asked:
            try:
                self._asked[point] = _ask(point)
            except _UnusableError as error:
                self._asked[point] = _broken(point, str(error))
            except Exception as error:  # noqa: BLE001 # any failure of somebody else's code is reported, and stops nobody
                self._asked[point] = _broken(point, f"{type(error).__name__}: {error}")
        return self._asked[point]


@cache
def registry() -> Registry:
    """Find every installed plugin once per process."""
    return load(entry_points(group=hookspec.ENTRY_POINT_GROUP))


def load(points: Iterable[EntryPoint]) -> Registry:
    """Find plugins at these entry points."""
    return Registry(points)


def _broken(point: EntryPoint, reason: str) -> BrokenPlugin:
    return BrokenPlugin(point.name, point.dist.name if point.dist is not None else point.value, reason)


class _UnusableError(Exception):
    """What is wrong with a plugin that did load."""


def _ask(point: EntryPoint) -> Connector:
    """Load one plugin in a manager of its own, so that its hooks cannot disturb another's."""
    manager = pluggy.PluginManager(hookspec.PROJECT)
    manager.add_hookspecs(hookspec)
    manager.register(point.load(), name=point.name)
    manager.check_pending()
    if not manager.hook.communitykit_connector.get_hookimpls():
        raise _UnusableError("it does not implement the hook communitykit_connector()")
    (connector,) = manager.hook.communitykit_connector()
    if not isinstance(connector, Connector):
        raise _UnusableError(f"its hook returned {type(connector).__name__}, not a Connector")
    return connector

"""Finding connectors. Entry points are loaded one by one: a broken plugin is reported, never fatal."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import pluggy

from communitykit.connector import hookspec
from communitykit.connector.declaration import Connector
from communitykit.errors import UnknownConnectorError


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that could not be used: its entry point's name, the package that brings it, and why."""

    name: str
    package: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The connectors that are installed, by name, and the plugins that are broken."""

    connectors: dict[str, Connector] = field(default_factory=dict)
    broken: tuple[BrokenPlugin, ...] = ()

    def get(self, name: str) -> Connector:
        """Return the connector of that name.

        Raises UnknownConnectorError naming what is installed, the closest name, and what to pip install.
        """
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
        hint = f"Did you mean {close[0]!r}?" if close else f"Connectors are packages named communitykit-{name}, say."
        raise UnknownConnectorError(
            f"there is no connector {name!r}; installed: {installed}",
            remedy=hint,
        )


@cache
def registry() -> Registry:
    """Load every installed plugin once per process."""
    return load(entry_points(group=hookspec.ENTRY_POINT_GROUP))


def load(points: Iterable[EntryPoint]) -> Registry:
    """Load plugins from these entry points, in order of name."""
    connectors: dict[str, Connector] = {}
    broken: list[BrokenPlugin] = []
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        package = point.dist.name if point.dist is not None else point.value
        try:
            connector = _ask(point, taken=connectors)
        except _UnusableError as error:
            broken.append(BrokenPlugin(point.name, package, str(error)))
        except Exception as error:  # noqa: BLE001 # any failure of somebody else's code is reported, and stops nobody
            broken.append(BrokenPlugin(point.name, package, f"{type(error).__name__}: {error}"))
        else:
            connectors[connector.name] = connector
    return Registry(connectors, tuple(broken))


class _UnusableError(Exception):
    """What is wrong with a plugin that did load."""


def _ask(point: EntryPoint, *, taken: Container[str]) -> Connector:
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
    if connector.name in taken:
        raise _UnusableError(f"another plugin already provides the connector {connector.name!r}")
    return connector

"""The activity store: one DuckDB file. `reader` is its read side, `writer` writes."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

for _needed in ("duckdb", "pyarrow"):
    if find_spec(_needed) is None:
        message = f"a store needs {_needed}: pip install 'communitykit[duckdb]'"
        raise ModuleNotFoundError(message, name=_needed)

if TYPE_CHECKING:
    from communitykit.store.columns import TABLES
    from communitykit.store.opening import SCHEMA_VERSION
    from communitykit.store.reader import Store

__all__ = ["SCHEMA_VERSION", "TABLES", "Store"]

_HOMES = {"SCHEMA_VERSION": "opening", "TABLES": "columns", "Store": "reader"}
"""Where the names are at home: imported when first asked for, since Arrow and the model take longer than DuckDB."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value

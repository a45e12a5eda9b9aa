"""The two kinds of values whose type is known only when they are there. Pure."""

from __future__ import annotations

from typing import Any, TypeAlias

JSON: TypeAlias = Any
"""Decoded JSON: dict, list, str, int, float, bool or None."""

Value: TypeAlias = Any
"""What a field of a record or a cell of a table holds: JSON, a time, a day, a tuple, a struct as a dict."""

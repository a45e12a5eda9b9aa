"""Copies of a store elsewhere: what changed, and the formats and engines that it is handed to."""

from communitykit.exchange.changes import ABOUT, KEY, RECORDS, Changes, json_columns

__all__ = ["ABOUT", "KEY", "RECORDS", "Changes", "json_columns"]

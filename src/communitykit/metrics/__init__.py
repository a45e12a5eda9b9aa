"""Metrics: questions in a catalogue, answered over the analysis tables, each figure with what it rests on."""

from communitykit.metrics.catalogue import Definition, catalogue, find, read_definition
from communitykit.metrics.compute import measure, sql
from communitykit.metrics.record import Record

__all__ = ["Definition", "Record", "catalogue", "find", "measure", "read_definition", "sql"]

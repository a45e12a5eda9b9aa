"""The sandbox: one fictional company, its platforms simulated over real HTTP, and the truth about them.

A `World` is deterministic; a `Platform` (supplied by a plugin) renders it; `serve` puts it on loopback; `project` tells
what a perfect connector must have found.
"""

import communitykit.sandbox.faults_content
import communitykit.sandbox.faults_lists
import communitykit.sandbox.faults_transport  # noqa: F401 # all three register their faults
from communitykit.sandbox.changes import CHANGES, TALK, Change
from communitykit.sandbox.cursors import make_cursor, read_cursor
from communitykit.sandbox.faults import FAULTS, Fault, parse_fault
from communitykit.sandbox.messages import File, Message, Reaction, Segment, in_words
from communitykit.sandbox.people import Account, Person
from communitykit.sandbox.places import Circle, Notice, Place, Stay
from communitykit.sandbox.platform import Answer, Call, Desk, Failure, Grant, Platform
from communitykit.sandbox.projection import project
from communitykit.sandbox.serving import Server, serve
from communitykit.sandbox.simulated import SimulatedLoop, simulate
from communitykit.sandbox.site import Dropped, Logged, Site
from communitykit.sandbox.throttle import Throttle, Violation
from communitykit.sandbox.times import DAY, HOUR, MINUTE, SECOND, from_us, to_us
from communitykit.sandbox.truth import Difference, Truth, occurrence
from communitykit.sandbox.world import DEFAULT_NOW, SIZES, Door, Item, Size, World

__all__ = [
    "CHANGES",
    "DAY",
    "DEFAULT_NOW",
    "FAULTS",
    "HOUR",
    "MINUTE",
    "SECOND",
    "SIZES",
    "TALK",
    "Account",
    "Answer",
    "Call",
    "Change",
    "Circle",
    "Desk",
    "Difference",
    "Door",
    "Dropped",
    "Failure",
    "Fault",
    "File",
    "Grant",
    "Item",
    "Logged",
    "Message",
    "Notice",
    "Person",
    "Place",
    "Platform",
    "Reaction",
    "Segment",
    "Server",
    "SimulatedLoop",
    "Site",
    "Size",
    "Stay",
    "Throttle",
    "Truth",
    "Violation",
    "World",
    "from_us",
    "in_words",
    "make_cursor",
    "occurrence",
    "parse_fault",
    "project",
    "read_cursor",
    "serve",
    "simulate",
    "to_us",
]

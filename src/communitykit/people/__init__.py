"""People: who stands behind the accounts of a store.

`resolve` makes the tables `people`, `identities` and `refusals`; `review` says what somebody should look at, and
`decide_same`, `decide_different` and `undo` keep what they say.
"""

from communitykit.people.asking import Proposal, find_account, find_people, review
from communitykit.people.decisions import (
    Decision,
    decide_different,
    decide_same,
    export_decisions,
    import_decisions,
    undo,
)
from communitykit.people.moving import Move
from communitykit.people.options import Leaders, Options
from communitykit.people.resolve import Resolution, options_of, resolve

__all__ = [
    "Decision",
    "Leaders",
    "Move",
    "Options",
    "Proposal",
    "Resolution",
    "decide_different",
    "decide_same",
    "export_decisions",
    "find_account",
    "find_people",
    "import_decisions",
    "options_of",
    "resolve",
    "review",
    "undo",
]

"""Small guards of the core, and the test of the quick suite that each of them would take down with it.

`old` is the guard as it stands in the code, once; `new` is the code without it.
"""

from dataclasses import dataclass

SMALL = "tests/core/test_small_guards.py"
TRUTH = "tests/core/test_truth.py"


@dataclass(frozen=True)
class Guard:
    """A guard that is taken away."""

    name: str
    file: str
    old: str
    new: str
    test: str


GUARDS = [
    Guard(
        "an empty webhook secret",
        "src/communitykit/connector/signatures.py",
        "if not secret or not hmac.",
        "if not hmac.",
        f"{SMALL}::test_an_empty_webhook_secret_verifies_nothing",
    ),
    Guard(
        "deliveries of another time",
        "src/communitykit/connector/signatures.py",
        "abs(",
        "(",
        f"{SMALL}::test_a_delivery_of_another_time_is_refused_in_either_direction",
    ),
    Guard(
        "settings' own secrets unscrubbed",
        "src/communitykit/connector/scrub.py",
        "if len(secret) >= _SHORTEST for form",
        "if len(secret) < _SHORTEST for form",
        f"{SMALL}::test_what_the_settings_hold_as_secret_is_scrubbed",
    ),
    Guard(
        "sig= kept",
        "src/communitykit/connector/scrub.py",
        "|sig|signature|",
        "|",
        f"{SMALL}::test_signed_addresses_lose_what_signs_them",
    ),
    Guard(
        "deletions blamed on the author",
        "src/communitykit/store/schema.py",
        "SELECT 'deleted', NULL, id",
        "SELECT 'deleted', author_id, id",
        f"{SMALL}::test_nobody_is_blamed_for_a_deletion_that_nobody_told",
    ),
    Guard(
        "two joins within a minute through one door",
        "src/communitykit/store/merging.py",
        "WHERE e.source_origin <> a.origin AND abs(",
        "WHERE e.id <> a.id AND abs(",
        f"{SMALL}::test_two_joins_within_a_minute_through_one_door_are_two_and_through_two_doors_one",
    ),
    Guard(
        "no stub for a mentioned stranger",
        "src/communitykit/reading/translation.py",
        'if mention.kind == "member" and mention.id:',
        "if False:",
        f"{SMALL}::test_a_stranger_who_is_only_mentioned_gets_a_stub",
    ),
    Guard(
        "a request's cost ignored",
        "src/communitykit/http/budgets.py",
        "drawn.append((window, min(cost.units, budget.limit), budget.limit))",
        "drawn.append((window, 1, budget.limit))",
        f"{SMALL}::test_a_request_takes_as_many_units_as_it_costs",
    ),
    Guard(
        "Retry-After dates ignored",
        "src/communitykit/connector/waiting.py",
        "moment = parsedate_to_datetime(text)",
        "raise ValueError",
        f"{SMALL}::test_a_retry_after_may_be_a_date",
    ),
    Guard(
        "exit code without Issues",
        "src/communitykit/cli/runs.py",
        "if result.complete and not result.issues else",
        "if result.complete else",
        f"{SMALL}::test_a_run_with_issues_was_not_complete",
    ),
    Guard(
        "CSV cells that begin with -",
        "src/communitykit/sinks/tables.py",
        "^[=+@\\\\t\\\\r-]",
        "^[=+@\\\\t\\\\r]",
        f"{SMALL}::test_no_cell_of_a_csv_is_run_as_a_formula",
    ),
    Guard(
        "no limit on one JSON item",
        "src/communitykit/connector/json_stream.py",
        'raise ValueError("an item is too long")',
        "pass",
        f"{SMALL}::test_one_item_of_json_may_not_fill_the_memory",
    ),
    Guard(
        "script text shown",
        "src/communitykit/connector/html.py",
        'frozenset({"script", "style",',
        'frozenset({"noscript",',
        "plugins/communitykit-teams/tests/test_messages.py::test_what_a_page_runs_is_not_what_it_says",
    ),
    Guard(
        "what could not be translated has vanished",
        "src/communitykit/store/vanishing.py",
        "or _could_be_unread(key, known, one.unread)",
        "",
        f"{TRUTH}::test_what_could_not_be_translated_has_not_vanished",
    ),
    Guard(
        "sweeps of another platform",
        "src/communitykit/reading/translation.py",
        'if not value.startswith(f"{self.connector.name}:"):',
        "if False:",
        f"{TRUTH}::test_a_sweep_names_one_network_of_its_own_platform",
    ),
    Guard(
        "a window with a payload that shows no id",
        "src/communitykit/reading/slices.py",
        "return [] if unreadable else",
        "return",
        f"{TRUTH}::test_what_could_not_be_translated_has_not_vanished",
    ),
]

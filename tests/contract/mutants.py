"""Which check of the contract catches which defect."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from defects import (
    SLACK,
    a_core_that_does_not_wait,
    a_core_that_follows_any_link,
    a_core_that_forgets_a_retry_after,
    a_core_that_hides_whole_secrets_only,
    a_core_that_scrubs_nothing,
    answers_what_is_nowhere,
    asks_everything_again,
    asks_whatever_address_an_answer_names,
    changes_its_input,
    claims_less_than_it_shows,
    claims_more_than_it_shows,
    claims_profile_fields_that_it_loses,
    dawdles,
    drops_replies,
    duplicates_on_every_read,
    exceeds_the_limits,
    floats_the_ts,
    gives_other_ids_in_archives,
    invents_times,
    keeps_fields_that_nobody_documented,
    logs_the_token,
    loses_a_day_of_the_archive,
    loses_edits,
    names_who_is_mentioned_otherwise,
    never_looks_for_what_vanished,
    never_takes_reactions_back,
    reads_private_unasked,
    remembers_between_payloads,
    stores_checkpoints_too_early,
    stores_the_token,
    swallows_errors,
    takes_forged_deliveries,
    tells_half_the_token_in_an_error,
    tells_the_end_of_the_token_in_an_error,
    tells_the_token_in_an_error,
)

from communitykit.connector import Connector


@dataclass(frozen=True)
class Mutant:
    """A connector, or a core, with one defect, and the check that is named for it."""

    check: str
    connector: Callable[[], Connector] = lambda: SLACK
    core: Callable[[], AbstractContextManager[Any]] = nullcontext
    more: Any = None
    """Whatever a parametrized check is run with."""

    @property
    def name(self) -> str:
        made = self.core if self.core is not nullcontext else self.connector
        return made.__name__


TRUTH = "test_what_the_api_gives_is_the_truth"
MONTH = "test_a_month_later_an_incremental_run_finds_what_a_fresh_one_finds"
FAULT = "test_every_fault_ends_in_the_truth_or_is_told"
MUTANTS = [
    Mutant(TRUTH, drops_replies),
    Mutant(TRUTH, floats_the_ts),
    Mutant(TRUTH, invents_times),
    Mutant(TRUTH, loses_edits),
    Mutant(TRUTH, claims_profile_fields_that_it_loses),
    Mutant(TRUTH, claims_more_than_it_shows),
    Mutant("test_no_more_is_told_than_is_claimed", claims_less_than_it_shows),
    Mutant("test_a_second_run_changes_nothing_and_asks_little", duplicates_on_every_read),
    Mutant("test_a_second_run_changes_nothing_and_asks_little", asks_everything_again),
    Mutant("test_ids_are_unique_and_stable", duplicates_on_every_read),
    Mutant("test_a_run_cut_anywhere_and_resumed_ends_as_an_uninterrupted_one", stores_checkpoints_too_early),
    Mutant(
        "test_a_run_cut_at_every_request_of_a_slice_and_resumed_ends_as_an_uninterrupted_one",
        stores_checkpoints_too_early,
    ),
    Mutant("test_private_and_direct_stay_out_unless_asked_for", reads_private_unasked),
    Mutant(FAULT, swallows_errors, more="revoked"),
    Mutant("test_limits_are_kept", exceeds_the_limits),
    Mutant("test_limits_are_used", dawdles),
    Mutant(MONTH, never_looks_for_what_vanished),
    Mutant(MONTH, never_takes_reactions_back),
    Mutant("test_references_resolve", names_who_is_mentioned_otherwise),
    Mutant("test_references_resolve", answers_what_is_nowhere),
    Mutant("test_translation_is_pure", changes_its_input),
    Mutant("test_translation_is_pure", remembers_between_payloads),
    Mutant("test_fields_that_nobody_documented_change_nothing", keeps_fields_that_nobody_documented),
    Mutant("test_times_are_told_or_absent", invents_times),
    Mutant("test_no_secret_is_kept_or_shown", logs_the_token),
    Mutant("test_no_secret_is_kept_or_shown", stores_the_token),
    Mutant(
        "test_no_secret_is_told_by_an_error",
        tells_the_token_in_an_error,
        core=a_core_that_scrubs_nothing,
        more="revoked=3",
    ),
    *(
        Mutant("test_no_secret_is_told_by_an_error", part, core=a_core_that_hides_whole_secrets_only, more="revoked=3")
        for part in (tells_half_the_token_in_an_error, tells_the_end_of_the_token_in_an_error)
    ),
    Mutant("test_an_archive_is_the_truth", loses_a_day_of_the_archive),
    Mutant("test_the_doors_agree_on_ids_and_on_what_they_both_tell", gives_other_ids_in_archives),
    Mutant("test_forged_deliveries_are_refused", takes_forged_deliveries),
    Mutant(
        "test_the_credential_goes_to_the_connectors_own_hosts_only",
        asks_whatever_address_an_answer_names,
        core=a_core_that_follows_any_link,
    ),
    Mutant("test_no_request_before_a_retry_after_has_passed", core=a_core_that_forgets_a_retry_after),
    Mutant("test_limits_are_kept", core=a_core_that_does_not_wait),
]

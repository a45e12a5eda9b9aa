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
        "for secret in secrets if len(secret) >= _SHORTEST]",
        "for secret in secrets if len(secret) < _SHORTEST]",
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
        "src/communitykit/model/references.py",
        'if told and (certain or kind_of(told) == "member"):',
        "if told and certain:",
        f"{SMALL}::test_a_stranger_whom_any_field_names_gets_a_stub",
    ),
    Guard(
        "no stub for a stranger in `extra`",
        "src/communitykit/model/references.py",
        "    if extra:\n",
        "    if False:\n",
        f"{SMALL}::test_a_stranger_whom_any_field_names_gets_a_stub",
    ),
    Guard(
        "a stub of who opted out",
        "src/communitykit/reading/translation.py",
        "self.intake.admit([Member(id=one, source=source) for one in unknown])",
        "[Member(id=one, source=source) for one in unknown]",
        f"{SMALL}::test_no_stub_is_made_of_another_platforms_member_of_a_reports_subject_or_of_who_opted_out",
    ),
    Guard(
        "a request's cost ignored",
        "src/communitykit/http/budgets.py",
        "drawn.append(Place(window, min(cost.units, budget.limit), budget, before))",
        "drawn.append(Place(window, 1, budget, before))",
        f"{SMALL}::test_a_request_takes_as_many_units_as_it_costs",
    ),
    Guard(
        "requests counted when they are sent",
        "src/communitykit/http/budgets.py",
        "else (took - quickest, seconds * ON_ITS_WAY)",
        "else (0.0, 0.0)",
        "tests/core/test_budgets.py::test_the_platform_never_counts_more_than_the_budget_however_late_requests_arrive",
    ),
    Guard(
        "connections that are opened in no time",
        "src/communitykit/http/budgets.py",
        "request = Sent(at, opening=quickest == inf)",
        "request = Sent(at)",
        "tests/core/test_budgets.py::test_the_platform_never_counts_more_than_the_budget_however_late_requests_arrive",
    ),
    Guard(
        "what was learnt while a place was waited for",
        "src/communitykit/http/conductor.py",
        "wait = self._pace.not_yet(place, now=now)",
        "wait = 0",
        "tests/core/test_budgets.py::test_a_run_whose_requests_arrive_late_is_never_refused",
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
        "src/communitykit/result.py",
        "and not self.issues and not",
        "and not",
        f"{SMALL}::test_a_run_with_issues_was_not_complete",
    ),
    Guard(
        "CSV cells that begin with -",
        "src/communitykit/sinks/csv_and_parquet.py",
        "{2212}-",
        "{2212}",
        f"{SMALL}::test_no_cell_of_a_csv_is_run_as_a_formula",
    ),
    Guard(
        "no limit on one JSON item",
        "src/communitykit/connector/json_stream.py",
        "                    self._pass_by()\n                    return _TOO_LONG\n",
        "                    pass\n",
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
        "a payload under a wrong id hides nothing",
        "src/communitykit/store/vanishing.py",
        "return not strange",
        "return True",
        f"{TRUTH}::test_a_payload_that_shows_an_id_which_nobody_knows_may_be_anything_in_the_window",
    ),
    Guard(
        "sweeps of another platform",
        "src/communitykit/reading/translation.py",
        "if not value.startswith(self._own):",
        "if False:",
        f"{TRUTH}::test_a_sweep_names_one_network_of_its_own_platform",
    ),
    Guard(
        "a window with a payload that shows no id",
        "src/communitykit/reading/slices.py",
        "return [] if self._unreadable else",
        "return",
        f"{TRUTH}::test_what_could_not_be_translated_has_not_vanished",
    ),
    Guard(
        "a wait of a day is sat through",
        "src/communitykit/http/conductor.py",
        "if not seconds or (seconds < A_DAY and",
        "if not seconds or (seconds < 1e99 and",
        "tests/core/test_waiting.py::test_a_wait_of_a_day_or_more_ends_the_request_at_once_and_says_until_when",
    ),
    Guard(
        "Retry-After: 0 asked at once for ever",
        "src/communitykit/http/retrying.py",
        "    if error.retry_after:",
        "    if error.retry_after is not None:",
        "tests/core/test_waiting.py::test_a_platform_that_says_0_for_ever_is_asked_ever_more_slowly",
    ),
    Guard(
        "units that are not given back",
        "src/communitykit/http/budgets.py",
        "            units -= 1\n",
        "            units = 0\n",
        "tests/core/test_waiting.py::test_a_place_given_back_gives_all_its_units_back",
    ),
    Guard(
        "dripped heads",
        "src/communitykit/http/watched.py",
        "            self._look()\n            try:",
        "            try:",
        "tests/core/test_bounds.py::test_what_is_dripped_ends_in_time",
    ),
    Guard(
        "answers without an end",
        "src/communitykit/http/bodies.py",
        "if self.size > getattr",
        "if False and self.size > getattr",
        "tests/core/test_bounds.py::test_what_is_too_long_ends_when_it_is_and_is_not_asked_for_again",
    ),
    Guard(
        "secrets in base64",
        "src/communitykit/connector/scrub.py",
        "for one in _in_base64(secret) if",
        "for one in () if",
        "tests/core/test_secrets.py::test_an_echoed_secret_stands_in_no_error_and_in_nothing_chained_to_it",
    ),
    Guard(
        "secrets in chained errors",
        "src/communitykit/connector/scrub.py",
        'for name in ("__cause__", "__context__"):',
        "for name in ():",
        "tests/core/test_secrets.py::test_an_echoed_secret_stands_in_no_error_and_in_nothing_chained_to_it",
    ),
    Guard(
        "tokens given out during the run",
        "src/communitykit/http/authorizing.py",
        "learn(secrets_in(response.data))",
        "pass",
        "tests/core/test_secrets.py::test_what_is_given_out_or_sent_while_a_credential_is_renewed_is_known_too",
    ),
    Guard(
        "secrets in Issues",
        "src/communitykit/reading/translation.py",
        "issue.model_copy(update=scrubbed)",
        "issue",
        "tests/core/test_secrets.py::test_an_echoed_secret_reaches_neither_coverage_nor_issues_nor_the_file",
    ),
    Guard(
        "escapes in errors",
        "src/communitykit/errors.py",
        "return printable(",
        "return (",
        "tests/end_to_end/test_output.py::test_errors_tables_and_sentences_show_escapes",
    ),
    Guard(
        "escapes in tables",
        "src/communitykit/cli/output.py",
        "return printable(str(cell))",
        "return str(cell)",
        "tests/end_to_end/test_output.py::test_errors_tables_and_sentences_show_escapes",
    ),
    Guard(
        "two writers of credentials",
        "src/communitykit/http/credentials.py",
        "fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        "tests/core/test_credentials.py::test_a_hundred_saves_of_threads_and_processes_survive",
    ),
    Guard(
        "a damaged file of credentials overwritten",
        "src/communitykit/http/credentials.py",
        "            raise _damaged(path) from None\n        if not",
        "            return {}\n        if not",
        "tests/core/test_credentials.py::test_a_cut_file_is_said_with_its_remedy_and_not_overwritten",
    ),
    Guard(
        "names with backslashes",
        "src/communitykit/connector/zips.py",
        '_decoded_name(info).replace("\\\\", "/")',
        "_decoded_name(info)",
        "tests/core/test_hostile_archives.py::test_names_with_backslashes_are_folders",
    ),
    Guard(
        "two members of one name",
        "src/communitykit/connector/archive.py",
        "before.twice = True",
        "pass",
        "tests/core/test_hostile_archives.py::test_of_two_members_of_one_name_neither_wins_silently",
    ),
    Guard(
        "pipes in folders",
        "src/communitykit/connector/archive.py",
        "if not stat.S_ISREG(status.st_mode):",
        "if False:",
        "tests/core/test_hostile_archives.py::test_a_pipe_a_socket_and_a_device_are_refused_at_once",
    ),
    Guard(
        "half a character",
        "src/communitykit/connector/decoding.py",
        'return _LONE.sub("\\ufffd", value)',
        "return value",
        "tests/core/test_hostile_archives.py::test_half_a_character_spoils_nothing",
    ),
    Guard(
        "exports that others read",
        "src/communitykit/sinks/targets.py",
        "0o666 if share else PRIVATE_FILE)",
        "0o666)",
        "tests/sinks/test_files.py::test_exports_are_their_owners_alone",
    ),
    Guard(
        "checkpoints of a clock that was ahead",
        "src/communitykit/store/writer.py",
        "WHERE stored_at > {literal(moment)} RETURNING",
        "WHERE stored_at > {literal(moment)} AND false RETURNING",
        "tests/core/test_clocks.py::test_a_year_ahead_keeps_no_run_from_reading",
    ),
    Guard(
        "a million Issues kept",
        "src/communitykit/reading/slices.py",
        "if self._issues[alike] >= ISSUES_KEPT:",
        "if False:",
        "tests/core/test_pull_ends.py::test_a_million_bad_items_keep_a_thousand_issues_and_count_all",
    ),
    Guard(
        "a credential that follows a redirect",
        "src/communitykit/http/exchange.py",
        "form=None, json=None, authorized=False)",
        "form=None, json=None)",
        "tests/core/test_drivers.py::test_the_credential_goes_along_but_never_follows_a_redirect",
    ),
    Guard(
        "plain http across a network",
        "src/communitykit/http/exchange.py",
        'if parts.scheme != "https" and parts.hostname not in LOOPBACK:',
        "if False:",
        "tests/core/test_drivers.py::test_plain_http_is_for_this_machine_only",
    ),
    Guard(
        "a listing that goes in circles",
        "src/communitykit/connector/paging.py",
        "if self._idle >= _STALLED or self._empty >= _EMPTY:",
        "if self._empty >= _EMPTY:",
        "tests/core/test_asking.py::test_a_list_that_ends_early_says_so_and_loses_nothing",
    ),
    Guard(
        "a record by who opted out",
        "src/communitykit/privacy/intake.py",
        "if any(out.holds(getattr(record, name, None)) for name in _ABOUT.get(record.record, ())):",
        "if False:",
        "tests/privacy/test_intake.py::test_of_who_opted_out_there_is_nothing",
    ),
    Guard(
        "zips in zips to no end",
        "src/communitykit/connector/archive.py",
        "if depth >= MAX_DEPTH:",
        "if False:",
        "tests/core/test_hostile_archives.py::test_zips_that_hold_zips_to_no_end_are_refused",
    ),
    Guard(
        "a listing that shows nothing at all",
        "src/communitykit/store/listings.py",
        "if known and not any(_is_there(key, one) for key, one in known.items()):",
        "if False:",
        "tests/store/test_sweeps.py::test_a_listing_that_holds_nothing_that_is_stored_takes_nothing_away",
    ),
]

"""Where each of the bad inputs 1 to 82 is tried."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

import pytest

from tests.dashboard.bad_inputs.inventory_of_pages import OF_PAGES

DASHBOARD = Path(__file__).parents[1]
TESTS = DASHBOARD.parent

SIGNATURES = "dashboard/bad_inputs/test_signatures.py::"
ENVELOPES = "dashboard/bad_inputs/test_envelopes.py::"
DOCUMENTS = "dashboard/bad_inputs/test_documents.py::"
EVENTS = "dashboard/bad_inputs/test_events.py::"
SUBJECTS = "dashboard/bad_inputs/test_subjects.py::"
CONNECTING = "dashboard/webhooks/test_connecting.py::"
PROOFS = "dashboard/sources/kit/test_verifiers.py::"
SNS = "dashboard/sources/kit/test_sns.py::"
PAYLOAD = "dashboard/sources/kit/test_payload.py::"
TOTALITY = "dashboard/sources/test_totality.py::"
GITHUB = "dashboard/sources/test_github.py::"
GITHUB_PIPELINES = "dashboard/sources/test_github_pipelines.py::"
CODEPIPELINE = "dashboard/sources/test_codepipeline.py::"
WEBHOOKS = "dashboard/views/test_webhooks.py::"
BY_SNS = "dashboard/views/test_sns_webhook.py::"
INGEST = "dashboard/webhooks/test_ingest.py::"
MERGE = "storage/model/test_merge.py::"
STAGES = "storage/model/test_stage_view.py::"
ROWS = "storage/recording/test_rows.py::"

_ODD = (f"{SIGNATURES}test_odd_signature_is_refused_and_nothing_is_kept",)
_ODD_SECRET = (f"{SIGNATURES}test_odd_secret_is_refused_and_nothing_is_kept",)
_ODD_MESSAGE = (f"{SIGNATURES}test_odd_signature_of_a_message_is_refused",)
_CHANGED = (f"{SIGNATURES}test_body_changed_after_signing_is_refused",)
_NO_JSON = (f"{DOCUMENTS}test_what_is_no_sane_json_is_refused_and_noted",)
_HARMLESS = (f"{DOCUMENTS}test_odd_member_that_nobody_reads_is_passed_over",)
_NUMBER = (f"{DOCUMENTS}test_odd_number_for_an_id_is_refused_by_its_place",)
_STRICT = (f"{PAYLOAD}test_what_is_not_a_sane_json_object_is_rejected",)
_MEMBERS = (
    f"{DOCUMENTS}test_40_41_recorded_body_with_any_member_removed_or_of_another_type_is_answered",
    f"{DOCUMENTS}test_board_shows_whatever_became_of_a_body_with_a_member_changed",
    f"{TOTALITY}test_a_body_with_any_member_removed_or_of_another_type_is_answered",
)
_CONTENT_TYPE = (f"{ENVELOPES}test_wrong_content_type_is_refused",)
_PAGES = (f"{ENVELOPES}test_page_asked_for_with_odd_headers_is_shown",)
_STATUS = (f"{EVENTS}test_odd_status_is_kept_with_its_word",)
_TIME = (f"{EVENTS}test_odd_time_of_an_event_is_read_kept_out_or_refused",)

COVERED: dict[int, tuple[str, ...]] = {
    1: (*_ODD, *_ODD_SECRET, *_ODD_MESSAGE, f"{SIGNATURES}test_1_post_without_any_proof_is_refused"),
    2: (*_ODD, *_ODD_SECRET, f"{PROOFS}test_any_other_signature_does_not"),
    3: (*_ODD, *_ODD_SECRET, f"{PROOFS}test_github_reads_the_sha256_header_only"),
    4: (*_ODD, *_ODD_SECRET, *_ODD_MESSAGE, f"{PROOFS}test_no_headers_make_a_source_raise_or_believe"),
    5: (*_ODD, *_ODD_SECRET, *_ODD_MESSAGE),
    6: (*_ODD, *_ODD_SECRET, *_ODD_MESSAGE, f"{SNS}test_a_broken_signature_does_not_hold"),
    7: (*_CHANGED, f"{PROOFS}test_a_reserialised_body_does_not_hold"),
    8: (*_CHANGED, f"{BY_SNS}test_message_changed_after_signing_is_refused"),
    9: (
        f"{SIGNATURES}test_9_signature_of_one_connection_is_nothing_to_another",
        f"{SIGNATURES}test_9_secret_of_one_source_is_nothing_to_another",
        f"{WEBHOOKS}test_signature_of_another_connection_is_refused",
    ),
    11: (
        f"{CONNECTING}test_old_secret_works_until_the_overlap_ends_and_not_a_second_longer",
        f"{CONNECTING}test_secret_that_is_rotated_twice_is_over_and_the_one_between_is_not",
        f"{CONNECTING}test_key_of_codepipeline_is_rotated_alike",
    ),
    12: (
        f"{SIGNATURES}test_certificate_from_elsewhere_is_not_fetched",
        f"{SIGNATURES}test_12_redirect_is_not_followed",
        f"{SNS}test_a_certificate_may_come_from_nowhere_else",
        f"{BY_SNS}test_certificate_from_anywhere_else_is_refused_and_not_fetched",
    ),
    13: (
        f"{SIGNATURES}test_13_confirmation_for_a_foreign_topic_is_not_followed",
        f"{SIGNATURES}test_unknown_signature_version_is_refused",
        f"{BY_SNS}test_message_of_another_topic_is_refused_and_nothing_is_fetched",
    ),
    14: (
        f"{ENVELOPES}test_14_other_method_is_refused_though_proven",
        f"{WEBHOOKS}test_anything_but_post_is_refused",
    ),
    15: (
        f"{ENVELOPES}test_15_chunked_body_is_refused_not_read_as_empty",
        f"{WEBHOOKS}test_chunked_body_is_refused_not_read_as_empty",
    ),
    16: (
        f"{ENVELOPES}test_length_that_lies_is_refused",
        f"{ENVELOPES}test_body_that_ends_before_its_length_is_refused",
        f"{ENVELOPES}test_body_that_breaks_off_is_refused",
        f"{ENVELOPES}test_16_length_beyond_a_whole_and_proven_body_means_nothing",
        f"{WEBHOOKS}test_body_without_a_length_is_refused",
    ),
    17: (
        f"{ENVELOPES}test_packed_body_is_refused_unpacked_by_nobody",
        f"{ENVELOPES}test_17_packed_body_that_does_not_say_so_is_no_json",
    ),
    18: (
        *_CONTENT_TYPE,
        f"{ENVELOPES}test_18_page_asked_for_with_a_wrong_content_type_is_shown",
        f"{ENVELOPES}test_18_long_parameters_of_the_right_type_are_passed_over",
    ),
    19: (
        f"{ENVELOPES}test_form_holds_its_payload_exactly_once",
        f"{GITHUB}test_a_form_without_exactly_one_readable_payload_is_rejected",
    ),
    20: (*_CONTENT_TYPE, f"{ENVELOPES}test_20_multipart_body_is_refused_with_and_without_a_file"),
    21: (
        f"{ENVELOPES}test_foreign_host_is_refused_everywhere",
        f"{ENVELOPES}test_21_port_there_is_none_of_means_nothing",
    ),
    22: (f"{ENVELOPES}test_address_that_a_client_claims_changes_nothing",),
    23: (
        f"{ENVELOPES}test_address_that_is_almost_a_connections_is_not_found",
        f"{ENVELOPES}test_23_quoted_address_is_not_found",
        f"{WEBHOOKS}test_unknown_connection_is_not_found",
    ),
    24: (
        f"{ENVELOPES}test_24_team_in_the_query_and_a_session_are_passed_over",
        f"{WEBHOOKS}test_cookies_and_queries_mean_nothing_here",
    ),
    25: (*_PAGES, f"{ENVELOPES}test_25_forged_headers_and_methods_are_passed_over"),
    26: (*_PAGES, f"{ENVELOPES}test_26_api_asked_for_what_it_has_not_answers_json"),
    27: (*_NO_JSON, *_STRICT),
    28: (f"{DOCUMENTS}test_other_json_than_an_event_is_refused_or_ignored", *_STRICT),
    29: (*_NO_JSON, *_HARMLESS, *_STRICT, f"{PAYLOAD}test_a_body_at_the_limits_is_taken"),
    30: (
        f"{DOCUMENTS}test_30_of_a_key_given_twice_the_last_holds",
        f"{DOCUMENTS}test_30_of_a_key_given_twice_the_last_holds_inside_a_message_too",
        f"{PAYLOAD}test_odd_but_right_json_is_taken",
    ),
    31: (*_NO_JSON, *_HARMLESS, *_NUMBER, *_STRICT),
    32: (*_NO_JSON, *_NUMBER, *_STRICT, "storage/test_engine_limits.py::test_value_that_no_item_can_hold_is_refused"),
    33: (*_NO_JSON, *_HARMLESS, *_NUMBER, f"{DOCUMENTS}test_odd_number_elsewhere_is_refused_or_read_as_none"),
    34: (
        f"{DOCUMENTS}test_odd_letter_in_any_text_is_answered_and_stored_harmless",
        *_HARMLESS,
        f"{PAYLOAD}test_clean_text_can_always_be_stored_and_stays_clean",
    ),
    35: (*_NO_JSON, *_STRICT),
    36: (*_NO_JSON, *_STRICT),
    37: (*_NO_JSON, *_HARMLESS),
    38: (*_NO_JSON, *_HARMLESS),
    39: (
        f"{DOCUMENTS}test_39_body_cut_anywhere_is_refused",
        f"{DOCUMENTS}test_39_body_cut_at_every_third_byte_is_refused",
        f"{TOTALITY}test_a_body_cut_short_is_rejected",
    ),
    40: (*_MEMBERS, f"{TOTALITY}test_a_body_with_any_member_made_any_json_is_answered"),
    41: _MEMBERS,
    42: (
        f"{EVENTS}test_42_unknown_event_is_ignored_with_a_reason",
        f"{EVENTS}test_42_unknown_detail_type_is_ignored",
        f"{EVENTS}test_42_unknown_action_and_state_are_read_for_what_they_are",
        *_STATUS,
    ),
    43: (*_STATUS, f"{GITHUB}test_completed_without_conclusion_has_ended_nobody_knows_how"),
    44: (
        f"{EVENTS}test_odd_run_id_is_refused_by_its_place",
        f"{EVENTS}test_44_largest_run_id_there_can_be_is_taken",
        f"{EVENTS}test_odd_execution_id_is_answered",
    ),
    45: (
        f"{EVENTS}test_45_odd_attempt_is_at_least_the_first",
        f"{CODEPIPELINE}test_an_attempt_may_be_a_number_of_any_kind",
    ),
    46: (
        f"{EVENTS}test_46_job_before_its_run_and_of_a_run_never_seen_are_shown",
        f"{MERGE}test_child_before_its_parent_makes_the_execution_known",
        f"{ROWS}test_event_without_a_pipeline_before_the_run_is_kept_without_a_row",
    ),
    47: (
        f"{EVENTS}test_47_run_told_backwards_stays_ended",
        f"{MERGE}test_absorbing_execution_is_not_reopened_by_a_late_event",
    ),
    48: (
        f"{EVENTS}test_48_late_events_of_the_first_attempt_leave_the_second_alone",
        f"{MERGE}test_newest_attempt_decides_what_is_shown",
        f"{STAGES}test_rerun_of_failed_jobs_leaves_the_others_standing",
    ),
    49: (
        f"{EVENTS}test_49_started_and_succeeded_within_a_second_has_succeeded",
        f"{MERGE}test_started_and_succeeded_in_the_same_second_is_succeeded",
    ),
    50: (
        f"{EVENTS}test_50_failed_resumed_and_succeeded_read_right_in_any_order_and_doubled",
        f"{MERGE}test_failed_resumed_and_succeeded_read_right_in_every_order_and_doubled",
    ),
    51: (
        f"{EVENTS}test_51_of_two_ends_of_one_attempt_the_later_holds_in_either_order",
        f"{MERGE}test_of_two_ends_of_one_attempt_the_later_holds",
    ),
    52: (
        f"{EVENTS}test_times_in_the_wrong_order_are_shown_without_a_duration_below_nothing",
        "storage/model/test_spans.py::test_span_is_nothing_where_a_time_is_missing_or_they_are_swapped",
    ),
    53: (
        *_TIME,
        f"{EVENTS}test_odd_time_of_anything_else_is_shown",
        f"{PAYLOAD}test_times_in_every_spelling_are_milliseconds",
    ),
    54: (
        *_TIME,
        f"{EVENTS}test_54_event_from_the_future_is_kept_out_where_everybody_can_see",
        f"{INGEST}test_event_out_of_time_is_kept_out_visibly",
    ),
    55: (
        f"{SUBJECTS}test_55_body_that_names_what_is_the_neighbours_makes_things_of_ones_own",
        f"{WEBHOOKS}test_ids_in_a_body_never_reach_another_team",
    ),
    56: (
        f"{SUBJECTS}test_56_event_for_what_was_deleted_is_answered",
        f"{SUBJECTS}test_56_delete_between_read_and_write_of_an_event_loses_nothing_of_it",
    ),
    57: (
        f"{SUBJECTS}test_repository_that_moves_in_mid_run_stays_one_pipeline",
        f"{SUBJECTS}test_57_run_that_goes_on_in_another_repository_is_answered",
        f"{GITHUB_PIPELINES}test_a_pipeline_outlives_every_rename",
    ),
    58: (f"{SUBJECTS}test_odd_branch_is_kept_harmless", f"{PAYLOAD}test_text_is_made_fit_to_store_and_show"),
    59: (f"{SUBJECTS}test_stages_with_almost_one_name_are_the_same_or_not",),
    60: (f"{SUBJECTS}test_odd_stage_name_is_kept_harmless", f"{CODEPIPELINE}test_names_cannot_break_out_of_a_link"),
    61: (
        f"{SUBJECTS}test_61_execution_without_stages_is_shown",
        f"{SUBJECTS}test_61_execution_with_ten_thousand_and_one_stages_goes_on",
        f"{SUBJECTS}test_61_what_is_left_out_of_very_many_does_not_depend_on_their_order",
        f"{SUBJECTS}test_61_red_stage_among_very_many_is_on_the_board",
        f"{SUBJECTS}test_61_pipeline_of_many_long_stages_remembers_thirty_runs",
        f"{ROWS}test_execution_of_very_many_jobs_is_kept_in_buckets_and_grows",
    ),
    62: (f"{SUBJECTS}test_odd_link_leads_nowhere", f"{PAYLOAD}test_any_other_link_is_dropped"),
    63: (
        f"{SUBJECTS}test_test_event_is_ignored_with_a_reason",
        f"{WEBHOOKS}test_event_that_carries_nothing_is_ignored",
        f"{CODEPIPELINE}test_what_is_no_event_is_ignored",
    ),
    **OF_PAGES,
}
NOT_HERE = {
    10: "no source signs a time that decides anything: GitHub sends none, SNS one nobody reads",
}


@lru_cache
def functions_of(path: str) -> frozenset[str]:
    nodes = ast.walk(ast.parse((TESTS / path).read_text()))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


def test_every_number_from_1_to_82_has_its_tests_or_a_reason() -> None:
    assert sorted([*COVERED, *NOT_HERE]) == list(range(1, 83))
    assert all(COVERED.values())
    assert all(NOT_HERE.values())


@pytest.mark.parametrize("number", COVERED)
def test_number_is_tried_by_tests_that_there_are(number: int) -> None:
    for named in COVERED[number]:
        path, _, function = named.partition("::")
        assert function in functions_of(path), named


def test_every_test_of_a_bad_input_has_its_number() -> None:
    named = {name for names in COVERED.values() for name in names}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.name != Path(__file__).name:
            place = path.relative_to(TESTS).as_posix()
            tests = {name for name in functions_of(place) if name.startswith("test_")}
            assert tests <= {name.partition("::")[2] for name in named if name.startswith(place)}, place

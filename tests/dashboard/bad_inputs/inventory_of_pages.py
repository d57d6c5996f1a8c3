"""Where each of the bad inputs 64 to 82 is tried: those of pages, people and files."""

from __future__ import annotations

PAGES = "dashboard/bad_inputs/test_pages.py::"
PEOPLE = "dashboard/bad_inputs/test_people.py::"
ROLES = "dashboard/bad_inputs/test_roles.py::"
EXPORTS = "dashboard/bad_inputs/test_exports.py::"
ESCAPING = "dashboard/views/test_escaping.py::"
MANAGE = "dashboard/views/test_manage.py::"
API = "dashboard/views/test_api.py::"
MATRIX = "dashboard/views/test_matrix.py::"
SIGNING_IN = "dashboard/auth/test_signing_in.py::"
SIGN_IN_PARTS = "dashboard/auth/test_parts.py::"
ELSEWHERE = "dashboard/auth/test_single_sign_on.py::"
LINKS = "dashboard/auth/test_links.py::"

_TYPED = (
    f"{PAGES}test_64_65_markup_that_people_type_is_markup_on_no_page",
    f"{ESCAPING}test_markup_in_any_stored_field_is_markup_on_no_page",
)

OF_PAGES: dict[int, tuple[str, ...]] = {
    64: (
        *_TYPED,
        f"{PAGES}test_64_words_that_people_type_do_reach_the_pages",
        f"{ESCAPING}test_the_fields_do_reach_the_pages",
        f"{ESCAPING}test_api_answers_with_json_whatever_the_words",
    ),
    65: (*_TYPED, f"{ESCAPING}test_address_that_is_no_web_address_is_never_linked"),
    66: (
        f"{SIGNING_IN}test_next_leads_nowhere_but_to_our_own_pages",
        f"{ELSEWHERE}test_next_leads_nowhere_but_to_our_own_pages",
    ),
    67: (
        f"{PAGES}test_67_odd_number_in_an_address_shows_the_page",
        f"{PAGES}test_67_odd_limit_is_refused_by_the_api",
        f"{PAGES}test_67_nobody_sorts_by_what_is_secret",
        f"{API}test_limit_out_of_bounds_is_refused",
    ),
    68: (
        f"{PAGES}test_68_cursor_that_is_cut_changed_or_of_another_list_is_not_found",
        f"{PAGES}test_68_cursor_of_one_team_opens_no_list_of_another",
        f"{API}test_cursor_of_another_list_is_refused_in_the_one_error_shape",
    ),
    69: (
        f"{PAGES}test_odd_address_of_a_team_is_refused",
        f"{PAGES}test_69_team_whose_name_makes_no_address_gets_a_usable_one",
        f"{MANAGE}test_team_that_cannot_be_is_refused_with_a_reason",
    ),
    70: (
        f"{PAGES}test_70_fields_that_a_form_does_not_ask_for_change_nothing",
        f"{PAGES}test_70_token_for_a_team_one_may_not_see_is_refused",
        f"{MANAGE}test_extra_fields_of_a_form_change_nothing",
    ),
    71: (
        f"{PAGES}test_71_create_sent_twice_makes_one",
        f"{PAGES}test_71_delete_sent_again_or_from_a_page_of_before_is_not_found",
        f"{PAGES}test_71_delete_that_loses_a_race_is_not_found",
        f"{PAGES}test_71_second_of_two_tabs_is_told_and_overwrites_nothing",
        f"{MANAGE}test_second_of_two_who_edit_a_team_is_told_and_overwrites_nothing",
        f"{MANAGE}test_second_of_two_who_arrange_a_pipeline_is_told",
    ),
    72: (
        f"{PAGES}test_72_poll_of_a_page_that_has_ended_shows_nothing",
        f"{MATRIX}test_poll_of_a_page_is_checked_as_the_page_is",
    ),
    73: (
        f"{PEOPLE}test_73_session_of_another_store_opens_nothing_here",
        f"{PEOPLE}test_73_session_of_another_epoch_is_a_strangers",
        f"{PEOPLE}test_73_cookie_that_is_almost_right_is_a_strangers",
        f"{SIGNING_IN}test_cookie_of_no_session_is_a_stranger",
        f"{SIGNING_IN}test_copy_of_the_cookie_is_dead_after_log_out",
        f"{SIGNING_IN}test_secret_of_one_user_opens_nothing_under_anothers_name",
    ),
    74: (
        f"{PEOPLE}test_password_that_cannot_be_one_is_refused_wherever_one_is_chosen",
        f"{PEOPLE}test_password_is_taken_letter_by_letter",
        f"{SIGNING_IN}test_wrong_word_opens_nothing_and_says_not_which",
    ),
    75: (
        f"{PEOPLE}test_75_one_address_is_one_person_however_it_is_written",
        f"{PEOPLE}test_75_mail_goes_to_the_address_that_is_kept_never_to_one_that_looks_like_it",
        f"{PEOPLE}test_75_address_that_is_none_is_refused",
        f"{PEOPLE}test_75_odd_address_is_one_like_any_other",
        f"{SIGN_IN_PARTS}test_two_users_cannot_have_one_address",
    ),
    76: (
        f"{PEOPLE}test_76_link_is_for_its_own_person_and_dies_with_a_change",
        f"{LINKS}test_link_opens_once",
        f"{LINKS}test_link_dies_with_any_change_of_what_it_replaces",
        f"{LINKS}test_link_ends_after_an_hour",
        f"{LINKS}test_link_that_was_cut_by_a_mail_program_is_gone",
        f"{LINKS}test_link_is_signed_for_this_purpose_alone",
        f"{LINKS}test_slower_of_two_who_use_a_link_at_once_is_told",
    ),
    77: (
        f"{PEOPLE}test_77_token_that_is_over_opens_nothing",
        f"{PEOPLE}test_77_token_is_worth_nothing_in_any_other_form_or_place",
        f"{PEOPLE}test_77_token_follows_what_its_owner_may",
        f"{API}test_token_of_a_disabled_user_is_dead",
        f"{API}test_wrong_token_is_401_in_the_one_error_shape",
        f"{MATRIX}test_cookie_is_no_token_and_a_token_no_cookie",
    ),
    78: (
        f"{ROLES}test_78_next_poll_and_next_post_of_a_demoted_manager_are_refused",
        f"{ROLES}test_78_administrator_who_is_demoted_or_disabled_loses_every_page",
        f"{MANAGE}test_member_keeps_what_they_may_only_as_long_as_they_may",
        f"{SIGNING_IN}test_administrator_who_is_none_any_more_is_refused_at_once",
    ),
    79: (
        f"{ROLES}test_79_last_administrator_stays_one",
        f"{ROLES}test_79_last_but_one_administrator_may_go",
        f"{ROLES}test_79_second_of_two_managers_who_change_a_member_is_told",
        f"{ROLES}test_79_change_of_a_member_between_read_and_write_is_told",
        f"{ROLES}test_79_role_that_is_none_is_refused",
    ),
    80: (
        f"{ELSEWHERE}test_callback_works_once",
        f"{ELSEWHERE}test_code_is_worth_nothing_in_another_browser",
        f"{ELSEWHERE}test_answer_to_another_question_is_refused",
        f"{ELSEWHERE}test_token_that_is_not_for_us_signs_nobody_in",
    ),
    81: (
        f"{EXPORTS}test_cell_is_text_to_every_spreadsheet",
        f"{EXPORTS}test_81_words_that_people_typed_are_in_the_file_harmless",
    ),
    82: (
        f"{EXPORTS}test_82_export_that_is_cancelled_half_way_reads_no_further",
        f"{EXPORTS}test_82_export_that_is_cut_says_so",
        f"{EXPORTS}test_82_export_of_a_team_without_rows_is_its_heading",
        f"{EXPORTS}test_82_export_of_one_team_holds_nothing_of_another",
        f"{EXPORTS}test_82_export_of_no_team_is_not_found",
    ),
}

"""Rules whose examples are no row of the table, and the tests that drive them through the pipeline instead.

Each names a file below `gradeflow_tests` and a test of it. `REPORTING` are the rules that a report or a command
shows; `WAITING` says of what is not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping

Places = Mapping[str, tuple[str, ...]]

DRIVEN: Places = {
    "R001": ("book/test_book.py::test_nothing_is_ever_written_to_the_learning_platform",),
    "R002": (
        "delivery/test_faults.py::test_a_yes_that_stored_nothing_is_found_out_and_sent_again_next_night",
        "delivery/test_faults.py::test_an_unknown_outcome_is_read_back_before_anything_is_sent_again",
    ),
    "R022": ("defs/test_schedules.py::test_manual_districts_and_routes_get_no_tick_unless_asked_for",),
    "R028": (
        "book/test_book.py::test_nothing_is_ever_written_to_the_learning_platform",
        "cli/test_reconcile.py::test_what_a_teacher_made_in_the_sis_is_listed_and_copied_nowhere",
    ),
    "R040": (
        "defs/test_schedules.py::test_a_tick_asks_for_one_run_per_district_over_its_whole_window",
        "defs/test_watch.py::test_two_nights_without_success_fail_the_check_once_a_day_and_a_good_one_heals_it",
        "defs/test_watch.py::test_a_districts_night_is_over_by_its_own_clock",
    ),
    "R050": (
        "book/test_refused.py::test_a_missing_licence_stops_the_district_and_says_so",
        "contracts/test_every_sis_credentials.py::test_a_missing_right_to_write_is_a_licence_matter",
    ),
    "R053": (
        "book/test_credentials.py::"
        "test_a_district_on_sms_without_its_record_of_credentials_stops_before_anybody_is_asked",
        "book/test_credentials.py::"
        "test_a_district_on_qmlativ_gives_the_one_key_it_has_and_is_asked_for_no_other",
        "cli/test_check.py::test_every_missing_secret_of_both_sides_is_named",
    ),
    "R054": (
        "cli/test_bad_input.py::test_a_wrong_district_file_is_told_with_file_line_and_key",
        "defs/test_no_student_in_dagster.py::"
        "test_no_mark_stands_in_dagsters_storage_in_the_history_or_on_the_terminal",
    ),
    "R057": (
        "book/test_refused.py::"
        "test_a_type_that_is_mapped_to_two_categories_stops_the_district_and_one_row_lets_it_go",
    ),
    "R082": ("cli/test_rollover.py::test_after_the_rollover_a_night_sends_nothing_of_the_year_before",),
    "R084": (
        "book/test_credentials.py::test_the_first_refusal_stops_the_night_and_is_told_once_whatever_waits",
        "delivery/test_faults.py::test_refused_credentials_stop_the_district_and_say_what_to_do",
    ),
    "R129": ("defs/test_schedules.py::test_manual_districts_and_routes_get_no_tick_unless_asked_for",),
    "R174": (
        "delivery/test_kill.py::test_a_second_run_names_the_holder_and_ends",
        "delivery/test_kill.py::test_a_killed_run_is_finished_by_the_next_without_loss_or_duplicate",
    ),
    "R185": ("cli/test_guards.py::test_a_reviewed_district_writes_exactly_the_plan_that_was_approved",),
    "R186": ("routes/test_through_dagster.py::test_the_job_loads_every_system_once",),
    "G04": (
        "book/test_moved.py::test_a_score_follows_its_student_and_the_old_section_keeps_what_it_has",
        "reports/test_explain.py::"
        "test_a_score_that_followed_its_student_and_the_one_left_behind_name_each_other",
    ),
    "G15": (
        "cli/test_unlock.py::test_the_next_night_does_what_was_decided_and_explain_says_who_decided_it",
        "delivery/test_decisions.py::test_the_sis_value_stays_until_the_lms_changes_again_where_a_person_takes_it",
    ),
    "G18": (
        "delivery/test_new_year.py"
        "::test_in_a_new_year_it_is_a_line_item_of_its_own_and_last_years_stays_as_it_is",
        "delivery/test_new_year.py::test_a_date_that_moves_within_a_year_makes_nothing_new",
    ),
    "G19": (
        "cli/test_guards.py::test_too_many_changes_stop_until_a_person_allows_them",
        "delivery/test_stops.py::test_many_scores_that_are_no_longer_what_the_sis_stored_stop_the_night",
    ),
    "E14": ("defs/test_schedules.py::test_manual_districts_and_routes_get_no_tick_unless_asked_for",),
    "E15": (
        "routes/test_every_route.py::test_a_route_loads_once_then_rests_then_sends_only_what_changed",
        "rules/test_categories.py::test_a_code_in_brackets_tells_categories_of_one_name_apart",
        "rules/test_categories.py::test_of_two_categories_of_one_name_nobody_chooses",
        "rules/test_student_ids.py::test_a_name_id_is_one_student_whatever_leading_zeros_either_side_writes",
    ),
    "E17": (
        "delivery/test_allocated_ids.py::test_its_ids_are_kept_and_used_ever_after",
        "delivery/test_kill_allocated.py::test_a_killed_run_is_finished_by_the_next_without_loss_or_duplicate",
    ),
    "E19": ("delivery/test_faults.py::test_a_refused_result_stays_behind_alone",),
    "E20": (
        "book/test_throttled.py::"
        "test_a_throttle_is_waited_out_and_one_without_end_leaves_everything_for_the_next_night",
    ),
}

REPORTING: Places = {
    "R085": ("sis/test_oneroster_client.py::test_the_remedy_is_the_one_of_the_version",),
    "R086": ("sis/test_oneroster_client.py::test_the_remedy_is_the_one_of_the_version",),
    "R103": (
        "cli/test_categories.py::"
        "test_the_report_counts_sections_and_names_the_like_name_without_asking_any_system",
    ),
    "R110": ("reports/test_coverage.py::test_a_category_in_a_section_has_one_of_four_states",),
    "R120": ("reports/test_explain.py::test_each_rule_names_value_threshold_and_the_line_of_the_profile",),
    "R139": ("delivery/test_faults.py::test_a_refused_result_stays_behind_alone",),
    "R159": ("cli/test_commands.py::test_status_and_check_tell_a_district_before_and_after_its_night",),
    "R173": ("cli/test_routes.py::test_what_a_guide_documents_is_told_from_what_is_put_together",),
    "R188": ("reports/test_explain.py::test_an_assignment_that_does_not_go_says_why_and_who_can_act",),
    "C17": ("reports/test_explain.py::test_a_score_in_the_sis_shows_what_was_sent_stored_and_by_which_run",),
    "C18": (
        "warehouse/test_audit.py::test_an_untouched_chain_holds",
        "reports/test_run_list.py::"
        "test_a_run_is_listed_through_its_last_day_and_one_with_errors_as_long_as_a_failed_one",
    ),
    "C19": (
        "cli/test_status.py::test_the_last_run_is_told_with_its_job_and_the_districts_own_time",
        "reports/test_run_list.py::test_each_platform_has_its_own_word_and_none_is_made_up",
    ),
    "G24": (
        "reports/test_run_list.py::"
        "test_a_run_is_listed_through_its_last_day_and_one_with_errors_as_long_as_a_failed_one",
    ),
    "E07": (
        "sis/test_oneroster_client.py::test_a_connector_is_one_module_that_says_what_to_know_and_what_to_ask_for",
    ),
}

WAITING: Mapping[str, str] = {}

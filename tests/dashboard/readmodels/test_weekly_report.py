"""A team's week, in words."""

from __future__ import annotations

import pytest

from dashboard.readmodels.weekly_report import MOST_DEPLOYMENTS, Week, last_whole_week, week_of
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import delivered, measure
from tests.dashboard.readmodels.charts.facts import MONDAY, a_fact, a_stage
from tests.dashboard.readmodels.weekly import NOW, WEEK, fullest_report, report_of


def daily(first: int, last: int) -> list[Fact]:
    return [a_fact(day) for day in range(first, last + 1)]


def test_week_is_that_of_iso_8601_and_the_last_whole_one_where_none_is_asked_for() -> None:
    assert WEEK.iso == "2026-W23"
    assert WEEK.said == "week 23, 1 Jun to 7 Jun 2026"
    assert week_of("", NOW) == last_whole_week(NOW) == WEEK
    # Of a Monday the week before is over, of a Sunday its own is not.
    assert last_whole_week((MONDAY + 7) * DAY_MS) == WEEK
    assert last_whole_week((MONDAY + 7) * DAY_MS - 1) == Week(MONDAY - 7)


@pytest.mark.parametrize("said", ["2026-W24", "2026-W54", "2025-W10", "2026W23", "2026-W2x", "x", "0000-W01"])
def test_week_that_is_not_over_too_old_or_none_is_none(said: str) -> None:
    assert week_of(said, NOW) is None


def test_week_of_a_turn_of_the_year_has_its_own_number() -> None:
    assert Week(MONDAY - 154).iso == "2026-W01"
    assert week_of("2026-W01", NOW) == Week(MONDAY - 22 * 7)


def test_measures_are_those_of_the_week_the_week_before_and_ninety_days() -> None:
    facts = [*daily(MONDAY - 100, MONDAY + 6), a_fact(MONDAY, 1), a_fact(MONDAY + 8)]
    found = {line.label: line for line in report_of({"p": facts}).measures}
    assert (found["Deployments"].now, found["Deployments"].before) == ("8", "7")
    assert found["Deployments"].long == f"{91 / 90 * 7:.1f} a week"
    lead = measure([delivered(facts)], MONDAY, MONDAY + 6).lead
    assert (lead.count, found["Change lead time"].now) == (8, "1 h")
    assert found["Failed deployment recovery time"].now == "too few, 0"


def test_deployments_of_the_week_are_told_newest_first() -> None:
    report = report_of({"p": [*daily(MONDAY - 3, MONDAY + 9)]})
    assert [line.number for line in report.deployments] == [str(MONDAY + day) for day in range(6, -1, -1)]
    assert report.which == "newest first"
    assert report.says == "7 deployments, none failed. No default branch was red."


def test_of_very_many_all_that_failed_are_told() -> None:
    facts = [a_fact(MONDAY + place % 7, place, message='Revert "it"' if place == 3 else "") for place in range(40)]
    report = report_of({"p": facts})
    assert len(report.deployments) == MOST_DEPLOYMENTS
    assert sum(bool(line.failed) for line in report.deployments) == 1
    assert report.which == "of 40 all that failed and the newest of the others"


def test_red_counts_for_what_of_it_lies_within_the_week() -> None:
    facts = [a_fact(MONDAY - 2, red=True), a_fact(MONDAY + 1), a_fact(MONDAY + 5, red=True), a_fact(MONDAY + 8)]
    long, lasting = report_of({"p": facts}).reds
    assert (long.lasted, lasting.lasted) == ("1 d", "1 d")
    assert long.seconds == 36 * 3600
    assert (long.until, lasting.until) == ((MONDAY + 1) * DAY_MS + DAY_MS // 2, None)


def test_what_waits_stood_there_when_the_week_ended() -> None:
    facts = [a_fact(MONDAY), a_fact(MONDAY + 5, deployed=False), a_fact(MONDAY + 6, deployed=False), a_fact(MONDAY + 8)]
    (line,) = report_of({"p": facts}).waiting
    assert (line.pipeline, line.commits, line.oldest) == ("p", 2, "1 d")


def test_stage_with_most_to_save_on_the_way_to_green_is_told() -> None:
    stages = (a_stage("build", 0, 60), a_stage("test", 60, 660, queue=60))
    report = report_of({"p": [a_fact(MONDAY + day, stages=stages) for day in range(6)]})
    assert report.bottleneck == (
        "test of p: 10 min on the way to green in 6 of 6 green runs; without it 1 h less in this week."
    )


def test_nothing_at_all_is_said() -> None:
    report = report_of({"p": []})
    assert report.says == "No deployments. No default branch was red."
    assert (report.deployments, report.reds, report.flaky, report.waiting, report.bottleneck) == ((), (), (), (), "")


def test_weeks_beside_it_are_known() -> None:
    report = report_of({"p": []}, Week(MONDAY - 7))
    assert (report.before, report.after) == ("2026-W21", "2026-W23")
    assert report_of({"p": []}).after == ""


def test_lists_are_bounded() -> None:
    report = fullest_report()
    assert report.more_reds + len(report.reds) >= len(report.reds) == 8
    assert len(report.flaky) <= 5

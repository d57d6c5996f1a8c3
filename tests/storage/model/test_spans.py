"""Times, spans between them, and what spans cover."""

from __future__ import annotations

from storage.model.entities import Stage, StageKind, Status
from storage.model.spans import covered, groups, seconds_between
from tests.factories import MINUTE, NOW


def stage(name: str, began: int | None, ended: int | None) -> Stage:
    status = Status.SUCCEEDED if ended else Status.RUNNING
    return Stage(name, StageKind.OTHER, status, "", 1, None, began, ended)


def test_span_is_nothing_where_a_time_is_missing_or_they_are_swapped() -> None:
    assert seconds_between(1000, 3600) == 3
    assert seconds_between(None, 3600) is None
    assert seconds_between(3600, 1000) is None


def test_time_that_spans_share_is_counted_once() -> None:
    assert covered([(0, 10), (5, 20), (30, 40)]) == 30


def test_time_that_others_cover_is_left_out() -> None:
    assert covered([(0, 100)], except_for=[(10, 20), (15, 30), (90, 200)]) == 70


def test_span_that_is_empty_or_swapped_covers_nothing() -> None:
    assert covered([(5, 5), (9, 3)]) == 0


def test_stages_that_ran_side_by_side_are_one_group() -> None:
    told = [stage("build", 0, 10), stage("unit", 10, 30), stage("browser", 12, 40), stage("deploy", 40, 50)]
    assert groups(told) == [0, 1, 1, 2]


def test_stage_that_begins_as_the_first_of_a_group_ends_is_in_the_next() -> None:
    told = [stage("a", NOW, NOW + MINUTE), stage("b", NOW, NOW + 9 * MINUTE), stage("c", NOW + MINUTE, None)]
    assert groups(told) == [0, 0, 1]


def test_stage_that_never_began_is_a_group_of_its_own() -> None:
    assert groups([stage("build", 0, None), stage("deploy", None, None)]) == [0, 1]

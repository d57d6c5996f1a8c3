"""The standing result: what holds of a pipeline, since when, and what an older version put back does to it."""

from __future__ import annotations

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.run import AttemptFact, Run
from storage.model.run_history import RunHistory, remember
from storage.model.standing import StandingResult, is_redeploy, newest_run, standing_of
from tests.factories import MINUTE, NOW
from tests.storage.model.test_run_history import a_past_run, history


def standing(*told: Run) -> StandingResult:
    found = standing_of(history(*told))
    assert found is not None
    return found


def again(run: Run, minute: int, status: Status, *, deploys: bool = True, stage: str = "deploy") -> Run:
    """Run again, so many minutes after the others began."""
    at = NOW + minute * MINUTE
    red = at + MINUTE if status.red else None
    fact = AttemptFact(len(run.attempts) + 1, status, at + MINUTE, at, red, stage if red else "", deploys)
    return replace(run, attempts=(*run.attempts, fact), status=status, attempt=fact.number)


def rollback(order: int, minute: int, status: Status) -> Run:
    run = replace(a_past_run(order, status), rollback=True, rollback_to="e001")
    return replace(again(replace(run, attempts=()), minute, status), rollback=True)


def test_nothing_stands_where_nothing_says_anything() -> None:
    assert standing_of(RunHistory()) is None
    assert standing_of(history(a_past_run(1, Status.CANCELLED))) is None


def test_result_is_of_the_highest_order_that_says_something() -> None:
    found = standing(a_past_run(3), a_past_run(1, Status.FAILED), a_past_run(4, Status.SKIPPED))
    assert (found.number, found.status) == ("3", Status.SUCCEEDED)


def test_red_is_since_the_first_red_without_a_break() -> None:
    first = a_past_run(2, Status.TIMED_OUT)
    found = standing(a_past_run(1), first, a_past_run(3, Status.CANCELLED), a_past_run(4, Status.FAILED))
    assert (found.number, found.since, found.first_red_number) == ("4", first.finished_at, "2")


def test_green_is_since_the_first_green_without_a_break() -> None:
    first = a_past_run(2)
    found = standing(a_past_run(1, Status.FAILED), first, a_past_run(3))
    assert (found.since, found.first_red_id) == (first.finished_at, "")


def test_red_that_went_green_when_run_again_breaks_the_streak() -> None:
    first = again(a_past_run(1, Status.FAILED), 10, Status.SUCCEEDED)
    second = replace(
        a_past_run(20, Status.FAILED), attempts=(AttemptFact(1, Status.FAILED, NOW + 25 * MINUTE, 0, None),)
    )
    assert standing(first, second).since == NOW + 25 * MINUTE


def test_what_an_older_execution_says_after_a_newer_one_spoke_was_never_the_result() -> None:
    slow = replace(a_past_run(1, Status.FAILED), attempts=(AttemptFact(1, Status.FAILED, NOW + 50 * MINUTE, NOW),))
    assert standing(slow, a_past_run(2), a_past_run(3)).since == a_past_run(2).finished_at


def test_streak_that_began_before_what_is_remembered_keeps_its_beginning() -> None:
    reds = [a_past_run(order, Status.FAILED) for order in range(1, 60)]
    found = standing(*reds)
    assert (found.since, found.first_red_number) == (reds[0].finished_at, "1")


# What was put back.


def test_red_redeploy_of_an_older_version_stands_until_something_newer_says_something() -> None:
    older = again(a_past_run(1), 30, Status.FAILED)
    found = standing(older, a_past_run(2))
    assert (found.number, found.status, found.redeploy, found.stage) == ("1", Status.FAILED, True, "deploy")
    assert found.first_red_number == "1"
    assert standing(older, a_past_run(2), a_past_run(40, Status.CANCELLED)).red
    assert not standing(older, a_past_run(2), a_past_run(40)).red


def test_older_execution_that_runs_only_its_tests_again_changes_nothing() -> None:
    older = again(a_past_run(1), 30, Status.FAILED, deploys=False)
    assert not standing(older, a_past_run(2)).red


def test_green_redeploy_ends_the_red_of_a_redeploy_but_never_of_the_newest() -> None:
    older = again(again(a_past_run(1), 30, Status.FAILED), 40, Status.SUCCEEDED)
    green = standing(older, a_past_run(2))
    assert (green.number, green.red, green.rolled_back_at) == ("2", False, NOW + 41 * MINUTE)
    red = standing(again(a_past_run(1), 30, Status.SUCCEEDED), a_past_run(2, Status.FAILED))
    assert (red.number, red.red, red.rolled_back_at) == ("2", True, NOW + 31 * MINUTE)


def test_second_red_redeploy_is_red_since_the_first() -> None:
    older = again(again(a_past_run(1), 30, Status.FAILED), 40, Status.FAILED)
    found = standing(older, a_past_run(2))
    assert (found.at, found.since) == (NOW + 41 * MINUTE, NOW + 31 * MINUTE)


def test_rollback_that_failed_stands_red_and_one_that_worked_is_only_noted() -> None:
    failed = standing(a_past_run(2), rollback(30, 30, Status.FAILED))
    assert (failed.number, failed.red, failed.redeploy) == ("30", True, True)
    worked = standing(a_past_run(2, Status.FAILED), rollback(30, 30, Status.SUCCEEDED))
    assert (worked.number, worked.red) == ("2", True)
    assert (worked.rolled_back_at, worked.rolled_back_to) == (NOW + 31 * MINUTE, "e001")


def test_rollback_is_never_the_newest_result() -> None:
    newest = newest_run(history(a_past_run(2), rollback(30, 30, Status.SUCCEEDED)))
    assert newest is not None
    assert newest.number == "2"


def test_redeploy_begins_after_the_newest_result_was_known() -> None:
    newest = a_past_run(2)
    ended = newest.verdict.at

    def puts_back(order: int, attempt: int, began_at: int, *, deploys: bool = True) -> bool:
        return is_redeploy(order, attempt, began_at, rollback=False, deploys=deploys, newest=newest)

    assert puts_back(1, 2, ended)
    assert not puts_back(1, 2, ended - 1)
    assert not puts_back(1, 1, ended)
    assert not puts_back(2, 2, ended)
    assert not puts_back(1, 2, ended, deploys=False)


def test_rollback_with_nothing_before_it_is_one_all_the_same() -> None:
    assert is_redeploy(1, 1, NOW, rollback=True, deploys=True, newest=None)
    assert not is_redeploy(1, 2, NOW, rollback=False, deploys=True, newest=None)
    found = standing_of(remember(RunHistory(), "e005", rollback(5, 30, Status.FAILED)))
    assert found is not None
    assert (found.red, found.redeploy) == (True, True)

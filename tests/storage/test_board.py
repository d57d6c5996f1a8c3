"""A board row, and the condition it is in."""

from __future__ import annotations

import pytest

from storage.model.board_row import RECENT, BoardRow, LatestExecution, StageCell, condition, turns_at
from storage.model.entities import Condition, StageKind, Status
from storage.store import Store
from tests.factories import MINUTE, NOW, TEAM_ID, a_run, execution_changed, record

HOUR = 3_600_000


def a_row(
    status: Status, *stops: Status | None, late: int | None = None, heard: int = NOW, began: int = NOW
) -> BoardRow:
    latest = LatestExecution("e1", "7", 7, 1, status, "", "main", "", "", "", NOW, began, None, heard)
    line = tuple(StageCell(f"s{n}", StageKind.OTHER, n, each) for n, each in enumerate(stops))
    return BoardRow("p", "t", "checkout", "github", latest=latest, stops=line, late_seconds=late)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (BoardRow("p", "t", "never run", "github"), Condition.IDLE),
        (a_row(Status.FAILED), Condition.FAILING),
        (a_row(Status.ERRORED), Condition.FAILING),
        (a_row(Status.RUNNING, Status.FAILED, Status.RUNNING), Condition.FAILING),
        (a_row(Status.SUCCEEDED, Status.FAILED), Condition.PASSING),
        (a_row(Status.WAITING), Condition.WAITING),
        (a_row(Status.RUNNING), Condition.RUNNING),
        (a_row(Status.RUNNING, late=60, began=NOW - 59_999), Condition.RUNNING),
        (a_row(Status.RUNNING, late=60, began=NOW - 60_000), Condition.SLOW),
        (a_row(Status.RUNNING, heard=NOW - 6 * HOUR + 1), Condition.RUNNING),
        (a_row(Status.RUNNING, heard=NOW - 6 * HOUR), Condition.NO_SIGNAL),
        (a_row(Status.QUEUED), Condition.QUEUED),
        (a_row(Status.QUEUED, heard=NOW - 6 * HOUR), Condition.NO_SIGNAL),
        (a_row(Status.UNKNOWN), Condition.NO_SIGNAL),
        (a_row(Status.SUCCEEDED), Condition.PASSING),
        (a_row(Status.CANCELLED), Condition.IDLE),
        (a_row(Status.SUPERSEDED), Condition.IDLE),
        (a_row(Status.SKIPPED), Condition.IDLE),
    ],
)
def test_condition_follows_from_the_row_and_the_time(row: BoardRow, expected: Condition) -> None:
    assert condition(row, NOW) is expected


@pytest.mark.parametrize("status", [Status.RUNNING, Status.QUEUED])
def test_condition_changes_by_itself_when_told_and_at_no_other_time(status: Status) -> None:
    row = a_row(status, late=600)
    told, at = [], turns_at(row, NOW)
    while at is not None:
        told.append(at)
        at = turns_at(row, at)
    turned = [at for at in range(NOW, NOW + 8 * HOUR, MINUTE) if condition(row, at) is not condition(row, at - 1)]
    assert told == turned
    assert len(told) == (2 if status is Status.RUNNING else 1)


@pytest.mark.parametrize("row", [a_row(Status.FAILED), a_row(Status.SUCCEEDED), BoardRow("p", "t", "never run", "x")])
def test_what_does_not_move_never_turns_by_itself(row: BoardRow) -> None:
    assert turns_at(row, NOW) is None
    assert turns_at(row, NOW + 10**12) is None


def board_row(store: Store) -> BoardRow:
    (stored,) = store.pipelines.list_board(TEAM_ID)
    return stored.row()


def some_green(store: Store, count: int = 5) -> None:
    for number in range(count):
        record(store, a_run(str(100 + number), began=NOW - (100 - number) * 10 * MINUTE))


def test_moving_run_is_drawn_on_the_line_of_the_last_green_one(store: Store) -> None:
    some_green(store)
    record(store, a_run("200", began=NOW - MINUTE, stages=("build",), outcome=None))
    row = board_row(store)
    assert [(stop.name, stop.status) for stop in row.stops] == [
        ("build", Status.RUNNING),
        ("test", None),
        ("deploy production", None),
    ]
    assert [stop.usual_seconds for stop in row.stops] == [60, 60, 60]


def test_estimates_stay_away_until_there_are_five_green_runs(store: Store) -> None:
    some_green(store, 4)
    assert (board_row(store).usual_seconds, board_row(store).late_seconds) == (None, None)
    record(store, a_run("105", began=NOW - 20 * MINUTE))
    assert board_row(store).usual_seconds == 180


def test_row_remembers_last_green_production_and_the_red_run_before(store: Store) -> None:
    some_green(store)
    record(store, a_run("200", began=NOW - 20 * MINUTE, outcome=Status.FAILED))
    record(store, a_run("201", began=NOW - MINUTE, outcome=None))
    row = board_row(store)
    assert row.last_green is not None
    assert row.production is not None
    assert row.last_green.execution_id == row.production.execution_id
    assert row.before is not None
    assert (row.before.place, row.before.status) == ("deploy production", Status.FAILED)


def test_rerun_takes_no_version_out_of_production(store: Store) -> None:
    record(store, a_run("100", began=NOW - 60 * MINUTE))
    before = board_row(store).production
    record(store, a_run("100", began=NOW - 10 * MINUTE, attempt=2, outcome=Status.FAILED))
    assert before is not None
    assert board_row(store).production == before


def test_row_stays_small_however_many_runs_there_were(store: Store) -> None:
    some_green(store, 40)
    row = board_row(store)
    assert (len(row.recent), len(row.spark), row.rate.counted) == (RECENT, 20, 20)


def test_long_words_are_cut_on_the_row(store: Store) -> None:
    record(store, [execution_changed(message="m" * 5000, author="a" * 500)])
    latest = board_row(store).latest
    assert latest is not None
    assert (len(latest.message), len(latest.author)) == (200, 80)


def test_row_without_news_is_not_written_again(store: Store) -> None:
    record(store, a_run("200", began=NOW - MINUTE))
    (before,) = store.pipelines.list_board(TEAM_ID)
    record(store, [execution_changed("200", at=NOW - 2 * MINUTE, message="", status=None, queued_at=None)])
    (after,) = store.pipelines.list_board(TEAM_ID)
    assert after == before

"""What pages over all teams need of one team's board."""

from __future__ import annotations

from dataclasses import replace

from storage.model.board_row import BoardRow, ExecutionRef, LatestExecution, StageCell
from storage.model.entities import StageKind, Status
from storage.model.run_history import Rate
from storage.model.team_summary import ARRIVALS, TeamSummary, summarise
from tests.factories import NOW


def latest_execution(execution_id: str = "e1", status: Status = Status.RUNNING) -> LatestExecution:
    return LatestExecution(execution_id, "7", 7, 1, status, "", "main", "abc", "words", "Mara", NOW, NOW, None, NOW)


def row(name: str, **changes: object) -> BoardRow:
    stops = (StageCell("build", StageKind.COMMIT, 0, Status.RUNNING, NOW, NOW),)
    return replace(BoardRow(f"p-{name}", "t", name, "github", latest=latest_execution(), stops=stops), **changes)  # type: ignore[arg-type]


def test_nothing_is_summed_up_of_no_rows() -> None:
    assert summarise([]) == TeamSummary()


def test_pipelines_stand_by_name_whatever_the_order_of_rows() -> None:
    rows = [row("b"), row("A"), row("c")]
    assert summarise(rows) == summarise(rows[::-1])
    assert [each.name for each in summarise(rows).pipelines] == ["A", "b", "c"]


def test_rate_adds_up_and_the_median_is_of_medians() -> None:
    found = summarise(
        [row("a", rate=Rate(3, 4), usual_seconds=10), row("b", rate=Rate(5, 5), usual_seconds=90), row("c")]
    )
    assert (found.rate, found.median_seconds, found.measured) == (Rate(8, 9), 10, 2)


def test_stages_are_kept_only_of_what_is_not_simply_green() -> None:
    green = row("a", latest=latest_execution(status=Status.SUCCEEDED))
    assert [len(each.stops) for each in summarise([green, row("b")]).pipelines] == [0, 1]


def test_latest_arrivals_come_first_with_words_only_of_the_version_aboard() -> None:
    rows = [
        row(f"{n:02d}", production=ExecutionRef("e1" if n == 3 else "old", "7", NOW + n)) for n in range(ARRIVALS + 3)
    ]
    found = summarise(rows).arrivals
    assert [arrival.at - NOW for arrival in found] == list(range(ARRIVALS + 2, 2, -1))
    assert [arrival.message for arrival in found if arrival.message] == ["words"]

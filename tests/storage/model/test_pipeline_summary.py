"""What pages over all teams keep of one pipeline: enough to judge it as its own board does."""

from __future__ import annotations

import pytest

from storage.codec import documents
from storage.model.board_row import NO_RATE, Arrival, BoardRow
from storage.model.conditions import condition, turns_at
from storage.model.document import replace
from storage.model.entities import Condition, StageKind, Status
from storage.model.pipeline_record import Acknowledgement
from storage.model.pipeline_summary import MOST_IN_FLIGHT, MOST_STAGES, PipelineSummary, row_of, summarise
from storage.model.run import StageCell
from storage.model.run_history import Rate
from storage.model.standing import StandingResult
from tests.factories import MINUTE, NOW
from tests.storage.model.test_board_row import HOUR, a_flight, a_row

GREEN = StandingResult("e9", "9", 9, Status.SUCCEEDED, NOW, NOW - HOUR)
RED = StandingResult("e9", "9", 9, Status.FAILED, NOW, NOW - HOUR, "deploy", "e8", "8")


def again(row: BoardRow) -> BoardRow:
    """As it comes back from the table."""
    kept = documents.unpack(PipelineSummary, documents.pack(summarise(row)))
    return row_of(kept, row.id, row.team_id)


ROWS = [
    a_row(),
    a_row(result=GREEN),
    a_row(result=RED),
    a_row(result=GREEN, expected_at=NOW + HOUR),
    a_row(result=RED, expected_at=NOW + HOUR),
    a_row(a_flight(Status.RUNNING), result=RED),
    a_row(a_flight(Status.WAITING)),
    a_row(a_flight(Status.RUNNING), a_flight(Status.WAITING, number=6), result=GREEN),
    a_row(a_flight(Status.QUEUED)),
    a_row(a_flight(Status.QUEUED, held=True)),
    a_row(a_flight(Status.RUNNING), late_seconds=600, silent_seconds=3600),
    a_row(a_flight(Status.RUNNING, attempt=2), late_seconds=600, silent_seconds=3600),
    a_row(a_flight(Status.RUNNING, redeploy=True), late_seconds=600, silent_seconds=3600),
    a_row(a_flight(Status.RUNNING, wait_ms=HOUR), late_seconds=600, silent_seconds=9 * 3600),
    a_row(*(a_flight(Status.RUNNING, number=n) for n in range(40, 20, -1)), a_flight(Status.WAITING, number=3)),
    a_row(*(a_flight(Status.QUEUED, number=n) for n in range(40, 20, -1)), a_flight(Status.RUNNING, number=3)),
    a_row(a_flight(Status.UNKNOWN)),
]


@pytest.mark.parametrize("row", ROWS)
def test_summary_is_judged_as_its_row_is_whenever_one_looks(row: BoardRow) -> None:
    short = again(row)
    for at in range(NOW - HOUR, NOW + 12 * HOUR, 7 * MINUTE):
        assert condition(short, at) is condition(row, at)
        assert turns_at(short, at) == turns_at(row, at)


def test_summary_tells_the_result_and_who_has_it() -> None:
    taken = Acknowledgement("u", "Mara", NOW)
    short = again(a_row(result=RED, acknowledged=taken))
    assert short.taken == taken
    assert short.result is not None
    assert (short.result.stage, short.result.since, short.result.number) == ("deploy", NOW - HOUR, "9")


def test_summary_keeps_no_one_who_had_it_once_it_is_green() -> None:
    row = a_row(result=replace(GREEN, at=NOW + 1), acknowledged=Acknowledgement("u", "Mara", NOW))
    assert summarise(row).acknowledged is None


def test_summary_counts_those_in_flight_that_it_leaves_out_and_keeps_those_that_wait() -> None:
    flying = (*(a_flight(Status.RUNNING, number=n) for n in range(20, 10, -1)), a_flight(Status.WAITING, number=3))
    kept = summarise(a_row(*flying))
    assert len(kept.in_flight) == MOST_IN_FLIGHT
    assert [one.number for one in kept.in_flight][:2] == ["20", "3"]
    assert kept.others == len(flying) - MOST_IN_FLIGHT


def test_summary_tells_where_and_since_when_one_waits() -> None:
    cells = tuple(StageCell(f"stage {n}", StageKind.OTHER, n, Status.SUCCEEDED, 0, 0) for n in range(15))
    waiting = StageCell("approve", StageKind.OTHER, 15, Status.WAITING, NOW - 2 * HOUR, NOW - HOUR)
    flights = [a_flight(Status.WAITING, number=n, stages=(*cells, waiting)) for n in (9, 8)]
    told = [(one.place, one.waiting_since) for one in again(a_row(*flights)).in_flight]
    assert told == [("approve", NOW - HOUR)] * 2


def test_summary_keeps_stages_only_of_what_is_not_simply_green() -> None:
    cells = tuple(StageCell(f"stage {n}", StageKind.OTHER, n, Status.SUCCEEDED) for n in range(20))
    ended = a_flight(Status.SUCCEEDED, stages=cells)
    assert summarise(a_row(result=GREEN, ended=ended)).stages == ()
    assert len(summarise(a_row(result=RED, ended=ended)).stages) == MOST_STAGES


def test_summary_tells_the_version_that_came_into_production() -> None:
    arrival = Arrival("e9", NOW, "words", "Mara")
    short = again(a_row(result=GREEN, arrival=arrival))
    assert short.arrival == arrival
    assert short.production is not None
    assert (short.production.execution_id, short.production.at) == ("e9", NOW)


def test_summary_of_a_pipeline_that_says_nothing_tells_how_it_ended() -> None:
    short = again(a_row(ended=a_flight(Status.CANCELLED, finished_at=NOW)))
    assert short.ended is not None
    assert (short.ended.status, short.ended.finished_at) == (Status.CANCELLED, NOW)
    assert condition(short, NOW) is Condition.IDLE


def test_summary_names_the_pipeline_as_its_board_does() -> None:
    short = again(a_row(label="checkout", name="checkout · CI", rate=Rate(3, 4)))
    assert (short.label, short.name, short.rate) == ("checkout", "checkout · CI", Rate(3, 4))
    assert again(a_row(label="ledger", name="ledger")).name == "ledger"


def test_summary_of_a_pipeline_where_all_is_well_is_small() -> None:
    row = a_row(
        label="checkout", result=GREEN, rate=Rate(19, 20), usual_seconds=300, late_seconds=600, silent_seconds=3600
    )
    assert len(documents.pack(summarise(row))) < 300
    assert Rate(0, 0) == NO_RATE

"""What the API says of pipelines and executions: CONTRACT section 5."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from storage.model.entities import Status
from storage.model.events import AnyEvent, Origin
from storage.model.pipeline_record import Acknowledgement
from storage.store import Store
from tests.dashboard.views.rows import back, job, red, run, waits, word
from tests.dashboard.views.town import workflow_of
from tests.factories import (
    BY,
    DAY,
    MINUTE,
    NOW,
    REF,
    a_pipeline_execution,
    a_run,
    a_team,
    administrator,
    pipeline_id_of,
    record,
)


class Asked:
    """The API, asked by an administrator about a team."""

    def __init__(self, store: Store) -> None:
        self.store, self.team = store, a_team(store)
        self._headers = {"Authorization": f"Bearer {create_token(administrator(store), 'x', BY)}"}

    def __call__(self, path: str) -> dict[str, Any]:
        answer = Client().get(f"/api/v1{path}", headers=self._headers)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def tell(self, *told: list[AnyEvent]) -> str:
        """The id of the last execution."""
        return [record(self.store, events, self.team.id) for events in told][-1]

    @property
    def pipelines(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self(f"/teams/{self.team.id}/pipelines")["items"]
        return found

    @property
    def pipeline(self) -> dict[str, Any]:
        (found,) = self.pipelines
        assert self(f"/pipelines/{found['id']}") == found
        return found


@pytest.fixture
def ask(store: Store) -> Asked:
    return Asked(store)


def test_standing_result_tells_what_since_when_where_and_who_has_it(ask: Asked) -> None:
    first = ask.tell(red(210, 40))
    second = ask.tell(red(211, 20, stages=("build", "test")))
    result = ask.pipeline["result"]
    assert result == {
        "status": "failed",
        "since": "2026-11-23T11:23:01.500Z",
        "finishedAt": "2026-11-23T11:42:01.500Z",
        "stage": "test",
        "executionId": second,
        "number": "211",
        "firstRed": first,
        "redeploy": False,
        "rolledBack": False,
        "takenBy": None,
    }
    holder = Acknowledgement("u", "Mara Lindqvist", NOW)
    ask.store.override_writer.take(ask.team.id, ask.pipeline["id"], holder, BY, "pipeline.taken")
    assert ask.pipeline["result"]["takenBy"] == "Mara Lindqvist"


def test_pipeline_that_never_said_anything_has_no_result(ask: Asked) -> None:
    ask.tell(run(210, 2, None))
    assert ask.pipeline["result"] is None
    assert ask.pipeline["condition"] == "running"


def test_executions_in_flight_come_leader_first(ask: Asked) -> None:
    older = ask.tell(waits(210, 40))
    newer = ask.tell(run(211, 2, None))
    found = ask.pipeline
    assert found["condition"] == "waiting"
    assert [one["executionId"] for one in found["inFlight"]] == [newer, older]
    assert [(one["status"], one["stage"]) for one in found["inFlight"]] == [
        ("running", "deploy production"),
        ("waiting", "approve"),
    ]
    assert found["inFlightCount"] == 2
    assert found["latestExecution"]["id"] == newer


def test_very_many_in_flight_are_counted_and_those_that_wait_not_left_out(ask: Asked) -> None:
    ask.tell(waits(200, 50))
    ask.tell(*(run(210 + place, 30 - place, None) for place in range(12)))
    found = ask.pipeline
    assert (len(found["inFlight"]), found["inFlightCount"]) == (8, 13)
    assert found["inFlight"][0]["number"] == "221"
    assert "waiting" in {one["status"] for one in found["inFlight"]}


def test_when_the_next_run_is_to_come_is_told_with_who_says_so(ask: Asked) -> None:
    ask.tell(run(100, 90))
    assert ask.pipeline["expected"] is None
    begun = [NOW - (12 - number) * DAY for number in range(12)]
    ask.tell(*(a_run(str(110 + number), began=at, scheduled_at=at) for number, at in enumerate(begun)))
    assert ask.pipeline["expected"] == {
        "by": "learned",
        "dueAt": "2026-11-23T12:00:00.000Z",
        "lateAt": "2026-11-24T00:00:00.000Z",
        "periodSeconds": 86_400,
        "basis": "12",
    }


def test_redeploy_and_rollback_are_told(ask: Asked) -> None:
    ask.tell(run(100, 90), run(101, 60), run(100, 5, None, attempt=2, stages=("deploy production",)))
    (leader,) = ask.pipeline["inFlight"]
    assert (leader["redeploy"], leader["attempt"]) == (True, 2)
    ask.tell(run(100, 5, Status.FAILED, attempt=2, stages=("deploy production",)))
    assert ask.pipeline["result"]["redeploy"] is True


def test_rolled_back_pipeline_says_so(ask: Asked) -> None:
    ask.tell(a_pipeline_execution("bbbb2222-0", began=NOW - 30 * MINUTE))
    execution = ask.tell(back("cccc3333-0", 9, Status.SUCCEEDED))
    assert ask.pipeline["result"]["rolledBack"] is True
    assert ask(f"/executions/{execution}")["rollback"] is True


def test_names_are_told_apart_and_the_short_one_stands_beside(ask: Asked) -> None:
    ask.tell(run(210, 20), run(310, 20, ref=workflow_of("gift", 2)))
    assert {one["name"]: one["label"] for one in ask.pipelines} == {"checkout · CI": "checkout", "gift · CI": "gift"}


def test_branches_that_do_not_speak_are_told_where_nothing_does(ask: Asked) -> None:
    execution = ask.tell(red(210, 20, origin=Origin.CHANGE_REQUEST, change_request="41", branch="fix"))
    found = ask.pipeline
    assert (found["condition"], found["result"]) == ("idle", None)
    assert found["about"] == [{"ref": "#41", "status": "failed", "executionId": execution}]


def test_execution_tells_what_it_carries_over_and_what_is_pending(ask: Asked) -> None:
    ask.tell(red(210, 40))
    execution = ask.tell([word(210, Status.RUNNING, 2, attempt=2), job(210, "test", Status.RUNNING, 2, attempt=2)])
    found = ask(f"/executions/{execution}")
    assert [(stage["name"], stage["carriedOver"], stage["pending"]) for stage in found["stages"]] == [
        ("build", True, False),
        ("test", False, False),
        ("deploy production", False, True),
    ]
    assert [(one["number"], one["status"]) for one in found["attempts"]] == [(1, "failed"), (2, "running")]
    shown = {stage["name"]: stage["status"] for stage in ask.pipeline["latestExecution"]["stages"]}
    assert shown == {"build": "succeeded", "test": "running", "deploy production": "queued"}


def test_execution_tells_how_long_it_waited_for_people(ask: Asked) -> None:
    ask.tell(waits(210, 60))
    passed = job(210, "approve", Status.SUCCEEDED, 29, started_at=None, queued_at=None)
    execution = ask.tell([passed, word(210, Status.SUCCEEDED, 29, queued_at=NOW - 60 * MINUTE)])
    assert ask(f"/executions/{execution}")["humanWaitSeconds"] == 30 * 60


def test_executions_in_a_list_name_their_pipeline_with_its_repository(ask: Asked) -> None:
    execution = ask.tell(run(210, 20))
    (brief,) = ask(f"/pipelines/{pipeline_id_of(ask.team.id, REF)}/executions")["items"]
    assert brief["pipelineName"] == ask(f"/executions/{execution}")["pipelineName"] == "checkout · CI"

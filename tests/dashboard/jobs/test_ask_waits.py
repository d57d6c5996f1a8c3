"""What waits for a person is asked for again when somebody looks, at most once a minute."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.history.remembered import Remembered
from dashboard.jobs import ask_waits
from storage.model.document import replace
from storage.model.entities import ApiQuota, Connection, Execution, Status, Team
from storage.store import Store
from tests.dashboard.history.conftest import _no_waiting, connection, organisation, team, tool
from tests.dashboard.history.fake_organisation import FakeOrganisation, FakeRun
from tests.dashboard.history.hooks import _parsed, hooks_of
from tests.dashboard.history.test_repair import repair
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import Answer
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, Clock, execution_changed, pipeline_action, pipeline_execution, record

__all__ = ["_no_waiting", "connection", "organisation", "team", "tool"]


@pytest.fixture(autouse=True)
def waiting(
    store: Store,
    team: Team,
    connection: Connection,
    organisation: FakeOrganisation,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The id of a run whose job waits for a review, of a pipeline that was read before. At GitHub it was let go on, and
    is told so with the times that it had while it waited."""
    monkeypatch.setattr(ask_waits, "_asked_for", Remembered(10, ask_waits.ASKED_EVERY_MS))
    organisation.runs["shop"] = [FakeRun(100, "shop", clock() - 90 * MINUTE)]
    repair(store, connection)
    run = FakeRun(101, "shop", clock() - 40 * MINUTE, None, minutes=10)
    organisation.runs["shop"].insert(0, run)
    (begun, *_) = hooks_of(organisation, run)
    store.recorder.apply(team.id, begun.events)
    (_, job) = organisation._jobs(run, 1)
    held = {**job, "status": "waiting"}
    told = _parsed("workflow_job", {"workflow_job": held, "repository": organisation._repository("shop")})
    as_waiting(organisation, "queued")
    return store.recorder.apply(team.id, told).execution_id


def as_waiting(organisation: FakeOrganisation, word: str) -> None:
    """What its second job is told to be."""
    answer = organisation.answer

    def told(asked: Any) -> Answer:
        found = answer(asked)
        changed = found.body.replace(
            b'"name": "test", "status": "in_progress"', b'"name": "test", "status": "%s"' % word.encode()
        )
        return Answer(found.status, changed, found.headers)

    organisation.tool.answer = told  # type: ignore[method-assign]


def jobs(store: Store, execution_id: str) -> list[tuple[str, Status]]:
    found: Execution = store.executions.get(execution_id)
    return [(stage.name, stage.status) for stage in found.stages]


def asked(organisation: FakeOrganisation, store: Store) -> int:
    """So many requests it took."""
    before = organisation.calls
    do(ask_waits.JOB, store)
    return organisation.calls - before


def test_what_was_let_go_on_without_a_word_waits_no_more(
    visitor: Visitor, store: Store, organisation: FakeOrganisation, waiting: str
) -> None:
    assert ("test", Status.WAITING) in jobs(store, waiting)
    assert asked(organisation, store) == 2, "the run, and its jobs"
    assert jobs(store, waiting) == [("build", Status.SUCCEEDED), ("test", Status.QUEUED)]
    assert "Nothing waits for anybody" in visitor.text("/waiting")


def test_what_still_waits_says_when_it_was_asked(
    visitor: Visitor, store: Store, organisation: FakeOrganisation, waiting: str
) -> None:
    as_waiting(organisation, "waiting")
    assert "last told" in visitor.text("/waiting")
    do(ask_waits.JOB, store)
    page = visitor.text("/waiting")
    assert "asked <time" in page
    assert "last told" not in page


def test_one_wait_is_asked_for_once_a_minute_whoever_looks(
    store: Store, organisation: FakeOrganisation, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_waiting(organisation, "waiting")
    assert asked(organisation, store) == 2
    # Another process, which does not remember.
    monkeypatch.setattr(ask_waits, "_asked_for", Remembered(10, ask_waits.ASKED_EVERY_MS))
    assert asked(organisation, store) == 0
    clock.move(MINUTE)
    assert asked(organisation, store) == 2


def test_tool_that_is_away_is_not_asked_more_often_and_nothing_changes(
    store: Store, organisation: FakeOrganisation, waiting: str, clock: Clock
) -> None:
    tried: list[Any] = []

    def away(asked: Any) -> Answer:
        tried.append(asked)
        return Answer(502)

    organisation.tool.answer = away  # type: ignore[method-assign]
    assert do(ask_waits.JOB, store)._error == ""
    count = len(tried)
    do(ask_waits.JOB, store)
    assert (len(tried), ("test", Status.WAITING) in jobs(store, waiting)) == (count, True)
    assert count


def test_run_that_the_tool_knows_no_more_is_unknown(store: Store, organisation: FakeOrganisation, waiting: str) -> None:
    del organisation.runs["shop"][0]
    do(ask_waits.JOB, store)
    found = store.executions.get(waiting)
    assert (found.status, found.raw_status) == (Status.UNKNOWN, "gone")


def test_whole_run_that_was_let_begin_waits_no_more(
    store: Store, team: Team, organisation: FakeOrganisation, clock: Clock
) -> None:
    run = FakeRun(102, "shop", clock() - 20 * MINUTE, None)
    organisation.runs["shop"].insert(0, run)
    (begun, *_) = hooks_of(organisation, run)
    (told,) = begun.events
    held = replace(told, status=Status.WAITING, raw_status="action_required", started_at=None)
    execution_id = store.recorder.apply(team.id, [held]).execution_id
    assert store.executions.get(execution_id).status is Status.WAITING
    do(ask_waits.JOB, store)
    assert store.executions.get(execution_id).status is Status.RUNNING


def test_quota_that_is_used_up_is_respected(
    store: Store, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    store.connections.note_quota(connection.id, ApiQuota(5000, 100, clock() + MINUTE, clock()))
    assert asked(organisation, store) == 0


def test_tools_that_tell_what_they_let_go_on_are_not_asked(
    store: Store, team: Team, organisation: FakeOrganisation, waiting: str
) -> None:
    do(ask_waits.JOB, store)
    record(store, [pipeline_execution("x", Status.RUNNING, store.now())], team.id)
    record(store, [pipeline_action("x", "Prod", Status.WAITING, store.now())], team.id)
    assert ask_waits._due(store) == []


def test_run_that_no_connection_knows_is_passed_over(store: Store, team: Team, organisation: FakeOrganisation) -> None:
    do(ask_waits.JOB, store)
    record(store, [execution_changed("7", status=Status.WAITING, raw_status="action_required")], team.id)
    assert asked(organisation, store) == 0


def test_fault_of_ours_is_told_and_keeps_no_other_waiting(
    store: Store, team: Team, organisation: FakeOrganisation, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = ask_waits._ask

    def failing(store: Store, *given: Any) -> None:
        asking(store, *given)
        raise ValueError("nonsense")

    monkeypatch.setattr(ask_waits, "_ask", failing)
    assert "nonsense" in do(ask_waits.JOB, store)._error
    assert ("test", Status.QUEUED) in jobs(store, waiting)

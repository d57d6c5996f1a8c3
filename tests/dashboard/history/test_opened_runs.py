"""A run that was read by list alone gets its stages when somebody opens it."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.history.working import begin, work_on
from dashboard.jobs import read_opened_runs
from dashboard.wakeups import WakeUp, wakeups
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.history.fake_organisation import FakeOrganisation
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import Answer
from tests.dashboard.visiting import Visitor
from tests.factories import BY


@pytest.fixture
def old(store: Store, team: Team, connection: Connection, organisation: FakeOrganisation) -> str:
    """The id of a run beyond those whose jobs are read."""
    organisation.fill(repositories=1, days=30, runs_a_day=2)
    work_on(store, begin(store, connection, BY), lambda: True)
    (row,) = store.pipelines.list_board(team.id)
    brief = store.executions.list_of_pipeline(row.id, 50).items[40]
    assert brief.stages == ()
    read_opened_runs._asked_for.clear()
    return brief.id


def test_its_page_says_that_stages_were_not_told_and_asks_for_them(visitor: Visitor, old: str) -> None:
    heard: list[str] = []
    wakeups.listen(WakeUp.RUN_WITHOUT_STAGES_WAS_OPENED, heard.append)
    try:
        assert "it is in no measure of stages" in visitor.text(f"/executions/{old}")
    finally:
        wakeups.ignore(WakeUp.RUN_WITHOUT_STAGES_WAS_OPENED, heard.append)
    assert heard == [old]


def test_job_reads_them_once(visitor: Visitor, store: Store, organisation: FakeOrganisation, old: str) -> None:
    before = organisation.calls
    do(read_opened_runs.JOB, store, old)
    assert [stage.name for stage in store.executions.get(old).stages] == ["build", "test"]
    assert "no measure of stages" not in visitor.text(f"/executions/{old}")
    do(read_opened_runs.JOB, store, old)
    assert organisation.calls == before + 1


def test_tool_that_is_away_is_asked_again_with_the_next_opening(
    store: Store, organisation: FakeOrganisation, old: str
) -> None:
    answer = organisation.tool.answer
    organisation.tool.answer = lambda asked: Answer(502)  # type: ignore[method-assign]
    thread = do(read_opened_runs.JOB, store, old)
    assert thread._error == ""
    organisation.tool.answer = answer  # type: ignore[method-assign]
    do(read_opened_runs.JOB, store, old)
    assert store.executions.get(old).stages


def test_fault_of_ours_is_told_and_keeps_no_other_waiting(
    store: Store, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(store: Store, execution_id: str) -> Any:
        if execution_id == "0" * 32:
            raise ValueError("nonsense")
        return reading(store, execution_id)

    reading = read_opened_runs._read
    monkeypatch.setattr("dashboard.jobs.read_opened_runs._read", failing)
    thread = do(read_opened_runs.JOB, store, "0" * 32, old)
    assert "nonsense" in thread._error
    assert store.executions.get(old).stages

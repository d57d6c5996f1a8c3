"""What logs of failed jobs say, on pages: for members of the team, and nobody else."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.auth.tokens import create_token
from dashboard.screens import EXECUTION
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.failures import GreenLines, JobFailure
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor
from tests.factories import BY, MINUTE, NOW, a_member, a_run, a_team, record

WHY = "AssertionError: <3> is not 4"
FINGERPRINT = "f" * 32


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def a_failure(store: Store, execution_id: str, team: Team, **changes: object) -> JobFailure:
    stored, _ = store.executions.get_stored(execution_id)
    lines = ("def test_pay():", WHY)
    found = JobFailure(
        execution_id, 0, 1, team.id, stored.pipeline_id, "17", "test", "Run make test", lines, True, FINGERPRINT, at=NOW
    )
    found = replace(found, **changes)
    store.failures.put(found, "7", NOW // 1000 + 86_400)
    return found


def a_red_run(store: Store, team: Team, execution: str = "5001", **changes: object) -> str:
    return record(store, a_run(execution, outcome=Status.FAILED, **changes), team.id)  # type: ignore[arg-type]


def test_member_reads_why_on_the_page_within_its_budget(store: Store, team: Team) -> None:
    execution_id = a_red_run(store, team)
    a_failure(store, execution_id, team, pipelines=6, since=NOW - 10 * MINUTE)
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    with metered() as meter:
        text = member.text(f"/executions/{execution_id}")
    assert meter.operations == ["batch_get", "batch_get"]
    assert "AssertionError: &lt;3&gt; is not 4" in text
    assert "Run make test" in text
    assert "the same failure in 6 pipelines since" in re.sub(r"\s+", " ", text)
    assert f"/failures/{FINGERPRINT}" in text


def test_nobody_else_sees_it_anywhere(store: Store, team: Team) -> None:
    execution_id = a_red_run(store, team)
    a_failure(store, execution_id, team)
    reader = Visitor(store, a_member(store, a_team(store, name="Other", slug="other"), Role.MANAGER))
    viewer = Visitor(store, a_member(store, team, Role.VIEWER, "viewer@example.com"))
    for visitor in (reader, viewer):
        for path in (f"/executions/{execution_id}", f"/executions/{execution_id}?logs=1"):
            text = visitor.text(path)
            assert "data-execution" in text
            assert WHY[:14] not in text
        tag = visitor.poll(f"/executions/{execution_id}?logs=1", "old")
        assert WHY[:14] not in tag.content.decode()
        assert visitor.get(f"/failures/{FINGERPRINT}").status_code == 404
    token = create_token(a_member(store, team, Role.MEMBER, "member@example.com"), "all", BY)
    answer = viewer.client.get(f"/api/v1/executions/{execution_id}", headers={"Authorization": f"Bearer {token}"})
    assert WHY[:14] not in json.dumps(answer.json())


def test_address_alone_gives_nobody_the_stream_with_logs(store: Store, team: Team) -> None:
    execution_id = a_red_run(store, team)
    reading = EXECUTION.read(store, execution_id)
    member, viewer = (a_member(store, team, role, f"{role}@example.com") for role in (Role.MEMBER, Role.VIEWER))
    given = {"logs": "1", "attempt": "1"}
    assert "logs=1" in EXECUTION.topic(execution_id, EXECUTION.view_of(member, reading, given))
    assert "logs" not in EXECUTION.topic(execution_id, EXECUTION.view_of(viewer, reading, given))


def test_page_that_is_open_is_told_when_the_log_was_read(store: Store, team: Team) -> None:
    execution_id = a_red_run(store, team)
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    page = member.text(f"/executions/{execution_id}")
    assert "keeps the log" in page
    a_failure(store, execution_id, team)
    assert any(f"execution:{execution_id}" in change.topics for change in store.changes.list_since(NOW, NOW))
    assert WHY[:14] in member.poll(f"/executions/{execution_id}", "old").content.decode()


def test_excerpt_of_an_earlier_attempt_is_not_taken_for_this_ones(store: Store, team: Team) -> None:
    execution_id = a_red_run(store, team)
    a_failure(store, execution_id, team)
    record(store, a_run("5001", attempt=2, outcome=Status.FAILED, began=NOW), team.id)
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    assert WHY[:14] not in member.text(f"/executions/{execution_id}")
    assert WHY[:14] in member.text(f"/executions/{execution_id}?attempt=1")


def test_log_that_was_not_read_says_why(store: Store, team: Team) -> None:
    execution_id = a_red_run(store, team)
    a_failure(store, execution_id, team, lines=(), problem="The token may not read this at GitHub", fingerprint="")
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    assert "Its log was not read: The token may not read this at GitHub." in member.text(f"/executions/{execution_id}")


def test_one_failure_is_listed_with_all_runs_that_a_member_may_see(store: Store, team: Team) -> None:
    closed = a_team(store, name="Closed", slug="closed", is_open=False)
    mine = [a_red_run(store, team, str(6000 + n), ref=workflow_of(f"service-{n}", n)) for n in range(2)]
    theirs = a_red_run(store, closed, "7000", ref=workflow_of("hidden", 9))
    for of, execution_id in ((team, mine[0]), (team, mine[1]), (closed, theirs)):
        a_failure(store, execution_id, of)
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    with metered() as meter:
        text = member.text(f"/failures/{FINGERPRINT}")
    assert meter.operations == ["batch_get", "query", "batch_get", "get"]
    assert all(execution_id in text for execution_id in mine)
    assert theirs not in text
    assert "2 times in 2 pipelines" in re.sub(r"\s+", " ", text)
    assert member.get("/failures/x").status_code == 404


def test_execution_that_never_failed_reads_no_failures(visitor: Visitor, store: Store, team: Team) -> None:
    execution_id = record(store, a_run("5001"), team.id)
    asked: list[int] = []
    batch_get = store.table.batch_get

    def counted(keys: object, **options: bool) -> object:
        asked.append(len(keys))  # type: ignore[arg-type]
        return batch_get(keys, **options)  # type: ignore[arg-type]

    store.table.batch_get = counted  # type: ignore[method-assign, assignment]
    EXECUTION.read(store, execution_id)
    assert asked == [3]


def test_what_logs_said_goes_with_the_team(store: Store, team: Team) -> None:
    execution_id = a_red_run(store, team)
    a_failure(store, execution_id, team)
    pipeline_id = store.executions.get_stored(execution_id)[0].pipeline_id
    store.failures.put_green_lines(pipeline_id, "Build", "test", GreenLines("e" * 32, b"abcdef"))
    store.teams.delete(team, BY)
    for _ in range(20):
        store.removals.remove_some(team.id)
    assert store.failures.find_all(execution_id, 4) == []
    assert store.failures.find_green_lines(pipeline_id, "Build", "test") is None

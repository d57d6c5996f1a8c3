"""CONTRACT section 7: calls to the store a page, the signed-in user's own look-up included."""

from __future__ import annotations

import pytest

from dashboard.auth.tokens import create_token
from dashboard.views import live
from storage.model.accounts import User
from storage.model.document import replace
from storage.model.entities import Status
from storage.store import Store
from storage.table import Put, metered
from tests.dashboard.views.town import Town, workflow_of
from tests.dashboard.visiting import Visitor
from tests.factories import (
    BY,
    MINUTE,
    NOW,
    Clock,
    a_run,
    a_team,
    action_changed,
    execution_changed,
    record,
    stored_items,
)


def operations(visitor: Visitor, path: str) -> list[str]:
    with metered() as meter:
        assert visitor.get(path).status_code == 200
    return meter.operations


@pytest.mark.parametrize(
    ("page", "calls"),
    [
        ("board", ["batch_get", "query"]),
        ("execution", ["batch_get", "batch_get"]),
        ("pipeline", ["batch_get", "batch_get", "query"]),
        ("network", ["batch_get", "query"]),
        ("waiting", ["batch_get", "query"]),
        ("queues", ["batch_get", "query"]),
        ("health", ["batch_get", "query"]),
        ("health of a team", ["batch_get", "query"]),
        ("commit", ["batch_get", "query", "batch_get"]),
        ("search", ["batch_get", "query", "query", "query"]),
    ],
)
def test_page_costs_what_it_may(visitor: Visitor, town: Town, page: str, calls: list[str]) -> None:
    paths = {
        "board": town.board,
        "execution": f"/executions/{town.red}",
        "pipeline": f"{town.board}/pipelines/{town.pipeline}",
        "network": "/",
        "waiting": "/waiting",
        "queues": "/queues",
        "health": "/health",
        "health of a team": f"/health/{town.team.slug}",
        "commit": "/commits/7c3e1fa",
        "search": "/search?q=check",
    }
    assert operations(visitor, paths[page]) == calls


def test_board_of_fifty_pipelines_costs_two_calls(visitor: Visitor, store: Store) -> None:
    team = a_team(store)
    for number in range(50):
        ref = workflow_of(f"service {number:02d}", number)
        record(store, a_run(str(1000 + number), ref=ref)[:3], team.id)
    assert operations(visitor, "/teams/payments") == ["batch_get", "query"]
    assert visitor.text("/teams/payments").count("data-pipeline=") == 50


def test_board_costs_the_same_however_many_executions_are_behind_it(visitor: Visitor, town: Town) -> None:
    with metered() as before:
        visitor.get(town.board)
    for number in range(150):
        store, run = visitor.store, a_run(str(1000 + number), began=NOW - (300 - number) * MINUTE)
        store.recorder.apply(town.team.id, run)
    with metered() as after:
        visitor.get(town.board)
    assert after.operations == before.operations
    assert after.rcu <= before.rcu + 1


def test_network_and_health_cost_the_same_however_many_pipelines_there_are(visitor: Visitor, store: Store) -> None:
    for number in range(8):
        team = a_team(store, f"Team {number}", f"team-{number}")
        for pipeline in range(5):
            record(store, a_run(str(pipeline), ref=workflow_of(f"service {pipeline}", pipeline))[:2], team.id)
    assert operations(visitor, "/") == ["batch_get", "query"]
    assert operations(visitor, "/health") == ["batch_get", "query"]
    # Nobody has written since: an engine that can tell is not read again.
    assert operations(visitor, "/health") == operations(visitor, "/") == ["batch_get"]
    record(store, a_run("9", ref=workflow_of("service 1", 1))[:1], team.id)
    assert operations(visitor, "/health") == ["batch_get", "query"]


def test_pages_over_two_hundred_teams_of_fifteen_pipelines_are_two_round_trips(visitor: Visitor, store: Store) -> None:
    """A partition of 900 KB, a page of which holds a megabyte: the meter counts each page of a query."""
    model = a_team(store, "Model", "model")
    for number in range(15):
        ref, outcome = workflow_of(f"service-{number}", number), None if number % 2 else Status.FAILED
        record(store, a_run(str(100 + number), ref=ref, outcome=outcome), model.id)
    summaries = [item for item in stored_items(store) if str(item["sk"]).startswith(f"PIPELINE#{model.id}#")]
    for number in range(199):
        team = a_team(store, f"Team number {number}", f"team-{number}")
        copies = [{**item, "sk": str(item["sk"]).replace(model.id, team.id)} for item in summaries]
        store.table.transact([Put(item) for item in copies])
    assert operations(visitor, "/") == ["batch_get", "query"]
    assert operations(visitor, "/search?q=model") == ["batch_get", "query", "query"]
    assert visitor.text("/").count("data-team=") == 200
    assert operations(visitor, "/teams/model") == operations(visitor, "/health/model") == ["batch_get", "query"]


def test_what_waits_costs_the_same_however_many_pipelines_and_executions_wait(visitor: Visitor, store: Store) -> None:
    for number in range(4):
        team = a_team(store, f"Team {number}", f"team-{number}")
        for pipeline in range(5):
            ref = workflow_of(f"service {pipeline}", pipeline)
            for execution in range(3):
                begun = execution_changed(f"{pipeline}{execution}", pipeline=ref, branch=f"topic-{execution}")
                job = action_changed(begun.execution, status=Status.WAITING, action=f"{pipeline}{execution}")
                queued = replace(job, status=Status.QUEUED, queued_at=NOW, action=f"{job.action}q", name="q", stage="q")
                store.recorder.apply(team.id, [begun, job, queued])
    assert operations(visitor, "/waiting") == ["batch_get", "query"]
    assert visitor.text("/waiting").count("data-execution=") == 4 * 5 * 3
    token = create_token(administrator_of(visitor), "reads", BY)
    with metered() as meter:
        visitor.client.get("/api/v1/waiting", headers={"Authorization": f"Bearer {token}"})
    # The token and whose it is, and that it was used.
    assert meter.operations == ["get", "get", "transact", "query"]
    assert ">60<" in visitor.text("/queues")


def administrator_of(visitor: Visitor) -> User:
    assert visitor.user is not None
    return visitor.user


def test_poll_costs_no_more_than_its_page(visitor: Visitor, town: Town) -> None:
    for path in town.live:
        with metered() as meter:
            visitor.poll(path, "old")
        assert len(meter.operations) <= len(operations(visitor, path)) + (path == "/"), path


def test_visit_without_a_cookie_costs_nothing(stranger: Visitor, town: Town) -> None:
    with metered() as meter:
        stranger.get(town.board)
    assert meter.operations == []


def test_streams_topic_is_loaded_at_the_page_s_own_cost(visitor: Visitor, town: Town) -> None:
    costs = {"network": 1, f"team:{town.team.id}": 2, f"execution:{town.red}": 2, f"pipeline:{town.pipeline}": 3}
    for topic, calls in costs.items():
        with metered() as meter:
            snapshot = live.hub.topics.load(topic, 0)
        assert meter.calls <= calls, topic
        assert snapshot.regions, topic


def test_streams_snapshot_has_the_tag_of_its_page(visitor: Visitor, town: Town) -> None:
    """Else every page would be sent everything anew as soon as it opens its stream."""
    topics = {
        "/": "network:all",
        town.board: f"team:{town.team.id}",
        f"/executions/{town.red}": f"execution:{town.red}",
        f"{town.board}/pipelines/{town.pipeline}": f"pipeline:{town.pipeline}",
    }
    for path, topic in topics.items():
        assert visitor.poll(path, live.hub.topics.load(topic, 0).tag).status_code == 304, topic


def test_idle_stream_is_one_query_a_process_for_all_its_viewers(store: Store, clock: Clock) -> None:
    clock.move(5000)
    with metered() as meter:
        live._changes(store.now() - 1000)
    assert meter.operations == ["query"]


def test_server_timing_tells_calls_and_units(visitor: Visitor, town: Town, settings) -> None:
    settings.SERVER_TIMING = True
    told = visitor.get(town.board)["Server-Timing"]
    assert 'desc="calls=2 rcu=' in told
    assert told.startswith("store;dur=")
    assert "render;dur=" in told
    assert "total;dur=" in told
    settings.SERVER_TIMING = False
    assert "Server-Timing" not in visitor.get(town.board)

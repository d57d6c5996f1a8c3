"""A simulator finishes what the history or a simulator before it left moving, however long ago that was."""

from __future__ import annotations

import dataclasses

import pytest
from django.test import Client

from dashboard.simulator.history import Line, lines, write_latest
from dashboard.simulator.live import Simulation, signed
from dashboard.simulator.organisation import Blueprint, Life, blueprints
from storage.model.board_row import LatestExecution
from storage.model.entities import Status
from storage.store import Store
from tests.factories import MINUTE, Clock

HOUR = 60 * MINUTE
MOVING = (Status.QUEUED, Status.WAITING, Status.RUNNING)


def _one(life: Life, source: str = "github") -> Blueprint:
    found = next(each for each in blueprints() if each.life is life and each.source == source)
    return dataclasses.replace(found, runs=3)


def _latest(store: Store, line: Line) -> LatestExecution:
    (stored,) = store.pipelines.list_board(line.team_id)
    latest = stored.row().latest
    assert latest is not None
    return latest


def _status(store: Store, execution_id: str) -> Status:
    return store.executions.get(execution_id).status


def _post(simulation: Simulation) -> list[str]:
    """What is due now goes to the real endpoint; what the server said."""
    said = []
    for line, post in simulation.due():
        headers = signed(post, line.secret)
        kind = headers.pop("content-type")
        path = f"/hooks/{post.source}/{line.connection.id}"
        answer = Client().post(path, post.body, content_type=kind, headers=headers)
        said.append(answer.json()["status"])
    return said


@pytest.mark.parametrize("life", [Life.RUNNING, Life.QUEUED, Life.LATE])
def test_run_of_the_history_ends_though_the_simulator_began_an_hour_later(
    store: Store, clock: Clock, life: Life
) -> None:
    (line,) = lines(store, [_one(life)])
    write_latest(store, [line])
    left = _latest(store, line)
    assert left.status in MOVING
    clock.move(HOUR)
    simulation = Simulation([line], clock)
    simulation.begin(store)
    assert "accepted" in _post(simulation)
    assert _status(store, left.execution_id) is Status.SUCCEEDED


@pytest.mark.parametrize("blueprint", [_one(Life.HEALTHY), _one(Life.HEALTHY, "codepipeline")], ids=lambda b: b.source)
def test_live_run_ends_after_the_simulator_was_started_again(store: Store, clock: Clock, blueprint: Blueprint) -> None:
    (line,) = lines(store, [blueprint])
    write_latest(store, [line])
    before = _latest(store, line).execution_id
    first = Simulation([line], clock)
    first.begin(store)
    while _latest(store, line).execution_id == before or _latest(store, line).status is Status.QUEUED:
        clock.move(10_000)
        _post(first)
    left = _latest(store, line)
    assert left.status in MOVING
    clock.move(3 * HOUR)
    second = Simulation([line], clock)
    second.begin(store)
    _post(second)
    assert _status(store, left.execution_id).finished


@pytest.mark.parametrize("blueprint", [_one(Life.HEALTHY), _one(Life.HEALTHY, "codepipeline")], ids=lambda b: b.source)
def test_simulator_started_again_begins_runs_that_are_new(store: Store, clock: Clock, blueprint: Blueprint) -> None:
    (line,) = lines(store, [blueprint])
    write_latest(store, [line])
    seen = {_latest(store, line).execution_id}
    for _ in range(2):
        simulation = Simulation([line], clock)
        simulation.begin(store)
        while _latest(store, line).execution_id in seen:
            clock.move(MINUTE)
            _post(simulation)
        seen.add(_latest(store, line).execution_id)
        clock.move(2 * HOUR)
    assert len(seen) == 3


@pytest.mark.parametrize("blueprint", [_one(Life.NO_SIGNAL, "codepipeline"), _one(Life.WAITING, "codepipeline")])
def test_run_that_is_to_stay_silent_or_held_is_left_alone(store: Store, clock: Clock, blueprint: Blueprint) -> None:
    (line,) = lines(store, [blueprint])
    write_latest(store, [line])
    left = _latest(store, line)
    simulation = Simulation([line], clock)
    simulation.begin(store)
    assert _post(simulation) == []
    assert _status(store, left.execution_id) is left.status


def test_history_is_no_longer_than_what_is_kept(store: Store, settings: object) -> None:
    settings.RETENTION_DAYS = 30  # type: ignore[attr-defined]
    blueprint = dataclasses.replace(_one(Life.HEALTHY), runs=12)
    (line,) = lines(store, [blueprint])
    written = write_latest(store, [line])
    (stored,) = store.pipelines.list_board(line.team_id)
    kept = store.executions.list_of_pipeline(stored.id).items
    assert 0 < len(kept) == written < 12
    assert min(brief.queued_at or 0 for brief in kept) >= store.now() - 30 * 24 * HOUR


def test_second_attempt_ends_after_the_simulator_was_started_again(store: Store, clock: Clock) -> None:
    """The retry that one simulation began is finished by the next."""
    blueprint = dataclasses.replace(_one(Life.FLAKY), runs=3)
    (line,) = lines(store, [blueprint])
    write_latest(store, [line])
    first = Simulation([line], clock)
    first.begin(store)
    for _ in range(3000):
        clock.move(20_000)
        _post(first)
        latest = _latest(store, line)
        if latest.attempt == 2 and latest.status is Status.RUNNING:
            break
    assert latest.attempt == 2
    clock.move(2 * HOUR)
    second = Simulation([line], clock)
    second.begin(store)
    _post(second)
    assert _status(store, latest.execution_id) is Status.SUCCEEDED

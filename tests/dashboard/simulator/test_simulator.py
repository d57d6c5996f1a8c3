"""The made-up organisation is what its tools would send, always the same, and ends up on real boards."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import io
import urllib.error
import urllib.request
from email.message import Message
from itertools import chain, islice
from typing import Any

import pytest
from django.test import Client

from dashboard.simulator.history import LATEST, LATEST_OF, Line, lines, prepare, runs, runs_before, write_latest
from dashboard.simulator.live import Simulation, send, signed
from dashboard.simulator.organisation import Blueprint, Life, blueprints, teams
from dashboard.simulator.plans import FOREVER, plan
from dashboard.simulator.posts import posts
from dashboard.sources import SOURCES
from storage.model.conditions import condition
from storage.model.entities import Condition, Status
from storage.store import Store

T0 = 1_780_000_000_000


def _small() -> list[Blueprint]:
    """One pipeline of each life, with few runs."""
    found = {blueprint.life: dataclasses.replace(blueprint, runs=8) for blueprint in reversed(blueprints())}
    return sorted(found.values(), key=lambda blueprint: blueprint.index)


def test_organisation_has_eight_teams_and_sixty_pipelines_of_every_life() -> None:
    assert len(teams()) == 8
    assert len(blueprints()) == 60
    assert {blueprint.life for blueprint in blueprints()} == set(Life)
    assert len({(blueprint.team, blueprint.name) for blueprint in blueprints()}) == 60


@pytest.mark.parametrize("blueprint", _small(), ids=lambda blueprint: blueprint.life)
def test_every_post_is_understood_and_signed(blueprint: Blueprint) -> None:
    source = SOURCES[blueprint.source]
    for planned in chain.from_iterable(runs(blueprint, T0)):
        for post in posts(planned):
            parsed = source.parse(post.headers, post.body)
            assert parsed.events or parsed.subjects, parsed.ignored
            assert all(event.status is not Status.UNKNOWN for event in parsed.events)
            assert source.verifier.verify(signed(post, "a secret"), post.body, "a secret", post.at)
            assert not source.verifier.verify(signed(post, "a secret"), post.body, "another secret", post.at)


def test_same_pipeline_and_number_give_the_same_run() -> None:
    blueprint = blueprints()[3]
    assert posts(plan(blueprint, 5, T0)) == posts(plan(blueprint, 5, T0))
    assert posts(plan(blueprint, 5, T0)) != posts(plan(blueprint, 6, T0))


def test_silent_run_never_ends() -> None:
    silent = next(blueprint for blueprint in blueprints() if blueprint.life is Life.NO_SIGNAL)
    assert plan(silent, 1, T0, Life.NO_SIGNAL).ended >= FOREVER


def test_prepared_boards_show_each_life(store: Store) -> None:
    wanted = _small()
    assert write_latest(store, lines(store, wanted)) > 0
    found: dict[Life, Condition] = {}
    for line in lines(store, wanted):
        for stored in store.pipelines.list_board(line.team_id):
            row = stored.row()
            if row.name.partition(" · ")[0] == line.blueprint.name:
                found[line.blueprint.life] = condition(row, store.now())
    assert found[Life.FAILING] is found[Life.BROKEN] is found[Life.TIMED_OUT] is Condition.FAILING
    assert found[Life.WAITING] is Condition.WAITING
    assert found[Life.NO_SIGNAL] is Condition.NO_SIGNAL
    assert found[Life.RUNNING] is Condition.RUNNING
    assert found[Life.QUEUED] is Condition.QUEUED
    assert found[Life.HEALTHY] is found[Life.RERUN] is Condition.PASSING
    assert found[Life.CANCELLED] is found[Life.SUPERSEDED] is Condition.PASSING, "they say nothing"
    assert (found[Life.ROLLBACK], found[Life.REDEPLOY]) == (Condition.FAILING, Condition.RUNNING)
    assert found[Life.REQUESTS] is Condition.IDLE, "change requests speak for nobody"
    assert store.teams.list_boards()[0].rows


def test_second_preparation_writes_nothing(store: Store) -> None:
    wanted = _small()[:3]
    found = prepare(store, str, wanted)
    assert write_latest(store, found) > 0
    again: list[str] = []
    assert write_latest(store, prepare(store, again.append, wanted)) == 0
    assert again == []


def _written(store: Store, wanted: list[Blueprint]) -> list[int]:
    pages = [
        store.executions.list_of_pipeline(stored.row().id, limit=100)
        for team_id in dict.fromkeys(line.team_id for line in lines(store, wanted))
        for stored in store.pipelines.list_board(team_id)
    ]
    return [len(page.items) for page in pages]


def test_runs_before_the_latest_are_written_once_though_left_midway(store: Store) -> None:
    each = {blueprint.life: blueprint for blueprint in blueprints()}
    wanted = [dataclasses.replace(each[life], runs=30) for life in (Life.BROKEN, Life.RERUN, Life.ROLLBACK)]
    write_latest(store, lines(store, wanted))
    assert sorted(_written(store, wanted)) == [LATEST, LATEST, LATEST_OF[Life.BROKEN]]
    left = [*islice(runs_before(store, lines(store, wanted)), 20)]
    assert left == list(range(len(left) + left[-1] - 1, left[-1] - 1, -1))
    assert [*runs_before(store, lines(store, wanted))] == list(range(left[-1] - 1, -1, -1))
    assert sorted(_written(store, wanted)) == [30, 30, 31], "a rollback is a run of its own"
    assert [*runs_before(store, lines(store, wanted))] == []


def test_board_says_the_same_before_and_after_the_older_runs_are_written(store: Store) -> None:
    wanted = [dataclasses.replace(each, runs=min(each.runs, 30)) for each in _small()]
    found = lines(store, wanted)
    write_latest(store, found)
    team_ids = dict.fromkeys(line.team_id for line in found)

    def board() -> list[object]:
        rows = [stored.row() for team_id in team_ids for stored in store.pipelines.list_board(team_id)]
        return [
            (
                row.id,
                condition(row, store.now()),
                row.latest,
                row.result and (row.result.status, row.result.first_red_id),
            )
            for row in rows
        ]

    before = board()
    for _ in runs_before(store, lines(store, wanted)):
        pass
    for was, now in zip(before, board(), strict=True):
        assert now == was


def test_live_events_through_the_real_endpoint_finish_what_runs(store: Store, clock: Any) -> None:
    running = [blueprint for blueprint in _small() if blueprint.life in (Life.RUNNING, Life.QUEUED)]
    found = lines(store, running)
    write_latest(store, found)
    simulation = Simulation(found, store.now)
    simulation.begin(store)
    client = Client()
    for _ in range(60):
        clock.now += 30_000
        for line, post in simulation.due():
            answer = client.post(
                f"/hooks/{post.source}/{line.connection.id}",
                post.body,
                content_type=post.headers["content-type"],
                headers={k: v for k, v in signed(post, line.secret).items() if k != "content-type"},
            )
            assert answer.status_code in (200, 202), answer.content
    for line in found:
        (stored,) = [s for s in store.pipelines.list_board(line.team_id) if line.blueprint.name in s.row().name]
        latest = stored.row().latest
        assert latest is not None
        assert latest.status.finished or latest.order > 7_000_000_000 + line.blueprint.index * 1_000_000 + 8


def _line() -> Line:
    blueprint = blueprints()[0]
    connection: Any = type("Connection", (), {"id": "c1"})()
    return Line(blueprint, "t1", connection, "a secret of it")


def test_post_is_sent_again_after_the_time_the_server_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [503, 202]
    waited: list[float] = []

    class Answer(io.BytesIO):
        status = 202

    def urlopen(request: urllib.request.Request, timeout: float) -> Answer:
        status = answers.pop(0)
        if status == 202:
            return Answer()
        headers = Message()
        headers["Retry-After"] = "7"
        raise urllib.error.HTTPError(request.full_url, status, "later", headers, None)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    post = posts(plan(_line().blueprint, 1, T0, "green"))[0]
    assert send("http://127.0.0.1:1", _line(), post, waited.append) == 202
    assert waited == [7.0]


def test_unreachable_server_is_tried_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def urlopen(request: urllib.request.Request, timeout: float) -> None:
        raise OSError("nobody there")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    waited: list[float] = []
    post = posts(plan(_line().blueprint, 1, T0, "green"))[0]
    assert send("http://127.0.0.1:1", _line(), post, waited.append) == 0
    assert len(waited) == 5


def test_github_signature_is_over_the_exact_body() -> None:
    post = posts(plan(_line().blueprint, 1, T0, "green"))[0]
    expected = hmac.new(b"k", post.body, hashlib.sha256).hexdigest()
    assert signed(post, "k")["x-hub-signature-256"] == f"sha256={expected}"

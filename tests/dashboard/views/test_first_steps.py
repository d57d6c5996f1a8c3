"""The first steps of a new team tick as they are done, on the page and in what open pages are told."""

from __future__ import annotations

import re

import pytest

from storage.model.entities import Team
from storage.store import Store
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import DAY, Clock, a_connection, a_run, a_team, delivery, record

STEP = re.compile(r'<li class="st-(succeeded|queued)">.*?<b>([^<]+)</b>', re.DOTALL)
NAMES = ["Team created", "Connection added", "First event", "First run in production"]


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def done(visitor: Visitor, team: Team) -> list[str]:
    steps = visitor.text(f"/teams/{team.slug}").partition('aria-label="First steps"')[2].partition("</ol>")[0]
    return [name for state, name in STEP.findall(steps) if state == "succeeded"]


def test_connection_and_first_event_tick(visitor: Visitor, store: Store, team: Team) -> None:
    assert done(visitor, team) == NAMES[:1]
    connection = a_connection(store, team.id)
    assert done(visitor, team) == NAMES[:2]
    store.deliveries.note(delivery("d-1", connection.id, event="", answer=401, outcome="refused"))
    assert done(visitor, team) == NAMES[:2]
    store.deliveries.note(delivery("d-2", connection.id, event="ping", answer=200, outcome="ignored"))
    assert done(visitor, team) == NAMES[:3]


def test_open_page_is_told_that_a_step_is_done(visitor: Visitor, store: Store, team: Team) -> None:
    path = f"/teams/{team.slug}"
    tag = visitor.client.get(path, headers={**HX, "HX-PTag": "none"})["HX-PTag"]
    assert visitor.poll(path, tag).status_code == 304
    a_connection(store, team.id)
    answer = visitor.poll(path, tag)
    assert answer.status_code == 200
    assert "Connection added" in text_of(answer)


def test_steps_stay_until_a_run_reaches_production_or_the_team_is_no_longer_new(
    visitor: Visitor, store: Store, team: Team, clock: Clock
) -> None:
    record(store, a_run(stages=("commit", "test")), team.id)
    assert done(visitor, team) == NAMES[:3]
    clock.move(15 * DAY)
    assert done(visitor, team) == []


def test_steps_are_gone_once_a_run_has_reached_production(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, a_run(stages=("commit", "production")), team.id)
    assert done(visitor, team) == []

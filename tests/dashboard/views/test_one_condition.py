"""A pipeline is in one condition at a time: board, network, radiator, health and API say the same of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dashboard.auth.links import make_screen
from dashboard.auth.tokens import create_token
from storage.model.document import replace
from storage.model.entities import Condition, Status, Team
from storage.model.events import AnyEvent
from storage.store import Store
from tests.dashboard.views.rows import job, red, run, waits, word
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor
from tests.factories import BY, MINUTE, Clock, a_team

LATER = (0, 4, 30, 90, 600)
SHOWN = {"no signal": "no_signal", "waiting for approval": "waiting"}
Told = list[AnyEvent]

TOWN: dict[str, list[Told]] = {
    "failed": [red(210, 40)],
    "retried": [red(210, 40), run(210, 2, None, attempt=2)],
    "retry queued": [red(210, 40), [word(210, Status.QUEUED, 1, attempt=2)]],
    "next": [red(210, 40), run(211, 2, None)],
    "skipped": [red(210, 40), run(211, 2, Status.SKIPPED)],
    "waits": [waits(210, 40)],
    "waits behind": [waits(210, 40), run(211, 2, None)],
    "fails and waits": [waits(210, 40), red(211, 9)],
    "runs": [run(210, 2, None)],
    "runs red": [run(210, 3, None, stages=("build",)), [job(210, "test", Status.FAILED, 1)]],
    "runs first": [run(210, 3, None)],
    "several": [run(210 + place, 6 - place, None) for place in range(5)],
    "queued": [[word(210, Status.QUEUED, 9)]],
    "between": [run(210, 40, None, stages=("build",)), [job(210, "build", Status.SUCCEEDED, 38)]],
    "lost": [run(210, 50, None)],
    "again": [run(103, 5, None, attempt=2, stages=("deploy production",))],
    "again failed": [run(103, 15, Status.FAILED, attempt=2, stages=("deploy production",))],
    "passes": [run(210, 30)],
    "cancelled": [run(210, 30, Status.CANCELLED)],
    "branch": [red(210, 30, branch="docs")],
}
NEW = {"runs first", "cancelled", "branch"}


def of(project: str, number: int, events: Told) -> Told:
    """The same, of another pipeline."""
    ref = workflow_of(project, number)
    told = []
    for event in events:
        pipeline = ref if event.pipeline.key else replace(ref, key="", name="", url="", path="", aliases=())
        execution = f"{number + 1}{event.execution}"
        told.append(replace(event, pipeline=pipeline, execution=execution, order=int(execution)))
    return told


@pytest.fixture
def team(store: Store) -> Team:
    found = a_team(store)
    for number, (name, told) in enumerate(TOWN.items()):
        before = [] if name in NEW else [run(100 + place, 900 - place * 100) for place in range(6)]
        for events in [*before, *told]:
            store.recorder.apply(found.id, of(name.replace(" ", "-"), number, events))
    return found


def board(visitor: Visitor, team: Team) -> dict[str, str]:
    return dict(re.findall(r'data-pipeline="(\w+)" data-condition="(\w+)"', visitor.text("/teams/payments")))


def health(visitor: Visitor, team: Team) -> dict[str, str]:
    page = visitor.text("/health/payments").partition("<tbody")[2]
    found = re.findall(
        r'<tr [^>]*data-pipeline="(\w+)"[^>]*>.*?<span class="state [^>]*>.*?</svg>([^<]*)</span>', page, re.DOTALL
    )
    return {id_: SHOWN.get(words.lower(), words.lower()) for id_, words in found}


def api(visitor: Visitor, team: Team) -> dict[str, str]:
    assert visitor.user is not None
    headers = {"Authorization": f"Bearer {create_token(visitor.user, 'x', BY)}"}
    items: list[dict[str, Any]] = Client().get(f"/api/v1/teams/{team.id}/pipelines", headers=headers).json()["items"]
    return {item["id"]: item["condition"] for item in items}


def attention(visitor: Visitor, team: Team) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for condition, id_ in re.findall(r'id="at-(\w+?)-([0-9a-f]{32})"', visitor.text("/")):
        found.setdefault(id_, set()).add(condition)
    return found


def counts(markup: str) -> dict[str, int]:
    found = {SHOWN.get(label, label): int(number) for number, label in re.findall(r"<b>(\d+)</b> ([a-z ]+)<", markup)}
    return {label: number for label, number in found.items() if label in set(Condition)}


NEEDS = {Condition.FAILING, Condition.WAITING, Condition.SLOW, Condition.NO_SIGNAL}


def test_all_pages_say_the_same_of_a_pipeline(
    visitor: Visitor, team: Team, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is in, and however long nothing more is heard."""
    monkeypatch.setattr("dashboard.readmodels.radiator.ROWS", 99)
    began = clock.now
    for minutes in LATER:
        clock.now = began + minutes * MINUTE
        _all_say_the_same(visitor, team)


def _all_say_the_same(visitor: Visitor, team: Team) -> None:
    seen = board(visitor, team)
    assert len(seen) == len(TOWN)
    assert health(visitor, team) == seen
    assert api(visitor, team) == seen
    for path in (_screen(team.id), _screen("")):
        assert dict(re.findall(r'data-pipeline="(\w+)" data-condition="(\w+)"', visitor.text(path))) == seen
    listed = attention(visitor, team)
    for id_, state in seen.items():
        assert (state in listed.get(id_, set())) is (state in NEEDS), (id_, state)
        assert listed.get(id_, set()) <= {state, "waiting"}
    tally = counts(visitor.text("/").partition('id="tally"')[2].partition("</nav>")[0])
    assert tally == {state: list(seen.values()).count(state) for state in set(seen.values())}


def _screen(team_id: str) -> str:
    return "/radiator/" + make_screen(team_id, "Kitchen", BY).rpartition("/")[2]


def test_the_town_has_something_in_every_condition(visitor: Visitor, team: Team, clock: Clock) -> None:
    found = set(board(visitor, team).values())
    clock.move(30 * MINUTE)
    found |= set(board(visitor, team).values())
    assert found == set(Condition)


ASKED: dict[str, Callable[[Visitor, Team], dict[str, str]]] = {"board": board, "health": health, "api": api}


def test_pages_tell_each_pipeline_once(visitor: Visitor, team: Team) -> None:
    for page, asked in ASKED.items():
        assert len(asked(visitor, team)) == len(TOWN), page

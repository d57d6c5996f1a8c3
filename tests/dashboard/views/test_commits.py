"""Runs of a commit: all that a reader may see, and no trace of the others in items, cursors or cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from dashboard.screens import commit as commit_screen
from dashboard.views import commits
from storage.keys import pipeline_id
from storage.model.accounts import Role
from storage.model.entities import Team
from storage.store import Store
from storage.table import Meter, metered
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor
from tests.factories import BY, SHA, a_member, a_team, execution_changed, record

TOKEN = ["get", "get"]
LIST = ["query", "batch_get"]


@dataclass
class Scene:
    """A closed team, and an outsider who sees another one."""

    store: Store
    hidden: Team
    seen: Team
    visitor: Visitor
    token: str

    def runs(self, team: Team, numbers: range, pipelines: int = 1) -> list[str]:
        refs = [workflow_of("shop", number) for number in range(pipelines)]
        return [record(self.store, [execution_changed(str(n), pipeline=refs[n % pipelines])], team.id) for n in numbers]

    def ask(self, query: str = "") -> tuple[dict[str, Any], Meter]:
        path = f"/api/v1/commits/{SHA}?{query}"
        with metered() as meter:
            answer = Client().get(path, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code == 200
        return answer.json(), meter


@pytest.fixture
def scene(store: Store) -> Scene:
    hidden = a_team(store, "Hidden", "hidden", is_open=False)
    seen = a_team(store, "Seen", "seen", is_open=False)
    user = a_member(store, seen, Role.VIEWER)
    token = create_token(user, "x", BY)
    store.tokens.touch(store.tokens.list_of_user(user.id)[0])
    return Scene(store, hidden, seen, Visitor(store, user), token)


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


@pytest.mark.parametrize("hidden", [0, 1, 60])
def test_cost_and_answer_do_not_tell_of_hidden_runs(scene: Scene, hidden: int) -> None:
    scene.runs(scene.hidden, range(1000, 1000 + hidden), pipelines=20)
    (own,) = scene.runs(scene.seen, range(5000, 5001))
    answer, meter = scene.ask("limit=1")
    assert (ids(answer), answer["next"]) == ([own], None)
    assert [name for name in meter.operations if name != "transact"] == [*TOKEN, *LIST]
    with metered() as meter:
        assert own in scene.visitor.text(f"/commits/{SHA}")
    assert meter.operations == ["batch_get", *LIST]


def test_pages_go_on_behind_the_last_run_that_was_shown(scene: Scene) -> None:
    own = [scene.runs(scene.seen, range(number, number + 1))[0] for number in range(5000, 5005)]
    scene.runs(scene.hidden, range(4990, 5010))
    found, query = list[str](), "limit=2"
    while query:
        answer, _ = scene.ask(query)
        found += ids(answer)
        query = f"limit=2&cursor={answer['next']}" if answer["next"] else ""
    assert found == own


def test_runs_of_more_pipelines_than_one_read_takes_are_all_found(scene: Scene) -> None:
    own = scene.runs(scene.seen, range(5000, 5120), pipelines=120)
    answer, meter = scene.ask("limit=100")
    assert meter.calls <= 5
    found = ids(answer)
    while answer["next"]:
        answer, _ = scene.ask(f"limit=100&cursor={answer['next']}")
        found += ids(answer)
    assert found == own


def test_page_links_to_the_runs_it_does_not_hold(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "PAGE", 2)
    own = scene.runs(scene.seen, range(5000, 5003))
    text = scene.visitor.text(f"/commits/{SHA}")
    (link,) = re.findall(r'href="(\?after=[^"]+)"', text)
    assert (own[1] in text, own[2] in text) == (True, False)
    rest = scene.visitor.text(f"/commits/{SHA}{link}")
    assert (own[2] in rest, "More runs" in rest) == (True, False)
    assert scene.visitor.get(f"/commits/{SHA}?after=x").status_code == 404


def test_list_ends_where_too_much_is_hidden_before_the_first_run(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_screen, "LOOKED_THROUGH", 5)
    scene.runs(scene.hidden, range(1000, 1010))
    answer, _ = scene.ask()
    assert answer == {"items": [], "next": None}


@pytest.mark.parametrize("is_open", [True, False])
def test_run_goes_with_its_pipeline_to_another_team(scene: Scene, is_open: bool) -> None:
    (moved,) = scene.runs(scene.seen, range(5000, 5001))
    other = a_team(scene.store, "Other", "other", is_open=is_open)
    of = pipeline_id(scene.seen.id, "github", workflow_of("shop", 0).key)
    scene.store.override_writer.move(of, scene.seen, other, BY)
    answer, meter = scene.ask()
    assert ids(answer) == ([moved] if is_open else [])
    assert [name for name in meter.operations if name != "transact"] == [*TOKEN, *LIST, "batch_get"]
    scene.store.teams.delete(other, BY)
    assert ids(scene.ask()[0]) == []

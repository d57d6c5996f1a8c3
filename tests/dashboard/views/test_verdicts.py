"""Why a run is red, as its page and the API say it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.events import AnyEvent
from storage.store import Store
from tests.dashboard.visiting import Visitor
from tests.factories import BY, MINUTE, NOW, a_run, a_team, record
from tests.storage.recording.tables import fold_facts


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def run(number: int, outcome: Status, *, commit: str = "", branch: str = "main", attempt: int = 1) -> list[AnyEvent]:
    events = a_run(
        str(number), began=NOW - (100 - 10 * number - 4 * attempt) * MINUTE, outcome=outcome, number=str(number),
        attempt=attempt,
    )  # fmt: skip
    sha = (commit or f"{number:x}").ljust(40, "c")
    return [replace(each, commit=sha, branch=branch, author="Lena") for each in events]


def said(visitor: Visitor, execution_id: str, query: str = "") -> str:
    panel = visitor.text(f"/executions/{execution_id}{query}").partition('id="failure"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", panel).split())


def test_first_red_names_the_runs_since_green(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, run(1, Status.SUCCEEDED), team.id)
    record(store, run(2, Status.CANCELLED), team.id)
    red = record(store, run(3, Status.FAILED), team.id)
    found = said(visitor, red)
    assert "Broken : one of 2 runs since it was green run 3" in found
    assert "run 2" in found


def test_red_after_red_is_not_by_this_change(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, run(1, Status.SUCCEEDED), team.id)
    record(store, run(2, Status.FAILED), team.id)
    red = record(store, run(3, Status.FAILED), team.id)
    assert "Not by this change : it was red before, since run 2" in said(visitor, red)


def test_branch_is_judged_by_the_default_branch(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, run(1, Status.SUCCEEDED), team.id)
    own = record(store, run(2, Status.FAILED, branch="topic"), team.id)
    assert "Broken : it is not red on the default branch" in said(visitor, own)
    record(store, run(3, Status.FAILED), team.id)
    other = record(store, run(4, Status.FAILED, branch="other"), team.id)
    assert "Not by this change : it is red on the default branch, too, since run 3" in said(visitor, other)
    assert "it is not red on the default branch" in said(visitor, own)


def test_stage_that_passes_when_run_again_was_flaky(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, run(1, Status.SUCCEEDED), team.id)
    red = record(store, run(2, Status.FAILED), team.id)
    assert "Broken : it was green in the run before" in said(visitor, red)
    record(store, run(2, Status.SUCCEEDED, attempt=2), team.id)
    assert "Flaky : it passed when it was run again" in said(visitor, red, "?attempt=1")


def test_api_tells_the_cause_with_its_evidence(visitor: Visitor, store: Store, team: Team) -> None:
    green = record(store, run(1, Status.SUCCEEDED, commit="abc"), team.id)
    red = record(store, run(2, Status.FAILED, commit="abc"), team.id)
    assert visitor.user is not None
    headers = {"Authorization": f"Bearer {create_token(visitor.user, 'x', BY)}"}

    def verdict(execution_id: str) -> object:
        return Client().get(f"/api/v1/executions/{execution_id}", headers=headers).json()["verdict"]

    assert verdict(green) is None
    evidence = {"executionId": green, "number": "1", "commit": "abc".ljust(40, "c"), "author": "Lena"}
    stage = {"stage": "deploy production", "cause": "flaky", "evidence": evidence, "suspects": []}
    assert verdict(red) == {"cause": "flaky", "stages": [stage]}


def test_flaky_stages_are_listed_with_every_flip(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, run(1, Status.SUCCEEDED), team.id)
    assert "No stage was red and green" in visitor.text(f"/health/{team.slug}/flaky")
    again = record(store, run(2, Status.FAILED), team.id)
    record(store, run(2, Status.SUCCEEDED, attempt=2), team.id)
    fold_facts(store)
    page = visitor.text(f"/health/{team.slug}/flaky").partition("<tbody")[2]
    assert "deploy production" in page
    assert "1 of 2" in page
    assert f"/executions/{again}" in page


def test_pipeline_page_tells_when_it_was_red(visitor: Visitor, store: Store, team: Team) -> None:
    for number, outcome in enumerate([Status.SUCCEEDED, Status.FAILED, Status.FAILED, Status.SUCCEEDED], 1):
        record(store, run(number, outcome), team.id)
    (pipeline_id,) = store.rebuilder.list_pipelines(team.id)
    path = f"/teams/{team.slug}/pipelines/{pipeline_id}"
    panel = visitor.text(path).partition('id="reds"')[2].partition("</section>")[0]
    told = " ".join(re.sub(r"<[^>]+>", " ", panel).split())
    assert "deploy production for 20 min, since" in told
    assert "run 2 to run 4 2 red runs" in told
    record(store, run(5, Status.FAILED), team.id)
    again = visitor.text(path).partition('id="reds"')[2].partition("</section>")[0]
    assert "still red" in again
    assert "red before once" in again

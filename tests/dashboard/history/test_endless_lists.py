"""Every tool's past comes to an end, though its server repeats a page with the token to it, or never stops to page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest

from dashboard.history import circleci, codepipeline
from dashboard.history.backfill import ENDLESS
from dashboard.history.registry import READERS
from dashboard.history.remembered import Remembered
from dashboard.history.working import begin
from storage.model import backfill as model
from storage.model.backfill import BackfillState
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.history import (
    fake_azuredevops,
    fake_buildkite,
    fake_circleci,
    fake_codepipeline,
    fake_gitlab,
    fake_jenkins,
    fake_organisation,
)
from tests.dashboard.history.letting_in import let_in, let_in_by_server
from tests.dashboard.history.test_backfill import backfiller, read_all
from tests.dashboard.history.test_repair import repair
from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import BY, Clock

# Whatever a server does: of a project of three pages of runs.
MOST_ASKED = 400


@dataclass(frozen=True)
class Endless:
    """A tool that pages. a_day: runs of a project, so that three days are more than two pages."""

    fake: Callable[[FakeTool, Clock], Any]
    token: str
    a_day: int


TOOLS = {
    "azuredevops": Endless(fake_azuredevops.FakeAzureDevOps, fake_azuredevops.TOKEN, 72),
    "buildkite": Endless(fake_buildkite.FakeBuildkite, fake_buildkite.TOKEN, 48),
    "circleci": Endless(fake_circleci.FakeCircleCi, fake_circleci.TOKEN, 16),
    "codepipeline": Endless(fake_codepipeline.FakeCodePipeline, "", 4),
    "github": Endless(fake_organisation.FakeOrganisation, "ghp_a-token", 72),
    "gitlab": Endless(fake_gitlab.FakeGitLab, "glpat-a-token", 72),
    "jenkins": Endless(fake_jenkins.FakeJenkins, fake_jenkins.USER_TOKEN, 48),
}


@pytest.fixture(params=sorted(READERS))
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fake(source: str, tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Any:
    for module, name in ((circleci, "_projects"), (circleci, "_settled"), (codepipeline, "_settled")):
        monkeypatch.setattr(module, name, Remembered(1000, 1))
    monkeypatch.setattr(codepipeline, "PAGE", 4)
    made = TOOLS[source].fake(tool, clock)
    made.fill(1, 3, TOOLS[source].a_day)
    return made


@pytest.fixture
def connection(
    source: str, store: Store, team: Team, tool: FakeTool, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> Connection:
    if source == "codepipeline":
        return let_in_by_server(store, team, tool, monkeypatch, regions=(fake_codepipeline.REGION,))
    return let_in(store, team, tool, source, TOOLS[source].token)


def repeat(tool: FakeTool) -> None:
    """Of each list the first page comes again, whatever page is asked for, and leads to the same one."""
    answer, first = tool.answer, dict[tuple[str, str, str], Answer]()

    def repeated(asked: Asked) -> Answer:
        told = json.loads(asked.body or b"{}") if "x-amz-target" in asked.headers else {}
        what = f"{asked.headers.get('x-amz-target')} {told.get('pipelineName')} {told.get('filter')}"
        part = "".join(f"{name}{asked.query.get(name, '')}" for name in ("source", "exclude_jobs", "statusFilter"))
        key = (asked.path, part + asked.query.get("tree", "").partition("{")[0], what)
        if key not in first:
            first[key] = answer(asked)
        return first[key]

    tool.answer = repeated  # type: ignore[method-assign]


def steps_of(store: Store, connection: Connection, most: int) -> Iterator[object]:
    return islice(backfiller(store, connection).steps(), most)


def test_page_that_comes_again_and_again_ends_it(
    source: str, store: Store, connection: Connection, fake: Any, tool: FakeTool
) -> None:
    repeat(tool)
    begin(store, connection, BY)
    for _ in steps_of(store, connection, MOST_ASKED):
        assert len(tool.asked) < MOST_ASKED
    found = store.backfills.find(connection.id)
    assert found is not None
    assert found.state is BackfillState.DONE
    assert found.runs > 0
    repair(store, connection)
    assert len(tool.asked) < MOST_ASKED


def test_list_of_very_many_pages_is_left_off_and_said_so(
    source: str, store: Store, connection: Connection, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "MOST_PAGES", 2)
    begin(store, connection, BY)
    assert read_all(store, connection).state is BackfillState.DONE
    (project,) = store.backfills.list_projects(connection.id)
    assert (project.all_read, project.problem, project.paging.pages) == (True, ENDLESS, 2)


def test_every_tool_whose_past_is_read_is_here() -> None:
    assert TOOLS.keys() == READERS.keys()

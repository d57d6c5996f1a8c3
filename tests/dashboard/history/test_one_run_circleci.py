"""What CircleCI tells by webhook and by API, in any order and as often as one likes, is one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.history.circleci import CircleCiHistory
from dashboard.tool_apis.circleci import CircleCiApi
from storage.model.backfill import Project
from storage.model.entities import Status
from storage.model.events import AnyEvent, by_execution
from tests.dashboard.history.circleci_hooks import hooks_of
from tests.dashboard.history.fake_circleci import TOKEN, FakeCircleCi, FakePipeline
from tests.dashboard.history.test_one_run import derived
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import IN_MEMORY, MINUTE, NOW, Clock

SHOP = "gh/acme/shop"


def a_circleci(tool: FakeTool) -> FakeCircleCi:
    """One that runs, one on hold, a green, a red, one that was run again, one of a branch, one without workflows."""
    circleci = FakeCircleCi(tool, Clock())
    began = NOW - 500 * MINUTE
    circleci.pipelines[SHOP] = [
        FakePipeline(107, SHOP, began + 420 * MINUTE, None, minutes=90),
        FakePipeline(106, SHOP, began + 360 * MINUTE, None, holds=True),
        FakePipeline(105, SHOP, began + 300 * MINUTE, branch="topic"),
        FakePipeline(104, SHOP, began + 240 * MINUTE, errored=True),
        FakePipeline(103, SHOP, began + 180 * MINUTE, again=True),
        FakePipeline(102, SHOP, began + 120 * MINUTE, "failed"),
        FakePipeline(101, SHOP, began, "success"),
    ]
    return circleci


def by_api(circleci: FakeCircleCi) -> list[Sequence[AnyEvent]]:
    history = CircleCiHistory(CircleCiApi(TOKEN, circleci.tool.address, now=circleci.clock))
    (found,) = history.projects("").projects
    project = Project(found.id)
    runs = history.runs(project, NOW - 1000 * MINUTE, "").runs
    return [
        *[run.events for run in runs],
        *[part for run in runs for part in by_execution(history.jobs(project, run.execution, run.attempt))],
    ]


def by_webhook(circleci: FakeCircleCi, author: str = "") -> list[Sequence[AnyEvent]]:
    return [hook.events for one in circleci.pipelines[SHOP] for hook in hooks_of(circleci, one, author)]


@pytest.fixture(autouse=True)
def _pages_have_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As CircleCI's own do."""
    monkeypatch.setattr(CircleCiApi, "is_public", True)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_api_and_webhooks_in_any_order_come_to_the_same(seed: int, share: float) -> None:
    """`share`: of what webhooks told, the rest was lost. By API all is told; so the API alone is what is right."""
    chance = Random(seed)
    with served() as tool:
        circleci = a_circleci(tool)
        api, hooks = by_api(circleci), by_webhook(circleci)
    told = [*api, *[one for one in hooks if chance.random() < share], *chance.choices(api, k=5)]
    chance.shuffle(told)
    with TemporaryDirectory(dir=IN_MEMORY) as mixed, TemporaryDirectory(dir=IN_MEMORY) as plain:
        assert derived(told, Path(mixed)) == derived(api, Path(plain))


def test_author_that_a_webhook_told_stays(tmp_path: Path) -> None:
    with served() as tool:
        circleci = a_circleci(tool)
        told = [*by_webhook(circleci, "Ada"), *by_api(circleci)]
    _, _, executions = derived(told, tmp_path)
    assert {one.author for one in executions.values()} == {"Ada"}


def test_api_tells_workflows_as_they_stand(tmp_path: Path) -> None:
    with served() as tool:
        rows, _, executions = derived(by_api(a_circleci(tool)), tmp_path)
    found = sorted(executions.values(), key=lambda one: one.order)
    assert [(one.number, one.status) for one in found] == [
        ("101", Status.SUCCEEDED),
        ("102", Status.FAILED),
        ("103", Status.FAILED),
        ("103", Status.SUCCEEDED),
        ("105", Status.SUCCEEDED),
        ("106", Status.WAITING),
        ("107", Status.RUNNING),
    ]
    assert [stage.name for stage in found[5].stages] == ["compile", "Approval: ship-it"]
    assert [stage.status for stage in found[5].stages] == [Status.SUCCEEDED, Status.WAITING]
    assert [stage.name for stage in found[6].stages] == ["compile", "test"]
    assert found[0].message == "Change 101"
    assert found[0].url.startswith("https://app.circleci.com/pipelines/github/acme/shop/101/workflows/")
    (row,) = rows
    assert (row.name, row.repository, row.result.number) == ("shop · build", "acme/shop", "103")

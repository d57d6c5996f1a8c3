"""What Azure DevOps tells by service hook and by API, in any order and as often as one likes, is one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.history.azuredevops import AzureDevOpsHistory
from dashboard.tool_apis.azuredevops import AzureDevOpsApi
from storage.model.backfill import Project
from storage.model.entities import Status
from storage.model.events import AnyEvent, by_execution
from tests.dashboard.history.azuredevops_hooks import hooks_of
from tests.dashboard.history.fake_azuredevops import TOKEN, FakeAzureDevOps, FakeBuild
from tests.dashboard.history.test_one_run import derived
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import IN_MEMORY, MINUTE, NOW, Clock

SHOP = "shop"


def a_fake(tool: FakeTool) -> FakeAzureDevOps:
    """One that runs, one that waits for somebody, one that was refused, a green, a red, one whose stage was run again,
    one of a branch, a short one."""
    azure = FakeAzureDevOps(tool, Clock())
    began = NOW - 500 * MINUTE
    azure.builds[SHOP] = [
        FakeBuild(108, SHOP, began + 440 * MINUTE, None, minutes=90),
        FakeBuild(107, SHOP, began + 400 * MINUTE, None, holds=True),
        FakeBuild(106, SHOP, began + 360 * MINUTE, "failed", holds=True),
        FakeBuild(105, SHOP, began + 300 * MINUTE, branch="refs/heads/topic"),
        FakeBuild(104, SHOP, began + 240 * MINUTE, minutes=0),
        FakeBuild(103, SHOP, began + 180 * MINUTE, again=True),
        FakeBuild(102, SHOP, began + 120 * MINUTE, "failed"),
        FakeBuild(101, SHOP, began, "succeeded"),
    ]
    return azure


def by_api(azure: FakeAzureDevOps) -> list[Sequence[AnyEvent]]:
    history = AzureDevOpsHistory(AzureDevOpsApi(TOKEN, azure.tool.address, now=azure.clock))
    (found,) = history.projects("").projects
    project = Project(found.id, told=found.told)
    runs = history.runs(project, NOW - 1000 * MINUTE, "").runs
    return [
        *[run.events for run in runs],
        *[part for run in runs for part in by_execution(history.jobs(project, run.execution, run.attempt))],
    ]


def by_webhook(azure: FakeAzureDevOps, author: str = "", place: str = "") -> list[Sequence[AnyEvent]]:
    return [hook.events for one in azure.builds[SHOP] for hook in hooks_of(azure, one, author, place)]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_api_and_webhooks_in_any_order_come_to_the_same(seed: int, share: float) -> None:
    """`share`: of what webhooks told, the rest was lost. By API all is told; so the API alone is what is right."""
    chance = Random(seed)
    with served() as tool:
        azure = a_fake(tool)
        api, hooks = by_api(azure), by_webhook(azure)
    told = [*api, *[one for one in hooks if chance.random() < share], *chance.choices(api, k=5)]
    chance.shuffle(told)
    with TemporaryDirectory(dir=IN_MEMORY) as mixed, TemporaryDirectory(dir=IN_MEMORY) as plain:
        assert derived(told, Path(mixed)) == derived(api, Path(plain))


def test_what_a_webhook_alone_tells_stays(tmp_path: Path) -> None:
    with served() as tool:
        azure = a_fake(tool)
        told = [*by_webhook(azure, "Grace", "Production"), *by_api(azure)]
    _, _, executions = derived(told, tmp_path)
    assert {one.author for one in executions.values()} == {"Grace"}
    held = next(one for one in executions.values() if one.number == "20261123.107")
    (approval,) = held.stages[-1].actions
    assert (approval.name, approval.environment) == ("Approval: Production", "Production")


def test_api_tells_runs_as_they_stand(tmp_path: Path) -> None:
    with served() as tool:
        rows, _, executions = derived(by_api(a_fake(tool)), tmp_path)
    found = sorted(executions.values(), key=lambda one: one.order)
    assert [(one.number.removeprefix("20261123."), one.status) for one in found] == [
        ("101", Status.SUCCEEDED),
        ("102", Status.FAILED),
        ("103", Status.SUCCEEDED),
        ("104", Status.SUCCEEDED),
        ("105", Status.SUCCEEDED),
        ("106", Status.FAILED),
        ("107", Status.WAITING),
        ("108", Status.RUNNING),
    ]
    assert [stage.name for stage in found[6].stages] == ["Build", "Test", "Deploy"]
    assert [stage.status for stage in found[6].stages] == [Status.SUCCEEDED, Status.SUCCEEDED, Status.WAITING]
    (approval,) = found[6].stages[-1].actions
    assert (approval.status, approval.deciders) == (Status.WAITING, "Ada")
    (approval, *_) = found[5].stages[-1].actions
    assert (approval.status, approval.by, approval.note) == (Status.FAILED, "Ada", "Not on a Friday")
    assert found[0].message == "Change 101"
    assert found[0].url.endswith("/_build/results?buildId=101")
    (row,) = rows
    assert (row.name, row.repository) == ("deploy 7", "shop/shop")

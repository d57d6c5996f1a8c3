"""What Jenkins tells by its Notification plugin and by API, in any order and as often as one likes, is one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.history import jenkins as module
from dashboard.history.jenkins import JenkinsHistory
from dashboard.history.remembered import Remembered
from dashboard.tool_apis.jenkins import JenkinsApi
from storage.model.backfill import Project
from storage.model.entities import StageKind, Status
from storage.model.events import AnyEvent, by_execution
from tests.dashboard.history.fake_jenkins import USER_TOKEN, FakeJenkins, FakeRun
from tests.dashboard.history.jenkins_hooks import hooks_of
from tests.dashboard.history.test_one_run import derived
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import IN_MEMORY, MINUTE, NOW, Clock

RELEASE, PLAIN, BRANCH = (
    "job/acme/job/release",
    "job/acme/job/deploy-production",
    "job/acme/job/shop/job/feature%252Fstock",
)


def a_fake(tool: FakeTool) -> FakeJenkins:
    """Of a Pipeline one that runs, one that waits for somebody, a green, a red, an unstable, an aborted one; of a
    freestyle job a green and a red one; of a branch one."""
    jenkins = FakeJenkins(tool, Clock())
    began = NOW - 500 * MINUTE
    jenkins.runs = {
        RELEASE: [
            FakeRun(106, RELEASE, began + 440 * MINUTE, None, minutes=90),
            FakeRun(105, RELEASE, began + 400 * MINUTE, None, waits=True),
            FakeRun(104, RELEASE, began + 300 * MINUTE, "ABORTED"),
            FakeRun(103, RELEASE, began + 200 * MINUTE, "UNSTABLE"),
            FakeRun(102, RELEASE, began + 100 * MINUTE, "FAILURE"),
            FakeRun(101, RELEASE, began),
        ],
        PLAIN: [
            FakeRun(8, PLAIN, began + 100 * MINUTE, "FAILURE", plain=True),
            FakeRun(7, PLAIN, began, plain=True),
        ],
        BRANCH: [FakeRun(3, BRANCH, began, checks_out="origin/feature/stock")],
    }
    return jenkins


def by_api(jenkins: FakeJenkins) -> list[Sequence[AnyEvent]]:
    history = JenkinsHistory(JenkinsApi(USER_TOKEN, jenkins.tool.address, now=jenkins.clock))
    told: list[Sequence[AnyEvent]] = []
    first = history.projects("")
    for found in (*first.projects, *history.projects(first.next).projects):
        project = Project(found.id, told=found.told)
        runs = history.runs(project, NOW - 1000 * MINUTE, "").runs
        told += [run.events for run in runs]
        told += [part for run in runs for part in by_execution(history.jobs(project, run.execution, run.attempt))]
    return told


def by_webhook(jenkins: FakeJenkins, queued_seconds: int = 0) -> list[Sequence[AnyEvent]]:
    return [
        hook.events for runs in jenkins.runs.values() for run in runs for hook in hooks_of(jenkins, run, queued_seconds)
    ]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_api_and_webhooks_in_any_order_come_to_the_same(seed: int, share: float) -> None:
    """`share`: of what webhooks told, the rest was lost. By API all is told; so the API alone is what is right."""
    chance = Random(seed)
    with served() as tool:
        jenkins = a_fake(tool)
        api, hooks = by_api(jenkins), by_webhook(jenkins)
    told = [*api, *[one for one in hooks if chance.random() < share], *chance.choices(api, k=5)]
    chance.shuffle(told)
    with TemporaryDirectory(dir=IN_MEMORY) as mixed, TemporaryDirectory(dir=IN_MEMORY) as plain:
        assert derived(told, Path(mixed)) == derived(api, Path(plain))


@pytest.mark.parametrize("seed", range(3))
def test_where_no_plugin_tells_stages_they_come_to_the_same_too(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_without_stages", Remembered(100, module.HOUR_MS))
    chance = Random(seed)
    with served() as tool:
        jenkins = a_fake(tool)
        jenkins.staged = False
        api, hooks = by_api(jenkins), by_webhook(jenkins)
    told = [*api, *hooks]
    chance.shuffle(told)
    found = derived(told, tmp_path / "mixed")
    assert found == derived(api, tmp_path / "plain")
    _, _, executions = found
    assert {stage.name for one in executions.values() for stage in one.stages} == {
        "release",
        "deploy-production",
        "shop",
    }


def test_queue_time_that_a_webhook_told_stays(tmp_path: Path) -> None:
    with served() as tool:
        jenkins = a_fake(tool)
        told = [*by_webhook(jenkins, 30), *by_api(jenkins)]
    _, _, executions = derived(told, tmp_path)
    assert {one.started_at - one.queued_at for one in executions.values()} == {30_000}


def test_api_tells_runs_as_they_stand(tmp_path: Path) -> None:
    with served() as tool:
        rows, _, executions = derived(by_api(a_fake(tool)), tmp_path)
    found = {one.number: one for one in executions.values()}
    assert {number: one.status for number, one in found.items()} == {
        "106": Status.RUNNING,
        "105": Status.WAITING,
        "104": Status.CANCELLED,
        "103": Status.FAILED,
        "102": Status.FAILED,
        "101": Status.SUCCEEDED,
        "8": Status.FAILED,
        "7": Status.SUCCEEDED,
        "3": Status.SUCCEEDED,
    }
    assert [stage.name for stage in found["105"].stages] == ["Build", "Test", "Deploy"]
    assert [stage.status for stage in found["105"].stages] == [Status.SUCCEEDED, Status.SUCCEEDED, Status.WAITING]
    red = found["102"].stages[-1]
    assert (red.name, [action.name for action in red.actions]) == ("Test", ["Console"])
    assert [(stage.name, stage.kind) for stage in found["7"].stages] == [("deploy-production", StageKind.PRODUCTION)]
    assert (found["101"].message, found["101"].actor, found["101"].author) == ("Change 101", "Ada Lovelace", "maya")
    assert found["103"].reason == "3 of 120 tests failed"
    assert found["106"].commit == f"{106:040x}"
    assert {row.name for row in rows} == {"release", "deploy-production", "shop"}

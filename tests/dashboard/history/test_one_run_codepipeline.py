"""What CodePipeline tells by EventBridge and by API, in any order and as often as one likes, is one run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.history.codepipeline import CodePipelineHistory
from dashboard.tool_apis.codepipeline_history import CodePipelineHistoryApi
from storage.model.backfill import Project
from storage.model.entities import Status
from storage.model.events import AnyEvent
from tests.dashboard.history.codepipeline_hooks import hooks_of
from tests.dashboard.history.fake_codepipeline import REGION, FakeCodePipeline, FakeExecution
from tests.dashboard.history.letting_in import aws_client
from tests.dashboard.history.test_one_run import derived
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import IN_MEMORY, MINUTE, NOW, Clock

HOWS = ("succeeded", "failed", "retried", "stopped", "superseded", "gated", "waits", "runs")


def a_codepipeline(tool: FakeTool) -> FakeCodePipeline:
    aws = FakeCodePipeline(tool, Clock())
    began = NOW - 600 * MINUTE + 789
    aws.executions["shop"] = [
        FakeExecution(100 + place, "shop", began + place * 60 * MINUTE, how) for place, how in enumerate(HOWS)
    ][::-1]
    return aws


def by_api(aws: FakeCodePipeline) -> list[Sequence[AnyEvent]]:
    api = CodePipelineHistoryApi(REGION, now=aws.clock, clients=lambda name: aws_client(name, aws.tool))
    history = CodePipelineHistory(lambda _: api, lambda: [REGION])
    (found,) = history.projects("").projects
    return [run.events for run in history.runs(Project(found.id), NOW - 1000 * MINUTE, "").runs]


def by_webhook(aws: FakeCodePipeline) -> list[Sequence[AnyEvent]]:
    return [hook.events for one in aws.executions["shop"] for hook in hooks_of(one)]


@cache
def both() -> tuple[list[Sequence[AnyEvent]], list[Sequence[AnyEvent]]]:
    """What the API tells, and what webhooks do."""
    with served() as tool:
        aws = a_codepipeline(tool)
        return by_api(aws), by_webhook(aws)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_api_and_webhooks_in_any_order_come_to_the_same(seed: int, share: float) -> None:
    """`share`: of what webhooks told, the rest was lost. By API all is told; so the API alone is what is right."""
    chance = Random(seed)
    api, hooks = both()
    told = [*api, *[one for one in hooks if chance.random() < share], *chance.choices(api, k=5)]
    chance.shuffle(told)
    with TemporaryDirectory(dir=IN_MEMORY) as mixed, TemporaryDirectory(dir=IN_MEMORY) as plain:
        assert derived(told, Path(mixed)) == derived(api, Path(plain))


def test_api_tells_executions_as_they_stand(tmp_path: Path) -> None:
    (row,), _, executions = derived(both()[0], tmp_path)
    found = sorted(executions.values(), key=lambda one: one.order)
    assert [(one.status, one.attempt, one.raw_status) for one in found] == [
        (Status.SUCCEEDED, 1, "SUCCEEDED"),
        (Status.FAILED, 1, "FAILED"),
        (Status.SUCCEEDED, 2, "SUCCEEDED"),
        (Status.CANCELLED, 1, "STOPPED"),
        (Status.SUPERSEDED, 1, "SUPERSEDED"),
        (Status.WAITING, 1, "STARTED"),
        (Status.WAITING, 1, "STARTED"),
        (Status.RUNNING, 1, "STARTED"),
    ]
    assert [stage.name for stage in found[0].stages] == ["Source", "Build", "Release"]
    assert [(one.number, one.status) for one in found[2].attempts] == [(1, Status.FAILED), (2, Status.SUCCEEDED)]
    assert (found[3].reason, found[3].actor) == ("wrong button", "ada")
    assert [(stage.name, stage.status, stage.raw_status) for stage in found[5].stages[1:]] == [
        ("Build", Status.SUCCEEDED, "SUCCEEDED"),
        ("Release", Status.WAITING, "transition disabled"),
    ]
    assert (found[0].commit, found[0].branch, found[0].message) == (f"{100:040x}", "main", "Change 100")
    assert found[1].stages[1].actions[0].note == "JobFailed: Build terminated with state: FAILED"
    assert row.name == "shop"

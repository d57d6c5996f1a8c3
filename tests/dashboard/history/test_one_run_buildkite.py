"""What Buildkite tells by webhook and by API, in any order and as often as one likes, is one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.history.buildkite import BuildkiteHistory
from dashboard.tool_apis.buildkite import BuildkiteApi
from storage.model.backfill import Project
from storage.model.entities import Status
from storage.model.events import AnyEvent
from tests.dashboard.history.buildkite_hooks import hooks_of
from tests.dashboard.history.fake_buildkite import TOKEN, FakeBuild, FakeBuildkite
from tests.dashboard.history.test_one_run import derived
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import IN_MEMORY, MINUTE, NOW, Clock


def a_buildkite(tool: FakeTool) -> FakeBuildkite:
    """A build that runs, one that waits, a green, a red, one whose job was retried, one of a branch, one skipped."""
    buildkite = FakeBuildkite(tool, Clock())
    began = NOW - 500 * MINUTE
    buildkite.builds["shop"] = [
        FakeBuild(107, "shop", began + 420 * MINUTE, None, minutes=90),
        FakeBuild(106, "shop", began + 360 * MINUTE, blocked=True),
        FakeBuild(105, "shop", began + 300 * MINUTE, branch="topic"),
        FakeBuild(104, "shop", began + 240 * MINUTE, "skipped", minutes=0),
        FakeBuild(103, "shop", began + 180 * MINUTE, retried=True, minutes=10),
        FakeBuild(102, "shop", began + 120 * MINUTE, "failed"),
        FakeBuild(101, "shop", began, "passed"),
    ]
    return buildkite


def by_api(buildkite: FakeBuildkite) -> list[Sequence[AnyEvent]]:
    history = BuildkiteHistory(BuildkiteApi(TOKEN, buildkite.tool.address, now=buildkite.clock), lambda _: "")
    (found,) = history.projects("").projects
    return [run.events for run in history.runs(Project(found.id, told=found.told), NOW - 1000 * MINUTE, "").runs]


def by_webhook(buildkite: FakeBuildkite) -> list[Sequence[AnyEvent]]:
    return [hook.events for build in buildkite.builds["shop"] for hook in hooks_of(buildkite, build)]


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_api_and_webhooks_in_any_order_come_to_the_same(seed: int, share: float) -> None:
    """`share`: of what webhooks told, the rest was lost. By API all is told; so the API alone is what is right."""
    chance = Random(seed)
    with served() as tool:
        buildkite = a_buildkite(tool)
        api, hooks = by_api(buildkite), by_webhook(buildkite)
    told = [*api, *[one for one in hooks if chance.random() < share], *chance.choices(api, k=5)]
    chance.shuffle(told)
    with TemporaryDirectory(dir=IN_MEMORY) as mixed, TemporaryDirectory(dir=IN_MEMORY) as plain:
        assert derived(told, Path(mixed)) == derived(api, Path(plain))


def test_api_tells_builds_as_they_stand(tmp_path: Path) -> None:
    with served() as tool:
        rows, _, executions = derived(by_api(a_buildkite(tool)), tmp_path)
    found = {one.number: one for one in executions.values()}
    assert [found[str(number)].status for number in range(101, 108)] == [
        Status.SUCCEEDED,
        Status.FAILED,
        Status.SUCCEEDED,
        Status.SUPERSEDED,
        Status.SUCCEEDED,
        Status.WAITING,
        Status.RUNNING,
    ]
    assert [stage.name for stage in found["106"].stages] == ["Build", "Test", "Approval: Release"]
    assert [stage.name for stage in found["101"].stages] == ["Build", "Test", "Deploy"]
    (test,) = [stage for stage in found["103"].stages if stage.name == "Test"]
    assert (test.status, len(test.actions)) == (Status.SUCCEEDED, 1)
    (row,) = rows
    assert (row.repository, row.default_branch) == ("acme/shop", "main")

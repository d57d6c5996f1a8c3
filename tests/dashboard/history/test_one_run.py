"""What is told by webhook and by API, in any order and as often as one likes, is one run: the same rows and records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.history.github import GitHubHistory
from dashboard.tool_apis.github_history import GitHubHistoryApi
from storage.model.backfill import Project
from storage.model.document import replace
from storage.model.entities import Execution
from storage.model.events import AnyEvent, by_execution
from storage.store import Store
from storage.table import Table
from tests.copies import empty_engine
from tests.dashboard.history.fake_organisation import FakeOrganisation, FakeRun
from tests.dashboard.history.hooks import hooks_of
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import IN_MEMORY, MINUTE, NOW, TEAM_ID, Clock
from tests.storage.recording.tables import fold_facts


def an_organisation(tool: FakeTool) -> FakeOrganisation:
    """One that runs, a green, a red, one that was run again, one of a branch."""
    organisation = FakeOrganisation(tool, Clock())
    began = NOW - 300 * MINUTE
    runs = [
        FakeRun(107, "shop", began + 240 * MINUTE, None, minutes=90),
        FakeRun(106, "shop", began + 180 * MINUTE, "success", branch="topic"),
        FakeRun(105, "shop", began + 120 * MINUTE, "success", attempt=2),
        FakeRun(104, "shop", began + 60 * MINUTE, "failure"),
        FakeRun(103, "shop", began, "success"),
    ]
    organisation.runs["shop"] = runs
    return organisation


def by_api(organisation: FakeOrganisation) -> list[Sequence[AnyEvent]]:
    history = GitHubHistory(GitHubHistoryApi("ghp_x", organisation.tool.address, now=organisation.clock))
    (found,) = history.projects("").projects
    project = Project(found.id, told=found.told)
    runs = history.runs(project, NOW - 1000 * MINUTE, "").runs
    return [
        *[run.events for run in runs],
        *[part for run in runs for part in by_execution(history.jobs(project, run.execution, run.attempt))],
    ]


def by_webhook(organisation: FakeOrganisation) -> list[Sequence[AnyEvent]]:
    """All that GitHub would have sent of the same runs, each attempt from its beginning."""
    return [hook.events for run in organisation.runs["shop"] for hook in hooks_of(organisation, run)]


def derived(told: Sequence[Sequence[AnyEvent]], folder: Path) -> Any:
    """Rows, histories, runs with their stages, and facts, of a store that heard it in this order."""
    engine = empty_engine(folder / "test.db")
    store = Store(Table(engine, Clock()))
    executions = {store.recorder.apply(TEAM_ID, events).execution_id for events in told}
    fold_facts(store)
    rows = [stored.row() for stored in store.pipelines.list_board(TEAM_ID)]
    for record in store.pipelines.list_records([row.id for row in rows]).values():
        if record.history.stale:
            store.rebuilder.refold(record.id)
    records = store.pipelines.list_records([row.id for row in rows])
    for row in rows:
        store.rebuilder.refold(row.id)
    found = (
        [stored.row() for stored in store.pipelines.list_board(TEAM_ID)],
        {key: record.history for key, record in records.items()},
        {execution: _without_begin(store.executions.get(execution)) for execution in sorted(executions)},
    )
    engine.close()
    return found


def _without_begin(execution: Execution) -> Execution:
    """When an attempt was first heard to run, only a webhook of that moment tells."""
    return replace(execution, attempts=tuple(replace(one, started_at=None) for one in execution.attempts))


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_api_and_webhooks_in_any_order_come_to_the_same(seed: int, share: float) -> None:
    """`share`: of what webhooks told, the rest was lost. By API all is told; so the API alone is what is right."""
    chance = Random(seed)
    with served() as tool:
        organisation = an_organisation(tool)
        api, hooks = by_api(organisation), by_webhook(organisation)
    told = [*api, *[one for one in hooks if chance.random() < share], *chance.choices(api, k=5)]
    chance.shuffle(told)
    with TemporaryDirectory(dir=IN_MEMORY) as mixed, TemporaryDirectory(dir=IN_MEMORY) as plain:
        assert derived(told, Path(mixed)) == derived(api, Path(plain))

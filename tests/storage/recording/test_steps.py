"""What changed for good, as it is put into windows: with the run it begins with and the stage that makes it."""

from __future__ import annotations

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.model.evidence import Measure
from storage.store import Store
from tests.factories import MINUTE, NOW, REF, a_team, action_changed, execution_changed, unnamed
from tests.storage.recording.tables import fold_facts

DAY = 86_400_000


def run(number: int, minutes: dict[str, int]) -> list[AnyEvent]:
    """`minutes`: that each stage takes."""
    began = NOW - (40 - number) * DAY
    begin = execution_changed(
        str(number), status=Status.QUEUED, raw_status="queued", at=began, queued_at=began, pipeline=REF,
        number=str(number), commit=f"{number:040x}",
    )  # fmt: skip
    events: list[AnyEvent] = [begin]
    at = began
    for stage, took in minutes.items():
        job = action_changed(str(number), stage, at=at, queued_at=at, started_at=at)
        job = replace(job, action=f"{number}-{stage}", pipeline=unnamed(REF))
        end = at + took * MINUTE
        done = replace(job, status=Status.SUCCEEDED, raw_status="success", finished=True, at=end, finished_at=end)
        events += [job, done]
        at = end
    last = replace(begin, status=Status.SUCCEEDED, raw_status="success", finished=True, at=at, finished_at=at)
    return [*events, last]


def test_slower_runs_are_told_with_run_commit_and_stage(store: Store) -> None:
    team = a_team(store)
    for number in range(1, 38):
        store.recorder.apply(team.id, run(number, {"build": 3 + number % 2, "test": 8 if number < 20 else 15}))
    fold_facts(store)
    (found,) = store.windows.list_all()
    window = next(each for each in found.windows if each.days == 30)
    (step,) = window.steps
    assert (step.measure, step.number, step.worse, step.sure) == (Measure.DURATION_P50, "20", True, True)
    assert step.commit == f"{20:040x}"[:12]
    assert (step.stage, step.stage_before, step.stage_after) == ("test", 8 * 60, 15 * 60)
    assert step.pipeline == "checkout"
    _, windows = store.pipelines.list_health(team.id)
    assert next(each for each in windows if each.days == 30).steps == window.steps

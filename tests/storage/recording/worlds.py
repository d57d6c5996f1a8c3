"""What two tools may tell of several pipelines at once: re-runs, forks, tags, change requests, keys that change, runs
that are kept back, cancelled, resumed, rolled back; in an order of their times, and in any other."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, Origin, PipelineRef
from storage.model.told_schedule import Cron, schedule_text
from tests.factories import REF, deployment_changed, pipeline_execution, pipeline_stage
from tests.storage.recording.cases import at, execution, job, run, stage, told

OTHER = replace(REF, key="github.com/1296269/4712", name="Deploy", path=".github/workflows/deploy.yml")
ELSEWHERE = replace(REF, key="github.com/77/1", project="ledger", repository="acme/ledger")
WORKFLOWS = [REF, OTHER, ELSEWHERE]
OUTCOMES = [Status.SUCCEEDED, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.SKIPPED, Status.TIMED_OUT, None]
LINES = [("build", "test", "deploy production"), ("build",), ("test",), ("deploy production",), ()]
STARTS: list[dict[str, Any]] = [
    {},
    {},
    {},
    {"branch": "topic"},
    {"origin": Origin.FORK, "branch": "main", "head": "somebody/checkout"},
    {"origin": Origin.CHANGE_REQUEST, "change_request": "41", "branch": "topic"},
    {"origin": Origin.TAG, "branch": "v1.2.0"},
    {"branch": "trunk"},
]
RUNNERS: list[tuple[str, ...]] = [("ubuntu-latest",), ("ubuntu-latest",), ("self-hosted", "linux"), ()]
minutes = st.integers(0, 60)


@st.composite
def github_run(draw: st.DrawFn, number: int, ref: PipelineRef) -> list[AnyEvent]:
    said = draw(st.sampled_from(STARTS))
    if said.get("branch") == "trunk":
        ref = replace(ref, default_branch="trunk")
    minute, events = draw(minutes), list[AnyEvent]()
    if draw(st.booleans()):
        # Asked a little later, its tool may say when it runs the workflow by itself.
        ref = replace(ref, schedule=schedule_text([Cron("0 3 * * *")] * draw(st.integers(0, 1)), at(minute)))
        said = {**said, "scheduled_at": at(minute)}
    for attempt in range(1, draw(st.sampled_from([1, 1, 1, 2, 3])) + 1):
        outcome, line = draw(st.sampled_from(OUTCOMES)), draw(st.sampled_from(LINES))
        events += run(number, minute, outcome, *line, attempt=attempt, ref=ref, **said) if line else []
        events += [] if line else run(number, minute, outcome, stages=(), attempt=attempt, ref=ref, **said)
        minute += draw(st.integers(5, 30))
    events += draw(st.sampled_from(_extras(number, minute, ref, said)))
    labels = draw(st.sampled_from(RUNNERS))
    return [replace(each, runner_labels=labels) if isinstance(each, ActionChanged) else each for each in events]


def _extras(number: int, minute: int, ref: PipelineRef, said: dict[str, Any]) -> list[list[AnyEvent]]:
    """What may come beside a run."""
    return [
        [],
        [],
        [deployment_changed(str(number), at=at(minute), finished_at=at(minute), pipeline=ref)],
        [job(number, "approve", Status.WAITING, minute)],
        [job(number, "lint", Status.FAILED, minute, allowed_to_fail=True)],
        [told(number, Status.QUEUED, minute, told_to_wait=True, pipeline=ref, **said)],
        # Its last word is of another workflow: the one before is to be as if it had never been its own.
        [told(number, Status.FAILED, 200, pipeline=OTHER, **said)],
        # One of its events leaves open what it is for.
        [told(number, Status.RUNNING, minute, pipeline=ref, **{**said, "origin": None, "head": ""})],
    ]


@st.composite
def aws_execution(draw: st.DrawFn, number: int) -> list[AnyEvent]:
    name, minute = f"x{number}", draw(minutes)
    outcome = draw(st.sampled_from([Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.SUPERSEDED]))
    line = draw(st.sampled_from([("Build", "Prod"), ("Build",), ("Prod",)]))
    back = draw(st.sampled_from([{}, {}, {"rollback": True, "rollback_to": "x1"}]))
    events = execution(name, minute, outcome, *line, **back)
    events = events[: draw(st.sampled_from([len(events), len(events), len(events) - 1, 3]))]
    resumed = minute + draw(st.integers(5, 30))
    more: list[list[AnyEvent]] = [
        [],
        [
            pipeline_execution(name, Status.RUNNING, at(resumed)),
            pipeline_stage(name, "Prod", Status.RUNNING, at(resumed)),
        ],
        [
            pipeline_execution(name, Status.RUNNING, at(resumed)),
            *stage(name, "Prod", resumed),
            pipeline_execution(name, Status.SUCCEEDED, at(resumed + 1)),
        ],
    ]
    return events + draw(st.sampled_from(more))


@st.composite
def events_of_one_pipeline(draw: st.DrawFn) -> list[list[AnyEvent]]:
    """Of up to four executions of one pipeline, each in its own order."""
    numbers = range(1, draw(st.integers(1, 4)) + 1)
    if draw(st.booleans()):
        return [draw(aws_execution(number)) for number in numbers]
    runs = [draw(github_run(number, REF)) for number in numbers]
    return [[event for event in run if event.pipeline.key != OTHER.key] for run in runs]


@st.composite
def worlds(draw: st.DrawFn) -> list[AnyEvent]:
    """Of several executions of several pipelines, in the order of their times."""
    events = list[AnyEvent]()
    for number in range(1, draw(st.integers(1, 5)) + 1):
        events += draw(st.one_of(github_run(number, draw(st.sampled_from(WORKFLOWS))), aws_execution(number)))
    return sorted(events, key=lambda event: event.at)


@st.composite
def orders_of(draw: st.DrawFn, events: list[AnyEvent]) -> list[AnyEvent]:
    """In any order, some of them twice."""
    repeated = draw(st.lists(st.sampled_from(events), max_size=4))
    return draw(st.permutations([*events, *repeated]))

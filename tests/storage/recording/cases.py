"""What a case of the table of rows is made of: events at minutes after a beginning, and what their row is to say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from storage import keys
from storage.codec import documents
from storage.errors import NotFound
from storage.model.board_row import BoardRow
from storage.model.conditions import condition, turns_at
from storage.model.document import replace
from storage.model.entities import Condition, Status
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import Acknowledgement
from storage.model.pipeline_summary import PipelineSummary, row_of, summarise
from storage.store import Store
from tests.factories import (
    BY,
    MINUTE,
    NOW,
    REF,
    TEAM_ID,
    a_run,
    action_changed,
    execution_changed,
    pipeline_action,
    pipeline_execution,
    pipeline_stage,
)
from tests.storage.recording.tables import scratch

HOUR = 60
BEGIN = NOW - 20 * HOUR * MINUTE
GREEN, RED, OFF = Status.SUCCEEDED, Status.FAILED, Status.CANCELLED
RUNNING, QUEUED, WAITING = Status.RUNNING, Status.QUEUED, Status.WAITING
CLOCKS = [BEGIN + minutes * MINUTE for minutes in (0, 7, 35, 61, 100, 180, 400, 1300, 9000)]


def at(minute: float) -> int:
    return BEGIN + round(minute * MINUTE)


# GitHub's.


def run(number: int, minute: float, outcome: Status | None = GREEN, *stages: str, **said: Any) -> list[AnyEvent]:
    """A run that begins at this minute; its first job a second, its end half a second after that."""
    said = {"message": f"change {number}", **({"stages": stages} if stages else {}), **said}
    return a_run(str(number), number=str(number), began=at(minute), outcome=outcome, **said)


def end_of(minute: float, stages: int = 3) -> int:
    """When a run that began then, with so many stages, has ended."""
    return at(minute + stages) + 1500


def quiet(number: int, minute: float, outcome: Status) -> list[AnyEvent]:
    """A run of which nothing came but its end."""
    return run(number, minute, outcome, **{"stages": ()})[-1:]


def waiting(number: int, minute: float) -> list[AnyEvent]:
    """A run at its approval after a first stage."""
    asked = at(minute + 1) + 1000
    job = action_changed(str(number), "production", status=WAITING, raw_status="waiting", at=asked, queued_at=asked)
    return [*run(number, minute, GREEN, "build")[:-1], replace(job, action=f"{number}-1-production")]


def job(number: int, name: str, status: Status, minute: float, attempt: int = 1, **said: Any) -> AnyEvent:
    defaults: dict[str, Any] = {
        "status": status,
        "raw_status": str(status),
        "finished": status.finished,
        "attempt": attempt,
        "at": at(minute),
        "queued_at": at(minute),
        "action": f"{number}-{attempt}-{name}",
        "started_at": at(minute) if status is RUNNING else None,
        "finished_at": at(minute) if status.finished else None,
    }
    return action_changed(str(number), name, **{**defaults, **said})


def told(number: int, status: Status, minute: float, **said: Any) -> AnyEvent:
    """One event of a run."""
    defaults: dict[str, Any] = {
        "status": status,
        "number": str(number),
        "finished": status.finished,
        "at": at(minute),
        "queued_at": at(minute),
        "finished_at": at(minute) if status.finished else None,
    }
    return execution_changed(str(number), **{**defaults, **said})


# CodePipeline's: its executions have no numbers, and their order is when they began.


def stage(execution: str, name: str, minute: float, outcome: Status | None = GREEN) -> list[AnyEvent]:
    """A stage of a minute with one action; None: still running."""
    parts = (pipeline_stage, pipeline_action)
    begun = [part(execution, name, RUNNING, at(minute)) for part in parts]
    return [*begun, *([part(execution, name, outcome, at(minute + 1)) for part in parts] if outcome else [])]


def execution(name: str, minute: float, outcome: Status = GREEN, *stages: str, **said: Any) -> list[AnyEvent]:
    events: list[AnyEvent] = [pipeline_execution(name, RUNNING, at(minute), **said)]
    for place, each in enumerate(stages):
        events += stage(name, each, minute + place, outcome if place == len(stages) - 1 else GREEN)
    return [*events, pipeline_execution(name, outcome, at(minute + len(stages)), **said)]


# Cases.

Flying = tuple[str, Status, bool]


@dataclass(frozen=True)
class Case:
    """One line of the table. `look`: at which minute. `since`: of the result, milliseconds. `flying`: (number, status,
    whether it is a re-deploy). `taken_at`: the minute at which somebody takes it; `taken`: whether that shows."""

    name: str
    events: Sequence[AnyEvent]
    condition: Condition
    look: float = 100
    number: str = ""
    since: int = 0
    stage: str = ""
    first_red: str = ""
    redeploy: bool = False
    rolled_back: bool = False
    flying: tuple[Flying, ...] = ()
    after: str = ""
    taken_at: float | None = None
    taken: bool = False
    ref: PipelineRef = REF

    @property
    def pipeline_id(self) -> str:
        return keys.pipeline_id(TEAM_ID, self.ref.source, self.ref.key)

    @property
    def right(self) -> dict[str, object]:
        red = bool(self.first_red)
        return {
            "condition": self.condition,
            "result": (self.number, red, self.since, self.stage, self.first_red) if self.number else None,
            "redeploy": (self.redeploy, self.rolled_back),
            "flying": self.flying,
            "after": self.after,
            "taken": self.taken,
        }


def said(case: Case, row: BoardRow) -> dict[str, object]:
    """What the row says, in the words of `Case.right`."""
    result = row.result
    return {
        "condition": condition(row, at(case.look)),
        "result": (result.number, result.red, result.since, result.stage, result.first_red_number) if result else None,
        "redeploy": (bool(result and result.redeploy), bool(result and result.rolled_back_at)),
        "flying": tuple((one.number, one.status, one.redeploy) for one in row.in_flight),
        "after": row.after.number if row.after else "",
        "taken": row.taken is not None,
    }


def shuffled(case: Case, seed: int) -> list[AnyEvent]:
    """In another order, a third of them twice."""
    chance = random.Random(seed)
    events = [*case.events, *chance.sample(list(case.events), len(case.events) // 3)]
    chance.shuffle(events)
    return events


@contextmanager
def played(case: Case, events: Sequence[AnyEvent], seed: int = 0) -> Iterator[tuple[Store, BoardRow]]:
    """The store after these events, and the case's row. Somebody takes the pipeline as soon after some of them as there
    is a row to take."""
    take_after = random.Random(seed).randrange(len(events)) if seed else len(events) - 1
    taken = case.taken_at is None
    with scratch() as store:
        for place, event in enumerate(events):
            apply(store, event)
            if not taken and place >= take_after:
                taken = _take(store, case)
        stored = store.pipelines.find_row(TEAM_ID, case.pipeline_id)
        assert stored is not None
        yield store, stored.row()


def apply(store: Store, event: AnyEvent) -> None:
    """As the dashboard does it: what went stale is folded again, names that may have changed are told apart."""
    applied = store.recorder.apply(TEAM_ID, [event])
    if applied.stale:
        store.rebuilder.fold(applied.pipeline_id)
    if applied.left_id:
        store.rebuilder.fold(applied.left_id)
    if applied.renames:
        store.rebuilder.rename(applied.team_id)


def _take(store: Store, case: Case) -> bool:
    holder = Acknowledgement("u1", "Mara", at(case.taken_at or 0))
    try:
        return store.override_writer.take(TEAM_ID, case.pipeline_id, holder, BY, "pipeline.taken")
    except NotFound:
        return False


def summary_differs(row: BoardRow) -> list[int]:
    """At which times what pages over all teams keep of it is judged otherwise."""
    kept = documents.unpack(PipelineSummary, documents.pack(summarise(row)))
    short = row_of(kept, row.id, row.team_id)
    return [
        now
        for now in CLOCKS
        if condition(short, now) is not condition(row, now) or turns_at(short, now) != turns_at(row, now)
    ]

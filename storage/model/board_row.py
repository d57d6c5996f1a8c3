"""A board row: one pipeline as its team sees it. Follows from the pipeline's record and its executions in flight alone.

Only which of a row's `phases` holds depends on the time of day. Everything else changes with events alone, so that a
row can be rendered once a change.
"""

from __future__ import annotations

from collections.abc import Sequence

from storage.model.document import Document, replace
from storage.model.entities import StageKind, Status, Voice
from storage.model.expectation import Expectation
from storage.model.open_runs import OpenRun
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides, in_order
from storage.model.person_waits import PersonWait, WaitingRun
from storage.model.pipeline_record import Acknowledgement
from storage.model.red_cause import RedCause
from storage.model.run import StageCell
from storage.model.run_history import HOUR_SECONDS, Rate
from storage.model.runner_queues import JobQueue, LabelQueue
from storage.model.stage_rules import StageBudget, budget_of
from storage.model.standing import StandingResult
from storage.model.tool_state import RUNS_AT_TOOL, ToolState

MOST_IN_FLIGHT = 30
MOST_REFS = 8
MINUTE = 60_000
NO_RATE = Rate(0, 0)


class LatestExecution(Document, frozen=True):
    """An execution as a row shows it, and whose change it carries.

    ref:      the branch, tag or change request it is for. place: the stage that matters now.
    held:     it waits for nobody known, and no news of it is no loss: it was told to wait, or stands between stages.
    place_told: its place, where not all of its stages are told.
    redeploy: it puts an older version back. began_at, deploys: what tells that. checked_at: as in Execution.
    wait_ms:  for people since it began.
    waits:    all that waits for a person in it, oldest first. queues: what of it waits for runners.
    """

    execution_id: str
    number: str
    order: int
    attempt: int
    status: Status
    raw_status: str
    branch: str
    commit: str
    message: str
    author: str
    queued_at: int | None
    started_at: int | None
    finished_at: int | None
    last_event_at: int
    stages: tuple[StageCell, ...] = ()
    voice: Voice = Voice.DEFAULT
    ref: str = ""
    held: bool = False
    redeploy: bool = False
    rollback: bool = False
    deploys: bool = False
    upstream: str = ""
    wait_ms: int = 0
    production_at: int | None = None
    place_told: str | None = None
    checked_at: int | None = None
    url: str = ""
    waits: tuple[PersonWait, ...] = ()
    queues: tuple[JobQueue, ...] = ()

    @property
    def began_at(self) -> int:
        return self.started_at or self.queued_at or self.last_event_at

    @property
    def heard_at(self) -> int:
        """When it was last heard of, up to a whole minute: what summaries, which are written less often, tell alike."""
        return -(-self.known_at // MINUTE) * MINUTE

    @property
    def known_at(self) -> int:
        """Up to when it is known how it stands: its last event, or when its tool was last asked."""
        return max(self.last_event_at, self.checked_at or 0)

    @property
    def place(self) -> str:
        """The stage that matters: where it is red, waits, runs, is queued, or was last. Empty where none of this
        attempt was heard of."""
        if self.place_told is not None:
            return self.place_told
        own = [cell for cell in self.stages if not cell.pending and not cell.carried]
        for wanted in (Status.FAILED, Status.TIMED_OUT, Status.ERRORED, Status.WAITING, Status.RUNNING, Status.QUEUED):
            for cell in own:
                if cell.status is wanted:
                    return cell.name
        return next((cell.name for cell in reversed(own) if cell.status), "")

    @property
    def waiting_since(self) -> int | None:
        cell = next((cell for cell in self.stages if cell.status is Status.WAITING), None)
        return (cell.started_at or cell.queued_at if cell else None) or self.last_event_at


class ExecutionRef(Document, frozen=True):
    """A run worth pointing at: the last green one, the last in production, one that says nothing after the result."""

    execution_id: str
    number: str
    at: int
    place: str = ""
    status: Status = Status.SUCCEEDED


class Arrival(Document, frozen=True):
    """A version that came into production, and whose change it carries. rolled_back: an earlier version came back: the
    change is that one's, as far as it is remembered."""

    execution_id: str
    at: int
    message: str = ""
    author: str = ""
    rolled_back: bool = False


class RefResult(Document, frozen=True):
    """The newest result of a branch or a change request (`ref` then begins with #)."""

    ref: str
    status: Status
    execution_id: str
    at: int


class BoardRow(Document, frozen=True):
    """One pipeline as its team sees it.

    name:      in full. label: as pages show it, told apart from its neighbours by the least that does it.
    result:    the standing result, None where nothing says anything. in_flight: executions that speak and have not
               ended, newest first: the leader, then the others.
    ended:     the execution to draw while nothing is in flight.
    layout:    the usual line, from the latest green run.
    after:     the newest run after the result that says nothing.
    about:     where nothing speaks for the default branch: the newest results of what runs instead.
    usual_seconds, late_seconds: of green first attempts, without waits for people; None while too few.
    tool_state: whether its tool still runs it, and since when.
    expected_at: when a run is to have begun at the latest, while none is in flight; None where none is expected.
    expectation: who says so, and more of it.
    cause:     why the standing result is red, as far as that is known.
    spark:     the last 20 finished runs, oldest first, as (status, seconds).
    elsewhere: executions that have not ended and do not speak for the pipeline, newest first.
    waiting:   of all that have not ended those that wait for a person, oldest first, without waiting_left_out of them.
    queues:    what waits for runners in all of them, and how long jobs waited lately.
    budgets:   how long stages of a kind may take, where people say otherwise than the standard.
    """

    id: str
    team_id: str
    name: str
    source: str
    label: str = ""
    url: str = ""
    repository: str = ""
    default_branch: str = ""
    result: StandingResult | None = None
    in_flight: tuple[LatestExecution, ...] = ()
    ended: LatestExecution | None = None
    layout: tuple[StageCell, ...] = ()
    last_green: ExecutionRef | None = None
    production: ExecutionRef | None = None
    after: ExecutionRef | None = None
    about: tuple[RefResult, ...] = ()
    usual_seconds: int | None = None
    late_seconds: int | None = None
    silent_seconds: int = 6 * HOUR_SECONDS
    rate: Rate = NO_RATE
    spark: tuple[tuple[Status, int], ...] = ()
    acknowledged: Acknowledgement | None = None
    overrides: PipelineOverrides = NO_OVERRIDES
    arrival: Arrival | None = None
    retired: bool = False
    expected_at: int | None = None
    cause: RedCause | None = None
    tool_state: ToolState = RUNS_AT_TOOL
    elsewhere: tuple[OpenRun, ...] = ()
    waiting: tuple[WaitingRun, ...] = ()
    waiting_left_out: int = 0
    queues: tuple[LabelQueue, ...] = ()
    budgets: tuple[StageBudget, ...] = ()
    expectation: Expectation | None = None

    @property
    def hidden(self) -> bool:
        return self.overrides.hidden

    def budget(self, kind: StageKind) -> StageBudget | None:
        """None where stages of the kind may take as long as they like."""
        return budget_of(kind, self.budgets)

    @property
    def leader(self) -> LatestExecution | None:
        return self.in_flight[0] if self.in_flight else None

    @property
    def latest(self) -> LatestExecution | None:
        """The execution a row draws."""
        return self.leader or self.ended

    @property
    def due_at(self) -> int | None:
        """When a run was to come, while none is in flight; None where none is expected."""
        return self.expectation.due_at if self.expectation else self.expected_at

    @property
    def red(self) -> bool:
        return self.result is not None and self.result.red

    @property
    def since(self) -> int | None:
        return self.result.since if self.result else None

    @property
    def taken(self) -> Acknowledgement | None:
        """Who has it, while no green result came after it was taken."""
        taken, result = self.acknowledged, self.result
        if taken is None or result is None:
            return None
        return taken if (result.since if result.red else result.at) <= taken.at else None

    @property
    def stages(self) -> tuple[StageCell, ...]:
        """The line: the drawn run's stages where the usual line has them, then those it alone has."""
        latest = self.latest
        return self.line(latest) if latest else ()

    def line(self, one: LatestExecution) -> tuple[StageCell, ...]:
        """The same of any execution of the pipeline."""
        return _line(one, self.layout, self.overrides)


def usual_seconds_of(kind: StageKind, layout: Sequence[StageCell]) -> int | None:
    """How long all stages of a kind usually take together: of those that run side by side the longest. None where
    nothing tells."""
    groups: dict[int, int] = {}
    for cell in layout:
        if cell.kind is kind and cell.usual_seconds is not None:
            groups[cell.group] = max(groups.get(cell.group, 0), cell.usual_seconds)
    return sum(groups.values()) if groups else None


def _line(latest: LatestExecution, layout: Sequence[StageCell], overrides: PipelineOverrides) -> tuple[StageCell, ...]:
    usual = {cell.name: cell.usual_seconds for cell in layout}
    own = {cell.name: cell for cell in latest.stages}
    places = {cell.name: cell for cell in layout if cell.group >= 0}
    if latest.status is Status.SUCCEEDED or (own and not own.keys() & places.keys()):
        places = {}
    line = [replace(own.get(name, cell), group=cell.group, usual_seconds=usual[name]) for name, cell in places.items()]
    extra = [cell for cell in latest.stages if cell.name not in places]
    after = max((cell.group for cell in places.values()), default=-1) + 1
    first = extra[0].group if extra else 0
    line += [
        replace(cell, group=after + max(0, cell.group - first), usual_seconds=usual.get(cell.name)) for cell in extra
    ]
    return _overridden(line, overrides)


def _overridden(line: Sequence[StageCell], overrides: PipelineOverrides) -> tuple[StageCell, ...]:
    """Stages that ran side by side stay so where they stand next to each other."""
    if overrides == NO_OVERRIDES:
        return tuple(line)
    found: list[StageCell] = []
    before = None
    for cell in in_order(line, overrides):
        group = found[-1].group + (cell.group != before) if found else 0
        before = cell.group
        found.append(replace(cell, group=group, kind=overrides.kind(cell.name, cell.kind)))
    return tuple(found)

"""The timeline of an execution: bars on a common axis, 1000 wide. What still moves is grown by the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.readmodels.appearance import APPEARANCES, Appearance, timer
from dashboard.readmodels.lines import anchor
from dashboard.readmodels.over_budget import OverBudget, over_budget
from dashboard.readmodels.rows import due_at
from dashboard.readmodels.stages_to_come import ToCome, stages_to_come
from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Action, Condition, Execution, Stage, Status
from storage.model.spans import seconds_between
from storage.model.waiting_times import Before, before_it_began

WIDTH = 1000
TICKS = 7
# How much of the time so far is left free after now.
ROOM = 0.05
_MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 10_080)
STEPS = (5, 10, 15, 20, 30, 45, *(60 * minutes for minutes in _MINUTES))


@dataclass(frozen=True, slots=True)
class Axis:
    """From `begin` to `end`, milliseconds."""

    begin: int
    end: int

    def x(self, at: int) -> float:
        return round(min(WIDTH, max(0.0, (at - self.begin) / max(1, self.end - self.begin) * WIDTH)), 1)


@dataclass(frozen=True, slots=True)
class Bar:
    """`began`: only of a bar that still grows."""

    x: float
    width: float
    began: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    appearance: Appearance
    note: str
    bar: Bar | None
    took: str
    began: int | None
    url: str


@dataclass(frozen=True, slots=True)
class StageTimeline:
    """A stage and its jobs. `usual` and the expected bar are estimates. `over`: by what budget it takes too long."""

    id: str
    name: str
    status: Status
    appearance: Appearance
    words: str
    open: bool
    bar: Bar | None
    wait: Bar | None
    expected: Bar | None
    took: str
    began: int | None
    usual: str
    url: str
    remark: str
    jobs: tuple[Job, ...]
    over: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """`turns_at`: when what moves comes near the end of the axis (milliseconds)."""

    axis: Axis | None
    ticks: tuple[int, ...]
    grid: str
    stages: tuple[StageTimeline, ...]
    more: int
    turns_at: int | None = None

    @property
    def moves(self) -> bool:
        """Whether there is a now to draw."""
        return self.turns_at is not None


MOST_STAGES, MOST_JOBS = 100, 200


def build(execution: Execution, row: BoardRow, now: int) -> Timeline:
    state = condition(row, now)
    coming = () if state is Condition.NO_SIGNAL else stages_to_come(execution, row, now)
    until, axis = _until(execution, state), axis_of(execution, row, now)
    usual = {stop.name: stop.usual_seconds for stop in row.stages}
    expected = {one.name: _expected(axis, one) for one in coming}
    own = {stage.name for stage in execution.stages}
    stages = tuple(
        _stage(stage, axis, usual.get(stage.name), until, expected.get(stage.name)) for stage in execution.stages
    )
    over = {one.stage: one for one in over_budget(execution, row, now if until is None else until)}
    stages = tuple(_over(stage, over[stage.name]) if stage.name in over else stage for stage in stages)
    stages += tuple(_stage_to_come(one, expected[one.name]) for one in coming if one.name not in own)
    ticks = _ticks(axis) if axis else ()
    grid = "".join(f"M{axis.x(at)} 0V24" for at in ticks[1:]) if axis else ""
    more = max(0, len(stages) - MOST_STAGES)
    return Timeline(axis, ticks, grid, stages[:MOST_STAGES], more, turns_at(execution, axis, state))


def _over(stage: StageTimeline, over: OverBudget) -> StageTimeline:
    return replace(stage, words=", ".join(filter(None, (stage.words, "over budget"))), over=over.said)


def _until(execution: Execution, state: Condition) -> int | None:
    """What was not heard of any more moves no more."""
    return execution.last_event_at if state is Condition.NO_SIGNAL else None


def turns_at(execution: Execution, axis: Axis | None, state: Condition) -> int | None:
    """When what moves comes near the end of the axis (milliseconds)."""
    if axis is None or execution.ended or state is Condition.NO_SIGNAL:
        return None
    return round((axis.end + ROOM * axis.begin) / (1 + ROOM))


def axis_of(execution: Execution, row: BoardRow, now: int) -> Axis | None:
    """From when it was told to run to the end of everything that is drawn: bars, what is expected, and now while it
    moves. A queue of many hours is left out."""
    state = condition(row, now)
    until = _until(execution, state)
    coming = () if state is Condition.NO_SIGNAL else stages_to_come(execution, row, now)
    begin = execution.queued_at or execution.started_at
    if execution.started_at and begin and execution.started_at - begin > 6 * 3_600_000:
        begin = execution.started_at
    if begin is None:
        return None
    own = [stage for stage in execution.stages if not stage.carried and not stage.pending]
    ends = [stage.finished_at or stage.started_at or begin for stage in own]
    end = max([begin + 60_000, execution.finished_at or execution.last_event_at, *ends])
    if not execution.ended:
        usual = {stage.name: stage.usual_seconds for stage in row.stages}
        due = [s.started_at + (usual.get(s.name) or 0) * 1000 for s in own if s.started_at]
        due += [one.begins_at + (one.usual or 0) * 1000 for one in coming]
        end = max(end, *due, until if until is not None else round(now + ROOM * (now - begin)))
        if (whole := due_at(row)) is not None:
            end = max(end, whole + 60_000)
    step = next((s for s in STEPS if (end - begin) / 1000 <= TICKS * s), -(-(end - begin) // (1000 * TICKS))) * 1000
    return Axis(begin, begin + TICKS * step)


def _ticks(axis: Axis) -> tuple[int, ...]:
    """The beginnings of the axis's equal parts."""
    return tuple(range(axis.begin, axis.end, (axis.end - axis.begin) // TICKS))[:TICKS]


def _bar(axis: Axis | None, began: int | None, ended: int | None, *, grows: bool) -> Bar | None:
    if axis is None or began is None or (ended is None and not grows):
        return None
    x = axis.x(began)
    return Bar(x, max(2.0, round(axis.x(ended) - x, 1)) if ended is not None else 2.0, began if grows else None)


def _expected(axis: Axis | None, coming: ToCome) -> Bar | None:
    if not coming.usual:
        return None
    return _bar(axis, coming.begins_at, coming.begins_at + coming.usual * 1000, grows=False)


def _stage_to_come(coming: ToCome, expected: Bar | None) -> StageTimeline:
    return StageTimeline(
        id=anchor(coming.name),
        name=coming.name,
        status=Status.QUEUED,
        appearance=APPEARANCES[None],
        words="to come",
        open=False,
        bar=None,
        wait=None,
        expected=expected,
        took="",
        began=None,
        usual=timer(coming.usual) if coming.usual else "",
        url="",
        remark="",
        jobs=(),
    )


def _stage(
    stage: Stage, axis: Axis | None, usual: int | None, until: int | None, expected: Bar | None
) -> StageTimeline:
    """`until`: when the execution was last heard of, where it is lost. What an earlier attempt ran was before this one:
    it has no bar."""
    lost = stage.status is Status.RUNNING and until is not None
    moves = stage.status in (Status.RUNNING, Status.WAITING) and not lost
    began = stage.started_at or (stage.queued_at if stage.status is Status.WAITING else None)
    ended = stage.finished_at or (until if stage.status is Status.RUNNING else None)
    axis = None if stage.carried or stage.pending else axis
    took = seconds_between(stage.started_at, stage.finished_at)
    waited = seconds_between(stage.queued_at, stage.started_at)
    before = before_it_began(stage)
    if axis is not None and usual and stage.started_at:
        expected = _bar(axis, stage.started_at, stage.started_at + usual * 1000, grows=False)
    return StageTimeline(
        id=anchor(stage.name),
        name=stage.name,
        status=stage.status,
        appearance=APPEARANCES[None]
        if stage.pending
        else APPEARANCES[Status.UNKNOWN]
        if lost
        else APPEARANCES[stage.status],
        words=_words(stage, lost=lost),
        open=stage.status.red or stage.status in (Status.RUNNING, Status.WAITING),
        bar=_bar(axis, began, ended, grows=moves),
        wait=_bar(axis, stage.queued_at, stage.started_at, grows=False) if waited else None,
        expected=expected,
        took=timer(took) if took is not None else "",
        began=began if moves else None,
        usual=timer(usual) if usual else "",
        url=stage.url,
        remark=_remark(before),
        jobs=_jobs(stage, axis, until),
    )


def _remark(before: Before) -> str:
    """What is worth a word of the time before it began."""
    said = ((before.queue, "to begin"), (before.wait, "for a person"))
    return " ".join(f"Waited {timer(seconds)} {what}." for seconds, what in said if seconds and seconds >= 60)


def _words(stage: Stage, *, lost: bool) -> str:
    words = []
    if stage.pending:
        return "pending"
    if lost:
        words.append("no end event")
    elif stage.status is not Status.SUCCEEDED:
        words.append(APPEARANCES[stage.status].label)
    if stage.status is Status.UNKNOWN and stage.raw_status:
        words.append(f"the tool says “{stage.raw_status}”")
    if stage.carried:
        words.append(f"from attempt {stage.attempt}")
    elif stage.attempt > 1:
        words.append(f"attempt {stage.attempt}")
    jobs = len(stage.actions)
    if jobs > 1:
        done = sum(action.status.finished for action in stage.actions)
        words.append(f"{jobs} jobs" if done == jobs else f"{done} of {jobs} jobs done")
    return ", ".join(words)


def _jobs(stage: Stage, axis: Axis | None, until: int | None) -> tuple[Job, ...]:
    if len(stage.actions) == 1 and stage.actions[0].name == stage.name and not stage.actions[0].note:
        return ()
    return tuple(_job(stage, action, axis, until) for action in _worst_first(stage.actions)[:MOST_JOBS])


def _worst_first(actions: Sequence[Action]) -> list[Action]:
    return sorted(actions, key=lambda action: not action.status.red)


def _job(stage: Stage, action: Action, axis: Axis | None, until: int | None) -> Job:
    moves = action.status is Status.RUNNING and until is None
    ended = action.finished_at or (until if action.status is Status.RUNNING else None)
    axis = None if action.carried else axis
    took = seconds_between(action.started_at, action.finished_at)
    notes = [action.note] if action.note else []
    if action.status is Status.UNKNOWN and action.raw_status:
        notes.append(f"“{action.raw_status}”")
    if action.carried and not stage.carried:
        notes.append(f"from attempt {action.attempt}")
    if action.by:
        notes.append(f"by {action.by}")
    if action.allowed_to_fail and action.status.red:
        notes.append("allowed to fail")
    return Job(
        name=action.name,
        appearance=APPEARANCES[action.status],
        note=", ".join(notes),
        bar=_bar(axis, action.started_at, ended, grows=moves),
        took=timer(took) if took is not None else "",
        began=action.started_at if moves else None,
        url=action.url,
    )

"""A board row: one pipeline as its team sees it. Follows from the row before, the pipeline's runs and one execution.

Only which of a row's `phases` holds depends on the time of day. Everything else changes with events alone, so that a
row can be rendered once a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from storage.model import run_history as memory
from storage.model.conventions import kind_of
from storage.model.entities import Condition, Execution, Stage, StageKind, Status
from storage.model.execution_view import place
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides, in_order
from storage.model.run_history import PipelineRecord, Rate, Run

RECENT = 8
MOST_STOPS = 200
NO_RATE = Rate(0, 0)


@dataclass(frozen=True, slots=True)
class StageCell:
    """A stage on the line. `status` is None where this run has not come by and may never. `usual_seconds` is an
    estimate. `done` of `jobs` actions have ended."""

    name: str
    kind: StageKind
    group: int
    status: Status | None = None
    queued_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    usual_seconds: int | None = None
    done: int = 0
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class LatestExecution:
    """The execution a row shows, and whose change it carries."""

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


@dataclass(frozen=True, slots=True)
class ExecutionRef:
    """A run worth pointing at: the last green one, the last in production, the one before and where it stopped."""

    execution_id: str
    number: str
    at: int
    place: str = ""
    status: Status = Status.SUCCEEDED


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has a stopped pipeline."""

    user_id: str
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Recent:
    """An execution this pipeline has heard of, to know which is the latest."""

    mainline: bool
    order: int
    execution_id: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """`since`: in this colour since; `red`: which colour it is. `usual_seconds`, `late_seconds`: of green runs, None
    while too few. `spark`: the last 20 finished runs, oldest first, as (status, seconds)."""

    id: str
    team_id: str
    name: str
    source: str
    url: str = ""
    repository: str = ""
    default_branch: str = ""
    latest: LatestExecution | None = None
    stops: tuple[StageCell, ...] = ()
    since: int | None = None
    last_green: ExecutionRef | None = None
    production: ExecutionRef | None = None
    before: ExecutionRef | None = None
    usual_seconds: int | None = None
    late_seconds: int | None = None
    silent_seconds: int = 6 * memory.HOUR_SECONDS
    rate: Rate = NO_RATE
    spark: tuple[tuple[Status, int], ...] = ()
    recent: tuple[Recent, ...] = ()
    taken: Acknowledgement | None = None
    red: bool = False
    overrides: PipelineOverrides = NO_OVERRIDES

    @property
    def hidden(self) -> bool:
        return self.overrides.hidden


FOREVER = 2**62
Phase = tuple[int, Condition]


def phases(row: BoardRow) -> tuple[Phase, ...]:
    """The conditions the pipeline goes through by itself, were no event to come: each with the time (milliseconds) at
    which it ends. The last one lasts."""
    latest = row.latest
    if latest is None:
        return ((FOREVER, Condition.IDLE),)
    if latest.status.red or (not latest.status.finished and any(stop.status and stop.status.red for stop in row.stops)):
        return ((FOREVER, Condition.FAILING),)
    if latest.status is Status.WAITING:
        return ((FOREVER, Condition.WAITING),)
    if latest.status is Status.UNKNOWN:
        return ((FOREVER, Condition.NO_SIGNAL),)
    if latest.status.finished:
        return ((FOREVER, Condition.PASSING if latest.status is Status.SUCCEEDED else Condition.IDLE),)
    return _moving(row, latest)


def _moving(row: BoardRow, latest: LatestExecution) -> tuple[Phase, ...]:
    silent = (FOREVER, Condition.NO_SIGNAL)
    silent_at = latest.last_event_at + row.silent_seconds * 1000
    if latest.status is Status.QUEUED:
        return ((silent_at, Condition.QUEUED), silent)
    if row.late_seconds is None or latest.started_at is None:
        return ((silent_at, Condition.RUNNING), silent)
    late_at = min(latest.started_at + row.late_seconds * 1000, silent_at)
    return ((late_at, Condition.RUNNING), (silent_at, Condition.SLOW), silent)


def phase_at(found: tuple[Phase, ...], now: int) -> Phase:
    """The phase that holds at `now` (milliseconds)."""
    return next((phase for phase in found if now < phase[0]), found[-1])


def condition(row: BoardRow, now: int) -> Condition:
    """What the pipeline is in as a whole at `now` (milliseconds)."""
    return phase_at(phases(row), now)[1]


def turns_at(row: BoardRow, now: int) -> int | None:
    """When the condition next changes by itself (milliseconds), if it does."""
    until = phase_at(phases(row), now)[0]
    return None if until == FOREVER else until


def recently(row: BoardRow | None, execution: Execution) -> tuple[Recent, ...]:
    """The latest executions heard of, newest first, the default branch's before all others."""
    others = [recent for recent in row.recent if recent.execution_id != execution.id] if row else []
    found = [*others, Recent(execution.mainline, execution.order, execution.id)]
    newest = sorted(found, key=lambda r: (r.mainline, r.order, r.execution_id), reverse=True)
    return tuple(newest[:RECENT])


def derive(row: BoardRow | None, record: PipelineRecord, shown: Execution | None, recent: Sequence[Recent]) -> BoardRow:
    """The row as it now is. `shown` is the execution to show where that is not the one already on the row."""
    green = memory.green(record.runs)
    late = memory.late_seconds(run.seconds for run in green)
    ended = memory.finished_mainline(record.runs)
    streak = memory.streak(record.runs)
    base = BoardRow(
        id=record.id,
        team_id=record.team_id,
        name=record.overrides.name or record.name,
        source=record.source,
        url=record.url,
        repository=record.repository,
        default_branch=record.overrides.default_branch or record.default_branch,
        latest=row.latest if row else None,
        stops=row.stops if row else (),
        since=streak.since,
        red=streak.red,
        last_green=_last_green(green),
        production=_production(record.runs, row),
        usual_seconds=memory.usual_seconds(run.seconds for run in green),
        late_seconds=late,
        silent_seconds=memory.silent_seconds(late),
        rate=memory.success_rate(record.runs),
        spark=tuple((run.status, run.seconds or 0) for run in reversed(ended[: memory.SHOWN])),
        recent=tuple(recent),
        taken=row.taken if row else None,
        overrides=record.overrides,
    )
    own = own_cells(shown) if shown else _begun(base.stops)
    latest = latest_execution(shown) if shown else base.latest
    if latest is not None:
        stops = _line(own, latest.status, green)
        base = replace(base, latest=latest, stops=_arranged(stops, record.overrides))
    base = replace(base, before=_before(base, ended))
    return replace(base, taken=None) if base.latest and base.latest.status is Status.SUCCEEDED else base


def latest_execution(execution: Execution) -> LatestExecution:
    return LatestExecution(
        execution_id=execution.id,
        number=execution.number,
        order=execution.order,
        attempt=execution.attempt,
        status=execution.status,
        raw_status=execution.raw_status,
        branch=execution.branch,
        commit=execution.commit,
        message=execution.message[:200],
        author=(execution.author or execution.actor)[:80],
        queued_at=execution.queued_at,
        started_at=execution.started_at,
        finished_at=execution.finished_at,
        last_event_at=execution.last_event_at,
    )


def _last_green(green: Sequence[Run]) -> ExecutionRef | None:
    run = next(iter(green), None)
    return ExecutionRef(run.id, run.number, run.finished_at or 0) if run else None


def _production(runs: Sequence[Run], row: BoardRow | None) -> ExecutionRef | None:
    live = [ExecutionRef(run.id, run.number, run.production_at, run.commit) for run in runs if run.production_at]
    before = [row.production] if row and row.production else []
    return max([*live, *before], key=lambda mark: (mark.at, mark.execution_id), default=None)


def _before(row: BoardRow, ended: Sequence[Run]) -> ExecutionRef | None:
    """The run before the one shown, where it went red and the shown one has not got past it yet."""
    if row.latest is None or row.latest.status.finished:
        return None
    run = next((run for run in ended if run.id != row.latest.execution_id), None)
    if run is None or not run.status.red:
        return None
    place = next((stage.name for stage in run.stages if stage.status.red), "")
    return ExecutionRef(run.id, run.number, run.finished_at or 0, place, run.status)


def own_cells(execution: Execution) -> tuple[StageCell, ...]:
    """The stages of this run as stops, in the order they began. A row is one item: of very many stages only the first
    are on it, those that are red before all others."""
    return tuple(
        StageCell(
            name=stage.name,
            kind=stage.kind,
            group=0,
            status=stage.status,
            queued_at=stage.queued_at,
            started_at=stage.started_at,
            finished_at=stage.finished_at,
            done=sum(action.status.finished for action in stage.actions),
            jobs=len(stage.actions),
        )
        for stage in _foremost(execution.stages)
    )


def _foremost(stages: Sequence[Stage]) -> Sequence[Stage]:
    if len(stages) <= MOST_STOPS:
        return stages
    places = sorted(range(len(stages)), key=lambda place: (not stages[place].status.red, place))
    return [stages[place] for place in sorted(places[:MOST_STOPS])]


def _begun(stops: Sequence[StageCell]) -> tuple[StageCell, ...]:
    """The stops this run has come by, in the order they began."""
    return tuple(sorted((stop for stop in stops if stop.status is not None), key=place))


def _line(own: Sequence[StageCell], status: Status, green: Sequence[Run]) -> tuple[StageCell, ...]:
    """The stops of this run where the last green run has them, then those it alone has. A green run is its own line."""
    usual = _usual(green)
    found = {stop.name: stop for stop in own}
    layout = {stage.name: stage.group for stage in green[0].stages} if green else {}
    if status is Status.SUCCEEDED or (found and not found.keys() & layout.keys()):
        layout = {}
    line = [
        replace(found.get(n) or StageCell(n, kind_of(n), g), group=g, usual_seconds=usual.get(n))
        for n, g in layout.items()
    ]
    extra = [stop for stop in own if stop.name not in layout]
    after = max(layout.values(), default=-1) + 1
    line += [
        replace(stop, group=after + group, usual_seconds=usual.get(stop.name))
        for stop, group in zip(extra, memory.groups(extra), strict=True)
    ]
    return tuple(line)


def _arranged(stops: Sequence[StageCell], overrides: PipelineOverrides) -> tuple[StageCell, ...]:
    """Stops that ran side by side stay so where they stand next to each other."""
    if overrides == NO_OVERRIDES:
        return tuple(stops)
    found: list[StageCell] = []
    before = None
    for stop in in_order(stops, overrides):
        group = found[-1].group + (stop.group != before) if found else 0
        before = stop.group
        found.append(replace(stop, group=group, kind=overrides.kind(stop.name, stop.kind)))
    return tuple(found)


def _usual(green: Sequence[Run]) -> dict[str, int | None]:
    seconds: dict[str, list[int | None]] = {}
    for run in green:
        for stage in run.stages:
            seconds.setdefault(stage.name, []).append(stage.seconds)
    return {name: memory.usual_seconds(values) for name, values in seconds.items()}

"""A pipeline as a line: stops one after the other, forks where stages run side by side. Numbers here are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dashboard.readmodels.appearance import APPEARANCES, Appearance, timer, words
from storage.model.board_row import BoardRow, ExecutionRef
from storage.model.entities import Condition, Status
from storage.model.run import StageCell
from storage.model.spans import seconds_between

BRANCHES = 3
MOST_ALSO = 2
_BADNESS = (Status.FAILED, Status.TIMED_OUT, Status.ERRORED, Status.WAITING, Status.RUNNING)


@dataclass(frozen=True, slots=True)
class AlsoHere:
    """Another execution in flight that is at a stage now."""

    execution_id: str
    number: str
    appearance: Appearance
    label: str


@dataclass(frozen=True, slots=True)
class StopView:
    """`time`: what stands under the name. `running_since`: draws the train. `before`: the result that stands went red
    here. `also`: other executions that are here now; `more_also`: how many more. `carried`: an earlier attempt ran it.
    """

    name: str
    status: Status | None
    kind: str
    appearance: Appearance
    title: str
    time: str = ""
    running_since: int | None = None
    late: bool = False
    anchor: str = ""
    before: ExecutionRef | None = None
    also: tuple[AlsoHere, ...] = ()
    more_also: int = 0
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """One bent piece of track of a fork: an SVG path and its class."""

    path: str
    css: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stop, or a fork of several."""

    stops: tuple[StopView, ...]
    more: int = 0
    reached: bool = False
    width: int = 0
    height: int = 0
    lead_in: tuple[Track, ...] = ()
    lead_out: tuple[Track, ...] = ()

    @property
    def fork(self) -> bool:
        return len(self.stops) > 1


@dataclass(frozen=True, slots=True)
class Line:
    segments: tuple[Segment, ...]
    forks: int

    @property
    def css(self) -> str:
        return f"line--f{self.forks}" if self.forks else ""


def anchor(name: str) -> str:
    """The id of a stage's panel on the execution page."""
    return "stage-" + "".join(
        letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}-" for letter in name
    )


def line_of(row: BoardRow, condition: Condition) -> Line:
    stages = row.stages
    also = _also(row, {stage.name for stage in stages})
    segments = []
    for _, found in groupby(stages, key=lambda stage: stage.group):
        views = [
            _view(stage, row, condition, also.get(stage.name, ())) for stage in sorted(found, key=lambda s: s.name)
        ]
        segments.append(_segment(views))
    return Line(tuple(segments), max((len(s.stops) + (s.more > 0) for s in segments if s.fork), default=0))


def _also(row: BoardRow, known: set[str]) -> dict[str, tuple[AlsoHere, ...]]:
    """The executions in flight beside the leader, by the stage they are at; on the first one where the line does not
    have it."""
    found: dict[str, list[AlsoHere]] = {}
    for one in row.in_flight[1:]:
        appearance = APPEARANCES[one.status]
        where = one.place if one.place in known else next((stage.name for stage in row.stages), "")
        again = "again, " if one.redeploy else ""
        label = f"run {one.number}: {again}{appearance.label}" + (f" at {one.place}" if one.place else "")
        found.setdefault(where, []).append(AlsoHere(one.execution_id, one.number, appearance, label))
    return {name: tuple(here) for name, here in found.items()}


def _view(stage: StageCell, row: BoardRow, condition: Condition, also: Sequence[AlsoHere]) -> StopView:
    moving = stage.status is Status.RUNNING
    late = moving and condition is Condition.SLOW
    silent = moving and condition is Condition.NO_SIGNAL
    appearance = (
        APPEARANCES[Status.UNKNOWN] if silent else APPEARANCES[None] if stage.pending else APPEARANCES[stage.status]
    )
    took = seconds_between(stage.started_at, stage.finished_at)
    label = "no end event" if silent else "pending" if stage.pending else appearance.label
    title = [f"{stage.name}: {label}", timer(took) if took is not None else ""]
    title.append("from an earlier attempt" if stage.carried else "")
    title.append(f"usually {timer(stage.usual_seconds)}" if stage.usual_seconds else "")
    return StopView(
        name=stage.name,
        status=stage.status,
        kind=stage.kind,
        appearance=appearance,
        title=", ".join(part for part in title if part),
        time=_time(stage, took, silent),
        running_since=(stage.started_at or stage.queued_at) if moving and not silent else None,
        late=late,
        anchor=anchor(stage.name),
        before=_red_before(stage, row),
        also=tuple(also[:MOST_ALSO]),
        more_also=max(0, len(also) - MOST_ALSO),
        carried=stage.carried,
    )


def _red_before(stage: StageCell, row: BoardRow) -> ExecutionRef | None:
    """Where the standing result went red, on a line that has not got past it yet."""
    result = row.result
    if result is None or not result.red or not row.in_flight or result.stage != stage.name:
        return None
    if stage.status is None or stage.pending or stage.status is Status.QUEUED:
        return ExecutionRef(result.execution_id, result.number, result.at, stage.name, result.status)
    return None


def _time(stop: StageCell, took: int | None, silent: bool) -> str:
    if silent:
        return "no end event"
    if stop.status is Status.RUNNING:
        return f"~{timer(stop.usual_seconds)}" if stop.usual_seconds else ""
    return timer(took) if took is not None and stop.status is not Status.SKIPPED else ""


def _segment(views: Sequence[StopView]) -> Segment:
    shown, more = list(views), 0
    if len(views) > BRANCHES:
        worst = sorted(views, key=lambda v: _BADNESS.index(v.status) if v.status in _BADNESS else len(_BADNESS))
        shown = [view for view in views if view in worst[: BRANCHES - 1]]
        more = len(views) - len(shown)
    reached = any(view.status not in (None, Status.QUEUED) for view in views)
    branches = len(shown) + (more > 0)
    if branches == 1:
        return Segment(tuple(shown), reached=reached)
    return Segment(
        stops=tuple(shown),
        more=more,
        reached=reached,
        width=8 + 12 * (branches - 1),
        height=24 * branches,
        lead_in=tuple(_track(k, branches, _in_css(view), outward=True) for k, view in enumerate(shown)),
        lead_out=tuple(_track(k, branches, _out_css(view), outward=False) for k, view in enumerate(shown)),
    )


def _in_css(view: StopView) -> str:
    if view.status in (None, Status.QUEUED, Status.SKIPPED):
        return ""
    return "is-run" if view.status is Status.RUNNING else "is-ok"


def _out_css(view: StopView) -> str:
    return "is-ok" if view.status is Status.SUCCEEDED else ""


def _track(branch: int, branches: int, css: str, *, outward: bool) -> Track:
    """From the middle out to a branch, or back, bending at 45 degrees. Branch k is centred at 12 + 24 k."""
    centre, y, width = 12 * branches, 12 + 24 * branch, 18 + 12 * (branches - 1)
    begin, near, far = (0, centre, y) if outward else (-1, y, centre)
    if near == far:
        return Track(f"M{begin} {near}H{width}", css)
    return Track(f"M{begin} {near}H4L{4 + abs(centre - y)} {far}H{width}", css)


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Spark:
    """The last 20 finished runs: height is duration (the median is 14 of 24), fill is the outcome. `green`, `feet`:
    SVG paths of strokes as wide as a bar, of runs that went well and under those that did not; `bars`: of all others.
    """

    green: str
    bars: tuple[Bar, ...]
    feet: str
    median_y: float | None
    label: str


_SPARK_CSS = {
    Status.FAILED: "f",
    Status.ERRORED: "f",
    Status.TIMED_OUT: "t",
    Status.CANCELLED: "c",
    Status.SKIPPED: "s",
    Status.SUPERSEDED: "s",
}


def spark_of(row: BoardRow) -> Spark:
    known = sorted(seconds for status, seconds in row.spark if seconds and status is Status.SUCCEEDED)
    median = row.usual_seconds or (known[len(known) // 2] if known else 0)
    green, bars, feet = [], [], []
    for place, (status, seconds) in enumerate(row.spark):
        x = 7 * (place + 20 - len(row.spark))
        height = round(min(24.0, max(3.0, 14 * seconds / median))) if median and seconds else 3
        y = 24 - height
        if status in _SPARK_CSS:
            bars.append(Bar(x, y, height, _SPARK_CSS[status]))
        else:
            green.append(f"M{x + 2.5} {y}V24")
        if status.red:
            feet.append(f"M{x + 2.5} 27v3")
    return Spark("".join(green), tuple(bars), "".join(feet), 10.0 if median else None, spark_label(row, median))


def spark_label(row: BoardRow, median: int) -> str:
    if not row.spark:
        return "No finished run yet"
    counts: dict[str, int] = {}
    for status, _ in row.spark:
        counts[APPEARANCES[status].label] = counts.get(APPEARANCES[status].label, 0) + 1
    runs = "1 run" if len(row.spark) == 1 else f"{len(row.spark)} runs"
    outcome = ", ".join(f"{number} {label}" for label, number in counts.items())
    return f"Last {runs}: {outcome}." + (f" Median {words(median)}" if median else "")

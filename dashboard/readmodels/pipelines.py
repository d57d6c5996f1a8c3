"""One pipeline: its line, its latest runs and what they say about it. Every number says what it was counted from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.readmodels.looks import CONDITION_LOOKS, LOOKS, Look, timer, words
from dashboard.readmodels.rows import Headline, RowView, headline_of, row_of, view_of
from dashboard.sources import SOURCES
from storage.model import run_history as memory
from storage.model.board_row import BoardRow, condition, turns_at
from storage.model.briefs import ExecutionBrief
from storage.model.entities import Status, Team
from storage.model.run_history import span
from storage.repositories.executions import ExecutionPage
from storage.repositories.pipelines import StoredRow
from storage.store import Cursor


@dataclass(frozen=True, slots=True)
class RunView:
    brief: ExecutionBrief
    look: Look
    strip: tuple[Look, ...]
    strip_label: str
    queued: str
    took: str
    began: int | None
    at: int | None
    author: str


@dataclass(frozen=True, slots=True)
class Trend:
    """A card: a number, what it was counted from, and a chart of the runs it stands for."""

    title: str
    value: str
    basis: str
    second: str = ""
    second_basis: str = ""
    bars: tuple[tuple[float, float, float, str], ...] = ()
    line: str = ""
    caption: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A stage's part of a usual run. `x`, `width`: of 100."""

    name: str
    look: Look
    x: float
    width: float
    usual: str
    kind: str
    longest: bool


@dataclass(frozen=True, slots=True)
class PipelinePage:
    team: Team
    view: RowView
    source_label: str
    chip: Headline
    chip_look: Look
    trends: tuple[Trend, ...]
    shares: tuple[Share, ...]
    runs: tuple[RunView, ...]
    next: Cursor | None
    first_page: bool
    turns_at: int | None


def build(team: Team, stored: StoredRow, runs: ExecutionPage, now: int, *, first_page: bool = True) -> PipelinePage:
    row = row_of(stored)
    state = condition(row, now)
    source = SOURCES.get(row.source)
    return PipelinePage(
        team=team,
        view=view_of(row, stored.version, team.slug, state),
        source_label=source.label if source else row.source,
        chip=headline_of(row, state),
        chip_look=CONDITION_LOOKS[state],
        trends=tuple(_trends(row, runs.items)),
        shares=tuple(_shares(row)),
        runs=tuple(_run(brief) for brief in runs.items),
        next=runs.next,
        first_page=first_page,
        turns_at=turns_at(row, now),
    )


def _run(brief: ExecutionBrief) -> RunView:
    took, queued = span(brief.started_at, brief.finished_at), span(brief.queued_at, brief.started_at)
    return RunView(
        brief=brief,
        look=LOOKS[brief.status],
        strip=tuple(LOOKS[stage.status] for stage in brief.stages[:12]),
        strip_label=", ".join(f"{stage.name} {LOOKS[stage.status].label}" for stage in brief.stages[:12]),
        queued=timer(queued) if queued is not None else "–",
        took=timer(took) if took is not None else "",
        began=brief.started_at if brief.status is Status.RUNNING else None,
        at=brief.started_at or brief.queued_at,
        author=brief.author.partition(" ")[0],
    )


def _trends(row: BoardRow, briefs: Sequence[ExecutionBrief]) -> Iterable[Trend]:
    mainline = [b for b in briefs if b.mainline and b.status.finished]
    yield _success(row)
    yield _duration(row)
    yield _queue(mainline)
    yield _recovery(mainline)


def _success(row: BoardRow) -> Trend:
    counted = row.rate.counted
    value = f"{round(100 * row.rate.green / counted)} %" if counted else "–"
    basis = f"of {counted} finished run{'' if counted == 1 else 's'}" if counted else "no finished run yet"
    if 0 < counted < memory.FEWEST_FOR_ESTIMATE:
        basis += ", too few to judge"
    bars = [
        (round(15.0 * (place + 20 - len(row.spark)), 1), 34.0 if status.red else 14.0, 50.0 if not status.red else 30.0,
         "chart__fail" if status.red else "chart__ok" if status is Status.SUCCEEDED else "chart__off")
        for place, (status, _) in enumerate(row.spark)
    ]  # fmt: skip
    return Trend(
        "Success rate", value, basis, bars=tuple(bars), caption="last 20 finished runs, failures short", label=basis
    )


def _duration(row: BoardRow) -> Trend:
    seconds = [took for status, took in row.spark if status is Status.SUCCEEDED and took]
    if row.usual_seconds is None:
        known = f"{len(seconds)} green run{'' if len(seconds) == 1 else 's'} so far"
        return Trend("Duration", "–", f"needs {memory.FEWEST_FOR_ESTIMATE}, {known}", label=known, caption="green runs")
    return Trend(
        title="Duration",
        value=timer(row.usual_seconds),
        basis="median",
        second=timer(row.late_seconds) if row.late_seconds else "",
        second_basis="p95",
        line=_path(seconds),
        caption=f"{len(seconds)} green runs, oldest first",
        label=f"Median {words(row.usual_seconds)} over {len(seconds)} green runs",
    )


def _queue(briefs: Sequence[ExecutionBrief]) -> Trend:
    waits = [wait for b in reversed(briefs) if (wait := span(b.queued_at, b.started_at)) is not None and b.attempt == 1]
    if not waits:
        return Trend("Queue time", "–", "the tool does not tell", caption="runs on this page", label="not told")
    late = sorted(waits)[max(0, -(-95 * len(waits) // 100) - 1)]
    basis = f"p95 of {len(waits)} runs"
    return Trend("Queue time", timer(late), basis, line=_path(waits), caption="latest runs, oldest first", label=basis)


def _recovery(briefs: Sequence[ExecutionBrief]) -> Trend:
    """From the first red finish to the next green one of the default branch."""
    spans, red_at = [], None
    for brief in reversed(briefs):
        if brief.status.red and red_at is None:
            red_at = brief.finished_at
        elif brief.status is Status.SUCCEEDED and red_at is not None:
            took = span(red_at, brief.finished_at)
            spans += [took] if took is not None else []
            red_at = None
    if not spans:
        return Trend("Time to green", "–", "no recovery in the latest runs", caption="red to green", label="none")
    middle = sorted(spans)[len(spans) // 2]
    basis = f"median of {len(spans)} recover{'y' if len(spans) == 1 else 'ies'}"
    return Trend(
        "Time to green", words(middle), basis, line=_path(spans), caption="red to green, oldest first", label=basis
    )


def _path(values: Sequence[int]) -> str:
    """A line over 300 x 64, zero at the bottom."""
    if len(values) < 2:
        return ""
    top = max(values) or 1
    step = 300 / (len(values) - 1)
    points = [f"{round(place * step, 1)} {round(62 - 54 * value / top, 1)}" for place, value in enumerate(values)]
    return "M" + "L".join(points)


def _shares(row: BoardRow) -> Iterable[Share]:
    """Where a usual run's time goes. Of stages side by side the longest is on the path."""
    known = [stop for stop in row.stops if stop.usual_seconds]
    groups = sorted({stop.group for stop in known})
    longest = {g: max(stop.usual_seconds or 0 for stop in known if stop.group == g) for g in groups}
    total = sum(longest.values()) or 1
    worst = max((stop.usual_seconds or 0 for stop in known), default=0)
    begin = 0.0
    for group in groups:
        for stop in (stop for stop in known if stop.group == group):
            seconds = stop.usual_seconds or 0
            off = seconds < longest[group]
            yield Share(
                name=stop.name,
                look=LOOKS[stop.status],
                x=round(100 * begin / total, 1),
                width=max(1.0, round(100 * seconds / total, 1)),
                usual=timer(seconds),
                kind="share__bar--off" if off else "share__bar--hot" if seconds == worst else "",
                longest=seconds == worst and not off,
            )
        begin += longest[group]

"""One pipeline: its line, its latest runs and what they say about it. Every number says what it was counted from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from dashboard.readmodels.appearance import APPEARANCES, CONDITION_APPEARANCES, Appearance, timer, words
from dashboard.readmodels.expectations import expected_words
from dashboard.readmodels.facts import facts_of_run
from dashboard.readmodels.filters import EVERYTHING, Filter
from dashboard.readmodels.red_windows import RedLine, red_lines
from dashboard.readmodels.rows import Headline, RowView, headline_of, row_of, view_of
from dashboard.sources import SOURCES
from storage.model import run_history as memory
from storage.model.board_row import BoardRow
from storage.model.briefs import ExecutionBrief
from storage.model.conditions import condition
from storage.model.entities import Status, Team, Voice
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import Run
from storage.model.run_history import RunHistory
from storage.model.spans import seconds_between
from storage.repositories.executions import ExecutionPage
from storage.repositories.pipelines import StoredRow
from storage.store import Cursor


@dataclass(frozen=True, slots=True)
class RunView:
    brief: ExecutionBrief
    appearance: Appearance
    words: str
    strip: tuple[Appearance, ...]
    strip_label: str
    queued: str
    took: str
    waited: str
    began: int | None
    at: int | None
    author: str


@dataclass(frozen=True, slots=True)
class RefView:
    """A branch or change request beside the default branch, and its newest result."""

    ref: str
    appearance: Appearance
    execution_id: str
    number: str
    at: int | None


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
    appearance: Appearance
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
    expected: str
    chip_appearance: Appearance
    trends: tuple[Trend, ...]
    shares: tuple[Share, ...]
    refs: tuple[RefView, ...]
    reds: tuple[RedLine, ...]
    runs: tuple[RunView, ...]
    read: int
    next: Cursor | None
    first_page: bool


def build(
    team: Team,
    record: PipelineRecord,
    stored: StoredRow,
    runs: ExecutionPage,
    now: int,
    wanted: Filter = EVERYTHING,
    *,
    first_page: bool = True,
) -> PipelinePage:
    """`wanted`: which of these runs are listed."""
    row = row_of(stored)
    state = condition(row, now)
    source = SOURCES.get(row.source)
    flying = {one.execution_id for one in row.in_flight}
    return PipelinePage(
        team=team,
        view=view_of(row, stored.version, team.slug, state),
        source_label=source.label if source else row.source,
        chip=headline_of(row, state),
        expected=expected_words(row),
        chip_appearance=CONDITION_APPEARANCES[state],
        trends=tuple(_trends(row, record.history)),
        shares=tuple(_shares(row)),
        refs=tuple(_ref(run) for run in record.history.others),
        reds=red_lines(record),
        runs=tuple(_run(brief, flying) for brief in _kept(runs.items, wanted)),
        read=len(runs.items),
        next=runs.next,
        first_page=first_page,
    )


def _kept(briefs: Sequence[ExecutionBrief], wanted: Filter) -> Sequence[ExecutionBrief]:
    if not wanted:
        return briefs
    kept = {facts.key for facts in wanted.keep(map(facts_of_run, briefs))}
    return [brief for brief in briefs if brief.id in kept]


def _ref(run: Run) -> RefView:
    """A branch or a change request, and how its newest run ended."""
    return RefView(run.ref or "unnamed", APPEARANCES[run.status], run.id, run.number, run.finished_at)


def _run(brief: ExecutionBrief, flying: set[str]) -> RunView:
    """One that never ended, and that a newer one has overtaken, is lost."""
    took = seconds_between(brief.started_at, brief.finished_at)
    queued = brief.queued
    speaks = brief.voice in (Voice.DEFAULT, Voice.TAG)
    lost = speaks and not brief.ended and brief.id not in flying
    words = [APPEARANCES[brief.status].label if not lost else "lost, no end was heard of"]
    words += ["rollback"] if brief.rollback else []
    words += (
        [f"first attempt {APPEARANCES[brief.first].label}"] if brief.first and brief.first is not brief.status else []
    )
    return RunView(
        brief=brief,
        appearance=APPEARANCES[Status.UNKNOWN] if lost else APPEARANCES[brief.status],
        words=", ".join(words),
        strip=tuple(APPEARANCES[stage.status] for stage in brief.stages[:12]),
        strip_label=", ".join(f"{stage.name} {APPEARANCES[stage.status].label}" for stage in brief.stages[:12]),
        queued=timer(queued) if queued is not None else "–",
        took=timer(took) if took is not None else "",
        waited=timer(brief.wait_seconds) if brief.wait_seconds else "",
        began=brief.started_at if brief.status is Status.RUNNING and not lost else None,
        at=brief.started_at or brief.queued_at,
        author=brief.author.partition(" ")[0],
    )


def _trends(row: BoardRow, history: RunHistory) -> Iterable[Trend]:
    """Of what the pipeline remembers, whichever page of its runs is looked at."""
    runs = list(reversed(history.ended))
    yield _success(row)
    yield _duration(row)
    yield _queue(runs)
    yield _wait(runs)
    yield _recovery(runs)


def _success(row: BoardRow) -> Trend:
    counted = row.rate.counted
    value = f"{round(100 * row.rate.green / counted)} %" if counted else "–"
    basis = f"of {counted} first attempt{'' if counted == 1 else 's'}" if counted else "no finished run yet"
    if 0 < counted < memory.FEWEST_FOR_ESTIMATE:
        basis += ", too few to judge"
    bars = [
        (round(15.0 * (place + 20 - len(row.spark)), 1), 34.0 if status.red else 14.0, 50.0 if not status.red else 30.0,
         "chart__fail" if status.red else "chart__ok" if status is Status.SUCCEEDED else "chart__off")
        for place, (status, _) in enumerate(row.spark)
    ]  # fmt: skip
    return Trend(
        title="Success rate",
        value=value,
        basis=basis,
        second=str(row.rate.rerun) if row.rate.rerun else "",
        second_basis="green only when run again" if row.rate.rerun else "",
        bars=tuple(bars),
        caption="last 20 finished runs, failures short",
        label=basis,
    )


def _duration(row: BoardRow) -> Trend:
    seconds = [took for status, took in row.spark if status is Status.SUCCEEDED and took]
    if row.usual_seconds is None:
        known = f"{row.rate.green} green first attempt{'' if row.rate.green == 1 else 's'} so far"
        return Trend("Duration", "–", f"needs {memory.FEWEST_FOR_ESTIMATE}, {known}", label=known, caption="green runs")
    return Trend(
        title="Duration",
        value=timer(row.usual_seconds),
        basis="median",
        second=timer(row.late_seconds) if row.late_seconds else "",
        second_basis="p95",
        line=_path(seconds),
        caption="green first attempts, oldest first, without waits for people",
        label=f"Median {words(row.usual_seconds)} over {len(seconds)} green runs",
    )


def _queue(runs: Sequence[Run]) -> Trend:
    """Of first attempts, oldest first."""
    waits = [run.queue_seconds for run in runs if run.queue_seconds is not None]
    if not waits:
        return Trend("Queue time", "–", "the tool does not tell", caption="first attempts", label="not told")
    basis = f"p95 of {len(waits)} run{'' if len(waits) == 1 else 's'}"
    caption = "first attempts, oldest first"
    return Trend("Queue time", timer(_late(waits)), basis, line=_path(waits), caption=caption, label=basis)


def _wait(runs: Sequence[Run]) -> Trend:
    """How long people let runs wait, oldest first."""
    waits = [run.wait_seconds for run in runs if run.wait_seconds]
    if not waits:
        return Trend("Waiting for people", "–", "no run waited", caption="approvals", label="none")
    basis = f"median of {len(waits)} run{'' if len(waits) == 1 else 's'}"
    caption = "approvals, oldest first; not part of the duration"
    return Trend("Waiting for people", words(median_low(waits)), basis, line=_path(waits), caption=caption, label=basis)


def _late(values: Sequence[int]) -> int:
    return sorted(values)[max(0, -(-95 * len(values) // 100) - 1)]


def _recovery(runs: Sequence[Run]) -> Trend:
    """From the first red finish to the next green one of the default branch. `runs`: oldest first."""
    spans, red_at = [], None
    for run in runs:
        for fact in run.attempts:
            if fact.status.red and red_at is None:
                red_at = fact.at
            elif fact.status is Status.SUCCEEDED and red_at is not None:
                took = seconds_between(red_at, fact.at)
                spans += [took] if took is not None else []
                red_at = None
    if not spans:
        return Trend("Time to green", "–", "no recovery in the latest runs", caption="red to green", label="none")
    basis = f"median of {len(spans)} recover{'y' if len(spans) == 1 else 'ies'}"
    return Trend(
        title="Time to green",
        value=words(median_low(spans)),
        basis=basis,
        line=_path(spans),
        caption="red to green, oldest first",
        label=basis,
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
    known = [stop for stop in row.stages if stop.usual_seconds]
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
                appearance=APPEARANCES[stop.status],
                x=round(100 * begin / total, 1),
                width=max(1.0, round(100 * seconds / total, 1)),
                usual=timer(seconds),
                kind="share__bar--off" if off else "share__bar--hot" if seconds == worst else "",
                longest=seconds == worst and not off,
            )
        begin += longest[group]

"""What a team or a pipeline delivered in the days up to now, against as many before: what health pages read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from storage.model.bottleneck import Bottleneck, GreenPath, bottleneck_of, first_day_of, since_day
from storage.model.document import Document, replace
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import LOOK_BACK_DAYS, Delivered, Measures, backlog, measure
from storage.model.steps import StepChange, steps_of

# What windows tell: those of another form are worked out again.
FORM = 3
# Days of each window, and in how many stretches its trend is told.
WINDOWS = {7: 7, 30: 10, 90: 9, 365: 12}


def first_day_read(today: int) -> int:
    """From which day on facts are read, for windows of every length and for what stands behind them alike."""
    return today - 2 * max(WINDOWS) - LOOK_BACK_DAYS + 1


class TrendPoint(Document, frozen=True):
    """One stretch of a window's days. None where nothing happened that could be measured."""

    deployments: int
    lead: int | None
    failed: int
    recovery: int | None
    unplanned: int
    runs: int
    green: int


class Window(Document, frozen=True):
    """Of a team, or of one pipeline of it. last_day: that it reaches to, whole days since the epoch, UTC. `before`: the
    same of as many days before. trend: oldest first. steps: what changed in both periods together, the greatest harm
    first. known_from: the day of the first fact there is. bottleneck: of one pipeline, where enough is known."""

    team_id: str
    days: int
    last_day: int
    now: Measures = Measures()
    before: Measures = Measures()
    trend: tuple[TrendPoint, ...] = ()
    pipeline_id: str = ""
    known_from: int | None = None
    form: int = 0
    steps: tuple[StepChange, ...] = ()
    bottleneck: Bottleneck | None = None

    @property
    def knows_before(self) -> bool:
        """Whether anything was known already when the period before began, or soon after."""
        first = self.last_day - 2 * self.days + 1
        return self.known_from is not None and self.known_from <= first + self.days // 10


def window_of(
    team_id: str,
    pipelines: Sequence[Delivered],
    days: int,
    last_day: int,
    pipeline_id: str = "",
) -> Window:
    first = last_day - days + 1
    return Window(
        team_id=team_id,
        days=days,
        last_day=last_day,
        now=_whole(pipelines, first, last_day),
        before=_whole(pipelines, first - days, first - 1),
        trend=tuple(_point(measure(pipelines, begin, end)) for begin, end in stretches(first, last_day, WINDOWS[days])),
        pipeline_id=pipeline_id,
        known_from=min((each.first_day for each in pipelines if each.first_day is not None), default=None),
        form=FORM,
        steps=steps_of(pipelines, (first - days) * DAY_MS, (last_day + 1) * DAY_MS),
    )


def with_bottleneck(window: Window, newest: Sequence[Fact], paths: Sequence[GreenPath]) -> Window:
    """The window of a pipeline with what its newest facts in full tell. `paths`: theirs."""
    first = first_day_of(newest, window.last_day - window.days + 1, window.last_day)
    return replace(window, bottleneck=bottleneck_of(since_day(paths, first), window.last_day - first + 1))


def _whole(pipelines: Sequence[Delivered], first: int, last: int) -> Measures:
    return replace(measure(pipelines, first, last), backlog=backlog(pipelines, (last + 1) * DAY_MS))


def stretches(first: int, last: int, count: int) -> list[tuple[int, int]]:
    """The days from first to last in so many stretches of nearly one length."""
    days = last - first + 1
    edges = [first + days * place // count for place in range(count + 1)]
    return [(begin, end - 1) for begin, end in pairwise(edges)]


def _point(found: Measures) -> TrendPoint:
    return TrendPoint(
        deployments=found.deployments,
        lead=found.lead.median,
        failed=found.failed,
        recovery=found.recovery.median,
        unplanned=found.unplanned,
        runs=found.runs,
        green=found.green,
    )

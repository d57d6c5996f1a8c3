"""Where the time goes on the way to green: a line a pipeline on a team's health, and the page that explains it.
Definition: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.links import bottleneck_href
from dashboard.readmodels.appearance import words
from storage.model.board_row import BoardRow
from storage.model.bottleneck import (
    Bottleneck,
    GreenPath,
    PathStage,
    StageShare,
    bottleneck_of,
    first_day_of,
    green_paths,
    left_out,
    shares_of,
    since_day,
    slower_since,
    weekly,
)
from storage.model.entities import Team, Voice
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import first_at
from storage.model.steps import StepChange
from storage.model.windows import Window

# Of each kind; the files have all.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class BottleneckLine:
    """The stage of a pipeline that ranks first, in words. queue: empty where none is worth a word."""

    pipeline: str
    href: str
    stage: str
    exclusive: str
    total: str
    queue: str
    saving: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of one pipeline. saving: a week, in words. since: the step after which it takes longer."""

    pipeline: str
    found: StageShare
    saving: str
    weekly_seconds: int
    since: StepChange | None

    @property
    def percent(self) -> int:
        return round(100 * self.found.share)

    @property
    def before(self) -> str:
        return words(round(self.since.before)) if self.since else ""

    @property
    def after(self) -> str:
        return words(round(self.since.after)) if self.since else ""


@dataclass(frozen=True, slots=True)
class PathLine:
    """One run: its way to green, or `why` it is left out."""

    pipeline: str
    fact: Fact
    at: int
    stages: tuple[PathStage, ...] = ()
    seconds: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class BottleneckPage:
    """stages: of each pipeline what ranks first before the others. worst: those that rank first. few: how many green
    runs there are of pipelines with too few of them. fewer_days: how many of each pipeline, where not all could be
    looked at; runs, left_out: all of them, newest first."""

    team: Team
    days: int
    worst: tuple[BottleneckLine, ...]
    stages: tuple[StageLine, ...]
    few: tuple[tuple[str, int], ...]
    fewer_days: tuple[tuple[str, int], ...]
    runs: tuple[PathLine, ...]
    left_out: tuple[PathLine, ...]

    @property
    def shown(self) -> tuple[PathLine, ...]:
        return self.runs[:MOST_SHOWN]

    @property
    def left_out_shown(self) -> tuple[PathLine, ...]:
        return self.left_out[:MOST_SHOWN]


def bottlenecks_of(team: Team, rows: Sequence[BoardRow], windows: Sequence[Window]) -> tuple[BottleneckLine, ...]:
    """Of those of the pipelines that tell, what could save most first. `windows`: of one length."""
    known = {window.pipeline_id: (window.bottleneck, window.days) for window in windows if window.bottleneck}
    found = [(row, *known[row.id]) for row in rows if row.id in known]
    found.sort(key=lambda one: (-one[1].weekly_saving if one[1] else 0, one[0].label.casefold(), one[0].id))
    return tuple(_line(team, row, worst, days) for row, worst, days in found if worst)


def _line(team: Team, row: BoardRow, found: Bottleneck, days: int) -> BottleneckLine:
    return BottleneckLine(
        pipeline=row.label,
        href=f"{bottleneck_href(team.slug)}?days={days}&pipeline={row.id}",
        stage=found.stage.stage,
        exclusive=words(found.stage.exclusive),
        total=words(found.total),
        queue=words(found.stage.queue) if found.stage.queue >= 10 else "",
        saving=words(found.weekly_saving),
    )


def build(
    team: Team, rows: Sequence[BoardRow], newest: Mapping[str, Sequence[Fact]], days: int, last_day: int
) -> BottleneckPage:
    """`newest`: facts in full of each pipeline, from as many days before the period, too."""
    first = last_day - days + 1
    worst, stages = list[BottleneckLine](), list[StageLine]()
    few, fewer = list[tuple[str, int]](), list[tuple[str, int]]()
    runs, others = list[PathLine](), list[PathLine]()
    for row in rows:
        begin = first_day_of(newest[row.id], first, last_day)
        paths, looked = since_day(green_paths(newest[row.id]), begin), last_day - begin + 1
        if found := bottleneck_of(paths, looked):
            worst.append(_line(team, row, found, days))
            stages += _stages(row.label, paths, newest[row.id], looked)
        else:
            few.append((row.label, len(paths)))
        fewer += [(row.label, looked)] if looked < days else []
        runs += [PathLine(row.label, path.fact, first_at(path.fact), path.stages, path.seconds) for path in paths]
        others += _left_out(row.label, newest[row.id], begin)
    return BottleneckPage(
        team=team,
        days=days,
        worst=tuple(worst),
        stages=tuple(stages),
        few=tuple(few),
        fewer_days=tuple(fewer),
        runs=_newest_first(runs),
        left_out=_newest_first(others),
    )


def _stages(pipeline: str, paths: Sequence[GreenPath], facts: Sequence[Fact], days: int) -> Iterable[StageLine]:
    shares = shares_of(paths)
    steps = slower_since(facts, [share.stage for share in shares])
    for share in shares:
        saving = weekly(share.saving, days)
        yield StageLine(pipeline, share, words(saving), saving, steps.get(share.stage))


def _left_out(pipeline: str, facts: Iterable[Fact], first_day: int) -> Iterable[PathLine]:
    for fact in facts:
        mine = fact.voice is Voice.DEFAULT and first_at(fact) >= first_day * DAY_MS
        if mine and (why := left_out(fact)) is not None:
            yield PathLine(pipeline, fact, first_at(fact), why=why)


def _newest_first(lines: Sequence[PathLine]) -> tuple[PathLine, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.at, line.fact.id)))

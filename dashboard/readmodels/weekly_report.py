"""What a team did in one week, on two pages: what came into production, its measures against the week before and 90
days, what changed, what was red, flaky and slow, and what waits. For a page, for paper and for mails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dashboard.links import health_href, pipeline_href
from dashboard.readmodels import flaky
from dashboard.readmodels.appearance import words
from dashboard.readmodels.changes import ChangeLine, changes_of
from dashboard.readmodels.charts.axes import day_of, days_since_epoch, full_day
from dashboard.readmodels.deployments import DeploymentLine, line_of
from dashboard.readmodels.flaky import FlakyLine
from dashboard.readmodels.measure_values import DEFINITIONS, RATIO, MeasureValue, value_of
from storage.model.board_row import BoardRow
from storage.model.bottleneck import StageShare, stage_shares
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import FEWEST, Delivered, backlog
from storage.model.steps import TOGETHER
from storage.model.windows import Window, window_of

# Of each list so many are told; how many more there are is said. Together they fill two pages of A4.
MOST_DEPLOYMENTS, MOST_REDS, MOST_FLAKY, MOST_WAITING, MOST_CHANGES = 24, 8, 5, 8, 5
WEEK, LONG, CHANGED = 7, 90, 30
# How many weeks back one may ask.
MOST_WEEKS = 52
DORA = (
    Measure.CHANGE_LEAD_TIME,
    Measure.CHANGE_FAIL_RATE,
    Measure.FAILED_DEPLOYMENT_RECOVERY_TIME,
    Measure.DEPLOYMENT_REWORK_RATE,
)


class Week(NamedTuple):
    """From Monday to Sunday (ISO 8601), whole days since the epoch, UTC."""

    first: int

    @property
    def last(self) -> int:
        return self.first + WEEK - 1

    @property
    def iso(self) -> str:
        """2026-W47"""
        found = day_of(self.first).isocalendar()
        return f"{found.year}-W{found.week:02d}"

    @property
    def said(self) -> str:
        return f"week {day_of(self.first).isocalendar().week}, {day_of(self.first):%-d %b} to {full_day(self.last)}"


class MeasureLine(NamedTuple):
    """One measure in words: of the week, of the week before, of 90 days."""

    label: str
    now: str
    before: str
    long: str


class RedStretch(NamedTuple):
    """A stretch in which a default branch was red. until: None where it was at the end of the week. lasted: in words,
    of it within the week."""

    pipeline: str
    stage: str
    since: int
    until: int | None
    seconds: int
    lasted: str
    execution_id: str

    @property
    def where(self) -> str:
        return f"{self.pipeline} at {self.stage}" if self.stage else self.pipeline


class WaitingLine(NamedTuple):
    """Commits that were not in production at the end of the week."""

    pipeline: str
    href: str
    commits: int
    oldest: str


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """says: the week in a sentence. deployments: newest first; which of very many these are. more_*: how many others
    there are. bottleneck: the stage with most to save, in a sentence; empty where too little
    tells. before, after: the weeks beside it, empty where there is none to tell of."""

    team: Team
    week: Week
    says: str
    deployments: tuple[DeploymentLine, ...]
    which: str
    measures: tuple[MeasureLine, ...]
    changes: tuple[ChangeLine, ...]
    reds: tuple[RedStretch, ...]
    more_reds: int
    flaky: tuple[FlakyLine, ...]
    more_flaky: int
    bottleneck: str
    waiting: tuple[WaitingLine, ...]
    more_waiting: int
    before: str
    after: str


def last_whole_week(now: int) -> Week:
    """now: milliseconds."""
    today = now // DAY_MS
    return Week(today - day_of(today).weekday() - WEEK)


def week_of(said: str, now: int) -> Week | None:
    """The week that is asked for, as 2026-W47; the last whole one where none is. None where there is none such, where
    it is not over, or too long ago."""
    newest = last_whole_week(now)
    if not said:
        return newest
    year, _, number = said.partition("-W")
    if len(said) != len("2026-W47") or not (year.isdecimal() and number.isdecimal()):
        return None
    try:
        week = Week(days_since_epoch(date.fromisocalendar(int(year), int(number), 1)))
    except ValueError:
        return None
    return week if newest.first - MOST_WEEKS * WEEK < week.first <= newest.first else None


def build(
    team: Team,
    rows: Sequence[BoardRow],
    facts: Mapping[str, Sequence[Fact]],
    pipelines: Sequence[Delivered],
    week: Week,
    now: int,
) -> WeeklyReport:
    """facts: of each pipeline, as windows are made of them; pipelines: what these tell, in the order of the rows."""
    window = window_of(team.id, pipelines, WEEK, week.last)
    beside = list(zip(rows, pipelines, strict=True))
    mine = {row.id: [fact for fact in facts[row.id] if week.first <= fact.day <= week.last] for row in rows}
    shipped = [line_of(row, one) for row, each in beside for one in each.deployments if _within(one.at, week)]
    reds = sorted(_reds(beside, week, now), key=lambda red: (-red.seconds, red.pipeline))
    flips = flaky.build(team, rows, mine, WEEK, week.first).lines
    waiting = sorted(_waiting(team, beside, week), key=lambda one: (-one.commits, one.pipeline.casefold()))
    failed = sum(bool(one.failed) for one in shipped)
    newest, first = last_whole_week(now), Week(week.first - WEEK)
    return WeeklyReport(
        team=team,
        week=week,
        says=_says(len(shipped), failed, reds),
        deployments=_told(shipped),
        which=_which(len(shipped), failed),
        measures=tuple(_measures(window, window_of(team.id, pipelines, LONG, week.last), week)),
        changes=_changes(team, beside, week)[:MOST_CHANGES],
        reds=tuple(reds[:MOST_REDS]),
        more_reds=max(0, len(reds) - MOST_REDS),
        flaky=tuple(flips[:MOST_FLAKY]),
        more_flaky=max(0, len(flips) - MOST_FLAKY),
        bottleneck=_bottleneck(rows, mine),
        waiting=tuple(waiting[:MOST_WAITING]),
        more_waiting=max(0, len(waiting) - MOST_WAITING),
        before=first.iso if first.first > newest.first - MOST_WEEKS * WEEK else "",
        after=Week(week.first + WEEK).iso if week.first < newest.first else "",
    )


def _within(at: int, week: Week) -> bool:
    return week.first <= at // DAY_MS <= week.last


def _told(lines: list[DeploymentLine]) -> tuple[DeploymentLine, ...]:
    """Newest first; of very many all that failed, then the newest."""
    lines.sort(key=lambda line: (not line.failed, -line.at, line.execution_id))
    return tuple(sorted(lines[:MOST_DEPLOYMENTS], key=lambda line: (-line.at, line.execution_id)))


def _which(shipped: int, failed: int) -> str:
    if shipped <= MOST_DEPLOYMENTS:
        return "newest first" if shipped else "Nothing went into production"
    if failed <= MOST_DEPLOYMENTS:
        return f"of {shipped} all that failed and the newest of the others"
    return f"of {shipped} the newest {MOST_DEPLOYMENTS} of {failed} that failed"


def _says(shipped: int, failed: int, reds: Sequence[RedStretch]) -> str:
    found = f"{_many(shipped, 'deployment')}, {failed or 'none'} failed. " if shipped else "No deployments. "
    if not reds:
        return f"{found}No default branch was red."
    lasted = words(sum(red.seconds for red in reds))
    return f"{found}Default branches were red {_times(len(reds))}, for {lasted} together."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _measures(window: Window, long: Window, week: Week) -> Iterator[MeasureLine]:
    """Deployments are counted; of the others under five nothing is said."""
    per_week = f"{long.now.deployments / LONG * WEEK:.1f} a week" if long.now.deployments >= FEWEST else "too few"
    before = str(window.before.deployments) if window.knows_before else "not known"
    yield MeasureLine("Deployments", str(window.now.deployments), before, per_week)
    end = (week.last + 1) * DAY_MS
    for measure in DORA:
        found = value_of(measure, window, WEEK, end)
        whole = value_of(measure, long, LONG, end)
        past = _in_words(found, found.previous) if found.previous is not None else "–"
        yield MeasureLine(DEFINITIONS[measure].label, _value(found), past, _value(whole))


def _value(found: MeasureValue) -> str:
    return _in_words(found, found.value) if found.value is not None else f"{found.reason}, {found.sample}"


def _in_words(found: MeasureValue, value: float) -> str:
    return f"{100 * value:.0f} %" if found.unit == RATIO else words(round(value))


def _changes(team: Team, beside: Sequence[tuple[BoardRow, Delivered]], week: Week) -> tuple[ChangeLine, ...]:
    """Of the team what its pipelines have in common, and of each of them."""
    whole = window_of(team.id, [each for _, each in beside], CHANGED, week.last)
    together = replace(whole, steps=tuple(step for step in whole.steps if step.measure in TOGETHER))
    parts = (
        (row.label, pipeline_href(team.slug, row.id), window_of(team.id, [each], CHANGED, week.last, row.id))
        for row, each in beside
    )
    return changes_of(((team.name, health_href(team.slug), together), *parts))


def _reds(beside: Sequence[tuple[BoardRow, Delivered]], week: Week, now: int) -> Iterator[RedStretch]:
    begin, end = week.first * DAY_MS, (week.last + 1) * DAY_MS
    for row, each in beside:
        for red in each.reds:
            until = red.until if red.until is not None and red.until < end else None
            if red.since < end and (until is None or until >= begin):
                seconds = (min(end, now if until is None else until) - max(begin, red.since)) // 1000
                yield RedStretch(row.label, red.stage, red.since, until, seconds, words(seconds), red.execution_id)


def _waiting(team: Team, beside: Sequence[tuple[BoardRow, Delivered]], week: Week) -> Iterator[WaitingLine]:
    end = (week.last + 1) * DAY_MS
    for row, each in beside:
        found = backlog([each], end)
        if found.undeployed and found.undeployed_since is not None:
            oldest = words((end - found.undeployed_since) // 1000)
            yield WaitingLine(row.label, pipeline_href(team.slug, row.id), found.undeployed, oldest)


def _bottleneck(rows: Sequence[BoardRow], mine: Mapping[str, Sequence[Fact]]) -> str:
    """Of each pipeline's stage that ranks first on the way to green, as its own page says, that with most to save."""
    found: list[tuple[int, str, StageShare]] = []
    for row in rows:
        first = next(iter(stage_shares(mine[row.id])), None)
        if first is not None and first.counted >= FEWEST:
            found.append((first.saving, row.label, first))
    if not found:
        return ""
    saving, pipeline, share = max(found, key=lambda one: one[:2])
    parts = ((share.queue, "queue"), (share.wait, "waits for people"))
    apart = "".join(f", {words(seconds)} {what}" for seconds, what in parts if seconds)
    saves = f"; without it {words(saving)} less in this week" if saving else ""
    return (
        f"{share.stage} of {pipeline}: {words(share.exclusive)} on the way to green in {share.runs} of {share.counted}"
        f" green runs{apart}{saves}."
    )

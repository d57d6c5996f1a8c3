"""Does a team do Continuous Delivery? Each practice of its pipelines, computed, with what shows it. Definitions and
sources: docs/practices.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.links import deployments_href, evidence_href, pipeline_href
from dashboard.readmodels.appearance import timer, words
from dashboard.readmodels.stage_rules import WHOSE, budget_words
from storage.model.board_row import BoardRow, usual_seconds_of
from storage.model.entities import StageKind, Team
from storage.model.evidence import Measure
from storage.model.stage_rules import STANDARD, ConventionLevel
from storage.model.windows import Window

HOUR_SECONDS, QUEUE_SECONDS = 3600, 300
# Five days of seven, with some off.
SHARE_OF_DAYS, SHARE_OF_CHANGED_DAYS = 0.6, 0.5
MOST_MISSING = 4


@dataclass(frozen=True, slots=True)
class PipelineFinding:
    """Of one pipeline. met: None where nothing tells. said: the number that shows it; href: what stands behind it."""

    name: str
    met: bool | None
    said: str
    href: str


@dataclass(frozen=True, slots=True)
class Practice:
    """title: the practice as a sentence. found: of each pipeline that tells something; missing: those that do not do
    it, the first few."""

    title: str
    found: tuple[PipelineFinding, ...]

    @property
    def met(self) -> int:
        return sum(bool(one.met) for one in self.found)

    @property
    def known(self) -> int:
        return len(self.found)

    @property
    def holds(self) -> bool:
        return self.known > 0 and self.met == self.known

    @property
    def missing(self) -> tuple[PipelineFinding, ...]:
        return tuple(one for one in self.found if not one.met)[:MOST_MISSING]

    @property
    def more(self) -> int:
        return self.known - self.met - len(self.missing)


@dataclass(frozen=True, slots=True)
class _Pipeline:
    """rivals: how many pipelines of its repository put versions into production."""

    team: Team
    row: BoardRow
    window: Window
    rivals: int

    def behind(self, measure: Measure) -> str:
        return f"{evidence_href(self.team.slug, measure)}?days={self.window.days}&pipeline={self.row.id}"

    @property
    def page(self) -> str:
        return pipeline_href(self.team.slug, self.row.id)


# Whether it is met, the number that shows it, and what stands behind it; None where nothing tells.
_Judgement = tuple[bool, str, str] | None


def practices_of(team: Team, rows: Sequence[BoardRow], windows: Sequence[Window]) -> tuple[Practice, ...]:
    """`windows`: of the team's pipelines, of one length."""
    known = {window.pipeline_id: window for window in windows}
    paths = Counter(row.repository for row in rows if row.production and row.repository)
    pipelines = [_Pipeline(team, row, known[row.id], paths[row.repository]) for row in rows if row.id in known]
    titles = (_commit_title(rows), *(title for title, _ in _PRACTICES[1:]))
    judges = (judge for _, judge in _PRACTICES)
    return tuple(Practice(title, _findings(judge, pipelines)) for title, judge in zip(titles, judges, strict=True))


def _commit_title(rows: Sequence[BoardRow]) -> str:
    """With the budget where all pipelines have the same, and whose it is where it is not the standard."""
    budgets = {budget for row in rows if (budget := row.budget(StageKind.COMMIT))} or {*STANDARD}
    if len(budgets) > 1:
        return "The commit stage takes no longer than its budget"
    (budget,) = budgets
    whose = "" if budget.level is ConventionLevel.STANDARD else f", {WHOSE[budget.level]}"
    return f"The commit stage takes under {budget.minutes} minute{'' if budget.minutes == 1 else 's'}{whose}"


def _findings(judge: Callable[[_Pipeline], _Judgement], pipelines: Sequence[_Pipeline]) -> tuple[PipelineFinding, ...]:
    judged = ((each, judge(each)) for each in pipelines)
    found = [PipelineFinding(each.row.label, *judgement) for each, judgement in judged if judgement is not None]
    return tuple(sorted(found, key=lambda one: (bool(one.met), one.name.casefold())))


def _commit_stage(one: _Pipeline) -> _Judgement:
    """Nothing where it may take as long as it likes."""
    seconds, budget = usual_seconds_of(StageKind.COMMIT, one.row.layout), one.row.budget(StageKind.COMMIT)
    if seconds is None or budget is None:
        return None
    return seconds <= budget.minutes * 60, f"{timer(seconds)} of {budget_words(budget)}", one.page


def _green(one: _Pipeline) -> _Judgement:
    result = one.row.result
    if result is None:
        return None
    return not result.red, f"red at {result.stage}" if result.red and result.stage else "red", one.page


def _integrates(one: _Pipeline) -> _Judgement:
    now, days = one.window.now, one.window.days
    if not now.main_days:
        return None
    met = now.main_days >= SHARE_OF_DAYS * days
    return met, f"{now.main_days} of {days} days", one.behind(Measure.SUCCESS_RATE)


def _recovers(one: _Pipeline) -> _Judgement:
    median = one.window.now.to_green.median
    if median is None:
        return (True, "never red", one.behind(Measure.TIME_TO_GREEN)) if one.window.now.ended else None
    return median <= HOUR_SECONDS, words(median), one.behind(Measure.TIME_TO_GREEN)


def _deploys(one: _Pipeline) -> _Judgement:
    now = one.window.now
    if not now.deployments:
        return None
    met = now.deploy_days >= SHARE_OF_CHANGED_DAYS * now.main_days
    href = f"{deployments_href(one.team.slug)}?days={one.window.days}&pipeline={one.row.id}"
    return met, f"{now.deploy_days} of {now.main_days} days with a change", href


def _one_path(one: _Pipeline) -> _Judgement:
    if not one.row.production or not one.row.repository:
        return None
    return one.rivals == 1, f"{one.rivals} pipelines deploy {one.row.repository}", one.page


def _waits(one: _Pipeline) -> _Judgement:
    wait = one.window.now.wait.median
    if wait is None:
        return (True, "nobody waited for", one.behind(Measure.HUMAN_WAIT_P50)) if one.window.now.runs else None
    return wait <= HOUR_SECONDS, words(wait), one.behind(Measure.HUMAN_WAIT_P50)


def _queues(one: _Pipeline) -> _Judgement:
    queue = one.window.now.queue.p95
    return None if queue is None else (queue <= QUEUE_SECONDS, timer(queue), one.behind(Measure.QUEUE_P50))


# The first is named by its budget.
_PRACTICES: tuple[tuple[str, Callable[[_Pipeline], _Judgement]], ...] = (
    ("", _commit_stage),
    ("The default branch is green", _green),
    ("Changes are integrated on most days", _integrates),
    ("A red default branch is green again within an hour", _recovers),
    ("What changed is deployed on the same day", _deploys),
    ("One path leads to production", _one_path),
    ("Nobody is waited for longer than an hour", _waits),
    ("Runs begin within 5 minutes", _queues),
)

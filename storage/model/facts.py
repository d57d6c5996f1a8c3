"""What every measure is computed from: one small record of each execution that ended. Pure.

A fact follows from the execution's merged state, what people said of its pipeline and what they marked: the same events
give the same fact, in whatever order they came.
"""

from __future__ import annotations

import re

from storage.model.billing import BilledMinutes, billed_minutes
from storage.model.document import Document, replace
from storage.model.entities import Execution, Stage, StageKind, Status, Voice
from storage.model.marks import DeploymentMark
from storage.model.merge import SEPARATOR, State
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.run import AttemptFact, Run, attempts_seen, produced_at
from storage.model.spans import seconds_between

DAY_MS = 86_400_000
MOST_STAGES = 24
# What people and tools call a change that takes back or repairs an earlier one: git's own words for a revert, and the
# prefixes of Conventional Commits and of branches.
_REPAIRS = re.compile(r"(revert|hotfix|rollback)\b", re.IGNORECASE)


class StageFact(Document, frozen=True):
    """A stage of the newest attempt that said something. begin, end: seconds since that attempt began, None where it
    did not. queue_seconds: until it began; wait_seconds: for people, within its time. `carried`: an earlier attempt
    ran it."""

    name: str
    kind: StageKind
    status: Status
    begin: int | None = None
    end: int | None = None
    queue_seconds: int | None = None
    wait_seconds: int = 0
    carried: bool = False

    @property
    def run_seconds(self) -> int | None:
        """Without waits for people: those it was held back for before it began are queue, too, in what tools tell."""
        if self.begin is None or self.end is None or self.carried:
            return None
        within = 0 if self._asked_first else self.wait_seconds
        return max(0, self.end - self.begin - within)

    @property
    def own_queue_seconds(self) -> int:
        """Of the time until it began, without waits for people; 0 where nothing is told."""
        queue = self.queue_seconds or 0
        return queue - self.wait_seconds if self._asked_first else queue

    @property
    def _asked_first(self) -> bool:
        return self.wait_seconds <= (self.queue_seconds or 0)


class Fact(Document, frozen=True):
    """One execution that ended. Times in milliseconds, spans in seconds.

    at:       when its newest attempt that ended green or red said so, else when it ended; says which day it counts on.
    deployed: when it put its version into production, once for each attempt that did.
    commits:  how many it brings, where told. repair: its words say that it takes back or repairs an earlier change.
    puts_back: the execution whose version a rollback brings again, where told.
    seconds, wait_seconds, queue_seconds: as in Run.
    billed: of its jobs in all attempts that count, but for one that has not ended.
    """

    id: str
    pipeline_id: str
    number: str
    order: int
    voice: Voice
    status: Status
    at: int
    began_at: int | None = None
    seconds: int | None = None
    wait_seconds: int | None = None
    queue_seconds: int | None = None
    attempts: tuple[AttemptFact, ...] = ()
    deployed: tuple[int, ...] = ()
    commit: str = ""
    committed_at: int | None = None
    commits: int = 0
    message: str = ""
    author: str = ""
    rollback: bool = False
    puts_back: str = ""
    repair: bool = False
    stages: tuple[StageFact, ...] = ()
    mark: DeploymentMark | None = None
    billed: tuple[BilledMinutes, ...] = ()

    @property
    def day(self) -> int:
        """Whole days since the epoch, UTC."""
        return self.at // DAY_MS

    @property
    def first(self) -> Status | None:
        """How its first attempt ended; None where that says nothing or is not known."""
        return self.attempts[0].status if self.attempts and self.attempts[0].number == 1 else None


def fact_of(
    run: Run,
    state: State,
    execution: Execution,
    overrides: PipelineOverrides = NO_OVERRIDES,
    *,
    mark: DeploymentMark | None = None,
    puts_back: str = "",
) -> Fact:
    """Of an execution of which something has ended. `run`: as its pipeline remembers it; `execution`: its newest
    attempt."""
    seen = attempts_seen(state, execution, overrides)
    shown = seen.get(run.attempt, execution)
    told = state.texts.get("commits")
    return Fact(
        id=execution.id,
        pipeline_id=execution.pipeline_id,
        number=execution.number[:20],
        order=execution.order,
        voice=execution.voice,
        status=run.status,
        at=_said_at(run, execution),
        began_at=run.started_at,
        seconds=run.seconds,
        wait_seconds=run.wait_seconds,
        queue_seconds=run.queue_seconds,
        attempts=run.attempts,
        deployed=tuple(sorted({at for view in seen.values() if (at := produced_at(view)) is not None})),
        commit=execution.commit[:12],
        committed_at=execution.committed_at,
        commits=told.value.count(SEPARATOR) + 1 if told and told.value else 0,
        message=execution.message.partition("\n")[0][:60],
        author=(execution.author or execution.actor)[:30],
        rollback=execution.rollback,
        puts_back=puts_back,
        repair=repairs(execution.message, execution.branch),
        stages=_stages(shown),
        mark=mark,
        billed=billed_minutes(state, None if execution.ended else run.attempt),
    )


def _said_at(run: Run, execution: Execution) -> int:
    return run.finished_at if run.finished_at is not None else execution.last_event_at


def repairs(message: str, branch: str) -> bool:
    """Whether a change is said to take back or repair an earlier one by how its message or branch begins."""
    return any(_REPAIRS.match(said.strip(" \"'[(")) for said in (message, branch))


def _stages(shown: Execution) -> tuple[StageFact, ...]:
    """The longest of very many, in their order; red ones before all others."""
    began = shown.started_at or shown.queued_at
    found = [_stage(stage, began) for stage in shown.stages if stage.status is not Status.SKIPPED and not stage.pending]
    if len(found) <= MOST_STAGES:
        return tuple(found)
    places = sorted(range(len(found)), key=lambda place: _importance(found[place], place))
    return tuple(found[place] for place in sorted(places[:MOST_STAGES]))


def without_words(fact: Fact) -> Fact:
    """What measures over long periods need of it."""
    return replace(fact, message="", author="", stages=())


def _importance(stage: StageFact, place: int) -> tuple[bool, int, int]:
    return not stage.status.red, (stage.begin or 0) - (stage.end or 0), place


def _stage(stage: Stage, began: int | None) -> StageFact:
    return StageFact(
        name=stage.name[:40],
        kind=stage.kind,
        status=stage.status,
        begin=seconds_between(began, stage.started_at),
        end=seconds_between(began, stage.finished_at),
        queue_seconds=seconds_between(stage.queued_at, stage.started_at),
        wait_seconds=stage.wait_seconds,
        carried=stage.carried,
    )


def shorter(fact: Fact) -> Fact | None:
    """The same told in fewer words: without half of its stages, then without words. None where nothing can go."""
    if fact.stages:
        keep = len(fact.stages) // 2
        places = sorted(range(len(fact.stages)), key=lambda place: _importance(fact.stages[place], place))
        return replace(fact, stages=tuple(fact.stages[place] for place in sorted(places[:keep])))
    if fact.message or fact.author:
        return replace(fact, message="", author="")
    if len(fact.attempts) > 2:
        return replace(fact, attempts=(fact.attempts[0], *fact.attempts[len(fact.attempts) // 2 + 1 :]))
    return None

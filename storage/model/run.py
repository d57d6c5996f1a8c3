"""One execution as its pipeline remembers it once something of it has ended. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from storage.model.conventions import is_production
from storage.model.document import Document, replace
from storage.model.entities import Deployment, Execution, Stage, StageKind, Status, Voice
from storage.model.execution_view import build, known_attempts, verdict_of
from storage.model.merge import State
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.runner_queues import QueueTimes, queue_times_of
from storage.model.spans import seconds_between
from storage.model.stage_view import text_of
from storage.model.waiting_times import before_it_began

MOST_STAGES = 200


class StageCell(Document, frozen=True):
    """A stage of one run. `status` is None where the run has not come by and may never. Stages of one `group` ran side
    by side. `seconds`: of the first attempt, without waits for people; None where it did not run in it.
    `usual_seconds` is an estimate. `done` of `jobs` actions have ended. `carried`: an earlier attempt ran it."""

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
    seconds: int | None = None
    carried: bool = False
    pending: bool = False


class AttemptFact(Document, frozen=True):
    """One attempt as far as it ended green or red: `status`, said at `at`, red since `red_at`, at `stage`. `deploys`:
    whether it ran a stage that puts a version somewhere. One that was red, went on and ended green is two, of one
    number."""

    number: int
    status: Status
    at: int
    began_at: int
    red_at: int | None = None
    stage: str = ""
    deploys: bool = False


class Run(Document, frozen=True):
    """One execution that ended, as its pipeline remembers it: as of its newest attempt that said something, else as it
    ended.

    seconds: of the first attempt, without waits for people and the queue before it; wait_seconds: those waits;
    queue_seconds: from when it was told to run until it began. None where it is not known.
    queues: how long its jobs waited for runners, in all attempts.
    """

    id: str
    number: str
    order: int
    voice: Voice
    status: Status
    attempt: int
    queued_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    commit: str = ""
    message: str = ""
    author: str = ""
    production_at: int | None = None
    stages: tuple[StageCell, ...] = ()
    attempts: tuple[AttemptFact, ...] = ()
    rollback: bool = False
    rollback_to: str = ""
    ref: str = ""
    seconds: int | None = None
    wait_seconds: int | None = None
    queue_seconds: int | None = None
    queues: tuple[QueueTimes, ...] = ()

    @property
    def says(self) -> bool:
        """Whether it ended green or red."""
        return bool(self.attempts)

    @property
    def verdict(self) -> AttemptFact:
        """What its newest attempt that says something said. Only where one `says` so."""
        return self.attempts[-1]

    @property
    def first(self) -> Status | None:
        """How its first attempt ended; None where that says nothing or is not known."""
        return self.attempts[0].status if self.attempts and self.attempts[0].number == 1 else None


def attempts_seen(
    state: State, execution: Execution, overrides: PipelineOverrides = NO_OVERRIDES
) -> dict[int, Execution]:
    """The execution at each of its attempts, by their numbers. `execution`: its newest attempt."""

    def seen(number: int) -> Execution:
        if number == execution.attempt:
            return execution
        return build(
            state,
            execution_id=execution.id,
            pipeline_id=execution.pipeline_id,
            team_id=execution.team_id,
            attempt=number,
            overrides=overrides,
        )

    return {number: seen(number) for number in sorted(known_attempts(state))}


def run_of(state: State, execution: Execution, overrides: PipelineOverrides = NO_OVERRIDES) -> Run | None:
    """What is remembered of an execution: None while nothing of it has ended. `execution`: its newest attempt."""

    views = attempts_seen(state, execution, overrides)
    facts = tuple(fact for number, view in views.items() for fact in _attempt_facts(state, number, view))
    if not facts and not execution.ended:
        return None
    shown = views[facts[-1].number] if facts else execution
    verdict = facts[-1] if facts else None
    first = views.get(1)
    began = first.started_at if first else None
    took = seconds_between(began, facts[0].at) if facts and facts[0].number == 1 else None
    wait = round(first.wait_ms / 1000) if first else None
    within = round((first.wait_ms - first.wait_before_ms) / 1000) if first else 0
    return Run(
        id=execution.id,
        number=execution.number,
        order=execution.order,
        voice=execution.voice,
        status=verdict.status if verdict else execution.status,
        attempt=verdict.number if verdict else execution.attempt,
        queued_at=shown.queued_at,
        started_at=shown.started_at,
        finished_at=verdict.at if verdict else execution.finished_at,
        commit=execution.commit[:40],
        message=execution.message[:120],
        author=(execution.author or execution.actor)[:60],
        production_at=max((at for view in views.values() if (at := produced_at(view)) is not None), default=None),
        stages=cells_of(shown.stages, {s.name: _work_seconds(s) for s in first.stages} if first else None),
        attempts=facts,
        rollback=execution.rollback,
        rollback_to=execution.rollback_to,
        ref=execution.ref[:100],
        seconds=max(0, took - within) if took is not None else None,
        wait_seconds=wait,
        queue_seconds=first.queue_seconds if first else None,
        queues=queue_times_of(views),
    )


def _attempt_facts(state: State, number: int, view: Execution) -> Iterator[AttemptFact]:
    """What an attempt said last, after the red it was in first where its tool goes on within one: a job that is run
    again, a stage that is resumed."""
    word, own = verdict_of(state, number), state.attempts.get(number)
    if word is None:
        return
    began_at = view.started_at or view.queued_at or word.rank.at
    fact = AttemptFact(number, word.status, word.rank.at, began_at, deploys=deploys(view))
    reds = [at for at in (own.red_at if own else None, *_red_ends(state, number)) if at is not None]
    if word.status.red:
        yield replace(fact, red_at=min(reds, default=fact.at), stage=_red_stage(state, number, view))
        return
    if own and own.red_at is not None and own.red_at < fact.at:
        stage = _red_stage(state, number, view)
        yield replace(fact, status=Status.FAILED, at=own.red_at, red_at=min(reds), stage=stage)
    yield fact


def _red_ends(state: State, number: int) -> list[int]:
    """When stages that decide ended red."""
    if not state.decisive:
        return []
    ends = (part.attempts.get(number) for part in state.stages.values())
    return [end.red_at for end in ends if end and end.red_at is not None]


def _red_stage(state: State, number: int, view: Execution) -> str:
    """Where an attempt went red, also where it runs again by now."""
    red = next((stage.name for stage in view.stages if stage.status.red and stage.attempt == number), "")
    if red:
        return red
    for stage in view.stages:
        if _was_red(state, stage, number):
            return stage.name
    return next((stage.name for stage in view.stages if stage.status.red), "")


def _was_red(state: State, stage: Stage, number: int) -> bool:
    """Whether the stage, or a job of it that may not fail, ended red: one that has been run again since, too."""
    shown = {action.key for action in stage.actions}
    parts = [part] if (part := state.stages.get(stage.name)) else []
    for key, job in state.actions.items():
        text = text_of(job.texts)
        if (key in shown or text("stage") == stage.name) and text("allowed_to_fail") != "yes":
            parts.append(job)
    return any((was := part.attempts.get(number)) and was.red_at is not None for part in parts)


def deploys(execution: Execution) -> bool:
    """Whether this attempt ran a stage that puts a version somewhere."""
    kinds = (StageKind.DEPLOY, StageKind.PRODUCTION)
    return any(
        stage.kind in kinds
        and stage.attempt == execution.attempt
        and not stage.pending
        and stage.started_at is not None
        for stage in execution.stages
    )


def cells_of(stages: Sequence[Stage], took: Mapping[str, int | None] | None = None) -> tuple[StageCell, ...]:
    """The stages of a run as cells. An item holds so many: of very many stages only the first, those that are red
    before all others."""
    return tuple(
        StageCell(
            name=stage.name,
            kind=stage.kind,
            group=stage.group,
            status=stage.status,
            queued_at=stage.queued_at,
            started_at=stage.started_at,
            finished_at=stage.finished_at,
            done=sum(action.weight for action in stage.actions if action.status.finished and not action.carried),
            jobs=sum(action.weight for action in stage.actions),
            seconds=took.get(stage.name) if took else None,
            carried=stage.carried,
            pending=stage.pending,
        )
        for stage in _foremost(stages)
    )


def _foremost(stages: Sequence[Stage]) -> Sequence[Stage]:
    if len(stages) <= MOST_STAGES:
        return stages
    places = sorted(range(len(stages)), key=lambda place: (not stages[place].status.red, place))
    return [stages[place] for place in sorted(places[:MOST_STAGES])]


def _work_seconds(stage: Stage) -> int | None:
    took = seconds_between(stage.started_at, stage.finished_at)
    if took is None or stage.status is Status.SKIPPED:
        return None
    return max(0, took - max(0, stage.wait_seconds - before_it_began(stage).wait))


def produced_at(execution: Execution) -> int | None:
    """When this attempt last put a version into production: by a deployment, else by a production stage."""
    return production_at(execution.stages, execution.deployments)


def production_at(stages: Sequence[Stage], deployments: Sequence[Deployment]) -> int | None:
    told = [d.at for d in deployments if d.status is Status.SUCCEEDED and is_production(d.environment)]
    if told:
        return max(told)
    live = [s.finished_at for s in stages if s.kind is StageKind.PRODUCTION and s.status is Status.SUCCEEDED]
    return max((at for at in live if at is not None), default=None)


class ProductionMark(Document, frozen=True):
    """The run whose version is in production, by what was told."""

    execution_id: str
    number: str
    at: int
    commit: str = ""


def production_of(run: Run) -> ProductionMark | None:
    at = run.production_at
    return ProductionMark(run.id, run.number, at, run.commit) if at is not None else None


def mark_order(mark: ProductionMark) -> tuple[int, str]:
    return (mark.at, mark.execution_id)

"""State + event -> state, as the join of a semilattice: whatever the order, repetition or interleaving of events, the
state is the same (strong eventual consistency, Shapiro et al. 2011). Pure; a lifted event is itself a small state.

A status is a register that keeps the greatest `Rank`. Times are minima and maxima. Each text is a register of its own
over the events that carry it, so that a later event without it erases nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import NamedTuple

from storage.model.document import Document, replace
from storage.model.entities import RED, Status
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, StageChanged
from storage.model.joins import greatest, least, most, union
from storage.model.marks import DeploymentMark

STATUS_RANK = {
    status: rank
    for rank, status in enumerate(
        (
            Status.UNKNOWN,
            Status.QUEUED,
            Status.WAITING,
            Status.RUNNING,
            Status.SKIPPED,
            Status.SUPERSEDED,
            Status.SUCCEEDED,
            Status.CANCELLED,
            Status.TIMED_OUT,
            Status.ERRORED,
            Status.FAILED,
        )
    )
}


class Rank(NamedTuple):
    """What decides which event's word holds: newest attempt; within it, where the tool never reopens, the one that
    ended it; then the source's own time; then the status, as seconds tie."""

    attempt: int
    ended: bool
    at: int
    status: int


class StatusRegister(NamedTuple):
    """A status as some event gave it. `told_to_wait`: the tool keeps its subject back."""

    rank: Rank
    raw: str
    status: Status
    finished: bool
    told_to_wait: bool = False


class TextRegister(NamedTuple):
    rank: Rank
    value: str


UNRANKED = Rank(0, False, 0, 0)
Texts = Mapping[str, TextRegister]
# What says something of a pipeline. Cancelled, skipped and superseded do not.
VERDICTS = frozenset({Status.SUCCEEDED, *RED})


class Progress(Document, frozen=True):
    """How far something got in one attempt.

    word:        the newest status. verdict: the newest that ended it green or red, which neither a retry within the
                 attempt nor a later cancellation erases.
    queued_at, started_at: first told; finished_at: last told.
    red_at:      when it first ended red. running_at: when it first was told to run, started_at where nothing tells it.
    waiting_at:  when a person was first asked.
    own_attempt: as events tell it.
    queued_last_at: when it was last told queued.
    """

    word: StatusRegister | None = None
    queued_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    verdict: StatusRegister | None = None
    red_at: int | None = None
    running_at: int | None = None
    waiting_at: int | None = None
    own_attempt: int = 0
    queued_last_at: int | None = None


class ComponentState(Document, frozen=True):
    """A stage, an action or a deployment: its progress by attempt of the execution, and its texts. `weight`: how many
    jobs it stands for, in the head of a long execution."""

    attempts: Mapping[int, Progress] = {}
    texts: Texts = {}
    weight: int = 1


class State(Document, frozen=True):
    """Everything that is known of one execution.

    order:     None until an event tells the tool's own.
    tells_run: whether an event told which branch it is for: until then it speaks for nobody.
    decisive:  whether a stage that ends red ends the execution.
    split:     whether its jobs lie apart, and `actions` are stand-ins for them (storage.model.long_execution);
               of stages with greater names than `stages_upto` one stands for all.
    scheduled_at: when its schedule began it; None where no event said that one did.
    """

    external_id: str = ""
    source: str = ""
    order: int | None = None
    last_event_at: int = 0
    attempts: Mapping[int, Progress] = {}
    texts: Texts = {}
    stages: Mapping[str, ComponentState] = {}
    actions: Mapping[str, ComponentState] = {}
    deployments: Mapping[str, ComponentState] = {}
    host: str = ""
    tells_run: bool = False
    decisive: bool = False
    rollback: bool = False
    committed_at: int | None = None
    split: bool = False
    stages_upto: str = ""
    scheduled_at: int | None = None


class StoredExecution(Document, frozen=True):
    """An execution's merged state and where it belongs. `pipeline_id` is empty until an event names the pipeline.
    fact_day: the day its fact lies on, -1 where it has none; fact_digest: tells whether it is as it should be. mark:
    what people said of the deployment. team_id: whose connection tells of it; board_id: whose board its pipeline stood
    on when it was last written, empty where that is the same."""

    id: str
    team_id: str
    pipeline_id: str
    state: State
    fact_day: int = -1
    fact_digest: str = ""
    mark: DeploymentMark | None = None
    board_id: str = ""


EMPTY = State()
# An execution is written in one transaction, which holds no more. Those with the least keys stay: what was left out
# once is left out ever after, so order and repetition still do not matter.
MOST_PARTS = 5000


def merge(state: State, events: Iterable[AnyEvent]) -> State:
    """The state after these events, all of one execution."""
    return _bounded(reduce(join, map(state_from_event, events), state))


def _bounded(state: State) -> State:
    if max(len(state.stages), len(state.actions), len(state.deployments)) <= MOST_PARTS:
        return state
    return replace(
        state, stages=_first(state.stages), actions=_first(state.actions), deployments=_first(state.deployments)
    )


def _first(parts: Mapping[str, ComponentState]) -> Mapping[str, ComponentState]:
    return {key: parts[key] for key in sorted(parts)[:MOST_PARTS]}


def join(a: State, b: State) -> State:
    """The least state that holds what both hold: commutative, associative, idempotent, EMPTY its unit."""
    return State(
        external_id=max(a.external_id, b.external_id),
        source=max(a.source, b.source),
        order=most(a.order, b.order),
        last_event_at=max(a.last_event_at, b.last_event_at),
        attempts=union(a.attempts, b.attempts, join_progress),
        texts=union(a.texts, b.texts, max),
        stages=union(a.stages, b.stages, join_component),
        actions=union(a.actions, b.actions, join_component),
        deployments=union(a.deployments, b.deployments, join_component),
        host=max(a.host, b.host),
        tells_run=a.tells_run or b.tells_run,
        decisive=a.decisive or b.decisive,
        rollback=a.rollback or b.rollback,
        committed_at=most(a.committed_at, b.committed_at),
        split=a.split or b.split,
        stages_upto=min(a.stages_upto or b.stages_upto, b.stages_upto or a.stages_upto),
        scheduled_at=least(a.scheduled_at, b.scheduled_at),
    )


def join_component(a: ComponentState, b: ComponentState) -> ComponentState:
    attempts, texts = union(a.attempts, b.attempts, join_progress), union(a.texts, b.texts, max)
    return ComponentState(attempts, texts, max(a.weight, b.weight))


def join_progress(a: Progress, b: Progress) -> Progress:
    return Progress(
        word=greatest(a.word, b.word),
        queued_at=least(a.queued_at, b.queued_at),
        started_at=least(a.started_at, b.started_at),
        finished_at=most(a.finished_at, b.finished_at),
        verdict=greatest(a.verdict, b.verdict),
        red_at=least(a.red_at, b.red_at),
        running_at=least(a.running_at, b.running_at),
        waiting_at=least(a.waiting_at, b.waiting_at),
        own_attempt=max(a.own_attempt, b.own_attempt),
        queued_last_at=most(a.queued_last_at, b.queued_last_at),
    )


_PIPELINE_TEXTS = (
    "key",
    "name",
    "url",
    "repository",
    "default_branch",
    "project",
    "owner",
    "place",
    "path",
    "tool_state",
    "schedule",
)
_COMMIT_TEXTS = ("branch", "commit", "message", "author")
_EXECUTION_TEXTS = (
    *("number", "actor", "trigger", "url", "origin", "head", "change_request", "change_request_url", "base_branch"),
    *("upstream", "rollback_to", "reason", "by"),
)
_STAGE_TEXTS = ("url", "kind", "reason")
_ACTION_TEXTS = ("stage", "name", "leg", "url", "note", "by", "environment", "runner_group")
# Between the entries of a list that is kept as one text.
SEPARATOR = "\n"


def state_from_event(event: AnyEvent) -> State:
    """One event as a state."""
    rank = _rank(event)
    progress = {rank.attempt: _progress(event, rank)}
    pipeline = event.pipeline
    texts = _texts(event, rank, _COMMIT_TEXTS)
    for name in _PIPELINE_TEXTS:
        if value := getattr(pipeline, name):
            texts[f"pipeline_{name}"] = TextRegister(rank, value)
    if pipeline.aliases:
        texts["pipeline_aliases"] = TextRegister(rank, SEPARATOR.join(pipeline.aliases))
    state = State(
        external_id=event.execution,
        source=pipeline.source,
        order=event.order,
        last_event_at=event.at,
        texts=texts,
        host=pipeline.host,
        tells_run=event.tells_run,
        committed_at=event.committed_at,
    )
    match event:
        case ExecutionChanged():
            texts |= _texts(event, rank, _EXECUTION_TEXTS)
            for name, told in (("commits", event.commits), ("stages", event.stages)):
                if told:
                    texts[name] = TextRegister(rank, SEPARATOR.join(told))
            if event.checked_at is not None:
                # Whatever else is told of it: the latest holds. As wide as any time is, so that text sorts as times do.
                texts["checked_at"] = TextRegister(UNRANKED, f"{event.checked_at:015d}")
            return replace(state, attempts=progress, rollback=event.rollback, scheduled_at=event.scheduled_at)
        case StageChanged():
            said = _texts(event, rank, _STAGE_TEXTS)
            if event.stands_for_run:
                said["stands_for_run"] = TextRegister(UNRANKED, "yes")
            stage = ComponentState(progress, said)
            return replace(state, stages={event.stage: stage}, decisive=event.decisive)
        case ActionChanged():
            action = ComponentState(progress, _action_texts(event, rank))
            return replace(state, actions={event.action: action})
        case DeploymentChanged():
            deployment = ComponentState(progress, _texts(event, rank, ("environment", "url", "tier")))
            return replace(state, deployments={event.deployment: deployment})


def _rank(event: AnyEvent) -> Rank:
    ended = event.finished and event.absorbing
    return Rank(max(1, event.attempt), ended, event.at, STATUS_RANK[event.status] if event.status else -1)


def _progress(event: AnyEvent, rank: Rank) -> Progress:
    status, own = event.status, getattr(event, "own_attempt", None) or 0
    word = None
    if status is not None:
        word = StatusRegister(rank, event.raw_status, status, event.finished, event.told_to_wait)
    return Progress(
        word=word,
        queued_at=event.queued_at,
        started_at=event.started_at,
        finished_at=event.finished_at,
        verdict=word if event.finished and status in VERDICTS else None,
        red_at=event.at if event.finished and status in RED else None,
        running_at=event.at if status is Status.RUNNING else None,
        waiting_at=event.at if status is Status.WAITING else None,
        own_attempt=own,
        queued_last_at=event.at if status is Status.QUEUED else None,
    )


def _action_texts(event: ActionChanged, rank: Rank) -> dict[str, TextRegister]:
    texts = _texts(event, rank, _ACTION_TEXTS)
    if event.runner_labels:
        texts["runner_labels"] = TextRegister(rank, SEPARATOR.join(event.runner_labels))
    if event.deciders:
        texts["deciders"] = TextRegister(rank, SEPARATOR.join(event.deciders))
    if event.allowed_to_fail is not None:
        texts["allowed_to_fail"] = TextRegister(rank, "yes" if event.allowed_to_fail else "no")
    return texts


def _texts(event: AnyEvent, rank: Rank, names: tuple[str, ...]) -> dict[str, TextRegister]:
    return {name: TextRegister(rank, str(value)) for name in names if (value := getattr(event, name, ""))}

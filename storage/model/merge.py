"""State + event -> state, as the join of a semilattice: whatever the order, repetition or interleaving of events, the
state is the same (strong eventual consistency, Shapiro et al. 2011). Pure; a lifted event is itself a small state.

A status is a register that keeps the greatest `Rank`. Times are minima and maxima. Each text is a register of its own
over the events that carry it, so that a later event without it erases nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import NamedTuple, TypeVar

from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, StageChanged

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
    """A status as some event gave it."""

    rank: Rank
    raw: str
    status: Status
    finished: bool


class TextRegister(NamedTuple):
    rank: Rank
    value: str


Texts = Mapping[str, TextRegister]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something got in one attempt. `queued_at`, `started_at`: first told; `finished_at`: last told."""

    word: StatusRegister | None = None
    queued_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None


@dataclass(frozen=True, slots=True)
class ComponentState:
    """A stage, an action or a deployment: its progress by attempt, and its texts."""

    attempts: Mapping[int, Progress] = field(default_factory=dict)
    texts: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is known of one execution. `order` is None until an event tells the tool's own."""

    external_id: str = ""
    source: str = ""
    order: int | None = None
    last_event_at: int = 0
    attempts: Mapping[int, Progress] = field(default_factory=dict)
    texts: Texts = field(default_factory=dict)
    stages: Mapping[str, ComponentState] = field(default_factory=dict)
    actions: Mapping[str, ComponentState] = field(default_factory=dict)
    deployments: Mapping[str, ComponentState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredExecution:
    """An execution's merged state and where it belongs. `pipeline_id` is empty until an event names the pipeline."""

    id: str
    team_id: str
    pipeline_id: str
    state: State


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
        order=_most(a.order, b.order),
        last_event_at=max(a.last_event_at, b.last_event_at),
        attempts=_union(a.attempts, b.attempts, join_progress),
        texts=_union(a.texts, b.texts, max),
        stages=_union(a.stages, b.stages, join_component),
        actions=_union(a.actions, b.actions, join_component),
        deployments=_union(a.deployments, b.deployments, join_component),
    )


def join_component(a: ComponentState, b: ComponentState) -> ComponentState:
    return ComponentState(_union(a.attempts, b.attempts, join_progress), _union(a.texts, b.texts, max))


def join_progress(a: Progress, b: Progress) -> Progress:
    return Progress(
        word=max(a.word, b.word) if a.word and b.word else a.word or b.word,
        queued_at=_least(a.queued_at, b.queued_at),
        started_at=_least(a.started_at, b.started_at),
        finished_at=_most(a.finished_at, b.finished_at),
    )


def state_from_event(event: AnyEvent) -> State:
    """One event as a state."""
    attempt = max(1, event.attempt)
    ended = event.finished and event.absorbing
    rank = Rank(attempt, ended, event.at, STATUS_RANK[event.status] if event.status else -1)
    word = StatusRegister(rank, event.raw_status, event.status, event.finished) if event.status else None
    progress = {attempt: Progress(word, event.queued_at, event.started_at, event.finished_at)}
    common = _texts(event, rank, ("branch", "commit", "message", "author"))
    pipeline = {
        f"pipeline_{name}": TextRegister(rank, value)
        for name in ("key", "name", "url", "repository", "default_branch")
        if (value := getattr(event.pipeline, name))
    }
    state = State(event.execution, event.pipeline.source, event.order, event.at, {}, {**common, **pipeline})
    match event:
        case ExecutionChanged():
            texts = {**state.texts, **_texts(event, rank, ("number", "actor", "trigger", "url"))}
            return replace(state, attempts=progress, texts=texts)
        case StageChanged():
            return replace(state, stages={event.stage: ComponentState(progress, _texts(event, rank, ("url", "kind")))})
        case ActionChanged():
            texts = _texts(event, rank, ("stage", "name", "url", "note"))
            return replace(state, actions={event.action: ComponentState(progress, texts)})
        case DeploymentChanged():
            texts = _texts(event, rank, ("environment", "url"))
            return replace(state, deployments={event.deployment: ComponentState(progress, texts)})


def _texts(event: AnyEvent, rank: Rank, names: tuple[str, ...]) -> dict[str, TextRegister]:
    return {name: TextRegister(rank, value) for name in names if (value := getattr(event, name, ""))}


T = TypeVar("T")
K = TypeVar("K")


def _union(a: Mapping[K, T], b: Mapping[K, T], joined: Callable[[T, T], T]) -> Mapping[K, T]:
    if not b:
        return a
    if not a:
        return b
    return {**a, **{key: joined(a[key], value) if key in a else value for key, value in b.items()}}


def _least(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)


def _most(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else max(a, b)

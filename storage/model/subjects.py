"""What is delivered, where to and what happens there, apart from executions: commits as they were pushed, environments,
incidents and change requests. What a source may say of them, and the state that comes of it: a join, as that of
executions (storage.model.merge). Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import NamedTuple

from storage.model.document import Document
from storage.model.entities import Status
from storage.model.joins import greatest, least, union
from storage.model.merge import (
    STATUS_RANK,
    VERDICTS,
    ComponentState,
    Progress,
    Rank,
    StatusRegister,
    TextRegister,
    Texts,
    join_component,
)


class SubjectKind(enum.StrEnum):
    ENVIRONMENT = "environment"
    INCIDENT = "incident"
    CHANGE_REQUEST = "change_request"
    COMMIT = "commit"


class SubjectEvent(Document, frozen=True, kw_only=True):
    """What events of all subjects share. Empty text and None mean "not said", as in events of executions.

    host:    the server of the tool, empty for the public one.
    scope:   what `subject`, its name or number, is unique within: a repository's id, a pipeline's key.
    at:      the source's own time of this event, milliseconds; what orders events of one subject.
    """

    source: str
    host: str = ""
    scope: str
    subject: str
    at: int
    repository: str = ""
    url: str = ""


class EnvironmentChanged(SubjectEvent, frozen=True, kw_only=True, tag=True):
    """A tool's word on a deployment into an environment.

    deployment: its id, unique within the environment. asked_at: when it was asked for, the same in each of its events
                where they know; else the time of the event. The earliest holds.
    inactive:   the version is there no more.
    tier:       production, staging, ... where the tool tells.
    pipeline, execution: the tool's key and id of what deploys, where an execution does.
    """

    deployment: str
    asked_at: int
    status: Status
    raw_status: str
    finished: bool = False
    inactive: bool = False
    tier: str = ""
    pipeline: str = ""
    execution: str = ""
    commit: str = ""
    ref: str = ""
    by: str = ""
    link: str = ""


class IncidentChanged(SubjectEvent, frozen=True, kw_only=True, tag=True):
    """A tool's word on something that went wrong for users. `opened_at`: when it began, as far as the tool knows."""

    title: str
    resolved: bool
    opened_at: int
    resolved_at: int | None = None
    author: str = ""


class ChangeRequestState(enum.StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class ChangeRequestChanged(SubjectEvent, frozen=True, kw_only=True, tag=True):
    """A tool's word on a pull or merge request. state: None where it says nothing of that. commit: the head of
    `branch`. merge_commit: what it became on `base_branch`, where told."""

    title: str
    state: ChangeRequestState | None
    opened_at: int
    closed_at: int | None = None
    branch: str = ""
    base_branch: str = ""
    commit: str = ""
    merge_commit: str = ""
    author: str = ""


class CommitPushed(SubjectEvent, frozen=True, kw_only=True, tag=True):
    """One commit of a push to a branch. `subject`: its id; `scope`: the repository and the branch.

    head:   the commit that the push ended with, for which runs begin.
    number: its place in the push, from 1, the oldest; size: how many came.
    login:  what the tool calls its author.
    change_request: the number of the one it came by, where its message says.
    """

    branch: str
    head: str
    number: int
    size: int
    committed_at: int | None = None
    message: str = ""
    author: str = ""
    login: str = ""
    change_request: str = ""


AnySubjectEvent = EnvironmentChanged | IncidentChanged | ChangeRequestChanged | CommitPushed


class StateRegister(NamedTuple):
    """A state as some event gave it; `ended_at` is 0 while it goes on. The greatest holds."""

    rank: Rank
    state: str
    ended_at: int


class SubjectState(Document, frozen=True):
    """Everything that is known of one subject. `deployments`: of an environment the newest, by when they were asked for
    and their id."""

    opened_at: int | None = None
    last_event_at: int = 0
    state: StateRegister | None = None
    texts: Texts = {}
    deployments: Mapping[str, ComponentState] = {}


class StoredSubject(Document, frozen=True):
    """A subject's merged state and whose it is."""

    id: str
    kind: SubjectKind
    team_id: str
    source: str
    host: str
    scope: str
    subject: str
    state: SubjectState = SubjectState()


NOTHING_SAID = SubjectState()
# Those with the greatest keys stay: what was left out once is left out ever after, so order does not matter.
MOST_DEPLOYMENTS = 30
# In the order that decides where two events have one time.
_STATES = ("open", "resolved", ChangeRequestState.CLOSED.value, ChangeRequestState.MERGED.value)
_KINDS: dict[type[SubjectEvent], SubjectKind] = {
    EnvironmentChanged: SubjectKind.ENVIRONMENT,
    IncidentChanged: SubjectKind.INCIDENT,
    ChangeRequestChanged: SubjectKind.CHANGE_REQUEST,
    CommitPushed: SubjectKind.COMMIT,
}
_SHARED_TEXTS = ("repository", "url")
_TEXTS = {
    SubjectKind.ENVIRONMENT: ("tier",),
    SubjectKind.INCIDENT: ("title", "author"),
    SubjectKind.CHANGE_REQUEST: ("title", "branch", "base_branch", "commit", "merge_commit", "author"),
    SubjectKind.COMMIT: ("branch", "head", "number", "size", "message", "author", "login", "change_request"),
}
_DEPLOYMENT_TEXTS = ("pipeline", "execution", "commit", "ref", "by", "link")


def kind_of(event: AnySubjectEvent) -> SubjectKind:
    return _KINDS[type(event)]


def merge_subject(state: SubjectState, events: Iterable[AnySubjectEvent]) -> SubjectState:
    """The state after these events, all of one subject."""
    return reduce(join_subject, map(subject_from_event, events), state)


def join_subject(a: SubjectState, b: SubjectState) -> SubjectState:
    """Commutative, associative, idempotent, NOTHING_SAID its unit."""
    deployments = union(a.deployments, b.deployments, join_component)
    if len(deployments) > MOST_DEPLOYMENTS:
        deployments = {key: deployments[key] for key in sorted(deployments)[-MOST_DEPLOYMENTS:]}
    return SubjectState(
        opened_at=least(a.opened_at, b.opened_at),
        last_event_at=max(a.last_event_at, b.last_event_at),
        state=greatest(a.state, b.state),
        texts=union(a.texts, b.texts, max),
        deployments=deployments,
    )


def subject_from_event(event: AnySubjectEvent) -> SubjectState:
    """One event as a state."""
    match event:
        case EnvironmentChanged():
            rank = Rank(1, False, event.at, STATUS_RANK[event.status])
            return SubjectState(
                last_event_at=event.at,
                texts=_texts(event, rank, (*_SHARED_TEXTS, *_TEXTS[SubjectKind.ENVIRONMENT])),
                deployments={f"{event.asked_at:015d} {event.deployment}": _deployment(event, rank)},
            )
        case CommitPushed():
            rank = Rank(1, False, event.at, 0)
            return SubjectState(
                opened_at=event.committed_at,
                last_event_at=event.at,
                texts=_texts(event, rank, (*_SHARED_TEXTS, *_TEXTS[SubjectKind.COMMIT])),
            )
        case IncidentChanged():
            state, ended = "resolved" if event.resolved else "open", event.resolved_at
        case ChangeRequestChanged():
            state, ended = event.state.value if event.state else "", event.closed_at
    rank = Rank(1, False, event.at, _STATES.index(state) if state else -1)
    return SubjectState(
        opened_at=event.opened_at,
        last_event_at=event.at,
        state=StateRegister(rank, state, 0 if state == "open" else ended or event.at) if state else None,
        texts=_texts(event, rank, (*_SHARED_TEXTS, *_TEXTS[kind_of(event)])),
    )


def _deployment(event: EnvironmentChanged, rank: Rank) -> ComponentState:
    word = StatusRegister(rank, event.raw_status, event.status, event.finished)
    progress = Progress(
        word=None if event.inactive else word,
        queued_at=event.asked_at,
        # When it was there no more.
        finished_at=event.at if event.inactive else None,
        verdict=word if event.finished and event.status in VERDICTS else None,
    )
    return ComponentState({1: progress}, _texts(event, rank, _DEPLOYMENT_TEXTS))


def _texts(event: AnySubjectEvent, rank: Rank, names: tuple[str, ...]) -> dict[str, TextRegister]:
    return {name: TextRegister(rank, str(value)) for name in names if (value := getattr(event, name, ""))}

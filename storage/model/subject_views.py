"""Subjects as read from their merged state. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storage.model.conventions import kind_of
from storage.model.document import Document
from storage.model.entities import StageKind, Status
from storage.model.merge import ComponentState, Texts, join_component
from storage.model.subjects import ChangeRequestState, StoredSubject, SubjectKind


class EnvironmentDeployment(Document, frozen=True):
    """A deployment into an environment. asked_at, at: when it was asked for, and when its status was told.
    live_from: when its version came; live_until: when it went, where told. pipeline, execution: what deployed, in the
    tool's words."""

    deployment: str
    status: Status
    raw_status: str
    asked_at: int
    at: int
    live_from: int | None
    live_until: int | None
    pipeline: str
    execution: str
    commit: str
    ref: str
    by: str
    url: str


class Environment(Document, frozen=True):
    """A place a version runs. live: what is there now, None where that is not known. deployments: the newest first."""

    id: str
    team_id: str
    source: str
    scope: str
    name: str
    repository: str
    url: str
    tier: str
    live: EnvironmentDeployment | None
    deployments: tuple[EnvironmentDeployment, ...]

    @property
    def is_of_a_service(self) -> bool:
        """Where a pipeline's run deploys to, its stages tell better."""
        return bool(self.deployments) and not self.deployments[0].pipeline


class Incident(Document, frozen=True):
    """Something that went wrong for users. resolved_at: None while it is open."""

    id: str
    team_id: str
    source: str
    number: str
    repository: str
    url: str
    title: str
    author: str
    opened_at: int
    resolved_at: int | None


class ChangeRequest(Document, frozen=True):
    """A pull or merge request. closed_at: None while it is open."""

    id: str
    team_id: str
    source: str
    number: str
    repository: str
    url: str
    title: str
    author: str
    state: ChangeRequestState
    opened_at: int
    closed_at: int | None
    branch: str
    base_branch: str
    commit: str
    merge_commit: str


class PushedCommit(Document, frozen=True):
    """A commit as it came to a branch. head: what the push ended with; number: its place in it, from 1, of `size`.
    change_request: the number of the one it came by, where told."""

    id: str
    team_id: str
    source: str
    sha: str
    repository: str
    url: str
    branch: str
    head: str
    number: int
    size: int
    pushed_at: int
    committed_at: int | None
    message: str
    author: str
    change_request: str


Subject = Environment | Incident | ChangeRequest | PushedCommit
PRODUCTION = "production"


def read_subject(stored: StoredSubject) -> Subject:
    match stored.kind:
        case SubjectKind.ENVIRONMENT:
            return _environment(stored)
        case SubjectKind.INCIDENT:
            return _incident(stored)
        case SubjectKind.CHANGE_REQUEST:
            return _change_request(stored)
        case SubjectKind.COMMIT:
            return _pushed_commit(stored)


def _environment(stored: StoredSubject) -> Environment:
    texts = stored.state.texts
    found = sorted(map(_deployment, _each(stored.state.deployments)), key=_asked, reverse=True)
    return Environment(
        id=stored.id,
        team_id=stored.team_id,
        source=stored.source,
        scope=stored.scope,
        name=stored.subject,
        repository=_text(texts, "repository"),
        url=_text(texts, "url"),
        tier=_text(texts, "tier") or (PRODUCTION if kind_of(stored.subject) is StageKind.PRODUCTION else ""),
        live=_live(found),
        deployments=tuple(found),
    )


def _each(deployments: Mapping[str, ComponentState]) -> Iterable[tuple[str, ComponentState]]:
    """Each once, as of when it was asked for by the event that knows best: some of a tool only know when they were."""
    found: dict[str, tuple[str, ComponentState]] = {}
    for key in sorted(deployments):
        name, part = key.partition(" ")[2], deployments[key]
        known = found.get(name)
        found[name] = (known[0], join_component(known[1], part)) if known else (key, part)
    return found.values()


def _asked(one: EnvironmentDeployment) -> tuple[int, str]:
    return one.asked_at, one.deployment


def _live(found: list[EnvironmentDeployment]) -> EnvironmentDeployment | None:
    """The one that came last, whichever was asked for first. Nothing, once it went without another in its place."""
    came = [one for one in found if one.live_from is not None]
    last = max(came, key=lambda one: (one.live_from or 0, _asked(one)), default=None)
    return last if last is None or last.live_until is None else None


def _deployment(part: tuple[str, ComponentState]) -> EnvironmentDeployment:
    key, state = part
    asked_at, _, deployment = key.partition(" ")
    progress = state.attempts[1]
    word, verdict = progress.word, progress.verdict
    live_from = verdict.rank.at if verdict and verdict.status is Status.SUCCEEDED else None
    return EnvironmentDeployment(
        deployment=deployment,
        status=word.status if word else Status.UNKNOWN,
        raw_status=word.raw if word else "",
        asked_at=int(asked_at),
        at=word.rank.at if word else progress.finished_at or int(asked_at),
        live_from=live_from,
        live_until=progress.finished_at if _went(live_from, progress.finished_at) else None,
        pipeline=_text(state.texts, "pipeline"),
        execution=_text(state.texts, "execution"),
        commit=_text(state.texts, "commit"),
        ref=_text(state.texts, "ref"),
        by=_text(state.texts, "by"),
        url=_text(state.texts, "link"),
    )


def _went(live_from: int | None, gone_at: int | None) -> bool:
    return gone_at is not None and (live_from is None or gone_at >= live_from)


def _incident(stored: StoredSubject) -> Incident:
    state, texts = stored.state, stored.state.texts
    return Incident(
        id=stored.id,
        team_id=stored.team_id,
        source=stored.source,
        number=stored.subject,
        repository=_text(texts, "repository"),
        url=_text(texts, "url"),
        title=_text(texts, "title"),
        author=_text(texts, "author"),
        opened_at=state.opened_at or state.last_event_at,
        resolved_at=(state.state.ended_at or None) if state.state else None,
    )


def _change_request(stored: StoredSubject) -> ChangeRequest:
    state, texts = stored.state, stored.state.texts
    return ChangeRequest(
        id=stored.id,
        team_id=stored.team_id,
        source=stored.source,
        number=stored.subject,
        repository=_text(texts, "repository"),
        url=_text(texts, "url"),
        title=_text(texts, "title"),
        author=_text(texts, "author"),
        state=ChangeRequestState(state.state.state) if state.state else ChangeRequestState.OPEN,
        opened_at=state.opened_at or state.last_event_at,
        closed_at=(state.state.ended_at or None) if state.state else None,
        branch=_text(texts, "branch"),
        base_branch=_text(texts, "base_branch"),
        commit=_text(texts, "commit"),
        merge_commit=_text(texts, "merge_commit"),
    )


def _pushed_commit(stored: StoredSubject) -> PushedCommit:
    state, texts = stored.state, stored.state.texts
    return PushedCommit(
        id=stored.id,
        team_id=stored.team_id,
        source=stored.source,
        sha=stored.subject,
        repository=_text(texts, "repository"),
        url=_text(texts, "url"),
        branch=_text(texts, "branch"),
        head=_text(texts, "head"),
        number=int(_text(texts, "number") or 1),
        size=int(_text(texts, "size") or 1),
        pushed_at=state.last_event_at,
        committed_at=state.opened_at,
        message=_text(texts, "message"),
        author=_text(texts, "author") or _text(texts, "login"),
        change_request=_text(texts, "change_request"),
    )


def _text(texts: Texts, name: str) -> str:
    found = texts.get(name)
    return found.value if found else ""

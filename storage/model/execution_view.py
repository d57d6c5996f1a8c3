"""Merged state -> Execution: picks the attempt, folds actions into stages and stages into the execution. Pure.

Nothing folded is stored, so that no late event finds a verdict in its way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from storage.model.conventions import kind_of
from storage.model.entities import Action, Attempt, Deployment, Execution, Stage, StageKind, Status
from storage.model.merge import ComponentState, Progress, State, TextRegister
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides, deployments, overridden
from storage.model.run_history import Timed

PULL_REQUEST_TRIGGERS = frozenset({"pull_request", "pull_request_target", "merge_group"})
_WORST_FIRST = (Status.FAILED, Status.TIMED_OUT, Status.ERRORED)
_NOTHING = Progress()


def read(
    state: State,
    *,
    execution_id: str,
    pipeline_id: str,
    team_id: str,
    attempt: int | None = None,
    overrides: PipelineOverrides = NO_OVERRIDES,
) -> Execution:
    """The execution at `attempt` (default the newest), its pipeline arranged so. Shape: storage.model.entities."""
    newest = newest_attempt(state)
    number = min(attempt or newest, newest)
    own = _at(state.attempts, number)
    stages = overridden(sorted(_settle(_stages(state, number), _status(own)), key=place), overrides)
    status, raw = _execution_status(own, stages)
    started = own.started_at or _first(stage.started_at for stage in stages)
    queued = own.queued_at or _first(stage.queued_at for stage in stages)
    finished = None
    if status.finished or (own.word and own.word.finished):
        finished = own.finished_at or _last(stage.finished_at for stage in stages)
    text = _reader(state.texts)
    return Execution(
        id=execution_id,
        pipeline_id=pipeline_id,
        team_id=team_id,
        pipeline_name=overrides.name or text("pipeline_name"),
        source=state.source,
        external_id=state.external_id,
        number=text("number") or state.external_id[:8],
        order=order_of(state),
        mainline=is_mainline(state, overrides.default_branch),
        attempt=number,
        status=status,
        raw_status=raw,
        branch=text("branch"),
        commit=text("commit"),
        message=text("message"),
        author=text("author"),
        actor=text("actor"),
        trigger=text("trigger"),
        url=text("url"),
        queued_at=queued,
        started_at=started,
        finished_at=finished,
        last_event_at=state.last_event_at,
        stages=stages,
        attempts=tuple(_attempts(state)),
        deployments=(*_deployments(state), *deployments(stages, overrides)),
    )


def known_attempts(state: State) -> set[int]:
    parts = (*state.stages.values(), *state.actions.values())
    return {*state.attempts, *(number for part in parts for number in part.attempts)}


def newest_attempt(state: State) -> int:
    return max(known_attempts(state), default=1)


def order_of(state: State) -> int:
    """The tool's own growing number, else when the execution first was heard of (milliseconds)."""
    if state.order is not None:
        return state.order
    parts = (*state.stages.values(), *state.actions.values())
    progresses = [*state.attempts.values(), *(p for part in parts for p in part.attempts.values())]
    times = [time for p in progresses for time in (p.queued_at, p.started_at, p.finished_at) if time is not None]
    return max(0, min(times, default=state.last_event_at))


def is_mainline(state: State, default_branch: str = "") -> bool:
    """Whether this runs the default branch itself: what conditions, health and trends are about. `default_branch`:
    where people said another than the tool."""
    text = _reader(state.texts)
    if text("trigger") in PULL_REQUEST_TRIGGERS:
        return False
    branch, default = text("branch"), default_branch or text("pipeline_default_branch")
    return not branch or not default or branch == default


def _reader(texts: Mapping[str, TextRegister]) -> _Texts:
    return _Texts(texts)


class _Texts:
    def __init__(self, texts: Mapping[str, TextRegister]) -> None:
        self._texts = texts

    def __call__(self, name: str) -> str:
        text = self._texts.get(name)
        return text.value if text else ""


def _at(attempts: Mapping[int, Progress], number: int) -> Progress:
    """Progress in the newest attempt up to `number`."""
    known = [n for n in attempts if n <= number]
    return attempts[max(known)] if known else _NOTHING


def _status(progress: Progress) -> Status | None:
    return progress.word.status if progress.word else None


def _execution_status(own: Progress, stages: Sequence[Stage]) -> tuple[Status, str]:
    if own.word is None:
        return fold([stage.status for stage in stages]), ""
    status, raw = own.word.status, own.word.raw
    if status in (Status.QUEUED, Status.RUNNING):
        live = {stage.status for stage in stages}
        if Status.WAITING in live and Status.RUNNING not in live:
            return Status.WAITING, raw
        if status is Status.QUEUED and (Status.RUNNING in live or any(stage.started_at for stage in stages)):
            return Status.RUNNING, raw
    return status, raw


def fold(statuses: Iterable[Status]) -> Status:
    """Many into one: red as soon as one is red, else what still moves, else how it ended."""
    found = set(statuses)
    if not found:
        return Status.UNKNOWN
    for status in (*_WORST_FIRST, Status.RUNNING, Status.WAITING):
        if status in found:
            return status
    if Status.QUEUED in found:
        return Status.RUNNING if found & {Status.SUCCEEDED, Status.CANCELLED} else Status.QUEUED
    for status in (Status.CANCELLED, Status.UNKNOWN, Status.SUPERSEDED, Status.SUCCEEDED):
        if status in found:
            return status
    return Status.SKIPPED


def _stages(state: State, number: int) -> list[Stage]:
    actions: dict[str, list[Action]] = defaultdict(list)
    for key, part in state.actions.items():
        if action := _action(key, part, number):
            actions[_reader(part.texts)("stage")].append(action)
    names = [name for name, part in state.stages.items() if min(part.attempts, default=1) <= number]
    stages = [_stage(name, state.stages.get(name), actions.get(name, []), number) for name in {*names, *actions}]
    return sorted(stages, key=place)


class Placed(Timed, Protocol):
    @property
    def name(self) -> str: ...


def place(stage: Placed) -> tuple[int, int, str]:
    """Stages stand in the order they began; what has not begun comes last."""
    begun = stage.started_at or stage.queued_at or stage.finished_at
    late = 0 if stage.started_at or stage.finished_at else 1
    return (late, begun or 0, stage.name)


def _action(key: str, part: ComponentState, number: int) -> Action | None:
    known = [n for n in part.attempts if n <= number]
    if not known:
        return None
    progress, text = part.attempts[max(known)], _reader(part.texts)
    status = _status(progress) or Status.UNKNOWN
    ended = status.finished or bool(progress.word and progress.word.finished)
    return Action(
        key=key,
        name=text("name") or key,
        status=status,
        raw_status=progress.word.raw if progress.word else "",
        attempt=max(known),
        queued_at=progress.queued_at,
        started_at=progress.started_at,
        finished_at=progress.finished_at if ended else None,
        url=text("url"),
        note=text("note") if status.red else "",
    )


def _stage(name: str, part: ComponentState | None, found: list[Action], number: int) -> Stage:
    actions = _newest_of_each_name(found)
    own = _at(part.attempts, number) if part else _NOTHING
    status = _status(own) or fold(action.status for action in actions)
    if status is Status.RUNNING and actions:
        live = fold(action.status for action in actions)
        status = live if live in (Status.WAITING, Status.FAILED, Status.ERRORED, Status.TIMED_OUT) else status
    ended = status.finished or bool(own.word and own.word.finished)
    if ended:
        actions = _end(actions, status)
    attempts = [n for n in (part.attempts if part else ()) if n <= number]
    text = _reader(part.texts if part else {})
    kind = text("kind")
    return Stage(
        name=name,
        kind=StageKind(kind) if kind else kind_of(name),
        status=status,
        raw_status=own.word.raw if own.word else "",
        attempt=max([*attempts, *(action.attempt for action in actions)], default=1),
        queued_at=_first((own.queued_at, *(action.queued_at for action in actions))),
        started_at=_first((own.started_at, *(action.started_at for action in actions))),
        finished_at=_last((own.finished_at, *(action.finished_at for action in actions))) if ended else None,
        url=text("url") or (actions[0].url if len(actions) == 1 else ""),
        actions=actions,
    )


def _newest_of_each_name(actions: list[Action]) -> tuple[Action, ...]:
    """A re-run of failed jobs leaves the others standing from the attempt before: of each name the newest attempt."""
    newest: dict[str, int] = {}
    for action in actions:
        newest[action.name] = max(newest.get(action.name, 0), action.attempt)
    kept = [action for action in actions if action.attempt == newest[action.name]]
    return tuple(sorted(kept, key=lambda a: (a.started_at or a.queued_at or 0, a.name, a.key)))


def _settle(stages: list[Stage], execution: Status | None) -> tuple[Stage, ...]:
    """Ends what a lost event left open: an ended execution has no running stage, and a stage whose actions have all
    succeeded is over once a later one began."""
    settled = []
    for number, stage in enumerate(stages):
        if stage.status in (Status.QUEUED, Status.RUNNING, Status.WAITING):
            if execution and execution.finished:
                stage = _closed(stage, execution)
            elif _all_succeeded(stage) and any(later.started_at for later in stages[number + 1 :]):
                stage = replace(stage, status=Status.SUCCEEDED, finished_at=_ended(stage))
        settled.append(stage)
    return tuple(settled)


_LEFT_OPEN = {
    Status.SUCCEEDED: Status.SUCCEEDED,
    Status.CANCELLED: Status.CANCELLED,
    Status.SUPERSEDED: Status.SUPERSEDED,
    Status.SKIPPED: Status.SKIPPED,
}


def _closed(stage: Stage, execution: Status) -> Stage:
    if _all_succeeded(stage):
        return replace(stage, status=Status.SUCCEEDED, finished_at=_ended(stage))
    status = _LEFT_OPEN.get(execution, Status.UNKNOWN)
    if status is Status.SUCCEEDED and stage.started_at is None:
        status = Status.SKIPPED
    return replace(stage, status=status, actions=_end(stage.actions, status))


def _end(actions: Iterable[Action], status: Status) -> tuple[Action, ...]:
    """Actions of a stage that has ended so: one that still seems open lost its last event."""
    left = _LEFT_OPEN.get(status, Status.UNKNOWN)
    return tuple(a if a.status.finished or a.status is Status.UNKNOWN else replace(a, status=left) for a in actions)


def _all_succeeded(stage: Stage) -> bool:
    return bool(stage.actions) and all(action.status is Status.SUCCEEDED for action in stage.actions)


def _ended(stage: Stage) -> int | None:
    return _last(action.finished_at for action in stage.actions)


def _attempts(state: State) -> Iterable[Attempt]:
    for number, progress in sorted(state.attempts.items()):
        status = _status(progress) or Status.UNKNOWN
        yield Attempt(number, status, progress.started_at, progress.finished_at if status.finished else None)


def _deployments(state: State) -> Iterable[Deployment]:
    for _, part in sorted(state.deployments.items()):
        progress, text = _at(part.attempts, max(part.attempts)), _reader(part.texts)
        at = progress.finished_at or progress.started_at or progress.queued_at or 0
        yield Deployment(text("environment"), _status(progress) or Status.UNKNOWN, at, text("url"))


def _first(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)


def _last(times: Iterable[int | None]) -> int | None:
    return max((time for time in times if time is not None), default=None)

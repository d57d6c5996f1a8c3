"""Merged state -> the stages of one attempt: which jobs make a stage, what this attempt ran, what it carries over from
the one before and what it may still reach. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from storage.model.conventions import kind_of, names_environment
from storage.model.document import replace
from storage.model.entities import Action, Stage, StageKind, Status
from storage.model.merge import SEPARATOR, ComponentState, Progress, State, TextRegister
from storage.model.spans import covered, first, groups, last
from storage.model.waiting_times import answered_at, runner_at, waits_and_runs

MOVING = frozenset({Status.QUEUED, Status.RUNNING, Status.WAITING})
_WORST_FIRST = (Status.FAILED, Status.TIMED_OUT, Status.ERRORED)


class _Texts:
    def __init__(self, texts: Mapping[str, TextRegister]) -> None:
        self._texts = texts

    def __call__(self, name: str) -> str:
        text = self._texts.get(name)
        return text.value if text else ""


text_of = _Texts


class _Place(NamedTuple):
    """When a stage began in the first attempt that ran it: what orders stages, whatever is run again."""

    queued_at: int | None
    started_at: int | None
    finished_at: int | None

    @property
    def order(self) -> tuple[int, int]:
        """What has not begun comes last."""
        begun = self.started_at or self.queued_at or self.finished_at
        return (0 if self.started_at or self.finished_at else 1, begun or 0)


class _Known(NamedTuple):
    """All that is known of one stage up to an attempt."""

    name: str
    own: ComponentState
    actions: tuple[tuple[str, ComponentState], ...]

    def attempts(self, upto: int) -> set[int]:
        parts = (self.own, *(part for _, part in self.actions))
        return {number for part in parts for number in part.attempts if number <= upto}


_NOTHING = ComponentState()


def stages_at(state: State, number: int, own: Progress, *, ended: bool) -> tuple[Stage, ...]:
    """The stages as attempt `number` shows them, in the order of the pipeline. `own`: the execution's progress in it;
    `ended`: whether it is over."""
    told = _told_order(state)
    known = [stage for stage in _known(state, told) if stage.attempts(number)]
    places = {stage.name: _place(stage, number) for stage in known}
    known.sort(key=lambda stage: (told.get(stage.name, len(told)), *places[stage.name].order, stage.name))
    numbers = groups([places[stage.name] for stage in known])
    stages = [
        replace(_stage(stage, number, ended=ended), group=group) for stage, group in zip(known, numbers, strict=True)
    ]
    stages = list(_settled(stages, own.word.status if own.word else None, number))
    return tuple(_carried(stages, number, ended=ended))


def _told_order(state: State) -> Mapping[str, int]:
    """The places of the stages, where the tool tells them; empty where it does not."""
    told = text_of(state.texts)("stages")
    return {name: place for place, name in enumerate(told.split(SEPARATOR))} if told else {}


def _known(state: State, told: Mapping[str, int]) -> list[_Known]:
    """What a tool tells to be one stage is one, whatever its legs. One that stands for the run is none where others are
    known."""
    by_name: dict[str, list[tuple[str, ComponentState]]] = defaultdict(list)
    apart = _stages_of_legs(state.actions) - told.keys()
    for key, part in state.actions.items():
        text = text_of(part.texts)
        stage, leg = text("stage") or text("name") or key, text("leg")
        by_name[f"{stage} ({leg})" if leg and stage in apart else stage].append((key, part))
    names = {*by_name, *state.stages}
    stand_ins = {name for name, part in state.stages.items() if "stands_for_run" in part.texts}
    names = names - stand_ins or names
    return [_Known(name, state.stages.get(name, _NOTHING), tuple(by_name.get(name, ()))) for name in names]


def _stages_of_legs(actions: Mapping[str, ComponentState]) -> set[str]:
    """Stages whose legs are stages of their own: they name environments, or one was made after another had ended.
    Legs of a matrix are made together, however few run at once, and whichever is run again; one that took no time tells
    nothing."""
    made: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    ended: dict[tuple[str, int], int] = {}
    apart: set[str] = set()
    for part in actions.values():
        text = text_of(part.texts)
        stage, leg = text("stage"), text("leg")
        if not leg or stage in apart:
            continue
        if names_environment(leg) and kind_of(stage) is not StageKind.COMMIT:
            apart.add(stage)
        for number, progress in part.attempts.items():
            if progress.word is None or progress.word.status is Status.SKIPPED:
                continue
            begun = progress.queued_at if progress.queued_at is not None else progress.started_at
            legs = made[stage, number]
            if begun is not None:
                legs[leg] = min(begun, legs.get(leg, begun))
            end = progress.finished_at if progress.word.finished else None
            if end is not None and (begun is None or begun < end):
                ended[stage, number] = min(end, ended.get((stage, number), end))
    return apart | {at[0] for at, legs in made.items() if at in ended and max(legs.values(), default=-1) >= ended[at]}


def _place(stage: _Known, upto: int) -> _Place:
    found = _Place(None, None, None)
    for number in sorted(stage.attempts(upto)):
        parts = [p for part in (stage.own, *(part for _, part in stage.actions)) if (p := part.attempts.get(number))]
        place = _Place(
            first(part.queued_at for part in parts),
            first(part.started_at for part in parts),
            last(part.finished_at for part in parts),
        )
        if place.started_at or place.finished_at:
            return place
        found = found if any(found) else place
    return found


def _stage(stage: _Known, number: int, *, ended: bool) -> Stage:
    """As its newest attempt up to `number` left it."""
    heard = max(stage.attempts(number))
    own = stage.own.attempts.get(heard, Progress())
    actions = _newest_of_each_name([a for key, part in stage.actions if (a := _action(key, part, number))])
    now = [action for action in actions if action.attempt == heard]
    status = own.word.status if own.word else fold(map(_counted, now))
    if status is Status.RUNNING and now and (live := fold(map(_counted, now))) is not Status.RUNNING:
        status = live if live is Status.WAITING or live.red else status
    over = status.finished or bool(own.word and own.word.finished)
    if over:
        actions = _end(actions, status, heard)
    elif heard == number and not ended:
        actions = tuple(_awaited(action, heard) for action in actions)
    text = text_of(stage.own.texts)
    kind = text("kind")
    return Stage(
        name=stage.name,
        kind=StageKind(kind) if kind else kind_of(stage.name),
        status=status,
        raw_status=own.word.raw if own.word else "",
        attempt=heard,
        queued_at=first((own.queued_at, *(action.queued_at for action in now))),
        started_at=first((own.started_at, *(action.started_at for action in now))),
        finished_at=last((own.finished_at, *(action.finished_at for action in now))) if over else None,
        url=text("url") or (actions[0].url if len(actions) == 1 else ""),
        actions=actions,
        wait_seconds=round(covered(*waits_and_runs(now)) / 1000),
    )


def _action(key: str, part: ComponentState, number: int) -> Action | None:
    known = [n for n in part.attempts if n <= number]
    if not known:
        return None
    progress, text = part.attempts[max(known)], text_of(part.texts)
    status = progress.word.status if progress.word else Status.UNKNOWN
    ended = status.finished or bool(progress.word and progress.word.finished)
    allowed = text("allowed_to_fail")
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
        note=text("note") if status.red or status is Status.CANCELLED else "",
        own_attempt=progress.own_attempt,
        waiting_at=progress.waiting_at,
        waited_until=answered_at(progress) if status is not Status.WAITING else None,
        by=text("by"),
        allowed_to_fail=None if not allowed else allowed == "yes",
        runner=text("runner_labels").replace("\n", ", ") or text("runner_group"),
        leg=text("leg"),
        weight=part.weight,
        deciders=text("deciders").replace("\n", ", ") if status is Status.WAITING else "",
        runner_at=runner_at(progress),
        environment=text("environment"),
    )


def _counted(action: Action) -> Status:
    """What an action says of its stage: the red of one that may fail does not count."""
    return Status.SUCCEEDED if action.allowed_to_fail and action.status.red else action.status


def _newest_of_each_name(actions: list[Action]) -> tuple[Action, ...]:
    """A re-run of failed jobs leaves the others standing from the attempt before: of each name the newest attempt. One
    that is run again within an attempt, under a new id, takes the place of the one before it."""
    newest: dict[str, tuple[int, int]] = {}
    for action in actions:
        newest[action.name] = max(newest.get(action.name, (0, 0)), (action.attempt, action.own_attempt))
    kept = [action for action in actions if (action.attempt, action.own_attempt) == newest[action.name]]
    return tuple(sorted(kept, key=lambda a: (a.started_at or a.queued_at or 0, a.name, a.key)))


def _awaited(action: Action, heard: int) -> Action:
    """An action that this attempt has not run yet: what was green is carried over, all else may still come."""
    if action.attempt == heard:
        return action
    if action.status is Status.SUCCEEDED:
        return replace(action, carried=True)
    return _pending_action(action)


def _pending_action(action: Action) -> Action:
    return replace(
        action,
        status=Status.QUEUED,
        raw_status="",
        queued_at=None,
        started_at=None,
        finished_at=None,
        note="",
        waiting_at=None,
        waited_until=None,
        deciders="",
        runner_at=None,
    )


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


def _settled(stages: Sequence[Stage], execution: Status | None, number: int) -> Iterable[Stage]:
    """Ends what a lost event left open: an ended attempt has no running stage, and a stage whose actions have all
    succeeded is over once a later one of this attempt began."""
    for place, stage in enumerate(stages):
        if stage.status in MOVING:
            if (execution and execution.finished) or stage.attempt < number:
                yield _closed(stage, execution if stage.attempt == number and execution else Status.UNKNOWN)
                continue
            later = (other for other in stages[place + 1 :] if other.attempt == stage.attempt)
            if _all_succeeded(stage) and any(other.started_at for other in later):
                yield replace(stage, status=Status.SUCCEEDED, finished_at=_ended(stage))
                continue
        yield stage


def _carried(stages: Sequence[Stage], number: int, *, ended: bool) -> Iterable[Stage]:
    """What this attempt has not run: pending, where it comes after the earliest stage that it ran or was not green
    before; else as the attempt before left it. Once the attempt is over nothing is pending."""
    earliest = min((stage.group for stage in stages if stage.attempt == number), default=None)
    for stage in stages:
        if stage.attempt == number:
            yield stage
        elif ended or (stage.status is Status.SUCCEEDED and (earliest is None or stage.group <= earliest)):
            yield replace(stage, carried=True, actions=tuple(replace(a, carried=True) for a in stage.actions))
        else:
            yield replace(
                stage,
                status=Status.QUEUED,
                raw_status="",
                attempt=number,
                queued_at=None,
                started_at=None,
                finished_at=None,
                actions=tuple(map(_pending_action, stage.actions)),
                pending=True,
                wait_seconds=0,
            )


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
    return replace(stage, status=status, actions=_end(stage.actions, status, stage.attempt))


def _end(actions: Iterable[Action], status: Status, heard: int) -> tuple[Action, ...]:
    """Actions of a stage that has ended so: one that still seems open lost its last event."""
    left = _LEFT_OPEN.get(status, Status.UNKNOWN)
    found = (a if a.status.finished or a.status is Status.UNKNOWN else replace(a, status=left) for a in actions)
    return tuple(replace(a, carried=True) if a.attempt < heard else a for a in found)


def _all_succeeded(stage: Stage) -> bool:
    now = [action for action in stage.actions if action.attempt == stage.attempt]
    return bool(now) and all(_counted(action) is Status.SUCCEEDED for action in now)


def _ended(stage: Stage) -> int | None:
    return last(action.finished_at for action in stage.actions if action.attempt == stage.attempt)

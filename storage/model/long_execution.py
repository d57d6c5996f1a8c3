"""Executions of very many jobs: a head that every event reads and writes, and buckets of jobs of which an event touches
its own. Pure. The head is a state like any other, with one stand-in for all jobs of a stage that an attempt left in one
status: how many, and from when to when they were queued, began and ended. The laws of the merge hold: a job's state is
the join of its events, and the stand-ins follow from the jobs' states, whatever the order.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from storage.model.conventions import names_environment
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent
from storage.model.merge import (
    MOST_PARTS,
    ComponentState,
    Progress,
    Rank,
    State,
    StatusRegister,
    TextRegister,
    join,
    join_component,
    join_progress,
    state_from_event,
)
from storage.model.stage_view import text_of

SPLIT_ABOVE = 150
BUCKETS = 64
# Of a bucket's jobs those with the least keys stay: what was left out once is left out ever after.
MOST_IN_A_BUCKET = -(-MOST_PARTS // BUCKETS)
# Stages that have stand-ins of their own; all others share one.
MOST_STAGES = 60
OTHER_STAGES = "other stages"
Jobs = Mapping[str, ComponentState]
_BETWEEN = "\x1f"


class Split(NamedTuple):
    """An execution in parts. `buckets`: those at hand, by number."""

    head: State
    buckets: Mapping[int, Jobs]


def bucket_of(action: str) -> int:
    return zlib.crc32(action.encode("utf-8", "surrogatepass")) % BUCKETS


def buckets_of(events: Iterable[AnyEvent]) -> set[int]:
    """The buckets these events touch."""
    return {bucket_of(event.action) for event in events if isinstance(event, ActionChanged)}


def split(state: State) -> Split:
    """All of a state in parts."""
    buckets: dict[int, dict[str, ComponentState]] = {number: {} for number in range(BUCKETS)}
    for key in sorted(state.actions):
        bucket = buckets[bucket_of(key)]
        if len(bucket) < MOST_IN_A_BUCKET:
            bucket[key] = state.actions[key]
    stand_ins = _StandIns({}, "")
    for bucket in buckets.values():
        for job in bucket.values():
            stand_ins.count(job, 1)
    return Split(stand_ins.put_into(state), buckets)


def whole(parts: Split) -> State:
    """The state with all its jobs, from all its buckets."""
    actions = {key: job for bucket in parts.buckets.values() for key, job in bucket.items()}
    return replace(parts.head, actions=actions, split=False, stages_upto="")


def merge_into(parts: Split, events: Iterable[AnyEvent]) -> Split:
    """The head and the touched buckets after these events, all of one execution. Buckets that did not change are left
    out."""
    head, buckets = parts.head, {number: dict(jobs) for number, jobs in parts.buckets.items()}
    stand_ins = _StandIns(dict(head.actions), head.stages_upto)
    changed: set[int] = set()
    for event in events:
        told = state_from_event(event)
        head = join(head, replace(told, actions={}))
        for key, job in told.actions.items():
            number = bucket_of(key)
            if _put(buckets.setdefault(number, {}), key, job, stand_ins):
                changed.add(number)
    return Split(stand_ins.put_into(head), {number: buckets[number] for number in changed})


def _put(bucket: dict[str, ComponentState], key: str, told: ComponentState, stand_ins: _StandIns) -> bool:
    """Whether the bucket changed."""
    before = bucket.get(key)
    if before is None and len(bucket) >= MOST_IN_A_BUCKET:
        last = max(bucket)
        if key > last:
            return False
        stand_ins.count(bucket.pop(last), -1)
    after = join_component(before, told) if before else told
    if after == before:
        return False
    if before:
        stand_ins.count(before, -1)
    bucket[key] = after
    stand_ins.count(after, 1)
    return True


class _StandIns:
    """The stand-ins of a head while they change. Of very many stages those with the least names have stand-ins of their
    own, up to `upto`; the others share one, but for what is red."""

    def __init__(self, found: dict[str, ComponentState], upto: str) -> None:
        self._found = found
        self._upto = upto

    def put_into(self, state: State) -> State:
        return replace(state, actions=self._found, split=True, stages_upto=self._upto)

    def count(self, job: ComponentState, by: int) -> None:
        """Add a job, or take it away. Times only ever widen, as a job's own do."""
        stage, leg, may_fail = (text_of(job.texts)(name) for name in ("stage", "leg", "allowed_to_fail"))
        leg = leg if leg and names_environment(leg) else ""
        for number, progress in job.attempts.items():
            place = _Place.of(number, stage, leg, progress)
            if may_fail == "yes" and place.status.red:
                place = place._replace(status=Status.SUCCEEDED)
            self._add(place, progress, by)
        if by > 0:
            self._bound()

    def _add(self, place: _Place, progress: Progress, by: int) -> None:
        if self._upto and place.stage > self._upto and not place.status.red:
            place = place._replace(stage=OTHER_STAGES, leg="")
        known = self._found.get(place.key)
        weight = (known.weight if known else 0) + by
        if weight <= 0:
            self._found.pop(place.key, None)
        else:
            self._found[place.key] = replace(known, weight=weight) if known else place.stand_in(weight)
        if by > 0:
            self._widen(place, progress)

    def _widen(self, place: _Place, progress: Progress) -> None:
        """All stand-ins of a stage and attempt tell the times of all its jobs, so that none hangs on who left last."""
        alike = [key for key in self._found if _Place.from_key(key).span == place.span]
        number = place.attempt
        times = replace(progress, word=None, verdict=None, own_attempt=0, running_at=None)
        for key in alike:
            times = join_progress(times, replace(self._found[key].attempts[number], word=None))
        for key in alike:
            word = self._found[key].attempts[number].word
            self._found[key] = replace(self._found[key], attempts={number: replace(times, word=word)})

    def _bound(self) -> None:
        names = sorted({_Place.from_key(key).stage for key in self._found} - {OTHER_STAGES})
        if len(names) <= MOST_STAGES:
            return
        self._upto = min(names[MOST_STAGES - 1], self._upto or names[MOST_STAGES - 1])
        for key in sorted(self._found):
            place = _Place.from_key(key)
            if place.stage <= self._upto or place.stage == OTHER_STAGES or place.status.red:
                continue
            leaving = self._found.pop(key)
            self._add(place, leaving.attempts[place.attempt], leaving.weight)


class _Place(NamedTuple):
    """What jobs of one stand-in have in common."""

    attempt: int
    stage: str
    leg: str
    status: Status
    ended: bool

    @staticmethod
    def of(number: int, stage: str, leg: str, progress: Progress) -> _Place:
        word = progress.word
        return _Place(number, stage, leg, word.status if word else Status.UNKNOWN, bool(word and word.finished))

    @staticmethod
    def from_key(key: str) -> _Place:
        number, stage, leg, status, ended = key.split(_BETWEEN)
        return _Place(int(number), stage, leg, Status(status), bool(ended))

    @property
    def key(self) -> str:
        return _BETWEEN.join((str(self.attempt), self.stage, self.leg, self.status, "ended" if self.ended else ""))

    @property
    def span(self) -> tuple[int, str, str]:
        return (self.attempt, self.stage, self.leg)

    def stand_in(self, weight: int) -> ComponentState:
        rank = Rank(self.attempt, self.ended, 0, 0)
        word = StatusRegister(rank, "", self.status, self.ended)
        said = {"stage": self.stage, "name": f"{self.stage} {self.status}", "leg": self.leg}
        texts = {name: TextRegister(rank, value) for name, value in said.items() if value}
        return ComponentState({self.attempt: Progress(word)}, texts, weight)

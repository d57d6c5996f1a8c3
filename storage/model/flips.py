"""Stages that were red and green with one commit: a dated ledger, from facts. Pure. Definition: docs/verdicts.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from storage.model.document import Document
from storage.model.entities import Status
from storage.model.facts import Fact


class Flip(Document, frozen=True):
    """The later of the two results: when it was told, and by which run."""

    at: int
    execution_id: str
    number: str
    commit: str


class FlakyStage(Document, frozen=True):
    """flips: one a commit, newest first. counted: commits with a result at the stage."""

    stage: str
    flips: tuple[Flip, ...]
    counted: int

    @property
    def rate(self) -> float:
        return len(self.flips) / self.counted


class _Told(NamedTuple):
    at: int
    green: bool
    fact: Fact


def flaky_stages(facts: Iterable[Fact]) -> list[FlakyStage]:
    """Of one pipeline, the most flaky first. Errors of the CI system say nothing of a stage."""
    results: dict[str, dict[str, list[_Told]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        for stage, told in _results(fact):
            results[stage][fact.commit or fact.id].append(told)
    found = []
    for stage, by_commit in results.items():
        flips = [flip for each in by_commit.values() if (flip := _flip(each))]
        if flips:
            flips.sort(key=lambda flip: (-flip.at, flip.execution_id))
            found.append(FlakyStage(stage, tuple(flips), len(by_commit)))
    return sorted(found, key=lambda one: (-one.rate, one.stage))


def _results(fact: Fact) -> Iterator[tuple[str, _Told]]:
    """What its attempts say of stages: a green one of all, a red one of where it went red. Of the newest it is known
    which it passed before."""
    for attempt in fact.attempts:
        if attempt.status is Status.SUCCEEDED:
            for stage in fact.stages:
                yield stage.name, _Told(attempt.at, True, fact)
        elif attempt.status is not Status.ERRORED:
            yield attempt.stage, _Told(attempt.at, False, fact)
    if fact.attempts and fact.attempts[-1].status.red:
        for stage in fact.stages:
            if stage.status is Status.SUCCEEDED and not stage.carried:
                yield stage.name, _Told(fact.at, True, fact)


def _flip(told: list[_Told]) -> Flip | None:
    ordered = sorted(told, key=lambda one: (one.at, one.fact.id))
    later = next((one for one in ordered if one.green is not ordered[0].green), None)
    if later is None:
        return None
    return Flip(later.at, later.fact.id, later.fact.number, later.fact.commit)

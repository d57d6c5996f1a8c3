"""A pipeline whose failures are planted: what made each red run red is known. A seed tells all of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent, Origin, PipelineRef
from storage.model.verdicts import Cause
from tests.factories import MINUTE, NOW, REF, action_changed, execution_changed, unnamed

# Stages of one group run side by side; what is behind a red group is not reached.
GROUPS = (("build",), ("unit", "contract"), ("deploy staging",))
STAGES = tuple(stage for group in GROUPS for stage in group)
BREAKS, FIXES, OWN, FLAKES, ERRORS = 0.12, 0.4, 0.2, 0.05, 0.01
AGAIN = {Cause.BROKEN: 0.3, Cause.INHERITED: 0.3, Cause.TOOL: 0.6}


@dataclass(frozen=True, slots=True)
class PlantedRun:
    """attempts: what is heard of each. causes: why the first attempt was red, by its red stages."""

    id: str
    attempts: tuple[list[AnyEvent], ...]
    causes: dict[str, Cause]


@dataclass
class PlantedPipeline:
    """place: among several. broken: what does not work on the default branch; seen: where a run of it has shown so.
    green: what the last of its runs to come by passed. Elsewhere a new failure cannot be told from the old one."""

    chance: random.Random
    place: int = 0
    flaky: frozenset[str] = frozenset()
    broken: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    green: set[str] = field(default_factory=lambda: set(STAGES))

    @property
    def ref(self) -> PipelineRef:
        return replace(REF, key=f"{REF.key}{self.place}", name=f"{REF.name} {self.place}")

    def runs(self, count: int) -> Iterator[PlantedRun]:
        first = 1 + 10_000 * self.place
        for number in range(first, first + count):
            on_main = self.chance.random() < 0.6
            own = self._change() if on_main else self._own_failure()
            yield self._run(number, own, on_main)

    def _change(self) -> set[str]:
        """A commit of the default branch may mend or break something."""
        if self.broken and self.chance.random() < FIXES:
            mended = self.chance.choice(sorted(self.broken))
            self.broken.discard(mended)
            self.seen.discard(mended)
        sound = sorted(self.green - self.broken)
        if sound and self.chance.random() < BREAKS and len(self.broken) < 2:
            self.broken.add(self.chance.choice(sound))
        return set()

    def _own_failure(self) -> set[str]:
        """Where another failure hides it nobody can tell."""
        sound = sorted(self.green - self.broken)
        return {self.chance.choice(sound)} if sound and self.chance.random() < OWN else set()

    def _run(self, number: int, own: set[str], on_main: bool) -> PlantedRun:
        results = [self._results(own)]
        causes = {stage: self._cause(how, stage, own) for stage, how in results[0].items() if how != "passes"}
        if causes:
            flaked = Cause.FLAKY in causes.values()
            wanted = 3 if flaked else self.chance.random() < AGAIN[next(c for c in Cause if c in causes.values())]
            for _ in range(int(wanted)):
                results.append(self._results(own, again=True))
                if set(results[-1].values()) == {"passes"}:
                    break
        if on_main:
            self.seen |= self.broken & {stage for each in results for stage in each}
            self.green |= {stage for stage, how in results[-1].items() if how == "passes"}
            self.green -= {stage for stage, how in results[-1].items() if how == "breaks"}
        events = tuple(self._events(number, on_main, at, each) for at, each in enumerate(results, 1))
        return PlantedRun(str(number), events, causes)

    def _results(self, own: set[str], *, again: bool = False) -> dict[str, str]:
        """What each stage that is reached does."""
        found: dict[str, str] = {}
        for group in GROUPS:
            for stage in group:
                fails = 0.5 if stage in self.flaky and not again else FLAKES if not again else 0.0
                if stage in self.broken or stage in own:
                    found[stage] = "breaks"
                elif self.chance.random() < fails / 4:
                    found[stage] = "flakes"
                elif self.chance.random() < ERRORS:
                    found[stage] = "errors"
                else:
                    found[stage] = "passes"
            if any(found[stage] != "passes" for stage in group):
                break
        return found

    def _cause(self, how: str, stage: str, own: set[str]) -> Cause:
        if how == "breaks":
            return Cause.INHERITED if stage in self.seen and stage not in own else Cause.BROKEN
        return Cause.FLAKY if how == "flakes" else Cause.TOOL

    def _events(self, number: int, on_main: bool, attempt: int, results: dict[str, str]) -> list[AnyEvent]:
        began = NOW + number % 10_000 * 60 * MINUTE + (attempt - 1) * 12 * MINUTE
        begin = execution_changed(
            str(number), status=Status.QUEUED, raw_status="queued", at=began, queued_at=began, pipeline=self.ref,
            attempt=attempt, number=str(number), commit=f"{number:040x}", branch="main" if on_main else f"b{number}",
            origin=Origin.BRANCH if on_main else Origin.CHANGE_REQUEST, base_branch="" if on_main else "main",
            change_request="" if on_main else str(number),
        )  # fmt: skip
        events: list[AnyEvent] = [begin, replace(begin, status=Status.RUNNING, raw_status="in_progress", at=began + 1)]
        at, worst = began + 1000, Status.SUCCEEDED
        for group in GROUPS:
            for stage in group:
                if stage not in results:
                    continue
                job = action_changed(str(number), stage, at=at, queued_at=at, started_at=at, attempt=attempt)
                job = replace(job, action=f"{number}-{attempt}-{stage}", pipeline=unnamed(self.ref))
                status = {"passes": Status.SUCCEEDED, "errors": Status.ERRORED}.get(results[stage], Status.FAILED)
                worst = status if status.red and worst is not Status.FAILED else worst
                end = at + MINUTE
                events += [
                    job, replace(job, status=status, raw_status=str(status), finished=True, at=end, finished_at=end)
                ]  # fmt: skip
            at += 2 * MINUTE
        return [
            *events,
            replace(begin, status=worst, raw_status=str(worst), finished=True, at=at + 500, finished_at=at + 500),
        ]

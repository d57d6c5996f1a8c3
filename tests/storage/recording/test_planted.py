"""Verdicts against what was planted: a thousand seeded runs, the seed printed, a fresh one each run of CI."""

from __future__ import annotations

import os
import random
from collections import Counter

from storage.model.verdicts import Cause, verdict_of
from storage.store import Store
from tests.factories import a_team
from tests.storage.recording.planted import STAGES, PlantedPipeline

RUNS, PIPELINES = 1000, 4
NOT_YOURS = (Cause.INHERITED, Cause.FLAKY, Cause.TOOL)


def test_verdicts_tell_what_was_planted(store: Store) -> None:
    seed = int(os.environ["BIGTRANSIT_SEED"])
    told: Counter[tuple[Cause, Cause]] = Counter()
    for place in range(PIPELINES):
        chance = random.Random(seed + place)
        team = a_team(store, f"Team {place}", f"team-{place}")
        planted = PlantedPipeline(chance, place, frozenset(chance.sample(STAGES, 1)))
        for run in planted.runs(RUNS // PIPELINES):
            for attempt in run.attempts:
                applied = store.recorder.apply(team.id, attempt)
            if not run.causes:
                continue
            execution = store.executions.find(applied.execution_id, 1)
            record = store.pipelines.find(applied.pipeline_id)
            assert execution is not None
            assert record is not None
            found = verdict_of(execution, record.history)
            assert found is not None
            right = next(cause for cause in Cause if cause in run.causes.values())
            told[right, found.cause] += 1
    wrong = {f"{right}, called {said}": count for (right, said), count in told.items() if right is not said}
    share = 1 - sum(wrong.values()) / told.total()
    print(f"seed {seed}: {told.total()} red runs of {RUNS}, {100 * share:.1f} % right; wrong: {wrong}")
    assert told.total() > RUNS / 10
    assert {right for right, _ in told} == set(Cause)
    assert [(right, said) for right, said in told if right is Cause.BROKEN and said in NOT_YOURS] == []
    assert share >= 0.95

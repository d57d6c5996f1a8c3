"""A pipeline's bottleneck and minutes through the recorder: from events in any order, some of them twice, what one
works out by hand from all of them."""

from __future__ import annotations

from random import Random
from statistics import median_low

import pytest

from storage import keys
from storage.codec import fact_items
from storage.model.document import replace
from storage.model.events import ActionChanged
from storage.model.facts import without_words
from storage.store import Store
from storage.table import Query
from tests.factories import a_team
from tests.storage.recording.tables import fold_facts
from tests.storage.recording.test_steps import run


@pytest.mark.parametrize("seed", range(4))
def test_window_names_the_stage_that_all_events_do(store: Store, seed: int) -> None:
    dice, team = Random(seed), a_team(store)
    took = {number: {stage: dice.randint(1, 30) for stage in ("build", "test", "deploy")} for number in range(11, 40)}
    told = [
        replace(each, runner_labels=("ubuntu-latest",)) if isinstance(each, ActionChanged) else each
        for number, minutes in took.items()
        for each in run(number, minutes)
    ]
    told += dice.sample(told, 20)
    dice.shuffle(told)
    for event in told:
        store.recorder.apply(team.id, [event])
    fold_facts(store)
    _, windows = store.pipelines.list_health(team.id)
    found = next(window for window in windows if window.days == 30 and window.pipeline_id).bottleneck
    assert found is not None
    medians = {stage: median_low([each[stage] for each in took.values()]) for stage in took[11]}
    worst = max(sorted(medians), key=medians.__getitem__)
    assert (found.stage.stage, found.stage.run, found.stage.runs) == (worst, 60 * medians[worst], len(took))
    assert found.stage.saving == 60 * sum(each[worst] for each in took.values())
    assert found.total == 60 * median_low([sum(each.values()) for each in took.values()])
    (pipeline,) = store.rebuilder.list_pipelines(team.id)
    facts = [fact_items.fact_of(item) for item in store.table.query(Query(keys.facts(pipeline))).items]
    assert {int(fact.number): sum(one.minutes for one in fact.billed) for fact in facts} == {
        number: sum(each.values()) for number, each in took.items()
    }
    assert store.windows.list_short_facts(pipeline, 0) == [without_words(fact) for fact in facts]
    assert store.rebuilder.refold(pipeline).facts == 0

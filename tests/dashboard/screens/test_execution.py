"""When a run's open page is drawn anew though no event came."""

from __future__ import annotations

from itertools import pairwise

from dashboard.screens.execution import ExecutionScreen
from dashboard.screens.screen import View
from storage.model.entities import StageKind
from storage.model.stage_rules import NO_CONVENTIONS, Budget, Conventions
from storage.store import Store
from tests.factories import BY, MINUTE, NOW, REF, a_run, a_team, pipeline_id_of, record


def test_page_of_a_run_is_drawn_anew_when_a_stage_goes_over_its_budget(store: Store) -> None:
    team = a_team(store)
    began = NOW - 3 * MINUTE
    execution_id = record(store, a_run(began=began, outcome=None, stages=("build",)), team.id)
    budget = Conventions(budgets=(Budget(StageKind.COMMIT, 5),))
    store.override_writer.set_conventions(team.id, pipeline_id_of(team.id, REF), budget, NO_CONVENTIONS, BY)
    screen, view = ExecutionScreen(), View(())
    reading = screen.read(store, execution_id)
    now, moments = store.now(), list[tuple[int, str, bool]]()
    for _ in range(30):
        moment = screen.moment(reading, execution_id, view, now)
        (stage,) = screen.build(reading, execution_id, view, now).timeline.stages
        moments.append((now, moment.stamp, bool(stage.over)))
        assert moment.until is not None
        now = max(now + 1, moment.until)
    before, after = next(pair for pair in pairwise(moments) if pair[1][2])
    assert (before[2], before[1] != after[1]) == (False, True)
    # Its job began a second after the run.
    assert 0 < after[0] - (began + 1000 + 5 * MINUTE) < 2000

"""What a preview says would move is what moves once the rules are saved; it moves nothing itself."""

from __future__ import annotations

import pytest

from storage import keys
from storage.model.document import replace
from storage.model.entities import StageKind, Status
from storage.model.overrides import PipelineOverrides, StageOverride
from storage.model.pipeline_record import PipelineRecord
from storage.model.rule_effects import KindChange, MeasureChange, RuleEffects
from storage.model.stage_rules import NO_CONVENTIONS, Budget, Conventions, Inherited, StageRule
from storage.recording import rules_preview
from storage.store import Store
from tests.copies import copied
from tests.factories import BY, DAY, MINUTE, NOW, REF, a_run, a_team, record, stored_items

COMMIT, DEPLOY, PRODUCTION, OTHER = StageKind.COMMIT, StageKind.DEPLOY, StageKind.PRODUCTION, StageKind.OTHER
LATER = replace(REF, key="github.com/1296269/2", name="Later", path=".github/workflows/later.yml")


def two_pipelines(store: Store) -> str:
    """One ships to its customers, which no word tells, once red; one has only been begun."""
    team = a_team(store)
    for number, outcome in enumerate((Status.SUCCEEDED, Status.FAILED, Status.SUCCEEDED)):
        began = NOW - DAY + number * 30 * MINUTE
        record(
            store, a_run(str(5000 + number), began=began, outcome=outcome, stages=("build", "to customers")), team.id
        )
    record(store, a_run("6000", outcome=None, stages=("to customers",), ref=LATER)[:3], team.id)
    store.rebuilder.rename(team.id)
    return team.id


@pytest.fixture
def team_id(store: Store) -> str:
    return copied(store, two_pipelines)


def preview(store: Store, team_id: str, wanted: Conventions, only: str = "") -> RuleEffects:
    def edit(one: PipelineRecord) -> PipelineRecord:
        return replace(one, inherited=Inherited(wanted))

    return store.rules_preview.of({team_id: "Payments"}, wanted.rules, edit, only)


def say(store: Store, team_id: str, wanted: Conventions) -> None:
    store.stage_conventions.put(team_id, store.stage_conventions.find(team_id), wanted, BY, "Payments")
    for pipeline_id in store.rebuilder.list_pipelines(team_id):
        store.rebuilder.refold(pipeline_id)


TO_PRODUCTION = Conventions((StageRule("to *", PRODUCTION),))


def test_preview_says_what_would_move_and_moves_nothing(store: Store, team_id: str) -> None:
    before = stored_items(store)
    found = preview(store, team_id, TO_PRODUCTION)
    assert stored_items(store) == before
    first, later = (keys.pipeline_id(team_id, "github", ref.key) for ref in (REF, LATER))
    assert sorted(found.changes, key=lambda one: one.runs) == [
        KindChange(later, team_id, "checkout · Later", "to customers", OTHER, PRODUCTION, 1),
        KindChange(first, team_id, "checkout · CI", "to customers", OTHER, PRODUCTION, 3),
    ]
    assert (found.known, found.pipelines, found.runs, found.not_read) == (2, 2, 4, 0)
    assert found.measures == (
        MeasureChange("deployments to production", 0, 2),
        MeasureChange("runs that deploy", 0, 3),
        MeasureChange("runs that deploy and are red", 0, 1),
    )
    assert [(use.matched, use.decided) for use in found.uses] == [(2, 2)]


def test_what_moved_is_what_the_preview_said(store: Store, team_id: str) -> None:
    def counted() -> int:
        facts = [f for id_ in store.rebuilder.list_pipelines(team_id) for f in store.windows.list_facts(id_, 0)]
        return sum(len(fact.deployed) for fact in facts)

    def settle() -> None:
        for stale in store.fact_folder.stale_days():
            store.fact_folder.fold_day(stale)

    settle()
    was, said = counted(), preview(store, team_id, TO_PRODUCTION).measures[0]
    say(store, team_id, TO_PRODUCTION)
    settle()
    assert (was, counted()) == (said.before, said.after) == (0, 2)


def test_taking_a_rule_back_is_previewed_by_what_the_name_says(store: Store, team_id: str) -> None:
    say(store, team_id, Conventions((*TO_PRODUCTION.rules, StageRule("build", DEPLOY))))
    found = preview(store, team_id, NO_CONVENTIONS)
    kinds = {(one.stage, one.before, one.after) for one in found.changes}
    assert kinds == {("to customers", PRODUCTION, OTHER), ("build", DEPLOY, COMMIT)}
    assert MeasureChange("commit stages, median", None, 60, "s") in found.measures


def test_rules_that_say_nothing_new_move_nothing(store: Store, team_id: str) -> None:
    found = preview(store, team_id, Conventions((StageRule("build", COMMIT),)))
    assert (found.changes, found.measures) == ((), ())


def test_rules_that_never_count_are_told(store: Store, team_id: str) -> None:
    rules = (StageRule("*", OTHER), StageRule("build", DEPLOY), StageRule("no such stage", DEPLOY))
    assert [(use.matched, use.decided) for use in preview(store, team_id, Conventions(rules)).uses] == [
        (3, 3),
        (1, 0),
        (0, 0),
    ]


def test_what_somebody_chose_for_a_stage_stays(store: Store, team_id: str) -> None:
    pipeline_id = keys.pipeline_id(team_id, "github", REF.key)
    chosen = PipelineOverrides(stages=(StageOverride("to customers", DEPLOY), StageOverride("build", None, "prod")))
    store.override_writer.override(team_id, pipeline_id, chosen, PipelineOverrides(), BY)
    found = preview(store, team_id, Conventions((StageRule("*", OTHER),)), only=pipeline_id)
    assert (found.known, found.pipelines, found.changes) == (1, 1, ())
    assert [(use.matched, use.decided) for use in found.uses] == [(2, 0)]


def test_other_budgets_say_how_many_pipelines_are_over_them(store: Store, team_id: str) -> None:
    """Each stage took a minute."""
    pipeline_id = keys.pipeline_id(team_id, "github", REF.key)
    for number in range(5):
        record(store, a_run(str(5100 + number), began=NOW - 9 * MINUTE, stages=("build", "lint")), team_id)
    shorter = Conventions(budgets=(Budget(COMMIT, 1), Budget(DEPLOY, 1)))
    assert preview(store, team_id, shorter, pipeline_id).measures == (
        MeasureChange("pipelines over the budget of commit stages", 0, 1),
    )
    say(store, team_id, shorter)
    both = Conventions((StageRule("lint", OTHER),), (Budget(COMMIT, 1),))
    assert MeasureChange("pipelines over the budget of commit stages", 1, 0) in preview(store, team_id, both).measures
    say(store, team_id, both)
    assert (
        MeasureChange("pipelines over the budget of commit stages", 0, 1) in preview(store, team_id, shorter).measures
    )


def test_of_very_many_pipelines_only_some_are_looked_at(
    store: Store, team_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules_preview, "MOST_READ", 1)
    found = preview(store, team_id, TO_PRODUCTION)
    assert (found.pipelines, found.not_read, len(found.changes)) == (2, 1, 1)
    monkeypatch.setattr(rules_preview, "MOST_PIPELINES", 1)
    found = preview(store, team_id, TO_PRODUCTION)
    assert (found.known, found.pipelines, found.not_read) == (2, 1, 0)

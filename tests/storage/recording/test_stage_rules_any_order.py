"""Rules about stages may change whenever they like: once they are brought in, all that stands is as if they had always
been so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import keys
from storage.errors import Conflict
from storage.model.apply_progress import INSTALLATION
from storage.model.document import replace
from storage.model.entities import StageKind
from storage.model.events import AnyEvent
from storage.model.pipeline_record import PipelineRecord
from storage.model.stage_rules import NO_CONVENTIONS, Budget, Conventions, StageRule
from storage.recording.rebuild import Rebuilder
from storage.store import Store
from storage.table import Table, Write
from tests.factories import BY, REF, TEAM_ID, a_run, a_team, record
from tests.storage.recording.cases import apply
from tests.storage.recording.tables import PIPELINE_ID, assert_same, fold_facts, scratch, standing, unmarked
from tests.storage.recording.worlds import orders_of, worlds

COMMIT, DEPLOY, PRODUCTION = StageKind.COMMIT, StageKind.DEPLOY, StageKind.PRODUCTION
BUILDS_DEPLOY = Conventions((StageRule("build", PRODUCTION), StageRule("*", COMMIT)), (Budget(COMMIT, 7),))
OF_TEAM = Conventions((StageRule("deploy *", DEPLOY),), (Budget(PRODUCTION, 30),))
Step = AnyEvent | Callable[[Store], None]


def say(store: Store, scope: str, wanted: Conventions) -> None:
    store.stage_conventions.put(scope, store.stage_conventions.find(scope), wanted, BY, "somebody")


def bring_in(store: Store) -> None:
    for pipeline_id in store.rebuilder.list_pipelines(TEAM_ID):
        store.rebuilder.refold(pipeline_id)


def played(steps: Sequence[Step], store: Store) -> Mapping[str, object]:
    for step in steps:
        if callable(step):
            step(store)
        else:
            apply(store, step)
    bring_in(store)
    store.rebuilder.rename(TEAM_ID)
    fold_facts(store)
    return {key: unmarked(one) if isinstance(one, PipelineRecord) else one for key, one in standing(store).items()}


@settings(max_examples=8)
@given(st.data())
def test_rules_that_change_among_events_leave_what_they_would_have_made_from_the_first(data: st.DataObject) -> None:
    events = data.draw(orders_of(data.draw(worlds())))
    changes: list[Step] = [
        lambda store: say(store, INSTALLATION, OF_TEAM),
        lambda store: say(store, TEAM_ID, OF_TEAM),
        lambda store: say(store, INSTALLATION, BUILDS_DEPLOY),
    ]
    steps: list[Step] = [*events]
    for change in changes[:2]:
        steps.insert(data.draw(st.integers(0, len(steps))), change)
    with scratch() as store:
        found = played([*steps, changes[2], *data.draw(st.sampled_from([[], events[-1:]]))], store)
    with scratch() as store:
        right = played([*changes[1:], *events], store)
    assert_same(found, right)


def kinds(store: Store) -> dict[str, StageKind]:
    row = store.pipelines.find_row(TEAM_ID, PIPELINE_ID)
    assert row is not None
    return {cell.name: cell.kind for cell in row.row().stages}


def test_new_pipeline_is_read_by_the_rules_of_its_team_from_its_first_event() -> None:
    with scratch() as store:
        say(store, INSTALLATION, BUILDS_DEPLOY)
        say(store, TEAM_ID, OF_TEAM)
        execution_id = record(store, a_run())
        assert kinds(store) == {"build": PRODUCTION, "test": COMMIT, "deploy production": DEPLOY}
        place = store.pipelines.find_place(TEAM_ID, PIPELINE_ID)
        shown = place.read(store.executions.get_stored(execution_id)[0])
        assert [stage.kind for stage in shown.stages] == [PRODUCTION, COMMIT, DEPLOY]
        row = store.pipelines.find_row(TEAM_ID, PIPELINE_ID)
        assert row is not None
        assert [(each.kind, each.minutes, each.level) for each in row.row().budgets] == [
            (COMMIT, 7, "installation"),
            (PRODUCTION, 30, "team"),
        ]


def test_stages_that_left_the_line_keep_the_kind_that_rules_gave_them() -> None:
    with scratch() as store:
        say(store, TEAM_ID, BUILDS_DEPLOY)
        for number in range(5):
            record(store, a_run(str(5001 + number), stages=("build", "test")))
        record(store, a_run("5010", stages=("test",)))
        row = store.pipelines.find_row(TEAM_ID, PIPELINE_ID)
        assert row is not None
        assert [(cell.name, cell.kind, cell.group) for cell in row.row().layout] == [
            ("test", COMMIT, 0),
            ("build", PRODUCTION, -1),
        ]


def test_rules_that_change_while_a_pipeline_begins_are_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever brings them in may not have seen it on the board."""
    with scratch() as store:
        transact = store.table.transact

        def interrupted(writes: Sequence[Write]) -> None:
            monkeypatch.setattr(store.table, "transact", transact)
            say(store, INSTALLATION, BUILDS_DEPLOY)
            transact(writes)

        monkeypatch.setattr(store.table, "transact", interrupted)
        record(store, a_run())
        assert kinds(store)["build"] is PRODUCTION


def test_rules_that_change_while_they_are_brought_in_are_brought_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with scratch() as store:
        record(store, a_run())
        say(store, INSTALLATION, BUILDS_DEPLOY)
        put, rebuilder = store.table.put, Rebuilder(store.table, store.now, pause=lambda _: None)

        def interrupted(*arguments: object) -> None:
            monkeypatch.setattr(store.table, "put", put)
            record(store, a_run("5002"))
            put(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(store.table, "put", interrupted)
        rebuilder.refold(PIPELINE_ID)
        assert kinds(store)["build"] is PRODUCTION
        monkeypatch.setattr(store.table, "put", lambda *_: (_ for _ in ()).throw(Conflict("busy")))
        say(store, INSTALLATION, OF_TEAM)
        with pytest.raises(Conflict):
            rebuilder.refold(PIPELINE_ID)


def test_pipeline_that_comes_to_another_team_is_read_by_that_teams_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they change while it comes."""
    with scratch() as store:
        home, other = (a_team(store, name, name.lower()) for name in ("Payments", "Shop"))
        pipeline_id = keys.pipeline_id(home.id, "github", REF.key)
        say(store, home.id, OF_TEAM)
        record(store, a_run(), home.id)
        say(store, other.id, OF_TEAM)
        transact = store.table.transact

        def interrupted(writes: Sequence[Write]) -> None:
            monkeypatch.setattr(store.table, "transact", transact)
            say(store, other.id, BUILDS_DEPLOY)
            transact(writes)

        monkeypatch.setattr(store.table, "transact", interrupted)
        store.override_writer.move(pipeline_id, home, other, BY)
        moved = store.pipelines.find(pipeline_id)
        assert moved is not None
        assert (moved.inherited.team, moved.history.stale) == (BUILDS_DEPLOY, True)
        store.rebuilder.refold(pipeline_id)
        row = store.pipelines.find_row(other.id, pipeline_id)
        assert row is not None
        assert [cell.kind for cell in row.row().stages] == [PRODUCTION, COMMIT, COMMIT]


def test_pipelines_own_rules_count_before_all_others_and_are_in_the_log() -> None:
    with scratch() as store:
        record(store, a_run())
        say(store, TEAM_ID, OF_TEAM)
        writer = store.override_writer
        writer.set_conventions(TEAM_ID, PIPELINE_ID, BUILDS_DEPLOY, NO_CONVENTIONS, BY)
        bring_in(store)
        assert kinds(store) == {"build": PRODUCTION, "test": COMMIT, "deploy production": COMMIT}
        log = store.audit.list_of_team(TEAM_ID).items
        (entry,) = [entry for entry in log if entry.target_id == PIPELINE_ID]
        assert (entry.action, entry.before, dict(entry.after)) == (
            "stage_rules.changed",
            (("rules", ""), ("budgets", "")),
            {"rules": "build is production; * is commit", "budgets": "commit 7 min"},
        )
        with pytest.raises(Conflict):
            writer.set_conventions(TEAM_ID, PIPELINE_ID, OF_TEAM, NO_CONVENTIONS, BY)


def test_who_brings_old_rules_in_does_not_say_so_of_new_ones() -> None:
    with scratch() as store:
        say(store, INSTALLATION, OF_TEAM)
        conventions = store.stage_conventions
        old = conventions.find_progress(INSTALLATION)
        assert old is not None
        moved = conventions.put_progress(old, replace(old, total=3, applied=1))
        say(store, INSTALLATION, BUILDS_DEPLOY)
        with pytest.raises(Conflict):
            conventions.put_progress(moved, replace(moved, applied=2))
        (now,) = conventions.list_progress()
        assert (now.total, now.works) == (0, True)
        with pytest.raises(Conflict):
            conventions.put(INSTALLATION, conventions.find(TEAM_ID), OF_TEAM, BY, "all teams")


def test_every_engine_copies_rules_into_new_pipelines_and_brings_changed_ones_in(table: Table) -> None:
    store = Store(table)
    record(store, a_run(), TEAM_ID)
    assert kinds(store)["build"] is COMMIT
    say(store, TEAM_ID, OF_TEAM)
    say(store, INSTALLATION, BUILDS_DEPLOY)
    store.rebuilder.refold(PIPELINE_ID)
    assert kinds(store)["build"] is PRODUCTION
    other = replace(REF, key="github.com/1/2", path="", name="Other")
    record(store, a_run("5002", ref=other), TEAM_ID)
    found = store.pipelines.find(keys.pipeline_id(TEAM_ID, "github", other.key))
    assert found is not None
    assert (found.inherited.team, found.inherited.installation) == (OF_TEAM, BUILDS_DEPLOY)

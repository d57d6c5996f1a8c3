"""Pipelines of the build before move to keys by workflow id as events tell those, with all that was theirs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import permutations

import orjson
import pytest

from dashboard.sources import SOURCES
from storage import keys
from storage.codec import items
from storage.model.conditions import condition
from storage.model.document import replace
from storage.model.entities import Condition, Status
from storage.model.events import AnyEvent
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.pipeline_record import PipelineRecord
from storage.store import Store
from storage.table import Item, Key, Put, Table, metered
from tests.dashboard.bodies import pipeline_changed
from tests.factories import BY, DAY, MINUTE, NOW, REF, STAGES, TEAM_ID, execution_changed
from tests.storage.old_store import (
    API,
    AWS,
    CI,
    DELIVER,
    DEPENDABOT,
    LEDGER_UI,
    LINT,
    NIGHTLY,
    RED_42,
    SAFE,
    WEB,
    Workflow,
    execution,
    history,
    job_said,
    old_histories,
    opened,
    pipeline_id,
    rebuild,
    record_of,
    rows,
    run_said,
    team,
    tell,
)


@pytest.fixture
def old(large_table: Table) -> Store:
    return opened(large_table)


@pytest.fixture
def small(sqlite_table: Table) -> Store:
    """On one engine, where the rules matter and not what stores them."""
    return opened(sqlite_table)


def assert_moved(store: Store, workflow: Workflow, *, old_keys: Sequence[str] = (), new: int = 1) -> PipelineRecord:
    """All that was under the old keys is under the new one, once, with `new` executions more."""
    was, now = old_histories(), pipeline_id(store, workflow.key)
    before: set[str] = set()
    for key in old_keys or [workflow.old_key]:
        id_ = pipeline_id(store, key)
        before |= was[id_]
        assert history(store, id_) == []
        followed = store.pipelines.find(id_)
        assert followed is not None
        assert followed.id == now
    found = history(store, now)
    assert len(found) == len(set(found)) == len(before) + new
    assert set(found) >= before
    return record_of(store, workflow.key)


@pytest.mark.parametrize("rebuilt", [False, True], ids=["at once", "once rebuilt"])
def test_first_event_that_tells_a_workflows_id_moves_its_row_and_history(old: Store, rebuilt: bool) -> None:
    rebuild(old) if rebuilt else None
    many = len(rows(old))
    applied = tell(old, run_said(CI, 45))
    assert applied.pipeline_id == pipeline_id(old, CI.key)
    assert_moved(old, CI)
    found = rows(old)
    assert len(found) == many
    row = found[CI.key]
    assert condition(row, NOW) is Condition.FAILING
    assert row.result is not None
    assert (row.result.number, row.result.stage, row.result.since) == ("42", "test", RED_42)
    assert [one.number for one in row.in_flight] == ["45", "43"]
    assert row.taken is not None
    assert row.taken.name == "Mara Lindqvist"


@pytest.mark.parametrize("rebuilt", [False, True], ids=["at once", "once rebuilt"])
def test_row_overrides_and_who_has_it_move_in_the_events_own_transaction(small: Store, rebuilt: bool) -> None:
    rebuild(small) if rebuilt else None
    small.recorder.apply(team(small).id, run_said(CI, 45))
    small.recorder.apply(team(small).id, run_said(DELIVER, 11))
    found = rows(small)
    assert {CI.old_key, DELIVER.old_key}.isdisjoint(found)
    holder = found[CI.key].acknowledged
    assert holder is not None
    assert holder.name == "Mara Lindqvist"
    assert "43" in [one.number for one in found[CI.key].in_flight]
    assert found[DELIVER.key].overrides.name == "Checkout to production"
    assert record_of(small, CI.key).history.stale
    if rebuilt:
        assert condition(found[CI.key], NOW) is Condition.FAILING


def test_later_events_of_a_pipeline_that_moved_cost_no_more(small: Store) -> None:
    tell(small, run_said(CI, 45))
    home = team(small).id
    with metered() as meter:
        small.recorder.apply(home, run_said(CI, 46))
    assert meter.operations == ["batch_get", "transact"]


def test_broken_files_row_joins_the_real_one(small: Store) -> None:
    tell(small, run_said(LINT, 4))
    record = assert_moved(small, LINT, old_keys=["1296269/Lint", "1296269/lint.yml"])
    row = rows(small)[LINT.key]
    assert (record.text("name"), condition(row, NOW)) == ("Lint", Condition.QUEUED)
    assert row.taken is None
    assert row.acknowledged is not None


def test_name_that_is_told_later_moves_its_row_then(small: Store) -> None:
    broken = {"name": LINT.path, "display_title": LINT.path}
    small.recorder.apply(team(small).id, run_said(LINT, 4, "completed", "failure", at=NOW - MINUTE, **broken))
    assert "1296269/Lint" in rows(small)
    assert "1296269/lint.yml" not in rows(small)
    small.recorder.apply(team(small).id, run_said(LINT, 5))
    assert {"1296269/Lint", "1296269/lint.yml"}.isdisjoint(rows(small))
    rebuild(small)
    assert_moved(small, LINT, old_keys=["1296269/Lint", "1296269/lint.yml"], new=2)


def test_rows_that_differ_by_the_titles_of_their_runs_become_one(small: Store) -> None:
    title = "npm_and_yarn in /. for react - Update #1104"
    tell(small, run_said(DEPENDABOT, 4, name=title, display_title=title, event="dynamic"))
    names = ("npm_and_yarn in /. for lodash - Update #1101", "npm_and_yarn in /. for vite - Update #1102")
    record = assert_moved(
        small, DEPENDABOT, old_keys=[f"1296269/{name}" for name in (*names, "github_actions in /. - Update #1103")]
    )
    assert record.text("name") == ""


def test_moved_pipeline_stays_with_the_team_it_was_given_to(small: Store) -> None:
    tell(small, run_said(LEDGER_UI, 8))
    assert LEDGER_UI.key not in rows(small)
    row = rows(small, "vault")[LEDGER_UI.key]
    assert (condition(row, NOW), row.taken and row.taken.name) == (Condition.FAILING, "Vic Ortega")
    assert_moved(small, LEDGER_UI)


def test_hidden_pipeline_stays_hidden(small: Store) -> None:
    tell(small, run_said(NIGHTLY, 2))
    assert rows(small)[NIGHTLY.key].hidden
    assert pipeline_id(small, NIGHTLY.key) not in {row.id for e in small.teams.list_boards() for row in e.rows}


def test_row_that_was_hidden_beside_another_does_not_hide_the_one_they_become(small: Store) -> None:
    rebuild(small)
    broken = pipeline_id(small, "1296269/lint.yml")
    small.override_writer.override(team(small).id, broken, PipelineOverrides(hidden=True), NO_OVERRIDES, BY)
    tell(small, run_said(LINT, 4))
    assert not rows(small)[LINT.key].hidden


def test_name_that_two_workflows_had_moves_nothing_and_is_reported(
    old: Store, caplog: pytest.LogCaptureFixture
) -> None:
    rebuild(old)
    before = history(old, pipeline_id(old, "1296270/Build"))
    with caplog.at_level(logging.WARNING):
        tell(old, run_said(WEB, 4))
        tell(old, run_said(API, 4))
    found = rows(old)
    assert {WEB.key, API.key, "1296270/Build"} <= found.keys()
    assert history(old, pipeline_id(old, "1296270/Build")) == before
    assert [len(history(old, pipeline_id(old, key))) for key in (WEB.key, API.key)] == [1, 1]
    assert found["1296270/Build"].label == "Shop build"
    assert record_of(old, WEB.key).overrides.name == ""
    reports = [record.getMessage() for record in caplog.records if "1296270/Build" in record.getMessage()]
    assert len(reports) == 2
    assert ".github/workflows/api.yml" in reports[0]
    noted = [entry for entry in old.audit.list_of_team(team(old).id).items if entry.action == "pipeline.kept"]
    assert [(entry.who, entry.outcome, dict(entry.before)["key"]) for entry in noted] == [
        ("Big Transit", "refused", "1296270/Build")
    ] * 2
    assert [record.key for record in old.rebuilder.boards.kept_apart(team(old).id)] == ["1296270/Build"]


def test_move_is_in_the_audit_log(small: Store) -> None:
    tell(small, run_said(CI, 45))
    (noted,) = [entry for entry in small.audit.list_all().items if entry.action == "pipeline.rekeyed"]
    assert (noted.who, dict(noted.before), dict(noted.after)) == ("Big Transit", {"key": CI.old_key}, {"key": CI.key})


def test_links_by_the_old_id_lead_to_the_new_pipeline(old: Store) -> None:
    rebuild(old)
    former, home = pipeline_id(old, CI.old_key), team(old)
    tell(old, run_said(CI, 45))
    now = pipeline_id(old, CI.key)
    with metered() as meter:
        pair = old.pipelines.find_pair(home.id, former)
    assert meter.calls == 2
    assert pair is not None
    assert (pair[0].id, pair[1].id) == (now, now)
    place = old.pipelines.find_place(home.id, former)
    assert place.row is not None
    assert (place.row.id, place.team and place.team.id) == (now, home.id)
    found = old.pipelines.find_by_key(home.id, "github", CI.old_key)
    assert found is not None
    assert found.id == now


def test_link_by_the_old_id_of_a_pipeline_of_another_team_leads_nowhere(small: Store) -> None:
    former = pipeline_id(small, LEDGER_UI.old_key)
    tell(small, run_said(LEDGER_UI, 8))
    assert small.pipelines.find_pair(team(small).id, former) is None
    assert small.pipelines.find_pair(team(small, "vault").id, former) is not None


FINISH: tuple[Sequence[AnyEvent], ...] = (
    job_said(CI, 43, "test", 1, "completed", "success", NOW + MINUTE),
    run_said(CI, 43, "in_progress", at=NOW + 2 * MINUTE),
    job_said(CI, 43, "deploy production", 2, "completed", "success", NOW + 3 * MINUTE),
    run_said(CI, 43, "completed", "success", NOW + 4 * MINUTE),
)


@pytest.mark.parametrize("told", list(permutations(FINISH))[::4], ids=["0", "1", "2", "3", "4", "5"])
def test_execution_under_way_goes_on_under_the_new_pipeline_in_any_order(
    small: Store, told: Sequence[Sequence[AnyEvent]]
) -> None:
    for events in told:
        tell(small, events)
    assert_moved(small, CI, new=0)
    row = rows(small)[CI.key]
    assert (condition(row, NOW), row.in_flight) == (Condition.PASSING, ())
    assert row.result is not None
    assert row.result.number == "43"
    done = execution(small, CI, 43)
    assert (done.pipeline_id, done.status) == (pipeline_id(small, CI.key), Status.SUCCEEDED)
    assert [stage.status for stage in done.stages] == [Status.SUCCEEDED] * 3


def test_job_of_an_execution_under_way_alone_leaves_it_where_it_is(small: Store) -> None:
    tell(small, job_said(CI, 43, "test", 1, "completed", "failure", NOW))
    assert [one.number for one in rows(small)["1296269/CI"].in_flight] == ["43"]
    assert execution(small, CI, 43).stages[1].status is Status.FAILED


def test_job_of_an_execution_under_way_follows_its_pipeline_when_another_run_moved_it(small: Store) -> None:
    small.recorder.apply(team(small).id, run_said(CI, 45))
    applied = small.recorder.apply(team(small).id, job_said(CI, 43, "test", 1, "completed", "success", NOW + 1000))
    assert applied.pipeline_id == pipeline_id(small, CI.key)
    small.rebuilder.fold(applied.pipeline_id)
    assert_moved(small, CI)
    assert [one.number for one in rows(small)[CI.key].in_flight] == ["45", "43"]


def test_job_that_comes_before_its_run_waits_for_it(small: Store) -> None:
    tell(small, job_said(CI, 45, "build", 0, "in_progress"))
    assert CI.old_key in rows(small)
    tell(small, run_said(CI, 45, "in_progress"))
    assert_moved(small, CI)
    assert [cell.name for cell in rows(small)[CI.key].in_flight[0].stages] == ["build"]


def test_old_run_that_is_told_again_is_not_doubled(small: Store) -> None:
    tell(small, run_said(CI, 42, "completed", "failure", at=NOW - 5 * DAY + 2 * MINUTE))
    assert_moved(small, CI, new=0)
    tell(small, run_said(CI, 42, "in_progress", at=NOW, run_attempt=2))
    assert_moved(small, CI, new=0)
    assert [one.attempt for one in rows(small)[CI.key].in_flight if one.number == "42"] == [2]


def test_all_that_moves_is_the_same_once_everything_is_rebuilt_again(small: Store) -> None:
    for workflow, number in ((CI, 45), (DELIVER, 11), (LINT, 4), (LEDGER_UI, 8), (WEB, 4)):
        tell(small, run_said(workflow, number))
    tell(small, run_said(SAFE, 3), "vault")
    rebuild(small)
    before = rows(small), rows(small, "vault")
    assert rebuild(small) == 0
    assert (rows(small), rows(small, "vault")) == before


def test_codepipelines_keys_are_what_they_were(small: Store) -> None:
    body = pipeline_changed("STARTED", "01234567-0123-0123-0123-012345670009")
    body["account"], body["region"], body["detail"]["pipeline"] = "210987654321", "eu-west-1", "reports"
    events = SOURCES["codepipeline"].parse({"content-type": "application/json"}, orjson.dumps(body)).events
    tell(small, events)
    row = rows(small)[f"{AWS}/reports"]
    assert (condition(row, NOW), len(row.in_flight)) == (Condition.FAILING, 1)
    assert len(history(small, row.id)) == 3


def test_execution_leaves_the_row_of_a_shared_name_while_its_pipeline_takes_over_another(sqlite_table: Table) -> None:
    store = Store(sqlite_table)
    shared = replace(REF, key="7/Build", name="Build", path=".github/workflows/web.yml")
    other = replace(shared, path=".github/workflows/api.yml")
    broken = replace(shared, key="7/web.yml", name="")
    for execution_, ref in (("5001", shared), ("5000", other), ("4999", broken)):
        store.recorder.apply(TEAM_ID, [execution_changed(execution_, pipeline=ref)])
    told = replace(shared, key="github.com/7/1", aliases=("7/Build", "7/web.yml"))
    store.recorder.apply(TEAM_ID, [execution_changed("5001", pipeline=told, at=NOW + MINUTE)])
    ids = {ref.key: keys.pipeline_id(TEAM_ID, "github", ref.key) for ref in (shared, broken, told)}
    found = {stored.id: stored.row() for stored in store.pipelines.list_board(TEAM_ID)}
    assert set(found) == {ids["7/Build"], ids["github.com/7/1"]}
    assert [one.order for one in found[ids["7/Build"]].in_flight] == [5000]
    assert [one.order for one in found[ids["github.com/7/1"]].in_flight] == [5001, 4999]


def test_long_execution_in_parts_moves_whole(small: Store) -> None:
    """The build before cut a document at so many letters, whatever stood there."""
    key = items.execution_key(execution(small, CI, 7).id)
    item = small.table.get(key)
    assert item is not None
    text = str(item["doc"])
    part: Item = {"pk": key.pk, "sk": "PART#00001", "version": item["version"], "doc": text[400:], "expires": 2**40}
    small.table.engine.transact([Put({**item, "doc": text[:400], "parts": 1}), Put(part)])
    before = execution(small, CI, 7)
    tell(small, run_said(CI, 45))
    assert_moved(small, CI)
    after = execution(small, CI, 7)
    assert [stage.name for stage in after.stages] == [stage.name for stage in before.stages] == list(STAGES)
    assert small.table.get(Key(key.pk, "PART#00001")) is None

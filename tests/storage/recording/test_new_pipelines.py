"""On whose board a pipeline begins where rules decide, whatever the order of its events and whoever writes first."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import keys, topics
from storage.errors import Reserved
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import Placed
from storage.model.team_rules import UNASSIGNED
from storage.store import Store
from storage.table import Table, metered
from tests.factories import (
    BY,
    CODEPIPELINE,
    NOW,
    REF,
    a_run,
    a_team,
    delivery,
    pipeline_execution,
)
from tests.office import Office, changed, named
from tests.storage.recording.tables import LONG, scratch

BARE = PipelineRef("generic", "shop/deploy", "")
TOLD = ("name", "repository", "project", "owner")
FULL = replace(BARE, name="Deploy", repository="acme/pay-api", project="pay-api", owner="acme")


def test_new_pipeline_begins_with_the_team_of_the_first_rule_that_fits(table: Table) -> None:
    office = Office(Store(table, retention_days=LONG))
    other = replace(REF, key="github.com/9/9", repository="acme/site", project="site")
    pay = replace(REF, repository="acme/pay-api", project="pay-api")
    office.tell(*a_run("1", ref=pay), changed("2", other))
    assert office.boards() == {"Pay": [office.record(pay).id], "Unassigned": [office.record(other).id]}
    assert [office.record(ref).placed for ref in (pay, other)] == [Placed.RULES] * 2
    stored, _ = office.store.executions.get_stored(keys.execution_id(office.platform.id, "github", "1"))
    assert (stored.team_id, stored.board_id) == (office.platform.id, office.pay.id)


def test_what_is_told_late_moves_it_on_with_all_that_shows_it(table: Table) -> None:
    store = Store(table, retention_days=LONG)
    office = Office(store)
    office.tell(pipeline_execution("x", Status.RUNNING, NOW - 1000))
    assert list(office.boards()) == ["Unassigned"]
    full = replace(CODEPIPELINE, repository="acme/pay-ledger")
    applied = store.recorder.apply(office.platform.id, [pipeline_execution("x", Status.RUNNING, NOW, pipeline=full)])
    assert (applied.team_id, applied.left_team_id, applied.renames) == (office.pay.id, UNASSIGNED, True)
    assert office.boards() == {"Pay": [applied.pipeline_id]}
    # From then on it is an event like any other.
    with metered() as meter:
        office.tell(pipeline_execution("y", Status.RUNNING, NOW + 1000, pipeline=full))
    assert meter.operations == ["batch_get", "transact"]
    assert office.boards() == {"Pay": [applied.pipeline_id]}


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def test_open_pages_of_both_boards_are_told_of_a_late_move(office: Office, store: Store) -> None:
    office.tell(changed("1", BARE))
    before = store.changes.list_since(0, store.now())
    office.tell(changed("1", FULL, NOW + 1))
    (change,) = (each for each in store.changes.list_since(0, store.now()) if each not in before)
    boards = {topics.team(UNASSIGNED), topics.gate(UNASSIGNED), topics.team(office.pay.id), topics.NETWORK}
    assert boards <= set(change.topics)


def test_open_pages_of_the_board_it_begins_on_are_told(office: Office, store: Store) -> None:
    before = store.changes.list_since(0, store.now())
    office.tell(changed("1", FULL))
    (change,) = (each for each in store.changes.list_since(0, store.now()) if each not in before)
    assert {topics.team(office.pay.id), topics.NETWORK} <= set(change.topics)
    assert {topics.team(office.platform.id), topics.team(UNASSIGNED)}.isdisjoint(change.topics)


def test_first_event_costs_one_read_more_only_where_a_rule_fits(office: Office, store: Store) -> None:
    agreed = "batch_get"  # what its team and the installation agree on about stages
    for repository, operations in (("acme/site", []), ("acme/pay-api", ["batch_get"])):
        ref = replace(REF, key=repository, repository=repository)
        with metered() as meter:
            store.recorder.apply(office.platform.id, [changed(repository, ref)], delivery(repository))
        assert meter.operations == ["batch_get", *operations, agreed, "transact"]
        with metered() as meter:
            store.recorder.apply(office.platform.id, [changed(repository, ref, NOW + 1)], delivery(f"2 {repository}"))
        assert meter.operations == ["batch_get", "transact"]


def test_pipeline_of_a_connection_that_rules_do_not_decide_for_stays_with_its_team(office: Office) -> None:
    office.write([office.rule(office.pay, name="*")], sources=["gitlab"])
    office.tell(changed("1", REF))
    assert list(office.boards()) == ["Platform"]
    assert office.record(REF).placed is Placed.CONNECTION


def test_pipelines_of_a_connection_of_unassigned_go_by_the_rules_anyway(office: Office, store: Store) -> None:
    office.write([office.rule(office.pay, repository="acme/pay-*")], sources=[])
    for ref in (FULL, named(BARE, "other")):
        store.recorder.apply(UNASSIGNED, [changed(ref.key, ref)])
    assert {name: len(ids) for name, ids in office.boards().items()} == {"Pay": 1, "Unassigned": 1}


def test_rules_that_are_written_later_move_nothing_that_stands(office: Office) -> None:
    office.tell(changed("1", REF))
    office.write([office.rule(office.web, name="*")])
    office.tell(changed("1", REF, NOW + 1), changed("2", REF, NOW + 2))
    assert list(office.boards()) == ["Unassigned"]


def test_pipeline_whose_rule_is_gone_stays_when_more_is_told(office: Office) -> None:
    office.write([office.rule(office.web, source="generic")])
    office.tell(changed("1", BARE))
    office.write([])
    office.tell(changed("1", FULL, NOW + 1))
    assert list(office.boards()) == ["Web"]


def test_rule_of_a_deleted_team_fits_nothing_until_it_is_changed(office: Office, store: Store) -> None:
    office.write([office.rule(office.pay, name="*"), office.rule(office.web, name="*")])
    store.teams.delete(office.pay, BY)
    office.tell(changed("1", REF))
    store.teams.delete(office.web, BY)
    office.tell(changed("2", named(REF, "other")))
    assert set(office.boards()) == {"Unassigned"}
    assert office.record(REF).team_id == office.web.id
    assert office.record(named(REF, "other")).team_id == UNASSIGNED


def test_person_who_moved_it_wins_over_what_is_told_later(office: Office, store: Store) -> None:
    office.tell(changed("1", BARE))
    unassigned = store.teams.get(UNASSIGNED).team
    store.override_writer.move(office.record(BARE).id, unassigned, office.web, BY)
    office.tell(changed("1", FULL, NOW + 1))
    assert list(office.boards()) == ["Web"]
    assert office.record(BARE).placed is Placed.PERSON


def test_unassigned_is_made_once_and_kept(store: Store) -> None:
    a_team(store, "Unassigned", "unassigned")
    store.teams.create_unassigned(BY)
    store.teams.create_unassigned(BY)
    entry = store.teams.get(UNASSIGNED)
    assert (entry.team.name, entry.team.slug, entry.team.is_open) == ("Unassigned", "unassigned-2", False)
    assert len(store.teams.list_all()) == 2
    with pytest.raises(Reserved):
        store.teams.delete(entry.team, BY)
    with pytest.raises(Reserved):
        store.teams.update(entry, replace(entry.team, name="Lost"), BY)


def test_heir_of_a_pipeline_that_rules_placed_stands_where_it_stood(office: Office) -> None:
    old = replace(REF, key="github.com/acme/pay/CI", repository="acme/pay-api")
    office.tell(changed("1", old))
    office.write([office.rule(office.web, name="*")])
    office.tell(changed("2", replace(old, key="github.com/1/2", aliases=(old.key,)), NOW + 1))
    heir = office.record(named(old, "github.com/1/2"))
    assert (heir.team_id, heir.placed) == (office.pay.id, Placed.RULES)
    assert office.boards() == {"Pay": [heir.id]}


# Order and concurrency


def events() -> list[AnyEvent]:
    """Two pipelines, of which each event tells another part."""
    told = [replace(BARE, **{name: getattr(FULL, name)}) for name in TOLD]
    other = [replace(ref, key="shop/other") for ref in told]
    return [
        changed(f"{ref.key} {number % 2}", ref, NOW + number) for number, ref in enumerate([BARE, *told, *other, FULL])
    ]


LISTS = (
    [{"repository": "acme/pay-*"}],
    [{"repository": "acme/pay-*", "name": "Deploy"}, {"name": "*"}],
    [{"account": "acme"}, {"source": "generic"}],
    [{"repository": "other/*"}],
)


@settings(max_examples=30)
@given(st.permutations(events()), st.sampled_from(LISTS), st.sets(st.integers(0, 9), max_size=4))
def test_order_and_repetition_end_on_the_same_boards(
    order: list[AnyEvent], looked_at: list[dict[str, str]], repeated: set[int]
) -> None:
    found = []
    for some in (events(), [*order, *(order[place] for place in repeated)]):
        with scratch() as store:
            office = Office(store, [])
            teams = [office.pay, office.web]
            office.write([office.rule(team, **rule) for team, rule in zip(teams, looked_at, strict=False)])
            office.tell(*some)
            found.append({name: len(ids) for name, ids in office.boards().items()})
    assert found[0] == found[1]


def test_first_events_at_once_end_as_one_after_the_other(concurrent_table: Table) -> None:
    """Each thread is a process: a store of its own, and events of another execution of the same pipeline."""
    office = Office(Store(concurrent_table))
    start = threading.Barrier(4)
    failed: list[BaseException] = []

    def process(number: int) -> None:
        own = Store(concurrent_table)
        start.wait()
        try:
            for place, ref in enumerate((BARE, replace(BARE, repository="acme/pay-api"), FULL)):
                office.tell(changed(f"{number}", ref, NOW + place), store=own)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=process, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert office.boards() == {"Pay": [office.record(BARE).id]}
    found = office.store.executions.list_of_pipeline(office.record(BARE).id, 10)
    assert len(found.items) == 4

"""Jobs that read from tools ask for their connections themselves, not for those of one team after the other."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from dashboard.auth.sealing import seal
from dashboard.jobs import read_missed_deliveries, read_ranges, repair_runs
from dashboard.jobs.job import Job
from dashboard.sources import SOURCES
from storage.codec import items
from storage.errors import Conflict
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection
from storage.store import Store
from storage.table import metered
from tests.dashboard.jobs.doing import do
from tests.factories import BY, a_connection, a_team


def teams(store: Store, count: int, token: str = "") -> list[Connection]:
    """Each with a connection."""
    made = [a_connection(store, a_team(store, slug=f"team-{number}").id) for number in range(count)]
    access = ApiAccess(token=token)
    return [store.connections.put(one, replace(one, api=access), BY, "connection.api_changed") for one in made]


@pytest.mark.parametrize(
    "job", [repair_runs.JOB, read_missed_deliveries.JOB, read_ranges.JOB], ids=lambda job: job.name
)
def test_two_hundred_teams_cost_a_job_four_calls_more_than_none(store: Store, job: Job) -> None:
    with metered() as alone:
        do(job, store)
    teams(store, 200)
    with metered() as among_many:
        do(job, store)
    listed = [one for one in among_many.operations if one == "batch_get"]
    assert len(listed) == 2
    assert among_many.calls <= alone.calls + 4


def test_connections_are_found_whose_they_are_by_their_tool_and_only_with_a_token(store: Store) -> None:
    (first, second) = teams(store, 2, token=seal("ghp_a-token"))
    without = a_connection(store, first.team_id)
    elsewhere = a_connection(store, first.team_id, source="gitlab")
    store.connections.put(second, replace(second, paused=True), BY, "connection.paused")
    assert [one.id for one in repair_runs.let_in(store, ("github",))] == [first.id]
    found = {one.id for one in store.connections.list_of_sources(("github",))}
    assert found == {first.id, second.id, without.id}
    assert [one.id for one in store.connections.list_of_sources(("gitlab",))] == [elsewhere.id]
    store.connections.delete(elsewhere, BY)
    assert store.connections.list_of_sources(("gitlab",)) == []


def as_before(store: Store, connection: Connection) -> None:
    """As a version wrote it that knew of no list."""
    item = items.connection_item(connection)
    store.table.put({name: value for name, value in item.items() if not name.startswith("inbox")})


def test_connection_of_an_earlier_version_is_listed_when_the_store_is_prepared(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = teams(store, 2)
    as_before(store, second)
    assert [one.id for one in store.connections.list_of_sources(SOURCES)] == [first.id]
    with monkeypatch.context() as patch:
        patch.setattr(store.connections, "list_anew", changed_meanwhile)
        call_command("prepare_store")
    call_command("prepare_store")
    assert {one.id for one in store.connections.list_of_sources(SOURCES)} == {first.id, second.id}
    assert store.connections.find(second.id) == second


def changed_meanwhile(connection: Connection) -> None:
    raise Conflict("changed since it was read")

"""Boards say that a connection is silent where that is unusual, at no further cost; never on a quiet normal night."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.auth.tokens import create_token
from dashboard.jobs import watch_connections
from dashboard.jobs.watch_connections import ASKED_EVERY_MS, JOB
from dashboard.screens import BOARD, EXECUTION, NETWORK, PIPELINE, RADIATOR
from dashboard.screens.screen import Screen, View, look_at
from dashboard.webhooks.ingest import refuse
from storage import topics
from storage.errors import Conflict
from storage.model.backfill import Repair
from storage.model.connection_state import Activity, noted
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.model.quiet import QuietReason
from storage.store import Store
from storage.table import metered
from tests.activities import HOUR, activity_of, in_office_hours
from tests.dashboard.jobs.doing import do
from tests.dashboard.views.rows import plain
from tests.dashboard.visiting import Visitor
from tests.factories import BY, MINUTE, NOW, Clock, a_connection, a_run, a_team, execution_changed, record


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture
def connection(store: Store, team: Team) -> Connection:
    """Something came through it in all office hours, up to now: a Monday at noon."""
    found = a_connection(store, team.id)
    store.connection_states.note_activity(activity_of(in_office_hours, of=found.id))
    return found


def watched(store: Store, clock: Clock, milliseconds: int = 0) -> tuple[QuietReason, ...]:
    """What its boards say once so much time has gone by."""
    clock.move(milliseconds)
    do(JOB, store)
    return tuple(one.reason for entry in store.teams.list_all() for one in entry.team.quiet)


def said(visitor: Visitor, path: str) -> str:
    found = visitor.text(path).partition('id="quiet"')[2].partition(">")[2].partition("</div>")[0]
    return " ".join(plain(found).split())


def test_quiet_normal_night_is_not_spoken_of(store: Store, connection: Connection, clock: Clock) -> None:
    store.connection_states.note_activity(noted(Activity(connection.id), NOW + 6 * HOUR))
    assert watched(store, clock, 6 * HOUR) == ()
    assert watched(store, clock, 13 * HOUR) == ()


def test_morning_without_events_is_said_on_every_page_of_the_team_and_taken_back(
    visitor: Visitor, store: Store, team: Team, connection: Connection, clock: Clock
) -> None:
    ended = f"/executions/{record(store, a_run(began=NOW - HOUR), team.id)}"
    record(store, [execution_changed("77", number="77", at=NOW - MINUTE)], team.id)
    (row,) = store.pipelines.list_board(team.id)
    flying = row.row().in_flight[0].execution_id
    pages = ["/", f"/teams/{team.slug}", f"/teams/{team.slug}/pipelines/{row.id}", f"/executions/{flying}"]
    assert [said(visitor, page) for page in (*pages, ended)] == [""] * 5
    assert watched(store, clock, 3 * HOUR) == (QuietReason.SILENT,)
    for page in pages:
        assert "nothing heard, for longer than is usual, since 11:45" in said(visitor, page)
        assert "What is shown of it may be that old" in said(visitor, page)
    assert said(visitor, "/").startswith("GitHub Actions of Payments: nothing heard")
    assert said(visitor, ended) == ""
    store.connection_states.note_activity(noted(Activity(connection.id), clock()))
    assert watched(store, clock) == ()
    assert [said(visitor, page) for page in pages] == [""] * 4


@pytest.mark.parametrize("screen", [BOARD, NETWORK])
def test_page_that_says_it_costs_no_call_more(
    store: Store, team: Team, connection: Connection, clock: Clock, screen: Screen[Any, Any]
) -> None:
    record(store, a_run(), team.id)
    key = team.id if screen is BOARD else "everything"

    def calls() -> int:
        with metered() as meter:
            screen.read(store, key)
        return meter.calls

    before = calls()
    assert watched(store, clock, 3 * HOUR) == (QuietReason.SILENT,)
    assert calls() == before


def test_open_pages_are_told_when_it_changes_and_not_while_it_lasts(
    store: Store, team: Team, connection: Connection, clock: Clock
) -> None:
    record(store, [execution_changed("77", number="77", at=NOW)], team.id)
    row = store.pipelines.list_board(team.id)[0].row()
    tags = [look_at(*one, View(), clock()).tag for one in screens(store, team, row.id, row.in_flight[0].execution_id)]
    watched(store, clock, 3 * HOUR)
    named = {topic for change in store.changes.list_since(clock(), clock()) for topic in change.topics}
    assert named == {
        topics.NETWORK,
        topics.team(team.id),
        topics.pipeline(row.id),
        topics.execution(row.in_flight[0].execution_id),
    }
    fresh = [look_at(*one, View(), clock()).tag for one in screens(store, team, row.id, row.in_flight[0].execution_id)]
    assert all(before != after for before, after in zip(tags, fresh, strict=True))
    watched(store, clock, MINUTE)
    assert store.changes.list_since(clock(), clock()) == []


def screens(store: Store, team: Team, pipeline: str, execution: str) -> list[tuple[Screen[Any, Any], Any, str]]:
    named = ((BOARD, team.id), (NETWORK, ""), (PIPELINE, pipeline), (EXECUTION, execution))
    return [(screen, screen.read(store, key), key) for screen, key in named]


def test_team_that_is_told_twice_writes_once(store: Store, connection: Connection, clock: Clock) -> None:
    watched(store, clock, 3 * HOUR)
    (before,) = store.teams.list_all()
    watched(store, clock, MINUTE)
    assert store.teams.list_all() == [before]


def test_tool_that_was_asked_instead_is_named_and_told_every_ten_minutes(
    visitor: Visitor, store: Store, team: Team, connection: Connection, clock: Clock
) -> None:
    def asked_at() -> int:
        store.backfills.put_repair(Repair(connection.id, checked_at=clock()))
        watched(store, clock)
        return store.teams.get(team.id).team.quiet[0].asked_at

    clock.move(3 * HOUR)
    first = asked_at()
    assert first == clock()
    assert "Its API was asked" in said(visitor, f"/teams/{team.slug}")
    assert "nothing newer" in said(visitor, f"/teams/{team.slug}")
    clock.move(MINUTE)
    assert asked_at() == first
    clock.move(ASKED_EVERY_MS)
    assert asked_at() == clock()
    store.backfills.put_repair(Repair(connection.id, checked_at=clock(), repaired=1, repaired_at=clock()))
    watched(store, clock)
    assert "told what no event had: its webhooks get lost" in said(visitor, f"/teams/{team.slug}")


def test_posts_that_are_refused_and_a_pause_are_the_reason(
    visitor: Visitor, store: Store, team: Team, connection: Connection, clock: Clock
) -> None:
    clock.move(2 * HOUR)
    refuse(store, connection, 401, "the signature is wrong")
    assert watched(store, clock, HOUR) == (QuietReason.REFUSED,)
    assert "posts come and are refused" in said(visitor, f"/teams/{team.slug}")
    store.connections.put(connection, replace(connection, paused=True), BY, "connection.paused")
    assert watched(store, clock) == (QuietReason.PAUSED,)
    assert "paused, nothing of it is taken" in said(visitor, f"/teams/{team.slug}")
    assert said(visitor, "/") == "", "people know what they paused"


def test_team_that_has_pipelines_of_anothers_connection_is_told_of_it(
    store: Store, connection: Connection, clock: Clock
) -> None:
    ledger, idle = a_team(store, "Ledger", "ledger"), a_team(store, "Idle", "idle")
    record(store, a_run(), ledger.id)
    watched(store, clock, 3 * HOUR)
    told = {name: store.teams.get(name).team.quiet for name in (ledger.id, idle.id)}
    assert [one.connection_id for one in told[ledger.id]] == [connection.id]
    assert told[idle.id] == ()
    store.connections.create(replace(connection, id="9" * 32, team_id=ledger.id), BY)
    watched(store, clock)
    assert store.teams.get(ledger.id).team.quiet == (), "its own connection is as usual"


def test_of_many_a_page_names_four(visitor: Visitor, store: Store, team: Team, clock: Clock) -> None:
    for _ in range(6):
        found = a_connection(store, team.id)
        store.connection_states.note_activity(activity_of(in_office_hours, of=found.id, days=7))
    assert len(watched(store, clock, 9 * HOUR)) == 6
    assert said(visitor, f"/teams/{team.slug}").endswith("and 2 more connections")


def test_screen_on_a_wall_says_it_in_short(
    visitor: Visitor, store: Store, team: Team, connection: Connection, clock: Clock
) -> None:
    def foot() -> str:
        reading = RADIATOR.read(store, team.id)
        return " ".join(plain(look_at(RADIATOR, reading, team.id, View(), clock()).html("rad-foot")).split())

    assert foot() == ""
    watched(store, clock, 3 * HOUR)
    assert foot().startswith("GitHub Actionssilent, heard 11:45")


def test_team_that_somebody_changed_meanwhile_is_told_with_the_next_turn(
    store: Store, team: Team, connection: Connection, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.move(3 * HOUR)
    with monkeypatch.context() as patched:
        patched.setattr(watch_connections, "_shown", lambda *_: renamed(store))
        do(JOB, store)
    assert (store.teams.get(team.id).team.name, store.teams.get(team.id).team.quiet) == ("Renamed", ())
    assert watched(store, clock) == (QuietReason.SILENT,)
    assert store.teams.find_by_slug(team.slug) == store.teams.get(team.id).team


def renamed(store: Store) -> list[str]:
    (entry,) = store.teams.list_all()
    store.teams.update(entry, replace(entry.team, name="Renamed"), BY)
    return []


def test_team_that_changed_cannot_be_told_as_it_was(store: Store, team: Team) -> None:
    renamed(store)
    with pytest.raises(Conflict):
        store.teams.tell_quiet(team, ())


def test_api_tells_the_same(visitor: Visitor, store: Store, team: Team, connection: Connection, clock: Clock) -> None:
    refuse(store, connection, 401, "the signature is wrong")
    watched(store, clock, 3 * HOUR)
    assert visitor.user is not None
    token = create_token(visitor.user, "reads", BY)

    def ask(what: str) -> dict[str, Any]:
        address = f"/api/v1/teams/{team.id}/{what}"
        found: dict[str, Any] = visitor.client.get(address, headers={"Authorization": f"Bearer {token}"}).json()
        return found

    assert ask("pipelines")["quietConnections"] == [
        {
            "id": connection.id,
            "source": "github",
            "name": None,
            "reason": "refused",
            "lastEventAt": "2026-11-23T11:45:00.000Z",
            "askedAt": None,
            "eventsLost": False,
        }
    ]
    (one,) = ask("connections")["items"]
    assert one == {
        "id": connection.id,
        "source": "github",
        "name": None,
        "paused": False,
        "lastEventAt": "2026-11-23T11:45:00.000Z",
        "silenceIsUnusual": True,
        "signatureFailures": 1,
        "lastSignatureFailureAt": "2026-11-23T12:00:00.000Z",
        "clockAheadSeconds": None,
        "quota": None,
        "repair": None,
        "missedEventsRead": 0,
    }

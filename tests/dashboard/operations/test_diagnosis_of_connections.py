"""`manage.py doctor` on connections, jobs and the inbox: what is wrong, in words that lead to the fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.auth.sealing import seal
from dashboard.operations.connections import connections
from dashboard.operations.findings import OK, WARNING, WRONG, Finding
from dashboard.operations.work import inbox, jobs
from storage.model.backfill import Backfill, BackfillState, Repair
from storage.model.connection_state import Activity
from storage.model.deliveries import PENDING
from storage.model.document import replace
from storage.model.entities import ApiAccess, ApiQuota, Connection, ToolApp
from storage.model.job_runs import JobRun
from storage.store import Store
from tests.activities import HOUR, activity_of, in_office_hours, with_clock
from tests.factories import BY, MINUTE, NOW, Clock, a_connection, a_team, delivery, execution_changed


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id)


def only(found: Iterator[Finding]) -> Finding:
    (one,) = found
    return one


def expect(found: Iterator[Finding], level: str, words: str, cure: str) -> None:
    one = only(found)
    assert one.level == level
    assert words in one.words
    assert cure in one.cure


def page_of(connection: Connection) -> str:
    return f"/manage/connections/{connection.id}"


def with_api(store: Store, connection: Connection, **changes: Any) -> Connection:
    wanted = replace(connection, api=ApiAccess(**changes))
    return store.connections.put(connection, wanted, BY, "connection.changed")


def test_nothing_is_wrong_with_none_and_with_one_that_nothing_came_through(store: Store) -> None:
    assert only(connections(store)) == Finding(OK, "there is none yet")
    a_connection(store, a_team(store).id)
    assert only(connections(store)) == Finding(OK, "nothing is unusual with 1 of them")


def test_secret_that_is_wrong_is_found_until_the_right_one_comes(store: Store, connection: Connection) -> None:
    refused = delivery("1", connection.id, outcome="refused", answer=401, received_at=NOW)
    store.deliveries.note(refused)
    words = "GitHub Actions of Payments: the secret was wrong in 1 of the latest 1 posts"
    expect(connections(store), WARNING, words, f"or rotate it: http://127.0.0.1:8000{page_of(connection)}")
    store.deliveries.note(delivery("2", connection.id, outcome="ignored", answer=200, received_at=NOW + 1))
    assert only(connections(store)).level == OK


def test_unusual_silence_is_found_and_leads_to_the_tool(store: Store, connection: Connection, clock: Clock) -> None:
    store.connection_states.note_activity(activity_of(in_office_hours, of=connection.id))
    assert only(connections(store)).level == OK
    clock.move(3 * HOUR)
    expect(connections(store), WARNING, "nothing heard for 3 h", "whether its webhook is on")


@pytest.mark.parametrize(
    ("ahead", "words", "cure"),
    [
        (5 * MINUTE, "the sender's clock is 5 min ahead of this server's", "Set the clock that is wrong (NTP)"),
        (-5 * MINUTE, "events come 5 min after what they tell of", "Compare both clocks (NTP)"),
    ],
)
def test_clock_that_differs_is_found(store: Store, connection: Connection, ahead: int, words: str, cure: str) -> None:
    store.connection_states.note_activity(with_clock(Activity(connection.id), ahead))
    expect(connections(store), WARNING, words, cure)


def test_clock_that_differs_by_little_is_no_finding(store: Store, connection: Connection) -> None:
    store.connection_states.note_activity(with_clock(Activity(connection.id), 20_000))
    assert only(connections(store)).level == OK


def test_where_all_senders_are_ahead_our_own_clock_is_behind(store: Store, connection: Connection) -> None:
    for one in (connection, a_connection(store, connection.team_id, "jenkins")):
        store.connection_states.note_activity(with_clock(Activity(one.id), 5 * MINUTE))
    *_, last = connections(store)
    assert last.words == "all 2 senders are ahead: it is this server's clock that is behind"
    assert "timedatectl" in last.cure


def test_quota_that_is_used_up_says_until_when(store: Store, connection: Connection) -> None:
    store.connections.note_quota(connection.id, ApiQuota(5000, 100, NOW + HOUR, NOW))
    expect(connections(store), WARNING, "is used up until 13:00 UTC", "BIGTRANSIT_API_SHARE")


@pytest.mark.parametrize(
    ("api", "level", "words", "cure"),
    [
        ({"token": "no seal"}, WRONG, "no key opens its API token", "BIGTRANSIT_SECRET_KEY_FALLBACKS"),
        ({"app": ToolApp("1", "cd")}, WARNING, "its App cd has no private key here", "give it here"),
        (
            {"app": ToolApp("1", "cd", key="sealed elsewhere", installation="7")},
            WRONG,
            "no key opens the private key of its App",
            "BIGTRANSIT_SECRET_KEY_FALLBACKS",
        ),
    ],
)
def test_access_that_cannot_be_used_is_found(
    store: Store, connection: Connection, api: dict[str, Any], level: str, words: str, cure: str
) -> None:
    with_api(store, connection, **api)
    expect(connections(store), level, words, cure)
    assert page_of(connection) in only(connections(store)).cure


def test_app_that_nobody_installed_is_found_and_one_that_works_is_not(store: Store, connection: Connection) -> None:
    app = ToolApp("1", "cd", key=seal("a key"))
    changed = with_api(store, connection, app=app)
    expect(connections(store), WARNING, "its App cd is not installed anywhere", "Install it")
    with_api(store, changed, token=seal("a token"), app=replace(app, installation="7"))
    assert only(connections(store)).level == OK


@pytest.mark.parametrize(
    ("problem", "cure"),
    [
        ("GitHub does not accept the token: it is wrong, has expired or was revoked", "Give it a new token"),
        ("api.github.com cannot be reached (ConnectTimeout)", "See its page"),
    ],
)
def test_repair_that_fails_says_since_when_and_why(
    store: Store, connection: Connection, problem: str, cure: str
) -> None:
    store.backfills.put_repair(Repair(connection.id, problem=problem, problem_at=NOW - 2 * HOUR))
    expect(connections(store), WARNING, f"as the tool has them for 2 h: {problem}", cure)


def begun(store: Store, connection: Connection, **changes: Any) -> None:
    backfill = Backfill(connection.id, connection.team_id, "github", NOW, "Ada", NOW - 90 * 24 * HOUR)
    store.backfills.begin(connection, None, replace(backfill, **changes), BY)


def test_past_that_is_not_read_any_more_names_the_command(store: Store, connection: Connection, clock: Clock) -> None:
    begun(store, connection, problem="GitHub answered 502")
    assert only(connections(store)).level == OK
    clock.move(2 * HOUR)
    words = "the reading of its past stands still for 2 h: GitHub answered 502"
    expect(connections(store), WARNING, words, f"manage.py backfill {connection.id}")


def test_past_that_waits_for_its_tool_or_is_read_is_no_finding(
    store: Store, connection: Connection, clock: Clock
) -> None:
    begun(store, connection, resumes_at=NOW + 2 * HOUR)
    clock.move(2 * HOUR)
    assert only(connections(store)).level == OK
    begun(store, a_connection(store, connection.team_id), state=BackfillState.DONE)
    clock.move(HOUR)
    assert only(connections(store)).level == OK


def test_past_whose_reading_ended_with_a_problem_is_found(store: Store, connection: Connection) -> None:
    begun(store, connection, state=BackfillState.STOPPED, problem="no such organisation")
    expect(connections(store), WARNING, "the reading of its past ended: no such organisation", "Begin it again")


def test_job_that_is_overdue_or_failed_last_is_named(store: Store, clock: Clock) -> None:
    assert only(jobs(store)).level == OK
    store.job_runs.note(JobRun("repair-runs", NOW, 20, NOW + MINUTE, "a", "Unavailable: away", NOW))
    expect(jobs(store), WARNING, "repair-runs failed 0 s ago: Unavailable: away", "/manage/jobs")
    store.job_runs.note(JobRun("repair-runs", NOW + MINUTE, 20, NOW + 2 * MINUTE, "a"))
    assert only(jobs(store)).level == OK
    clock.move(HOUR)
    expect(jobs(store), WARNING, "overdue: repair-runs", "Start the server")


def test_inbox_that_nobody_empties_is_found(store: Store, connection: Connection, clock: Clock) -> None:
    waiting = delivery("1", connection.id, outcome=PENDING, received_at=NOW)
    waiting = replace(waiting, events=(execution_changed(),), team_id=connection.team_id)
    store.deliveries.accept(waiting)
    clock.move(10 * MINUTE)
    assert only(inbox(store)).level == OK
    clock.move(10 * MINUTE)
    expect(inbox(store), WARNING, "1 of what was accepted is not applied for longer than 15 min", "apply-inbox")


def test_inbox_of_very_many_is_not_counted_to_the_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.deliveries, "list_pending", lambda shard, before: [None] * 60)
    assert only(inbox(store)).words.startswith("100 or more of what")

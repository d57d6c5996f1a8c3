"""manage.py backfill, and the job that does the same by itself."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard.history.registry import READERS
from dashboard.history.working import begin, stop, work_on
from dashboard.jobs import read_history
from dashboard.tool_apis.errors import OutOfReach
from storage.model.backfill import BackfillState
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.history.fake_organisation import FakeOrganisation
from tests.dashboard.jobs.doing import do
from tests.factories import BY, DAY, Clock, a_connection


def backfill(*options: str) -> tuple[str, str]:
    """What it told in the end, and on the way."""
    out, err = io.StringIO(), io.StringIO()
    call_command("backfill", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def state(store: Store, connection: Connection) -> BackfillState:
    found = store.backfills.find(connection.id)
    assert found is not None
    return found.state


def test_command_reads_all_and_tells_what(store: Store, connection: Connection, organisation: FakeOrganisation) -> None:
    organisation.fill(repositories=3, days=20, runs_a_day=2)
    told, _ = backfill(connection.id, "--since", "10d")
    assert told.startswith("All read: 3 projects, 60 runs, ")
    found = store.backfills.find(connection.id)
    assert found is not None
    assert (found.asked_by, found.since) == ("manage.py backfill", store.now() - 10 * DAY)


def test_command_takes_a_date_and_patterns(
    store: Store, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=3, days=20, runs_a_day=2)
    told, _ = backfill(connection.id, "--since", "2026-11-20", "--only", "acme/shop-00[01]")
    assert told.startswith("All read: 2 projects, 14 runs, ")


def test_command_goes_on_with_what_was_begun(
    store: Store, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=2, days=2, runs_a_day=2)
    begin(store, connection, BY, since=store.now() - DAY)
    backfill(connection.id)
    found = store.backfills.find(connection.id)
    assert found is not None
    assert (found.asked_by, found.runs) == (BY.name, 4)
    backfill(connection.id, "--again")
    found = store.backfills.find(connection.id)
    assert found is not None
    assert (found.asked_by, found.runs) == ("manage.py backfill", 8)


@pytest.mark.parametrize(
    ("options", "words"),
    [(["nonsense"], "no connection"), (["0" * 32], "no connection")],
)
def test_command_for_no_connection_says_so(store: Store, options: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        backfill(*options)


def test_command_says_what_it_cannot_read(
    store: Store, team: Team, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for since in ("yesterday", "12345d"):
        with pytest.raises(CommandError, match="Give --since as days"):
            backfill(connection.id, "--since", since)
    other = a_connection(store, team.id, source="codepipeline")
    monkeypatch.delitem(READERS, "codepipeline", raising=False)
    with pytest.raises(CommandError, match="cannot be read"):
        backfill(other.id)


def test_command_ends_with_the_reason_where_it_was_stopped(store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    with pytest.raises(CommandError, match="not let in to its tool's API"):
        backfill(connection.id)


def test_job_reads_what_was_asked_for(store: Store, connection: Connection, organisation: FakeOrganisation) -> None:
    organisation.fill(repositories=2, days=2, runs_a_day=2)
    assert not read_history.is_needed(store)
    begin(store, connection, BY)
    assert read_history.is_needed(store)
    do(read_history.JOB, store)
    assert state(store, connection) is BackfillState.DONE
    assert not read_history.is_needed(store)


def test_job_leaves_alone_what_waits_or_was_stopped(
    store: Store, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    organisation.fill(repositories=2, days=2, runs_a_day=2)
    organisation.limit = 0
    begin(store, connection, BY)
    do(read_history.JOB, store)
    asked = organisation.calls
    do(read_history.JOB, store)
    assert (organisation.calls, read_history.is_needed(store)) == (asked, False)
    organisation.limit = 5000
    clock.now = organisation.resets_at
    stop(store, connection, BY)
    do(read_history.JOB, store)
    assert organisation.calls == asked


def test_one_connection_that_fails_keeps_no_other_waiting(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation.fill(repositories=1, days=1, runs_a_day=2)
    other = a_connection(store, team.id)
    begin(store, other, BY)
    begin(store, connection, BY)

    def failing(store: Store, backfill: Any, goes_on: Any) -> bool:
        if backfill.connection_id == other.id:
            raise OutOfReach("nonsense")
        return work_on(store, backfill, goes_on)

    monkeypatch.setattr("dashboard.jobs.read_history.work_on", failing)
    thread = do(read_history.JOB, store)
    assert state(store, connection) is BackfillState.DONE
    assert "nonsense" in thread._error

"""Names of pipelines are told apart while the past is read, a few times a project, for that reads all of a team's."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from dashboard.history.working import begin
from storage.model.backfill import BackfillState
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.history.fake_organisation import FakeOrganisation, FakeRun
from tests.dashboard.history.test_backfill import Killed, read_all, rows
from tests.factories import BY, DAY, MINUTE


def labels(store: Store, team: Team) -> list[tuple[str, bool]]:
    """And whether another has taken its place."""
    records = store.pipelines.list_records([row.id for row in rows(store, team)])
    return sorted((record.full_name, record.retired) for record in records.values())


def fill(organisation: FakeOrganisation) -> None:
    """Of one repository a workflow's file was renamed half way, which makes another workflow of one name."""
    organisation.fill(repositories=1, days=1, runs_a_day=5)
    began = organisation.clock() - 20 * DAY
    organisation.runs["renamed"] = [
        FakeRun(9_000_000 - place, "renamed", began - place * 60 * MINUTE, workflow=2 if place < 60 else 1)
        for place in range(105)
    ]


def test_they_are_not_told_apart_with_every_run(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(organisation)
    begin(store, connection, BY)
    rename, done = store.rebuilder.rename, list[str]()

    def counted(team_id: str) -> bool:
        done.append(team_id)
        return rename(team_id)

    monkeypatch.setattr(store.rebuilder, "rename", counted)
    assert read_all(store, connection).runs == 5 + 105
    assert len(done) <= 4
    assert sorted(retired for _, retired in labels(store, team)) == [False, False, True]


def test_process_that_goes_on_tells_apart_what_another_left(
    store: Store,
    team: Team,
    connection: Connection,
    organisation: FakeOrganisation,
    other_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(organisation)
    begin(store, connection, BY)
    rename, left = store.rebuilder.rename, 3

    def killed(team_id: str) -> Any:
        nonlocal left
        left -= 1
        if left > 0:
            raise Killed
        return rename(team_id)

    with monkeypatch.context() as patched:
        patched.setattr(store.rebuilder, "rename", killed)
        for _ in range(6):
            with suppress(Killed):
                read_all(store, connection)
    assert left <= 0
    other_store.connections.create(replace(connection, version=1), BY)
    begin(other_store, connection, BY)
    assert read_all(other_store, connection).state is BackfillState.DONE
    assert labels(store, team) == labels(other_store, team)

"""A store of the build before: opens as it is, and is right once rebuilt."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from storage import keys
from storage.codec import items
from storage.engines.sqlite import SqliteEngine
from storage.model.conditions import condition
from storage.model.deliveries import Delivery
from storage.model.document import replace
from storage.model.entities import Condition, StageKind, Status
from storage.model.events import ExecutionChanged
from storage.store import Store
from storage.table import Table
from tests.factories import BY, NOW, Clock
from tests.storage.old_store import (
    AWS,
    CI,
    DELIVER,
    RED_42,
    execution,
    history,
    old_histories,
    old_items,
    opened,
    pipeline_id,
    rebuild,
    rows,
    team,
)


@pytest.fixture
def old(large_table: Table) -> Store:
    return opened(large_table)


@pytest.fixture
def small(sqlite_table: Table) -> Store:
    """On one engine, where the rules matter and not what stores them."""
    return opened(sqlite_table)


def conditions(store: Store, slug: str = "payments") -> dict[str, Condition]:
    return {key: condition(row, NOW) for key, row in rows(store, slug).items()}


# As it is, before anything is rebuilt


def test_every_row_of_the_old_build_is_shown_as_far_as_it_tells(old: Store) -> None:
    assert conditions(old) == {
        "1296269/CI": Condition.FAILING,
        "1296269/Deliver": Condition.PASSING,
        "1296269/Nightly": Condition.PASSING,
        "1296269/Lint": Condition.PASSING,
        "1296269/lint.yml": Condition.FAILING,
        "1296269/npm_and_yarn in /. for lodash - Update #1101": Condition.PASSING,
        "1296269/npm_and_yarn in /. for vite - Update #1102": Condition.PASSING,
        "1296269/github_actions in /. - Update #1103": Condition.PASSING,
        "1296270/Build": Condition.FAILING,
        "1296270/Ship": Condition.PASSING,
        f"{AWS}/ledger": Condition.WAITING,
        f"{AWS}/reports": Condition.FAILING,
    }
    assert conditions(old, "vault") == {"1296271/CI": Condition.FAILING, "1296280/CI": Condition.FAILING}
    row = rows(old)["1296269/CI"]
    assert (row.label, row.taken and row.taken.name) == ("checkout · CI", "Mara Lindqvist")
    assert row.result is not None
    assert (row.result.number, row.result.stage, row.result.since) == ("42", "test", RED_42)
    assert [one.number for one in row.in_flight] == ["43"]
    assert [entry.team.slug for entry in old.teams.list_boards()] == ["payments", "vault"]


def test_every_execution_of_the_old_build_is_read(old: Store) -> None:
    ids = [str(item["pk"])[10:] for item in old_items() if str(item["pk"]).startswith("EXECUTION#")]
    found = [old.executions.get(id_) for id_ in ids]
    assert len(found) == 83
    assert {one.status for one in found} == {
        *(Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.SKIPPED, Status.TIMED_OUT),
        *(Status.RUNNING, Status.WAITING),
    }
    again = execution(old, DELIVER, 9)
    assert [attempt.status for attempt in again.attempts] == [Status.FAILED, Status.SUCCEEDED]
    running = execution(old, CI, 43)
    assert (running.status, running.stages[-1].name, running.ended) == (Status.RUNNING, "test", False)


def test_lists_of_executions_are_whole(small: Store) -> None:
    for id_, ids in old_histories().items():
        assert sorted(history(small, id_)) == sorted(ids)
    red = execution(small, CI, 42)
    assert [brief.id for brief in small.executions.list_of_commit(red.commit[:9]).items] == [red.id]


def test_people_connections_and_what_was_noted_are_read(small: Store) -> None:
    payments, vault = team(small), team(small, "vault")
    assert (payments.is_open, payments.description, vault.is_open) == (True, "Takes the money", False)
    people = {user.name: user for user in small.users.list_all()}
    assert set(people) == {"Ada Admin", "Mara Lindqvist", "Jo Adeyemi", "Vic Ortega", "Sam Rivers"}
    mara = people["Mara Lindqvist"]
    assert small.users.find_id("mara@example.com") == mara.id
    assert small.users.find_id_of("https://id.example.com", "sam-1") == people["Sam Rivers"].id
    assert [session.agent for session in small.sessions.list_of_user(mara.id)] == ["Firefox"]
    assert [token.name for token in small.tokens.list_of_user(mara.id)] == ["laptop"]
    assert [str(member.role) for member in small.members.list_of_team(payments.id)] == ["member", "manager"]
    assert [i.email for i in small.members.list_invitations(payments.id)] == ["new@example.com"]
    assert [screen.name for screen in small.screen_links.list_of_team(payments.id)] == ["Hallway"]
    connections = {c.source: c.name for c in small.connections.list_of_team(payments.id)}
    assert connections == {"github": "acme on GitHub", "codepipeline": "AWS"}
    assert [c.paused for c in small.connections.list_of_team(vault.id)] == [True]
    assert {entry.action for entry in small.audit.list_all(100).items} >= {"pipeline.taken", "pipeline.moved"}


def test_topic_of_a_connection_is_an_option_of_it_now(small: Store) -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:pipelines"
    found = next(c for c in small.connections.list_of_team(team(small).id) if c.source == "codepipeline")
    whole = small.connections.find(found.id)
    assert whole is not None
    item = small.table.get(items.connection_key(found.id))
    assert item is not None
    fields = orjson.loads(str(item["doc"]))
    fields[6:] = [topic]
    old = orjson.dumps(fields).decode()
    small.table.put({**item, "doc": old, "summary": old})
    read = small.connections.find(found.id)
    assert read == replace(whole, options=(("topic_arn", topic),))
    assert topic in [dict(c.options).get("topic_arn") for c in small.connections.list_of_team(team(small).id)]
    written = small.connections.put(read, replace(read, options=()), BY, "connection.changed")
    assert small.connections.find(found.id) == written


def test_deliveries_of_the_old_build_are_listed_and_can_be_replayed(small: Store) -> None:
    github = next(c for c in small.connections.list_of_team(team(small).id) if c.source == "github")
    briefs = small.deliveries.list_of_connection(github.id)
    assert {brief.outcome for brief in briefs} == {"applied", "ignored", "rejected", "pending"}
    applied = [brief for brief in briefs if brief.outcome == "applied"]
    assert len(applied) > 10
    assert all(small.deliveries.find_post(github.id, brief.key) for brief in applied)


def waiting(store: Store) -> list[Delivery]:
    return [one for shard in range(keys.INBOX_SHARDS) for one in store.deliveries.list_pending(shard, NOW)]


def test_what_waits_in_the_inbox_comes_with_its_post_to_be_parsed_again(old: Store) -> None:
    with_post = [one for one in waiting(old) if one.post]
    assert sorted(one.event for one in with_post) == [
        "pipeline.STARTED",
        "workflow_job.in_progress",
        "workflow_run.requested",
        "workflow_run.requested",
    ]
    assert {one.events for one in with_post} == {()}
    assert {one.team_id for one in with_post} == {team(old).id}


def test_what_waits_in_the_inbox_without_a_post_tells_its_events(small: Store) -> None:
    (delivery,) = [one for one in waiting(small) if not one.post]
    (event,) = delivery.events
    assert isinstance(event, ExecutionChanged)
    assert (event.pipeline.key, event.pipeline.project, event.pipeline.name) == (
        "1296269/Deliver",
        "checkout",
        "Deliver",
    )
    assert (event.execution, event.status, event.branch) == ("6010", Status.RUNNING, "main")
    small.recorder.settle(delivery.team_id, delivery.events, delivery)
    assert execution(small, DELIVER, 10).status is Status.RUNNING
    assert all(one.post for one in waiting(small))


COLUMNS = ("expires", "history_pk", "history_sk", "commit_pk", "commit_sk", "inbox_pk", "inbox_sk", "summary")
OLD_TABLE = (
    f"CREATE TABLE items (pk TEXT NOT NULL, sk TEXT NOT NULL, {', '.join(COLUMNS)}, item TEXT NOT NULL,"
    " PRIMARY KEY (pk, sk)) WITHOUT ROWID"
)


def test_sqlite_file_of_the_old_build_opens_once_it_is_prepared(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "items.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute(OLD_TABLE)
        for item in old_items():
            values = [item["pk"], item["sk"], *map(item.get, COLUMNS), orjson.dumps(item).decode()]
            file.execute(f"INSERT INTO items VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
        file.commit()
    engine = SqliteEngine(path)
    engine.prepare()
    store = Store(Table(engine, clock))
    assert len(rows(store)) == 12
    assert rebuild(store)
    assert conditions(store)["1296269/CI"] is Condition.FAILING
    assert rebuild(store) == 0
    engine.close()


# Rebuilt


def test_rows_are_right_once_rebuilt(old: Store) -> None:
    assert rebuild(old) > 0
    found = rows(old)
    assert {key: condition(row, NOW) for key, row in found.items()} == {
        "1296269/CI": Condition.FAILING,
        "1296269/Deliver": Condition.PASSING,
        "1296269/Nightly": Condition.PASSING,
        "1296269/Lint": Condition.PASSING,
        "1296269/lint.yml": Condition.FAILING,
        "1296269/npm_and_yarn in /. for lodash - Update #1101": Condition.PASSING,
        "1296269/npm_and_yarn in /. for vite - Update #1102": Condition.PASSING,
        "1296269/github_actions in /. - Update #1103": Condition.PASSING,
        "1296270/Build": Condition.FAILING,
        # Jobs alone speak for nobody.
        "1296270/Ship": Condition.IDLE,
        f"{AWS}/ledger": Condition.WAITING,
        f"{AWS}/reports": Condition.FAILING,
    }
    row = found["1296269/CI"]
    assert row.result is not None
    assert (row.result.number, row.result.stage, row.result.since) == ("42", "test", RED_42)
    assert [one.number for one in row.in_flight] == ["43"]
    assert row.last_green is not None
    assert row.last_green.number == "41"
    assert row.usual_seconds is not None
    assert [cell.name for cell in row.layout] == ["build", "test", "deploy production"]
    assert found[f"{AWS}/ledger"].result is not None
    assert found[f"{AWS}/reports"].result.stage == "Build"  # type: ignore[union-attr]


def test_rebuilding_twice_changes_nothing_the_second_time(small: Store) -> None:
    rebuild(small)
    assert rebuild(small) == 0


def test_network_shows_all_pipelines_that_are_not_hidden_once_rebuilt(small: Store) -> None:
    rebuild(small)
    boards = {entry.team.slug: {row.id for row in entry.rows} for entry in small.teams.list_boards()}
    for slug in ("payments", "vault"):
        assert boards[slug] == {stored.id for stored in small.pipelines.list_board(team(small, slug).id)}
    assert pipeline_id(small, "1296269/Nightly") not in boards["payments"]


def test_what_people_said_is_kept_when_rebuilt(small: Store) -> None:
    rebuild(small)
    found = rows(small)
    deliver = found["1296269/Deliver"]
    assert (deliver.label, deliver.default_branch) == ("Checkout to production", "main")
    assert [(cell.name, cell.kind) for cell in deliver.stages] == [
        ("roll out", StageKind.PRODUCTION),
        ("smoke", StageKind.ACCEPTANCE),
        ("compile", StageKind.COMMIT),
    ]
    assert found["1296269/Nightly"].hidden
    assert found["1296270/Build"].label == "Shop build"
    assert found[f"{AWS}/ledger"].overrides.stages[0].kind is StageKind.COMMIT
    holders = {key: row.taken.name for key, row in found.items() if row.taken}
    assert holders == {"1296269/CI": "Mara Lindqvist", "1296269/lint.yml": "Jo Adeyemi"}
    assert {k: r.taken and r.taken.name for k, r in rows(small, "vault").items()} == {
        "1296271/CI": "Vic Ortega",
        "1296280/CI": None,
    }


def test_history_is_whole_once_rebuilt(small: Store) -> None:
    rebuild(small)
    for id_, ids in old_histories().items():
        assert sorted(history(small, id_)) == sorted(ids)

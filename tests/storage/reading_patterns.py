"""Calls of connections and of what is read by them, for tests/storage/test_access_patterns.py."""

from __future__ import annotations

from collections.abc import Callable

from storage.codec import failure_items
from storage.codec.convention_items import StoredConventions
from storage.model.apply_progress import INSTALLATION
from storage.model.backfill import Backfill, MissedDeliveries, Project, Repair
from storage.model.connection_state import Activity, noted
from storage.model.document import replace
from storage.model.entities import ApiQuota, Connection, StageKind
from storage.model.failures import GreenLines, JobFailure, WantedLogs
from storage.model.runners_online import RunnersOnline
from storage.model.stage_rules import Conventions, StageRule
from storage.store import Store
from tests.factories import BY, DAY, NOW


def convention_calls(store: Store, team_id: str) -> dict[str, Callable[[], object]]:
    conventions, rules = store.stage_conventions, Conventions((StageRule("smoke *", StageKind.ACCEPTANCE),))
    conventions.put(team_id, StoredConventions(), rules, BY, "Payments")
    conventions.put(INSTALLATION, StoredConventions(), rules, BY, "all teams")
    progress = conventions.find_progress(INSTALLATION)
    assert progress is not None
    return {
        "StageConventions.find": lambda: conventions.find(team_id),
        "StageConventions.find_inherited": lambda: conventions.find_inherited(team_id),
        "StageConventions.put": lambda: conventions.put(team_id, StoredConventions(rules, 1), rules, BY, "Payments"),
        "StageConventions.find_progress": lambda: conventions.find_progress(team_id),
        "StageConventions.list_progress": conventions.list_progress,
        "StageConventions.put_progress": lambda: conventions.put_progress(progress, replace(progress, total=4)),
    }


def reading_calls(store: Store, connection: Connection) -> dict[str, Callable[[], object]]:
    quota = ApiQuota(5000, 4990, NOW + 1000, NOW)
    store.connections.note_quota(connection.id, quota)
    failures = store.failures
    found = JobFailure(
        "e" * 32, 0, 1, connection.team_id, "p" * 32, "17", "test", fingerprint="f" * 32, at=NOW, since=NOW
    )
    failures.put(found, "7", NOW // 1000 + 900)
    failures.put_green_lines("p" * 32, "Build", "test", GreenLines("e" * 32, b"abcdef"))
    store.table.put(failure_items.wanted_item(WantedLogs("e" * 32, connection.id, NOW)))
    (note,) = failures.list_wanted()
    (alike,) = failures.list_alike("f" * 32)
    backfill = Backfill(connection.id, connection.team_id, "github", NOW, "Ada", NOW - DAY)
    begun = store.backfills.begin(connection, None, backfill, BY)
    other = replace(connection, id="0" * 32)
    stopped = store.backfills.begin(other, None, replace(backfill, connection_id=other.id), BY)
    project = Project("acme/checkout")
    team = store.teams.get(connection.team_id).team
    activity = noted(Activity(connection.id), NOW)
    store.connection_states.note_activity(activity)
    store.backfills.put_repair(Repair(connection.id))
    store.backfills.put_missed(MissedDeliveries(connection.id))
    store.backfills.put_project(connection.id, project)
    return {
        **convention_calls(store, connection.team_id),
        "Subjects.list_services": store.subjects.list_services,
        "Teams.list_overview": store.teams.list_overview,
        "Runners.find": store.runners.find,
        "Runners.put": lambda: store.runners.put(RunnersOnline(), changed=True),
        "Teams.tell_quiet": lambda: store.teams.tell_quiet(team, (), ["pipeline:x"]),
        "ConnectionStates.find": lambda: store.connection_states.find(connection.id),
        "ConnectionStates.find_all": lambda: store.connection_states.find_all([connection.id]),
        "ConnectionStates.find_activities": lambda: store.connection_states.find_activities([connection.id]),
        "ConnectionStates.note_activity": lambda: store.connection_states.note_activity(activity),
        "Backfills.find": lambda: store.backfills.find(connection.id),
        "Backfills.list_all": store.backfills.list_all,
        "Backfills.put": lambda: store.backfills.put(begun, backfill, project),
        "Backfills.begin": lambda: store.backfills.begin(
            replace(connection, id="1" * 32), None, replace(backfill, connection_id="1" * 32), BY
        ),
        "Backfills.stop": lambda: store.backfills.stop(other, stopped, BY),
        "Backfills.find_repair": lambda: store.backfills.find_repair(connection.id),
        "Backfills.put_repair": lambda: store.backfills.put_repair(Repair(connection.id)),
        "Backfills.find_missed": lambda: store.backfills.find_missed(connection.id),
        "Backfills.put_missed": lambda: store.backfills.put_missed(MissedDeliveries(connection.id)),
        "Backfills.put_project": lambda: store.backfills.put_project(connection.id, project),
        "Backfills.find_project": lambda: store.backfills.find_project(connection.id, project.id),
        "Backfills.list_projects": lambda: list(store.backfills.list_projects(connection.id)),
        "Failures.list_wanted": failures.list_wanted,
        "Failures.put_off": lambda: failures.put_off(note, NOW + 1, 1),
        "Failures.settle": lambda: failures.settle(note),
        "Failures.find_all": lambda: failures.find_all("e" * 32, 4),
        "Failures.find": lambda: failures.find("e" * 32, 0),
        "Failures.put": lambda: failures.put(found, "7", NOW // 1000 + 900),
        "Failures.list_alike": lambda: failures.list_alike("f" * 32, NOW - 1),
        "Failures.tell_alike": lambda: failures.tell_alike([alike], lambda each: replace(each, pipelines=2)),
        "Failures.find_green_lines": lambda: failures.find_green_lines("p" * 32, "Build", "test"),
        "Failures.put_green_lines": lambda: failures.put_green_lines(
            "p" * 32, "Build", "test", GreenLines("x" * 32, b"abcdef")
        ),
        "Connections.page_of_team": lambda: store.connections.page_of_team(connection.team_id).items,
        "Connections.count_of_team": lambda: store.connections.count_of_team(connection.team_id),
        "Connections.list_of_sources": lambda: store.connections.list_of_sources([connection.source]),
        "Connections.list_anew": lambda: store.connections.list_anew(connection),
        "Connections.find_quota": lambda: store.connections.find_quota(connection.id),
        "Connections.note_quota": lambda: store.connections.note_quota(connection.id, quota),
    }

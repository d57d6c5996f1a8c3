"""The table of access patterns at the top of storage/schema.py is what the code does, no more and no less."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage import keys, schema
from storage.codec import items
from storage.model.accounts import Grant, Invitation, Role, ScreenLink, Session, Token, User
from storage.model.deliveries import PENDING
from storage.model.document import replace
from storage.model.factors import FactorSet, SignInPolicy, Totp
from storage.model.job_runs import JobRun
from storage.model.saved_views import ViewSet
from storage.model.subjects import SubjectKind
from storage.repositories.deliveries import InboxEntry
from storage.repositories.executions import ExecutionHead
from storage.repositories.throttles import Limit
from storage.store import Store
from storage.table import Query, Table, metered
from tests.copies import copied
from tests.factories import (
    BY,
    NOW,
    REF,
    SHA,
    a_connection,
    a_member,
    a_run,
    a_team,
    a_user,
    action_changed,
    administrator,
    delivery,
    record,
)
from tests.storage.asking_report_readers import calls_of_report_readers
from tests.storage.health_patterns import calls_of_health
from tests.storage.model.test_subjects import asked, deployed, incident, pushed
from tests.storage.reading_patterns import reading_calls
from tests.storage.recording.tables import fold_facts

ROOT = Path(__file__).parents[2]
OPERATIONS = {
    "GetItem": "get", "BatchGetItem": "batch_get", "Query": "query",
    "PutItem": "put", "DeleteItem": "delete", "TransactWriteItems": "transact",
}  # fmt: skip
READS = {"get", "batch_get", "query"}


@dataclass(frozen=True)
class Pattern:
    name: str
    method: str
    index: str
    operations: list[str]
    consistent: bool

    def __str__(self) -> str:
        return self.method


def patterns() -> list[Pattern]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (schema.__doc__ or "").splitlines()
        if line.startswith("|")
    ]
    assert rows[0] == ["Pattern", "Method", "Index", "Operation", "PK", "SK", "Consistent", "Bound"]
    return [
        Pattern(row[0], row[1], row[2], [OPERATIONS[name] for name in row[3].split(" + ")], row[6] == "yes")
        for row in rows[2:]
    ]


REPOSITORIES = {
    type(found).__name__: type(found)
    for name, found in vars(Store(Table(None))).items()  # type: ignore[arg-type]
    if type(found).__module__.startswith("storage.repositories")
}


class World:
    """Something of everything, so that each pattern finds what it asks for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.user = administrator(store)
        self.team = a_team(store)
        self.connection = a_connection(store, self.team.id)
        self.execution_id = record(store, a_run("5001"), self.team.id)
        long = [action_changed("5002", name=f"job {n}") for n in range(200)]
        self.long_id = store.recorder.apply(self.team.id, long).execution_id
        self.pipeline_id = keys.pipeline_id(self.team.id, "github", REF.key)
        store.recorder.apply(self.team.id, [], None, [deployed(1, 1), incident(1), asked(1), pushed(1)])
        fold_facts(store)
        self.token = Token("t" * 64, self.user.id, "a token", NOW, team_id=self.team.id)
        store.tokens.create(self.token, BY)
        self.screen = ScreenLink("i" * 32, "q" * 64, self.team.id, "wall", NOW, "Ada")
        store.screen_links.create(self.screen, BY)
        self.member = a_member(store, self.team, Role.MEMBER)
        self.invited = Invitation(self.team.id, "v" * 64, Role.MEMBER, "", NOW, NOW + 10_000_000, "Ada")
        store.members.put_invitation(self.invited, BY)
        self.vouched = a_user(store, "x@idp.example", issuer="https://idp.example", subject="7")
        self.limit = Limit("sign-in", "somebody", 5, 60)
        store.throttles.take([self.limit])
        store.timekeepers.check(running_ms=None, agreed=False)
        store.proxies.note("172.18.0.2", "X-Forwarded-For")
        store.job_runs.note(JobRun("purge", NOW, 5, NOW + 1, "here"))
        self.lease = store.leases.take("purge", "here", 60.0) or pytest.fail("nobody else has it")
        store.deliveries.accept(delivery("waits", outcome=PENDING, events=()))
        store.deliveries.note(delivery("kept", post="packed"))
        store.deliveries.accept(delivery("dies", outcome=PENDING, events=(), team_id=self.team.id))
        store.deliveries.bury(self.entry("dies"), "a reason")

    def subject(self, kind: str) -> str:
        name = {"environment": "production", "incident": "401", "change_request": "388"}[kind]
        return keys.subject_id(kind, self.team.id, "github", "", "github.com/1", name)

    def entry(self, key: str) -> InboxEntry:
        due = self.store.deliveries.list_pending(keys.inbox_shard(key), NOW)
        return next(found for found in due if found.key == key)

    @property
    def calls(self) -> dict[str, Callable[[], object]]:
        store, team, user = self.store, self.team, self.user
        entry = store.teams.get(team.id)
        head = ExecutionHead(store.table.get(items.execution_key(self.long_id)) or {})
        waiting = self.entry("waits")
        runs = store.executions.list_of_commit(SHA[:9]).items
        assert head is not None
        return {
            "Teams.list_all": store.teams.list_all,
            "Teams.list_boards": store.teams.list_boards,
            "Teams.find_summaries": lambda: store.teams.find_summaries([(team.id, self.pipeline_id)]),
            "Teams.list_names": store.teams.list_names,
            "Teams.find_by_slug": lambda: store.teams.find_by_slug(team.slug),
            "Teams.find": lambda: store.teams.find(team.id),
            "Teams.create": lambda: store.teams.create("Ledger", "ledger", BY),
            "Teams.update": lambda: store.teams.update(entry, replace(team, slug="new-address"), BY),
            "Teams.delete": lambda: store.teams.delete(team, BY, [self.connection]),
            "Users.arrive": lambda: store.users.arrive(user.id, "k" * 64, team.slug, self.execution_id).user,
            "Pipelines.list_board": lambda: store.pipelines.list_board(team.id),
            "Pipelines.list_health": lambda: store.pipelines.list_health(team.id)[0],
            **calls_of_health(store, self.pipeline_id),
            "Pipelines.find_row": lambda: store.pipelines.find_row(team.id, self.pipeline_id),
            "Pipelines.find_stored": lambda: store.pipelines.find_stored(self.pipeline_id),
            "Executions.find_head": lambda: store.executions.find_head(self.execution_id),
            "Pipelines.find_pair": lambda: store.pipelines.find_pair(team.id, self.pipeline_id),
            "Pipelines.find_place": lambda: store.pipelines.find_place(team.id, self.pipeline_id).row,
            "Pipelines.owners": lambda: store.pipelines.owners(runs),
            "Pipelines.find": lambda: store.pipelines.find(self.pipeline_id),
            "Pipelines.list_records": lambda: store.pipelines.list_records([self.pipeline_id]),
            "Pipelines.find_by_key": lambda: store.pipelines.find_by_key(team.id, "github", REF.key),
            "Executions.find": lambda: store.executions.find(self.execution_id),
            "Executions.get_stored": lambda: store.executions.get_stored(self.long_id),
            "Executions.find_stored": lambda: store.executions.find_stored(self.long_id),
            "Executions.whole": lambda: store.executions.whole(self.long_id, head),
            "Executions.list_of_pipeline": lambda: store.executions.list_of_pipeline(self.pipeline_id).items,
            "Executions.list_of_commit": lambda: store.executions.list_of_commit(SHA[:9]).items,
            "Subjects.find_environment": lambda: store.subjects.find_environment(self.subject("environment")),
            "Subjects.find_incident": lambda: store.subjects.find_incident(self.subject("incident")),
            "Subjects.find_change_request": lambda: store.subjects.find_change_request(self.subject("change_request")),
            "Subjects.list_of_team": lambda: store.subjects.list_of_team(SubjectKind.INCIDENT, team.id).items,
            "Subjects.list_of_author": lambda: store.subjects.list_of_author("Ada").items,
            "Subjects.list_numbered": lambda: store.subjects.list_numbered("388").items,
            "Subjects.list_incidents": lambda: store.subjects.list_incidents(team.id, 0),
            "Proxies.note": lambda: store.proxies.note("172.18.0.2", "X-Forwarded-For"),
            "Proxies.find_unbelieved": lambda: store.proxies.find_unbelieved(),
            "Timekeepers.find": lambda: store.timekeepers.find(),
            "Timekeepers.check": lambda: store.timekeepers.check(running_ms=None, agreed=False),
            "Timekeepers.confirm": lambda: store.timekeepers.confirm(BY),
            "JobRuns.list_all": store.job_runs.list_all,
            "JobRuns.note": lambda: store.job_runs.note(JobRun("purge", NOW, 5, NOW + 1, "there")),
            "Leases.take": lambda: store.leases.take("remove", "here", 60.0),
            "Leases.renew": lambda: store.leases.renew(self.lease, 60.0),
            "Leases.release": lambda: store.leases.release(self.lease),
            "Connections.create": lambda: store.connections.create(replace(self.connection, id="n" * 32), BY),
            "Connections.find": lambda: store.connections.find(self.connection.id),
            "Connections.put": lambda: store.connections.put(
                self.connection, replace(self.connection, name="new"), BY, "connection.changed"
            ),
            "Connections.note_hooks": lambda: store.connections.note_hooks(self.connection, "acme", BY),
            "Connections.note_test_run": lambda: store.connections.note_test_run(self.connection, BY),
            "Connections.delete": lambda: store.connections.delete(self.connection, BY),
            "Connections.find_all": lambda: store.connections.find_all([self.connection.id]),
            "Connections.list_of_team": lambda: store.connections.list_of_team(team.id),
            "Deliveries.find": lambda: store.deliveries.find("c" * 32, "waits"),
            "Deliveries.find_post": lambda: store.deliveries.find_post("c" * 32, "kept"),
            "Deliveries.find_brief": lambda: store.deliveries.find_brief("c" * 32, "kept"),
            "Deliveries.put_replayed": lambda: store.deliveries.put_replayed(delivery("kept"), self.connection, BY),
            "Deliveries.note": lambda: store.deliveries.note(delivery("ignored")),
            "Deliveries.accept": lambda: store.deliveries.accept(delivery("new", outcome=PENDING)),
            "Deliveries.list_of_connection": lambda: store.deliveries.list_of_connection("c" * 32),
            "Deliveries.list_pending": lambda: store.deliveries.list_pending(keys.inbox_shard("waits"), NOW),
            "Deliveries.put_back": lambda: store.deliveries.put_back(waiting, NOW + 1, 1, "a reason"),
            "Deliveries.bury": lambda: store.deliveries.bury(waiting, "a reason"),
            "Deliveries.find_dead": lambda: store.deliveries.find_dead("c" * 32, "dies"),
            "Deliveries.list_dead": lambda: store.deliveries.list_dead(team.id, "c" * 32),
            "Deliveries.count_dead": lambda: store.deliveries.count_dead(team.id),
            **(self.people | reading_calls(store, self.connection)),
            "Changes.list_since": lambda: store.changes.list_since(NOW, NOW),
        }

    def _release(self) -> bool:
        self.store.throttles.release([self.limit])
        return True

    def _touch(self) -> bool:
        self.store.sessions.touch(self.user.id, "s" * 64, NOW + 1)
        return True

    @property
    def people(self) -> dict[str, Callable[[], object]]:
        store, team, user, member = self.store, self.team, self.user, self.member
        fresh = User("u" * 32, "new@example.com", "New", "", is_admin=False, created_at=NOW)
        joined = fresh.with_role(team.id, Role.VIEWER)
        session = Session(user.id, "s" * 64, 0, NOW, NOW + 1_000_000)
        store.sessions.put(session, BY)
        totp = Totp("sealed", NOW)
        store.factor_sets.put(user, FactorSet(user.id), FactorSet(user.id, totp=totp), BY, "factor.added")
        factors, more = store.factor_sets.find(user.id), FactorSet(member.id, totp=totp)
        store.sign_in_policies.put(SignInPolicy(), SignInPolicy(), BY)
        policy = store.sign_in_policies.find()
        user = store.users.find(user.id) or user
        views = store.view_sets.put(ViewSet(user.id), ViewSet(user.id, teams=(team.id,)))
        another = replace(self.invited, key_hash="w" * 64)
        grouped = replace(member, group_roles=(Grant(team.id, Role.MANAGER),), version=member.version + 1)
        return {
            "Users.create": lambda: store.users.create(fresh, BY),
            "Users.find_all": lambda: store.users.find_all([user.id]),
            "Users.find": lambda: store.users.find(user.id),
            "Users.find_id": lambda: store.users.find_id(user.email),
            "Users.find_id_of": lambda: store.users.find_id_of("https://idp.example", "7"),
            "Users.any_exists": store.users.any_exists,
            "Users.rename": lambda: store.users.rename(user, "Ada B.", BY),
            "Users.set_password": lambda: store.users.set_password(user, "hash", BY),
            "Users.end_sessions": lambda: store.users.end_sessions(user, BY),
            "Users.end_other_sessions": lambda: store.users.end_other_sessions(user, BY, "s" * 64),
            "Users.set_standing": lambda: store.users.set_standing(member, BY, is_admin=True, is_active=True),
            "Users.set_groups": lambda: store.users.set_groups(member, grouped, BY, []),
            "Users.list_all": store.users.list_all,
            "Members.set_role": lambda: store.members.set_role(member, team, None, BY),
            "Members.set_groups": lambda: store.members.set_groups(member, grouped.group_roles, BY, is_admin=False),
            "Members.create_user": lambda: store.members.create_user(joined, BY),
            "Members.count_of_team": lambda: store.members.count_of_team(team.id),
            "Members.list_of_team": lambda: store.members.list_of_team(team.id),
            "Members.put_invitation": lambda: store.members.put_invitation(another, BY),
            "Members.find_invitation": lambda: store.members.find_invitation(team.id, "v" * 64),
            "Members.list_invitations": lambda: store.members.list_invitations(team.id),
            "Members.revoke_invitation": lambda: store.members.revoke_invitation(self.invited, BY),
            "Members.accept": lambda: store.members.accept(self.invited, user, [team], BY),
            "Members.accept_as_new": lambda: store.members.accept_as_new(self.invited, joined, BY),
            **calls_of_report_readers(store, team.id, user.id, member.id),
            "FactorSets.find": lambda: store.factor_sets.find(user.id).totp,
            "FactorSets.find_with_user": lambda: store.factor_sets.find_with_user(user.id)[1].totp,
            "FactorSets.put": lambda: store.factor_sets.put(member, FactorSet(member.id), more, BY, "factor.added"),
            "FactorSets.note_use": lambda: store.factor_sets.note_use(factors, factors),
            "FactorSets.spend": lambda: store.factor_sets.spend("d" * 64, NOW + 1_000),
            "ViewSets.find": lambda: store.view_sets.find(user.id).teams,
            "ViewSets.put": lambda: store.view_sets.put(views, views),
            "ViewSets.change": lambda: store.view_sets.change(views, lambda found: found.without_star(team_id=team.id)),
            "SignInPolicies.find": lambda: store.sign_in_policies.find().version,
            "SignInPolicies.put": lambda: store.sign_in_policies.put(policy, SignInPolicy(), BY),
            "SignInPolicies.tell": lambda: store.sign_in_policies.tell([user.id]),
            "Sessions.put": lambda: store.sessions.put(session, BY),
            "Sessions.touch": self._touch,
            "Sessions.delete": lambda: store.sessions.delete(user.id, "s" * 64, BY),
            "Sessions.list_of_user": lambda: store.sessions.list_of_user(user.id),
            "Tokens.create": lambda: store.tokens.create(replace(self.token, token_hash="n" * 64), BY),
            "Tokens.find": lambda: store.tokens.find("t" * 64),
            "Tokens.list_of_user": lambda: store.tokens.list_of_user(user.id),
            "Tokens.list_of_team": lambda: store.tokens.list_of_team(team.id),
            "Tokens.touch": lambda: store.tokens.touch(self.token),
            "Tokens.delete": lambda: store.tokens.delete(self.token, BY),
            "ScreenLinks.create": lambda: store.screen_links.create(replace(self.screen, key_hash="p" * 64), BY),
            "ScreenLinks.find": lambda: store.screen_links.find("q" * 64),
            "ScreenLinks.list_of_team": lambda: store.screen_links.list_of_team(team.id),
            "ScreenLinks.delete": lambda: store.screen_links.delete(self.screen, BY),
            "Throttles.take": lambda: store.throttles.take([Limit("sign-in", "another", 5, 60), self.limit]) == 0,
            "Throttles.release": self._release,
            "Audit.put_refused": lambda: store.audit.put_refused(BY, "request.post", "/manage"),
            "Audit.list_all": lambda: store.audit.list_all().items,
            "Audit.list_of_team": lambda: store.audit.list_of_team(team.id).items,
        }


@pytest.mark.parametrize("pattern", patterns(), ids=str)
def test_pattern_is_exactly_the_operation_its_row_names(store: Store, pattern: Pattern) -> None:
    call = copied(store, World).calls[pattern.method]
    with metered() as meter:
        found = call()
    assert found or not READS & set(pattern.operations), "the pattern found nothing, so it proves nothing"
    assert meter.operations == pattern.operations


@pytest.mark.parametrize("pattern", patterns(), ids=str)
def test_reads_are_as_consistent_as_their_row_says_and_go_by_the_index_it_names(
    store: Store, pattern: Pattern, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = copied(store, World).calls[pattern.method]
    asked, engine = list[tuple[bool, str]](), store.table.engine

    def watch(name: str) -> None:
        made = getattr(engine, name)

        def watched(what: object, **options: bool) -> object:
            index = what.index if isinstance(what, Query) else ""
            asked.append((what.consistent if isinstance(what, Query) else options["consistent"], index))
            return made(what, **options)

        monkeypatch.setattr(engine, name, watched)

    for name in ("get", "batch_get", "query"):
        watch(name)
    call()
    if asked:
        assert asked[0] == (pattern.consistent, pattern.index.replace("-", ""))
    assert all(consistent for consistent, _ in asked[1:])


def test_each_row_names_a_real_method_once() -> None:
    named = [pattern.method for pattern in patterns()]
    assert len(named) == len(set(named))
    for repository, _, name in (method.partition(".") for method in named):
        assert inspect.isfunction(getattr(REPOSITORIES[repository], name))


def test_each_repository_method_that_reads_or_writes_has_its_row() -> None:
    """`get` is `find` that raises; a static method has no table to ask."""
    methods = {
        f"{name}.{method}"
        for name, repository in REPOSITORIES.items()
        for method, found in vars(repository).items()
        if inspect.isfunction(found) and not method.startswith("_") and method != "get"
    }
    assert methods == {pattern.method for pattern in patterns()}


def test_nothing_scans() -> None:
    scanning = re.compile(r"\.scan\(|['\"]scan['\"]\)|\bScan(Command|Input)?\b")
    files = [*ROOT.glob("storage/**/*.py"), *ROOT.glob("dashboard/**/*.py")]
    assert len(files) > 60
    assert [str(file) for file in files if scanning.search(file.read_text())] == []

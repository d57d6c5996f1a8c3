"""What the rows of the matrix are tried on: two teams, with one of everything and somebody of each kind."""

from __future__ import annotations

from dashboard.auth.links import invite, reset_url
from dashboard.auth.policy import scope_of
from dashboard.auth.report_links import unsubscribe_url
from dashboard.auth.sessions import hash_secret
from dashboard.auth.tokens import create_token
from storage.keys import new_id, pipeline_id
from storage.model.accounts import Role, Scope, ScreenLink, User
from storage.model.entities import Connection, Status
from storage.model.factors import FactorSet, Passkey, Totp
from storage.model.pipeline_record import Acknowledgement
from storage.model.saved_views import SavedView, Screen, ViewSet
from storage.model.team_rules import UNASSIGNED
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.views.matrix import HELD, SCREEN_KEY, WAITING, Reader
from tests.dashboard.visiting import post_github
from tests.factories import BY, NOW, REF, a_connection, a_member, a_run, a_team, administrator, record


class World:
    """A closed team with one of everything, another team that is open, and somebody of each kind."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.admin = administrator(store)
        self.team = a_team(store, is_open=False)
        self.other = a_team(store, "Ledger", "ledger")
        self.people: dict[Reader, User] = {
            Reader.OTHER: a_member(store, self.other, Role.MEMBER, "other@example.com"),
            Reader.VIEWER: a_member(store, self.team, Role.VIEWER),
            Reader.MEMBER: a_member(store, self.team, Role.MEMBER),
            Reader.MANAGER: a_member(store, self.team, Role.MANAGER),
            Reader.ADMIN: self.admin,
        }
        self.person = a_member(store, self.other, Role.VIEWER, "person@example.com", name="Cleo")
        self.mate = a_member(store, self.team, Role.MEMBER, "mate@example.com")
        self.connection: Connection = a_connection(store, self.team.id, name="acme")
        # One that fails, so that it can be taken, and one that somebody has.
        self.execution = record(store, a_run("5001", outcome=Status.FAILED), self.team.id)
        record(store, a_run("5002", outcome=Status.FAILED, ref=HELD), self.team.id)
        store.teams.create_unassigned(BY)
        record(store, a_run("5003", ref=WAITING), UNASSIGNED)
        store.rebuilder.rename(self.team.id)
        holder = Acknowledgement(self.mate.id, self.mate.name, NOW)
        store.override_writer.take(self.team.id, self.held, holder, BY, "pipeline.taken")

    @property
    def held(self) -> str:
        return pipeline_id(self.team.id, "github", HELD.key)

    def names(self, reader: Reader) -> dict[str, str]:
        """What rows are filled in with. What is made for it here is made before anything is counted."""
        store, team = self.store, self.team
        user = self.people.get(reader, self.admin)
        token = create_token(self.person, "of the team", BY, team_id=team.id)
        own = create_token(user, "mine", BY)
        screens = [ScreenLink(new_id(), hash_secret(SCREEN_KEY), team.id, "Wall", NOW, "Ada")]
        screens.append(ScreenLink(new_id(), "f" * 64, "", "Foyer", NOW, "Ada"))
        for screen in screens:
            store.screen_links.create(screen, BY)
        for each in {user.id, self.person.id}:
            factors = FactorSet(each, totp=Totp("sealed", NOW), passkeys=(Passkey("cGs", "cGs", 0, "Phone", NOW),))
            somebody = store.users.find(each)
            assert somebody is not None
            store.factor_sets.put(somebody, FactorSet(each), factors, BY, "factor.added")
            store.view_sets.put(ViewSet(each), ViewSet(each, views=(SavedView("v1", "Red", Screen.NETWORK),)))
        invitation = invite(team, Role.MEMBER, "", BY).rpartition("/")[2]
        post_github(self.connection, workflow_run(), key="d-1")
        return {
            "team": team.id,
            "other": self.other.id,
            "pipeline": pipeline_id(team.id, "github", REF.key),
            "held": self.held,
            "waiting": pipeline_id(UNASSIGNED, "github", WAITING.key),
            "execution": self.execution,
            "connection": self.connection.id,
            "person": self.person.id,
            "member": self.mate.id,
            "manager": self.people[Reader.MANAGER].id,
            "token": hash_secret(token),
            "own_token": hash_secret(own),
            "screen": screens[0].id,
            "network_screen": screens[1].id,
            "invitation": invitation,
            "invitation_hash": hash_secret(invitation),
            "reset": reset_url(self.person).rpartition("/")[2],
            "leave": unsubscribe_url(team.id, self.person.id).rpartition("/")[2],
            "session": hash_secret(hash_secret(user.id)[:43]),
            "scope": scope_of(user),
        }

    def bearer(self, reader: Reader) -> str:
        """The token this reader asks the API with."""
        if reader is Reader.READ:
            return create_token(self.admin, "reads", BY, scopes=[Scope.READ])
        if reader is Reader.INGEST:
            return create_token(self.admin, "posts", BY, scopes=[Scope.INGEST])
        return create_token(self.people[reader], "all", BY)

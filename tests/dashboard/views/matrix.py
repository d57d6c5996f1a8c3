"""Who may do what at which address: a row a route and method. tests/dashboard/views/test_matrix.py runs all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

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
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import post_github
from tests.factories import BY, NOW, PASSWORD, REF, SHA, a_connection, a_member, a_run, a_team, administrator, record

SCREEN_KEY = "k" * 32
NEW_TOKEN = {"token-name": "x", "token-scopes": "read", "token-days": "30"}
HELD = workflow_of("gift", 2)


class Reader(StrEnum):
    ANONYMOUS = "anonymous"
    OTHER = "other team"
    VIEWER = "viewer"
    MEMBER = "member"
    MANAGER = "manager"
    ADMIN = "admin"
    READ = "read token"
    INGEST = "ingest token"


class Least(StrEnum):
    """The least that somebody must be."""

    NOBODY = "nobody"
    SIGNED_IN = "signed in"
    VIEWER = "viewer"
    MEMBER = "member"
    MANAGER = "manager"
    ADMIN = "admin"
    ANY_MANAGER = "manager of any team"
    ADMIN_OF_ALL = "administrator, of no team"


PEOPLE = (Reader.OTHER, Reader.VIEWER, Reader.MEMBER, Reader.MANAGER, Reader.ADMIN)
ALLOWED: dict[Least, frozenset[Reader]] = {
    Least.NOBODY: frozenset({Reader.ANONYMOUS, *PEOPLE}),
    Least.SIGNED_IN: frozenset(PEOPLE),
    Least.VIEWER: frozenset(PEOPLE[1:]),
    Least.MEMBER: frozenset(PEOPLE[2:]),
    Least.MANAGER: frozenset(PEOPLE[3:]),
    Least.ANY_MANAGER: frozenset(PEOPLE[3:]),
    Least.ADMIN: frozenset(PEOPLE[4:]),
    Least.ADMIN_OF_ALL: frozenset(PEOPLE[4:]),
}
OF_NO_TEAM = {Least.SIGNED_IN, Least.ANY_MANAGER, Least.ADMIN_OF_ALL}


@dataclass(frozen=True)
class Row:
    """`path` and `data` are filled in from the world. `ok`: what is answered where it is allowed, if not 200 to a
    GET and 303 to a POST.
    `audits`: outcomes of the entries that an allowed one writes."""

    least: Least
    path: str
    method: str = "GET"
    data: dict[str, str] = field(default_factory=dict)
    ok: int = 0
    audits: tuple[str, ...] = ("done",)


def get(least: Least, path: str, ok: int = 0) -> Row:
    return Row(least, path, ok=ok)


def post(
    least: Least,
    path: str,
    data: dict[str, str] | None = None,
    ok: int = 0,
    audits: tuple[str, ...] = ("done",),
) -> Row:
    return Row(least, path, "POST", data or {}, ok, audits)


N, S, V, M, G, A = Least.NOBODY, Least.SIGNED_IN, Least.VIEWER, Least.MEMBER, Least.MANAGER, Least.ADMIN
ANY, ALL = Least.ANY_MANAGER, Least.ADMIN_OF_ALL
TEAM, PERSON = "/manage/teams/{team}", "/manage/people/{person}"
INVITATION = {"invitation": "{invitation_hash}"}
HOOK, APP = "/manage/connections/{connection}", "/account/second-factor/app"
FORM = {"name": "Payments two", "slug": "payments", "is_open": "closed"}
DEPLOYED, MARK = "/health/payments/deployments", "/health/payments/deployments/{execution}"
FORMS, DONE, LEAVE = ("", ".csv", ".json"), ("done",), "/reports/unsubscribe/{leave}"
BEHIND = {"deployments": DEPLOYED, "measures/<str:measure>": "/health/payments/measures/success_rate"}
BEHIND |= {of: f"/health/payments/{of}" for of in ("bottleneck", "cost")}
VIEW, STARS = {"name": "Red", "screen": "board", "team": "payments"}, ("star", "unstar")

ROWS: dict[str, list[Row]] = {
    "": [get(S, "/")],
    "teams/<slug:slug>": [get(V, "/teams/payments")],
    "teams/<slug:slug>/pipelines/<str:pipeline_id>": [get(V, "/teams/payments/pipelines/{pipeline}")],
    "teams/<slug:slug>/pipelines/<str:pipeline_id>/take": [post(M, "/teams/payments/pipelines/{pipeline}/take")],
    "teams/<slug:slug>/pipelines/<str:pipeline_id>/give-back": [post(M, "/teams/payments/pipelines/{held}/give-back")],
    "teams/<slug:slug>/pipelines/<str:pipeline_id>/hand-on": [
        post(M, "/teams/payments/pipelines/{held}/hand-on", {"to": "{manager}"}),
        post(M, "/teams/payments/pipelines/{held}/hand-on", {"to": "{person}"}, 404, audits=("refused",)),
    ],
    "teams/<slug:slug>/pipelines/<str:pipeline_id>/details": [get(V, "/teams/payments/pipelines/{pipeline}/details")],
    # What one keeps for oneself is in no audit log.
    **{f"teams/<slug:slug>{'/pipelines/<str:pipeline_id>' if of else ''}/{what}": [
        post(V, f"/teams/payments{of}/{what}", audits=())] for of in ("", "/pipelines/{pipeline}") for what in STARS},
    "executions/<str:execution_id>": [get(V, "/executions/{execution}")],
    "commits/<str:sha>": [get(S, f"/commits/{SHA}")],
    **{of: [get(S, f"/{of}")] for of in ("health", "environments")},
    **{f"health/<slug:slug>/{of}{form}": [get(V, f"{at}{form}")] for of, at in BEHIND.items() for form in FORMS},
    **{f"health/<slug:slug>{of}": [get(V, f"/health/payments{of}")] for of in ("", "/flaky", "/charts", "/report")},
    "health/<slug:slug>/deployments/<str:execution_id>": [get(M, MARK), post(M, MARK, {"reason": "why"})],
    "health/<slug:slug>/report/mail": [post(V, "/health/payments/report/mail", {"wanted": "yes"})],
    "reports/unsubscribe/<str:token>": [get(N, LEAVE), post(N, LEAVE, ok=200, audits=())],
    "environments/<slug:slug>": [get(V, "/environments/payments")],
    "search": [get(S, "/search?q=checkout")], "failures/<str:fingerprint>": [get(S, "/failures/unknown", 404)],
    # 503: this server holds no streams, which is asked only of those who may have one.
    "live/<str:topic>": [
        get(V, "/live/team:{team}", 503),
        get(V, "/live/pipeline:{pipeline}", 503),
        get(V, "/live/execution:{execution}", 503),
        get(S, "/live/network:{scope}", 503),
    ],
    "login": [get(N, "/login"), post(N, "/login", {"email": "x@example.com", "password": "wrong"}, 400)],
    # Who has not given a right password begins there.
    "login/second-factor": [get(N, "/login/second-factor", 302), post(N, "/login/second-factor", {"code": "1"}, 302)],
    # This server's address has no name, so it offers none.
    "login/passkey": [post(N, "/login/passkey", {"credential": "{{}}"}, 400)],
    "login/passkey/options": [post(N, "/login/passkey/options", ok=404)],
    **{f"login/with/<slug:provider>{of}": [get(N, f"/login/with/oidc{of}", 404)] for of in ("", "/callback")},
    "logout": [get(N, "/logout"), post(S, "/logout", ok=302)],
    "setup": [get(N, "/setup", 302)],
    "reset": [get(N, "/reset"), post(N, "/reset", {"email": "x@example.com"}, 200, audits=())],
    "reset/<str:token>": [get(N, "/reset/{reset}"), post(N, "/reset/{reset}", {"password": "quite-new-4711"})],
    "join/<str:team_id>/<str:secret>": [get(N, "/join/{team}/{invitation}"), post(S, "/join/{team}/{invitation}")],
    "radiator/<str:key>": [get(N, f"/radiator/{SCREEN_KEY}"), get(N, "/radiator/nobody-has-this-key", 404)],
    "account": [get(S, "/account")],
    "account/views": [get(S, "/account/views"), post(S, "/account/views", {**VIEW, "screen": "network"}, audits=()),
                      post(V, "/account/views", VIEW, audits=())],
    "account/views/rename": [post(S, "/account/views/rename", {"view": "v1", "name": "New"}, audits=())],
    "account/views/delete": [post(S, "/account/views/delete", {"view": "v1"}, audits=())],
    "account/name": [post(S, "/account/name", {"name": "New name"})],
    # The change of the password, and the session that this browser gets for it.
    "account/password": [
        post(S, "/account/password", {"present": PASSWORD, "password": "quite-new-4711"}, audits=("done", "done")),
        post(S, "/account/password", {"present": "wrong", "password": "quite-new-4711"}, 400, audits=("refused",)),
    ],
    "account/second-factor": [get(S, "/account/second-factor")],
    "account/second-factor/app": [get(S, APP), post(S, APP, {"code": "1"}, 400, audits=())],
    "account/second-factor/app.svg": [get(S, "/account/second-factor/app.svg", 404)],
    "account/second-factor/app/remove": [
        post(S, "/account/second-factor/app/remove", {"proof": PASSWORD}),
        post(S, "/account/second-factor/app/remove", {"proof": "wrong"}, 400, audits=("refused",)),
    ],
    "account/second-factor/recovery-codes": [post(S, "/account/second-factor/recovery-codes", ok=200)],
    "account/second-factor/passkeys": [
        post(S, "/account/second-factor/passkeys", {"credential": "{{}}", "name": "Phone"}, 400, audits=())
    ],
    "account/second-factor/passkeys/options": [
        post(S, "/account/second-factor/passkeys/options", ok=404, audits=("refused",))
    ],
    "account/second-factor/passkeys/remove": [
        post(S, "/account/second-factor/passkeys/remove", {"passkey": "cGs", "proof": PASSWORD}),
        post(S, "/account/second-factor/passkeys/remove", {"passkey": "cGs", "proof": "x"}, 400, audits=("refused",)),
    ],
    "account/sessions/end": [post(S, "/account/sessions/end", {"session": "{session}"})],
    **{f"account/sessions/{what}": [post(S, f"/account/sessions/{what}")] for what in ("end-others", "end-all")},
    "account/tokens": [post(S, "/account/tokens", NEW_TOKEN, 200)],
    "account/tokens/revoke": [post(S, "/account/tokens/revoke", {"token": "{own_token}", "confirm": "mine"})],
    "manage": [get(ANY, "/manage"), post(ALL, "/manage", {"name": "New", "slug": "new-team"})],
    **{f"manage/{what}": [get(ALL, f"/manage/{what}")] for what in ("audit", "audit.csv", "jobs")},
    "manage/prices": [get(ALL, "/manage/prices"), post(ALL, "/manage/prices", {"prices": "2026-01-01 mine 0.01"})],
    "manage/people": [get(ALL, "/manage/people"), post(ALL, "/manage/people", {"email": "new@example.com"}, 200)],
    "manage/people/<str:user_id>": [
        get(ALL, PERSON),
        post(ALL, PERSON, {"name": "Cleo", "is_active": "on", "is_admin": "on"}),
        post(ALL, PERSON, {"name": "Another name", "is_active": "on"}),
    ],
    "manage/people/<str:user_id>/reset": [post(ALL, f"{PERSON}/reset", ok=200, audits=("done", "done"))],
    "manage/people/<str:user_id>/second-factor/reset": [post(ALL, f"{PERSON}/second-factor/reset")],
    "manage/people/<str:user_id>/sessions/end": [post(ALL, f"{PERSON}/sessions/end")],
    "manage/people/<str:user_id>/tokens/revoke": [
        post(ALL, f"{PERSON}/tokens/revoke", {"token": "{token}", "confirm": "of the team"})
    ],
    "manage/clock": [post(ALL, "/manage/clock")],
    "manage/sign-in": [post(ALL, "/manage/sign-in", {"second_factor_required": "on"})],
    "manage/screens": [get(ALL, "/manage/screens"), post(ALL, "/manage/screens", {"name": "Hall"}, 200)],
    "manage/screens/revoke": [post(ALL, "/manage/screens/revoke", {"screen": "{network_screen}", "confirm": "Foyer"})],
    "manage/teams/<str:team_id>": [get(G, TEAM), post(G, TEAM, FORM)],
    "manage/teams/<str:team_id>/delete": [
        get(A, f"{TEAM}/delete"),
        post(A, f"{TEAM}/delete", {"confirm": "Payments"}),
        post(A, f"{TEAM}/delete", {"confirm": "payments"}, 400, audits=()),
    ],
    "manage/teams/<str:team_id>/members": [
        get(G, f"{TEAM}/members"),
        post(G, f"{TEAM}/members", {"email": "person@example.com", "role": "viewer"}),
        post(G, f"{TEAM}/members", {"email": "stranger@example.com", "role": "member"}, 200),
    ],
    "manage/teams/<str:team_id>/members/role": [
        post(G, f"{TEAM}/members/role", {"user_id": "{member}", "role": "manager", "was": "member"})
    ],
    "manage/teams/<str:team_id>/members/remove": [post(G, f"{TEAM}/members/remove", {"user_id": "{member}"})],
    "manage/teams/<str:team_id>/invitations/revoke": [post(G, f"{TEAM}/invitations/revoke", INVITATION)],
    "manage/teams/<str:team_id>/pipelines": [get(G, f"{TEAM}/pipelines")],
    "manage/teams/<str:team_id>/pipelines/<str:pipeline_id>": [
        get(G, f"{TEAM}/pipelines/{{pipeline}}"),
        post(G, f"{TEAM}/pipelines/{{pipeline}}", {"name": "Checkout", "stage-0-place": "1", "stage-1-place": "2",
                                                   "stage-2-place": "3"}),
    ],
    "manage/teams/<str:team_id>/pipelines/<str:pipeline_id>/move": [
        post(A, f"{TEAM}/pipelines/{{pipeline}}/move", {"to": "{other}"})
    ],
    "manage/teams/<str:team_id>/connections": [get(M, f"{TEAM}/connections")],
    "manage/teams/<str:team_id>/connect/<str:source>": [
        get(G, f"{TEAM}/connect/github"),
        post(G, f"{TEAM}/connect/github", {"name": "x"}, 200),
    ],
    "manage/teams/<str:team_id>/screens": [
        get(G, f"{TEAM}/screens"), post(G, f"{TEAM}/screens", {"name": "Hall"}, 200)],
    "manage/teams/<str:team_id>/screens/revoke": [
        post(G, f"{TEAM}/screens/revoke", {"screen": "{screen}", "confirm": "Wall"})
    ],
    "manage/teams/<str:team_id>/tokens": [get(G, f"{TEAM}/tokens")],
    "manage/teams/<str:team_id>/tokens/revoke": [
        post(G, f"{TEAM}/tokens/revoke", {"token": "{token}", "confirm": "of the team"})
    ],
    **{f"manage/teams/<str:team_id>/{of}": [get(G, f"{TEAM}/{of}")] for of in ("audit", "audit.csv")},
    "manage/connections/<str:connection_id>": [get(M, HOOK), post(G, HOOK, {"name": "acme two"})],
    "manage/connections/<str:connection_id>/check": [get(M, f"{HOOK}/check")],
    "manage/connections/<str:connection_id>/body": [get(M, f"{HOOK}/body?delivery=d-1")],
    "manage/connections/<str:connection_id>/pause": [post(G, f"{HOOK}/pause", {"paused": "1"})],
    **{f"manage/connections/<str:connection_id>/{what}": [post(G, f"{HOOK}/{what}", ok=ok, audits=DONE[ok > 400:])]
       for what, ok in (("rotate", 200), ("test-run", 200), ("api", 303), ("api/remove", 303), ("api/try", 409))},
    "manage/connections/<str:connection_id>/delete": [post(G, f"{HOOK}/delete", {"confirm": "acme"})],
    "manage/connections/<str:connection_id>/replay": [post(M, f"{HOOK}/replay", {"delivery": "d-1"}, 200)],
    # The sender's own proof, not a person's: an unsigned post is refused whoever's cookie or token comes with it.
    "hooks/<str:source>/<str:connection_id>": [post(N, "/hooks/github/{connection}", ok=401, audits=())],
    **{path: [get(N, f"/{path}")] for path in ("healthz", "readyz")},
    # The API: everybody asks with a token of theirs that has all scopes.
    "api/v1/teams": [get(S, "/api/v1/teams"), post(ALL, "/api/v1/teams", {"name": "New"}, 201)],
    "api/v1/teams/<team_id>": [
        get(V, "/api/v1/teams/{team}"),
        Row(G, "/api/v1/teams/{team}", "PATCH", {"name": "New name"}, 200),
        Row(A, "/api/v1/teams/{team}", "DELETE", {}, 204),
    ],
    "api/v1/teams/<team_id>/connections": [post(G, "/api/v1/teams/{team}/connections", {"source": "github"}, 201)],
    "api/v1/teams/<team_id>/pipelines": [get(V, "/api/v1/teams/{team}/pipelines")],
    "api/v1/pipelines/<pipeline_id>": [get(V, "/api/v1/pipelines/{pipeline}")],
    "api/v1/pipelines/<pipeline_id>/executions": [get(V, "/api/v1/pipelines/{pipeline}/executions")],
    "api/v1/executions/<execution_id>": [get(V, "/api/v1/executions/{execution}")],
    "api/v1/health": [get(S, "/api/v1/health")],
    "api/v1/health/cost": [get(V, "/api/v1/health/cost?team=payments")],
    "api/v1/health/<measure>": [get(V, "/api/v1/health/success_rate?team=payments")],
    "api/v1/commits/<sha>": [get(S, f"/api/v1/commits/{SHA}")],
    "api/v1/": [get(N, "/api/v1/", 404)],
}  # fmt: skip


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

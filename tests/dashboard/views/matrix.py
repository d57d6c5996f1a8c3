"""Who may do what at which address: a row a route and method. tests/dashboard/views/test_matrix.py runs all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.forms.stage_rules import digest_of
from storage.model.entities import StageKind
from storage.model.stage_rules import Conventions, StageRule
from storage.model.team_rules import fingerprint
from tests.dashboard.views.town import workflow_of
from tests.factories import PASSWORD, SHA

SCREEN_KEY = "k" * 32
NEW_TOKEN = {"token-name": "x", "token-scopes": "read", "token-days": "30"}
HELD, WAITING = workflow_of("gift", 2), workflow_of("wiki", 3)
NO_RULES, TEAM_RULES = fingerprint(()), "/manage/team-rules"


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
APPS = f"{TEAM}/connect/github/app"
FORM = {"name": "Payments two", "slug": "payments", "is_open": "closed"}
DEPLOYED, MARK = "/health/payments/deployments", "/health/payments/deployments/{execution}"
FORMS, DONE, LEAVE = ("", ".csv", ".json"), ("done",), "/reports/unsubscribe/{leave}"
BEHIND = {"deployments": DEPLOYED, "measures/<str:measure>": "/health/payments/measures/success_rate"}
BEHIND |= {of: f"/health/payments/{of}" for of in ("bottleneck", "cost")}
RULE = {"rule-0-pattern": "smoke *", "rule-0-kind": "acceptance"}
PREVIEWED = digest_of(Conventions((StageRule("smoke *", StageKind.ACCEPTANCE),)))
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
    **{of: [get(S, f"/{of}")] for of in ("health", "environments", "waiting", "queues")},
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
    # A preview saves nothing; without one there is nothing to save.
    **{f"manage/{path}": [get(least, f"/manage/{at}"), post(least, f"/manage/{at}", RULE, 200, audits=()),
                          post(least, f"/manage/{at}", {**RULE, "do": "save", "previewed": PREVIEWED})]
       for least, path, at in ((ALL, "stage-rules", "stage-rules"),
                               (G, "teams/<str:team_id>/stage-rules", "teams/{team}/stage-rules"),
                               (G, "teams/<str:team_id>/pipelines/<str:pipeline_id>/stage-rules",
                                "teams/{team}/pipelines/{pipeline}/stage-rules"))},
    "manage/team-rules": [
        get(ALL, TEAM_RULES),
        post(ALL, TEAM_RULES, {"count": "0", "do": "save", "based_on": "0", "previewed": NO_RULES}),
    ],
    "manage/team-rules/move": [
        post(ALL, f"{TEAM_RULES}/move", {"previewed": NO_RULES}, 200, audits=()),
        post(ALL, f"{TEAM_RULES}/move", ok=409, audits=()),
    ],
    "manage/unassigned": [get(ALL, "/manage/unassigned")],
    "manage/unassigned/move": [
        post(ALL, "/manage/unassigned/move", {"to": "{other}", "pipeline": "{waiting}"}, 200),
        post(ALL, "/manage/unassigned/move", {"to": "{other}"}, 400, audits=()),
    ],
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
    "manage/teams/<str:team_id>/connect/github/app": [get(G, APPS, 303), post(G, APPS, ok=200, audits=())],
    "manage/teams/<str:team_id>/connect/github/app/registered": [get(G, f"{APPS}/registered?code=c&state=s", 400)],
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
    "manage/connections/<str:connection_id>/history": [get(M, f"{HOOK}/history")],
    "manage/connections/<str:connection_id>/destination": [post(A, f"{HOOK}/destination", {"by_rules": "1"})],
    "manage/connections/<str:connection_id>/history/start": [post(G, f"{HOOK}/history/start", {"days": "9"})],
    "manage/connections/<str:connection_id>/history/stop": [post(G, f"{HOOK}/history/stop", audits=())],
    "manage/connections/<str:connection_id>/body": [get(M, f"{HOOK}/body?delivery=d-1")],
    "manage/connections/<str:connection_id>/hooks": [
        post(G, f"{HOOK}/hooks", {"group": "acme"}, 404, audits=("refused",))
    ],
    "manage/connections/<str:connection_id>/pause": [post(G, f"{HOOK}/pause", {"paused": "1"})],
    **{f"manage/connections/<str:connection_id>/{what}": [post(G, f"{HOOK}/{what}", ok=ok, audits=DONE[ok > 400:])]
       for what, ok in (("rotate", 200), ("test-run", 200), ("api", 303), ("api/remove", 303), ("api/try", 409))},
    # This one is no App, and its tool has no file.
    **{f"manage/connections/<str:connection_id>/app/{what}": [post(G, f"{HOOK}/app/{what}", {}, 404, ("refused",))]
       for what in ("choose", "key")},
    **{f"manage/connections/<str:connection_id>/{what}": [get(least, f"{HOOK}/{what}", 404)]
       for least, what in ((G, "app/install"), (G, "app/installed"), (M, "setup-file"))},
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
    "api/v1/teams/<team_id>/connections": [
        get(M, "/api/v1/teams/{team}/connections"),
        post(G, "/api/v1/teams/{team}/connections", {"source": "github"}, 201),
    ],
    "api/v1/teams/<team_id>/pipelines": [get(V, "/api/v1/teams/{team}/pipelines")],
    "api/v1/pipelines/<pipeline_id>": [get(V, "/api/v1/pipelines/{pipeline}")],
    "api/v1/pipelines/<pipeline_id>/executions": [get(V, "/api/v1/pipelines/{pipeline}/executions")],
    "api/v1/executions/<execution_id>": [get(V, "/api/v1/executions/{execution}")],
    **{f"api/v1/{of}": [get(S, f"/api/v1/{of}")] for of in ("health", "waiting")},
    "api/v1/health/cost": [get(V, "/api/v1/health/cost?team=payments")],
    "api/v1/health/<measure>": [get(V, "/api/v1/health/success_rate?team=payments")],
    "api/v1/events": [post(G, "/api/v1/events?team=payments", ok=400)],
    "api/v1/commits/<sha>": [get(S, f"/api/v1/commits/{SHA}")],
    "api/v1/": [get(N, "/api/v1/", 404)],
}  # fmt: skip

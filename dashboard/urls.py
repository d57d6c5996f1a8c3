"""Every address of the dashboard."""

from __future__ import annotations

from django.urls import path

from dashboard.views import (
    account,
    auth,
    commits,
    executions,
    health,
    links,
    live,
    network,
    operations,
    pipelines,
    radiator,
    search,
    single_sign_on,
    teams,
    webhooks,
)
from dashboard.views.api import api
from dashboard.views.manage import access, connections, members, people
from dashboard.views.manage import audit as manage_audit
from dashboard.views.manage import pipelines as manage_pipelines
from dashboard.views.manage import teams as manage_teams

urlpatterns = [
    path("", network.index),
    path("teams/<slug:slug>", teams.board),
    path("teams/<slug:slug>/pipelines/<str:pipeline_id>", pipelines.detail),
    path("teams/<slug:slug>/pipelines/<str:pipeline_id>/take", pipelines.take),
    path("teams/<slug:slug>/pipelines/<str:pipeline_id>/give-back", pipelines.give_back),
    path("teams/<slug:slug>/pipelines/<str:pipeline_id>/hand-on", pipelines.hand_on),
    path("executions/<str:execution_id>", executions.detail),
    path("commits/<str:sha>", commits.detail),
    path("health", health.index),
    path("health/<slug:slug>", health.team),
    path("search", search.find),
    path("live/<str:topic>", live.stream),
    path("radiator/<str:key>", radiator.show),
    # Getting in
    path("login", auth.login),
    path("login/with/<slug:provider>", single_sign_on.start),
    path("login/with/<slug:provider>/callback", single_sign_on.callback),
    path("logout", auth.logout),
    path("setup", auth.setup),
    path("reset", links.ask_reset),
    path("reset/<str:token>", links.reset),
    path("join/<str:team_id>/<str:secret>", links.join),
    # One's own account
    path("account", account.index),
    path("account/name", account.rename),
    path("account/password", account.change_password),
    path("account/sessions/end", account.end_session),
    path("account/sessions/end-others", account.end_other_sessions),
    path("account/sessions/end-all", account.end_sessions),
    path("account/tokens", account.add_token),
    path("account/tokens/revoke", account.revoke_token),
    # Administration
    path("manage", manage_teams.index),
    path("manage/clock", manage_teams.confirm_clock),
    path("manage/audit", manage_audit.index),
    path("manage/audit.csv", manage_audit.export),
    path("manage/people", people.index),
    path("manage/people/<str:user_id>", people.detail),
    path("manage/people/<str:user_id>/reset", people.reset),
    path("manage/people/<str:user_id>/sessions/end", people.end_sessions),
    path("manage/people/<str:user_id>/tokens/revoke", people.revoke_token),
    path("manage/screens", access.network_screens),
    path("manage/screens/revoke", access.revoke_network_screen),
    path("manage/teams/<str:team_id>", manage_teams.details),
    path("manage/teams/<str:team_id>/delete", manage_teams.delete),
    path("manage/teams/<str:team_id>/members", members.index),
    path("manage/teams/<str:team_id>/members/role", members.set_role),
    path("manage/teams/<str:team_id>/members/remove", members.remove),
    path("manage/teams/<str:team_id>/invitations/revoke", members.revoke_invitation),
    path("manage/teams/<str:team_id>/pipelines", manage_pipelines.index),
    path("manage/teams/<str:team_id>/pipelines/<str:pipeline_id>", manage_pipelines.detail),
    path("manage/teams/<str:team_id>/pipelines/<str:pipeline_id>/move", manage_pipelines.move),
    path("manage/teams/<str:team_id>/connections", connections.index),
    path("manage/teams/<str:team_id>/connect/<str:source>", connections.add),
    path("manage/teams/<str:team_id>/screens", access.screens),
    path("manage/teams/<str:team_id>/screens/revoke", access.revoke_screen),
    path("manage/teams/<str:team_id>/tokens", access.tokens),
    path("manage/teams/<str:team_id>/tokens/revoke", access.revoke_token),
    path("manage/teams/<str:team_id>/audit", manage_audit.of_team),
    path("manage/teams/<str:team_id>/audit.csv", manage_audit.export_of_team),
    path("manage/connections/<str:connection_id>", connections.detail),
    path("manage/connections/<str:connection_id>/check", connections.checked),
    path("manage/connections/<str:connection_id>/body", connections.body),
    path("manage/connections/<str:connection_id>/rotate", connections.rotate_secret),
    path("manage/connections/<str:connection_id>/pause", connections.pause),
    path("manage/connections/<str:connection_id>/delete", connections.delete),
    path("manage/connections/<str:connection_id>/replay", connections.replay),
    # Machines
    path("hooks/<str:source>/<str:connection_id>", webhooks.receive),
    path("api/v1/", api.urls),
    path("healthz", operations.healthz),
    path("readyz", operations.readyz),
]

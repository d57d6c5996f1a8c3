"""Every address of the dashboard."""

from __future__ import annotations

from django.urls import path

from dashboard.views import (
    auth,
    commits,
    executions,
    health,
    live,
    manage,
    network,
    operations,
    pipelines,
    search,
    teams,
    webhooks,
)
from dashboard.views.api import api

urlpatterns = [
    path("", network.index),
    path("teams/<slug:slug>", teams.board),
    path("teams/<slug:slug>/pipelines/<str:pipeline_id>", pipelines.detail),
    path("teams/<slug:slug>/pipelines/<str:pipeline_id>/take", pipelines.take),
    path("executions/<str:execution_id>", executions.detail),
    path("commits/<str:sha>", commits.detail),
    path("health", health.index),
    path("health/<slug:slug>", health.team),
    path("search", search.find),
    path("live/<str:topic>", live.stream),
    # Getting in
    path("login", auth.login),
    path("logout", auth.logout),
    path("setup", auth.setup),
    # Administration
    path("manage", manage.index),
    path("manage/tokens", manage.token),
    path("manage/teams/<str:team_id>", manage.team),
    path("manage/teams/<str:team_id>/connect/<str:source>", manage.add_connection),
    path("manage/connections/<str:connection_id>", manage.connection),
    # Machines
    path("hooks/<str:source>/<str:connection_id>", webhooks.receive),
    path("api/v1/", api.urls),
    path("healthz", operations.healthz),
    path("readyz", operations.readyz),
]

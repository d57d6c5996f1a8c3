"""The network: every team the reader may see, trouble first."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import outlook, sees
from dashboard.auth.requests import SignedInRequest
from dashboard.formats import network as format_network
from dashboard.live.regions import Region, tag_of
from dashboard.readmodels.network import build
from dashboard.store import get_store
from dashboard.views.pages import live, news, page, polls


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    store = get_store()
    network = build([entry for entry in store.teams.list_all() if sees(request.user, entry.team)], store.now())
    parts = format_network.parts(network)
    tag = tag_of([Region(part, html) for part, html in parts.items()])
    if polls(request):
        return news(request, tag, lambda: format_network.snapshot(network))
    context = {"network": network, "parts": parts, "nav": "network"}
    return page(request, "network/index.html", {**context, **live(f"network:{outlook(request.user)}", tag, request)})

"""The network: every team the reader may see, trouble first."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import outlook, outlook_name, shows, takes
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats import network as format_network
from dashboard.live.regions import Region, tag_of
from dashboard.readmodels.network import build
from dashboard.store import get_store
from dashboard.views.pages import LONGEST, live, news, page, polls
from storage import topics


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    store = get_store()
    seen_from = outlook(request.user)
    entries = [entry for entry in store.teams.list_boards() if shows(seen_from, entry.team)]
    network = build(entries, store.now(), lambda team: takes(seen_from, team))
    parts = format_network.parts(network)
    tag = tag_of([Region(part, html) for part, html in parts.items()])
    if polls(request):
        return news(request, tag, lambda: format_network.snapshot(network))
    longest = request.GET.get("order") == LONGEST
    if longest:
        parts["attention"] = format_network.parts(network.longest_first)["attention"]
    context = {"network": network, "parts": parts, "longest": longest, "nav": "network"}
    return page(
        request, "network/index.html", {**context, **live(topics.network(outlook_name(seen_from)), tag, request)}
    )

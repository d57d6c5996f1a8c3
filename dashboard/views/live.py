"""Event streams: one a page, on the topic the page shows. The process's hub loads a topic once a change for all."""

from __future__ import annotations

import time

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.live.handover import offered
from dashboard.live.hub import Hub
from dashboard.screens import STREAMED
from dashboard.screens.loads import ScreenLoads
from dashboard.store import get_store
from dashboard.wakeups import WakeUp, wakeups
from storage import topics
from storage.model.entities import Change

LONGEST_KEY = 400


def _changes(since: int) -> list[Change]:
    store = get_store()
    return store.changes.list_since(since, store.now())


def _pulse() -> int | None:
    return get_store().table.engine.pulse()


hub = Hub(ScreenLoads(get_store, time.monotonic), _changes, _pulse)
for happened in (WakeUp.STORE_CHANGED, WakeUp.TEAM_WAS_DELETED):
    wakeups.listen(happened, lambda subject: hub.wake())


@for_people
@require_GET
def stream(request: SignedInRequest, topic: str) -> HttpResponse:
    """The permission check is the page's own. Under a server that cannot hold streams the page polls instead."""
    kind, _, key = topic.partition(":")
    screen = STREAMED.get(kind)
    if screen is None or not key or len(key) > LONGEST_KEY:
        raise Http404("No such topic")
    reading = screen.read(get_store(), key)
    gates = screen.admit(request.user, key, reading)
    reader = topics.reader(request.user.id)
    if not offered(request.META) or not hub.has_room(reader):
        response: HttpResponse = JsonResponse({"message": "No stream to be had; please poll"}, status=503)
        response["Retry-After"] = "30"
        return response
    response = HttpResponse(content_type="text/event-stream")
    ends_with = (topics.session(request.session_hash), reader, *gates)
    seen = request.headers.get("Last-Event-ID") or request.GET.get("tag", "")
    followed = screen.topic(key, screen.view_of(request.user, reading, request.GET))
    response.handover = hub.opening(followed, seen[:64], ends_with, reader)  # type: ignore[attr-defined]
    return response

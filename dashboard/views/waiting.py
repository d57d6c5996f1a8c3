"""What waits for people, and for runners, over all teams the reader may see."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.screens import QUEUES, WAITING
from dashboard.screens.network import scope_key
from dashboard.store import get_store
from dashboard.views.pages import is_poll, look_for, screen_page
from dashboard.wakeups import WakeUp, wakeups


@for_people
@require_safe
def people(request: SignedInRequest) -> HttpResponse:
    if not is_poll(request):
        wakeups.send(WakeUp.WAITS_ARE_LOOKED_AT)
    key = scope_key(request.user)
    shown = look_for(request, WAITING, key, WAITING.read(get_store(), key))
    return screen_page(request, shown, "waiting/index.html", lambda: {"nav": "waiting"})


@for_people
@require_safe
def runners(request: SignedInRequest) -> HttpResponse:
    key = scope_key(request.user)
    shown = look_for(request, QUEUES, key, QUEUES.read(get_store(), key))
    return screen_page(request, shown, "queues/index.html", lambda: {"nav": "queues"})

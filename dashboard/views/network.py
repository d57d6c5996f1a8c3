"""The network: every team the reader may see, trouble first."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.screens import NETWORK
from dashboard.screens.network import scope_key
from dashboard.store import get_store
from dashboard.views.pages import SORTS, look_for, problems_of, screen_page


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    key = scope_key(request.user)
    shown = look_for(request, NETWORK, key, NETWORK.read(get_store(), key))
    return screen_page(
        request,
        shown,
        "network/index.html",
        lambda: {"nav": "network", "problems": problems_of(request), "sorts": SORTS},
    )

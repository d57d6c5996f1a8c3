"""One's own passkeys: made with a name, listed, removed."""

from __future__ import annotations

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from dashboard.auth.passkeys import (
    CHALLENGE,
    MOST_PASSKEYS,
    Ceremony,
    PasskeyRefused,
    are_offered,
    ask_to_make,
    made,
    read_challenge,
    said_in,
)
from dashboard.auth.proofs import NotProven, is_fresh, prove
from dashboard.auth.requests import SignedInRequest, for_people, for_people_setting_up
from dashboard.views.factors import MEANWHILE, added, overview, own, removed
from storage.errors import Conflict

LONGEST_NAME = 60


@sensitive_post_parameters("proof")
@require_POST
@for_people_setting_up
def options(request: SignedInRequest) -> HttpResponse:
    """Whoever signed in long ago proves themselves before a browser makes one."""
    factors = own(request)
    if not are_offered():
        raise Http404("No passkeys at this address")
    if len(factors.passkeys) >= MOST_PASSKEYS:
        return JsonResponse({"message": f"There are {MOST_PASSKEYS} passkeys already. Remove one first."}, status=409)
    try:
        if not is_fresh(request):
            prove(request, request.POST.get("proof", ""))
    except NotProven as refusal:
        return JsonResponse({"message": str(refusal)}, status=429 if refusal.wait else 403)
    return ask_to_make(request.user, factors)


@sensitive_post_parameters("credential", "proof")
@require_POST
@for_people_setting_up
def add(request: SignedInRequest) -> HttpResponse:
    factors = own(request)
    try:
        challenge = read_challenge(request, Ceremony.MAKE, request.user.id)
        passkey = made(challenge, said_in(request), request.POST.get("name", "").strip()[:LONGEST_NAME] or "Passkey")
        response = added(request, factors, factors.with_passkey(passkey), f"passkey {passkey.name}")
    except PasskeyRefused as refusal:
        return overview(request, factors, str(refusal))
    except Conflict:
        return overview(request, own(request), MEANWHILE)
    CHALLENGE.forget(response)
    return response


@for_people
@sensitive_post_parameters("proof")
@require_POST
def remove(request: SignedInRequest) -> HttpResponse:
    passkey = own(request).passkey(request.POST.get("passkey", ""))
    if passkey is None:
        raise Http404("No such passkey")
    return removed(request, f"passkey {passkey.name}", lambda found: found.without_passkey(passkey.id))

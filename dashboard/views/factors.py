"""One's own second factors: an authenticator app, recovery codes. For who signs in with a password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.auth.passkeys import are_offered
from dashboard.auth.proofs import NotProven, is_fresh, prove
from dashboard.auth.recovery_codes import MANY, hash_of, make_codes
from dashboard.auth.requests import SignedInRequest, actor_of, for_people, for_people_setting_up
from dashboard.auth.sealed_cookies import SealedCookie
from dashboard.auth.second_factor import new_totp
from dashboard.auth.totp import new_secret, picture_of, step_of
from dashboard.forms.factors import ProofForm, TotpForm
from dashboard.store import get_store
from dashboard.views.pages import page, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage.errors import Conflict
from storage.model.factors import FactorSet

HERE = reverse_lazy("second_factor")
MEANWHILE = "Your account was changed meanwhile. Look again, then go on."
# What an app was shown and has not answered with a right code yet: it counts for nothing until then.
BEING_SET_UP = SealedCookie("FACTOR_COOKIE", "authenticator app being set up", 900)


def own(request: SignedInRequest) -> FactorSet:
    """What they have. Http404 for who comes by an identity provider, which asks for such things itself."""
    if request.user.issuer:
        raise Http404("This person signs in elsewhere")
    return get_store().factor_sets.find(request.user.id)


def show(request: SignedInRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Who is held sees no way on but this."""
    frame = {"user": None} if request.is_held else {}
    common = {"nav": "account", "held": request.is_held, "who": request.user}
    return page(request, template, {**common, **frame, **context}, status)


def overview(request: SignedInRequest, factors: FactorSet, problem: str = "", wait: int = 0) -> HttpResponse:
    context = {
        "factors": factors,
        "left": len(factors.recovery),
        "many": MANY,
        "proof_form": ProofForm(fresh=is_fresh(request)),
        "passkeys_offered": are_offered(),
        "base_url": settings.BASE_URL,
        "problem": problem,
    }
    status = 200 if not problem else 429 if wait else 400
    response = show(request, "account/second_factor.html", context, status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


@require_safe
@for_people_setting_up
def index(request: SignedInRequest) -> HttpResponse:
    return overview(request, own(request))


@sensitive_post_parameters("code", "proof")
@require_http_methods(["GET", "HEAD", "POST"])
@for_people_setting_up
def set_up_app(request: SignedInRequest) -> HttpResponse:
    """The secret counts once a code of it is right."""
    factors, fresh = own(request), is_fresh(request)
    secret = _shown(request)
    form = TotpForm(request.POST if request.method == "POST" and secret else None, fresh=fresh)
    if secret and form.is_bound and form.is_valid():
        step = step_of(secret, "".join(form.cleaned_data["code"].split()), get_store().now())
        if step is None:
            form.add_error("code", "This is not the code that the app shows now. Is the clock of its phone right?")
        else:
            try:
                if not fresh:
                    prove(request, form.cleaned_data["proof"])
                    factors = own(request)
                after = factors.changed(totp=new_totp(secret, step))
                return added(request, factors, after, "authenticator app", forget=True)
            except NotProven as refusal:
                form.add_error("proof", str(refusal))
            except Conflict:
                form.add_error(None, MEANWHILE)
    status = 400 if request.method == "POST" and not secret else status_of(form)
    secret = secret or new_secret()
    words = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    response = show(request, "account/app.html", {"form": form, "words": words, "again": bool(factors.totp)}, status)
    BEING_SET_UP.keep(response, {"session": request.session_hash, "secret": secret})
    return response


def _shown(request: SignedInRequest) -> str:
    """The secret that this session was shown. Empty where none was lately."""
    state = BEING_SET_UP.read(request)
    return str(state["secret"]) if state.get("session") == request.session_hash else ""


@require_safe
@for_people_setting_up
def picture(request: SignedInRequest) -> HttpResponse:
    secret = _shown(request)
    if not secret:
        raise Http404("No app is being set up")
    response = HttpResponse(picture_of(secret, request.user), content_type="image/svg+xml")
    response["Cache-Control"] = "no-store"
    return response


def added(
    request: SignedInRequest, before: FactorSet, after: FactorSet, what: str, *, forget: bool = False
) -> HttpResponse:
    """A factor more. With the first come recovery codes. Raises Conflict."""
    codes: list[str] = []
    if not before.is_any:
        codes = make_codes()
        after = after.with_recovery(tuple(map(hash_of, codes)), get_store().now())
    get_store().factor_sets.put(request.user, before, after, actor_of(request), "factor.added", what)
    wakeups.send(WakeUp.STORE_CHANGED)
    response = _codes(request, codes) if codes else HttpResponseRedirect(HERE, status=303)
    if forget:
        BEING_SET_UP.forget(response)
    return response


def _codes(request: SignedInRequest, codes: list[str]) -> HttpResponse:
    """Shown on the answer to the post that made them, and never again."""
    return page(
        request,
        "account/codes.html",
        {"codes": codes, "nav": "account", "go_on": reverse("network") if request.is_held else HERE},
    )


@for_people
@sensitive_post_parameters("proof")
@require_POST
def remove_app(request: SignedInRequest) -> HttpResponse:
    factors = own(request)
    if factors.totp is None:
        raise Http404("No such factor")
    return removed(request, "authenticator app", lambda found: found.changed(without_totp=True))


def removed(request: SignedInRequest, what: str, without: Callable[[FactorSet], FactorSet]) -> HttpResponse:
    """Takes the password or a factor, however short ago they signed in."""
    try:
        prove(request, request.POST.get("proof", ""))
        factors = own(request)
        get_store().factor_sets.put(request.user, factors, without(factors), actor_of(request), "factor.removed", what)
    except NotProven as refusal:
        return overview(request, own(request), str(refusal), refusal.wait)
    except Conflict:
        return overview(request, own(request), MEANWHILE)
    wakeups.send(WakeUp.STORE_CHANGED)
    return HttpResponseRedirect(HERE, status=303)


@for_people
@sensitive_post_parameters("proof")
@require_POST
def make_recovery_codes(request: SignedInRequest) -> HttpResponse:
    """New ones; those of before count no more."""
    if not own(request).is_any:
        raise Http404("There is no second factor")
    try:
        if not is_fresh(request):
            prove(request, request.POST.get("proof", ""))
        factors, codes = own(request), make_codes()
        after = factors.with_recovery(tuple(map(hash_of, codes)), get_store().now())
        get_store().factor_sets.put(request.user, factors, after, actor_of(request), "recovery_codes.made")
    except NotProven as refusal:
        return overview(request, own(request), str(refusal), refusal.wait)
    except Conflict:
        return overview(request, own(request), MEANWHILE)
    return _codes(request, codes)

"""What pages share: their frame, and of live ones what is kept, the poll's answer and how they are followed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from dashboard.auth.policy import MANAGE, TAKE, belongs_somewhere, manages_some, may
from dashboard.auth.requests import SignedInRequest
from dashboard.http.packing import Piece, packed
from dashboard.live.messages import whole
from dashboard.readmodels.selections import selection_of
from dashboard.screens.kept import Kept
from dashboard.screens.screen import Screen, Shown, look_at
from dashboard.store import get_store
from storage.model.accounts import User
from storage.model.saved_views import ViewSet

# What lists offer beside their filter; the first of each is so anyway.
SORTS = (("", "Newest trouble"), ("longest", "Longest"), ("name", "Name"), ("activity", "Latest activity"))
GROUPS = (("", "Condition"), ("repository", "Repository"), ("label", "Label"))
R = TypeVar("R")
M = TypeVar("M")


@lru_cache(maxsize=8)
def _fixed(template: str) -> SafeString:
    """Parts of the frame that are the same on every page: rendered once a process."""
    return render_to_string(template)


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs."""
    user = getattr(request, "user", None)
    return {
        "user": user,
        "manages": user is not None and manages_some(user),
        "may_take": user is not None and may_take(request, user),
        "may_manage": user is not None and may_manage(request, user),
        "stars": stars(request),
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "assets": _fixed("includes/assets.html"),
        "sprite": _fixed("includes/sprite.html"),
    }


def problems_of(request: HttpRequest) -> tuple[str, ...]:
    """What of the filter in the address could not be understood, in sentences."""
    return selection_of(request.GET).filter.problems


def stars(request: HttpRequest) -> str:
    """Ids of what this person has starred: it comes first among its like."""
    kept: ViewSet | None = getattr(request, "view_set", None)
    return " ".join((*kept.pipelines, *kept.teams)) if kept else ""


def may_take(request: HttpRequest, user: User) -> bool:
    """Whether to show what only members may do: in the team the page is about, or in any where it is about all."""
    team = getattr(request, "team", None)
    return may(user, TAKE, team) if team is not None else belongs_somewhere(user)


def may_manage(request: HttpRequest, user: User) -> bool:
    """Whether the page is about a team whose settings this person may change."""
    team = getattr(request, "team", None)
    return team is not None and may(user, MANAGE, team)


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return _private(render(request, template, {**shell(request), **context}, status=status))


def look_for(request: SignedInRequest, screen: Screen[R, M], key: str, reading: R) -> Shown[R, M]:
    """The screen as this person asks for it. Raises what `Screen.admit` raises."""
    screen.admit(request.user, key, reading)
    return look_at(screen, reading, key, screen.view_of(request.user, reading, request.GET), get_store().now())


def screen_page(
    request: HttpRequest,
    shown: Shown[Any, Any],
    template: str,
    context: Callable[[], dict[str, Any]],
    *,
    live: bool = True,
    varies: Hashable = None,
) -> HttpResponse:
    """A screen as page, or as answer to its own poll. It follows from who reads it, its address and its tag, and is
    made once for these. `context`: what the template needs beside `shown` and `model`. `live`: whether it is followed;
    a page of the past is not. `varies`: what else it follows from."""
    if is_poll(request):
        return poll_answer(request, shown)

    def made() -> HttpResponse:
        followed = {"live": live_of(shown, request)} if live else {}
        return page(request, template, {"shown": shown, "model": shown.model, **followed, **context()})

    reader = tuple(getattr(request, name, None) for name in ("user", "view_set", "team"))
    key = (shown.topic, shown.tag, reader, request.get_full_path(), varies)
    return _kept_page(request, key, made, lambda: shown.piece)


@dataclass(frozen=True, slots=True)
class KeptPage:
    """`packed`: the same with gzip. No page that is kept holds a secret: the token against forged requests travels in
    a cookie, and forms stand on pages that are not kept (BREACH, SECURITY.md)."""

    plain: bytes
    packed: bytes

    @property
    def size(self) -> int:
        return len(self.plain) + len(self.packed)


MOST_BYTES = 48 * 1024 * 1024
_pages: Kept[Hashable, KeptPage] = Kept(MOST_BYTES, lambda kept: kept.size)


def _kept_page(
    request: HttpRequest,
    key: Hashable,
    make: Callable[[], HttpResponse],
    piece: Callable[[], Piece | None] = lambda: None,
) -> HttpResponse:
    """`piece`: what of it is the same for all readers."""
    found = _pages.get(key)
    if found is None:
        content = make().content
        found = KeptPage(content, packed(content, piece()))
        _pages.put(key, found)
    as_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(found.packed if as_gzip else found.plain)
    if as_gzip:
        response["Content-Encoding"] = "gzip"
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request, Cookie, Accept-Encoding"
    return response


def is_fragment(request: HttpRequest) -> bool:
    """Whether an element of an open page asks, so that a part will do: no visit, no link, no going back."""
    htmx = cast(SignedInRequest, request).htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def is_poll(request: HttpRequest) -> bool:
    """Whether this is the page asking what has changed, not a visit."""
    return is_fragment(request) and cast(SignedInRequest, request).htmx.ptag is not None


def poll_answer(request: HttpRequest, shown: Shown[Any, Any]) -> HttpResponse:
    """304 when the page shows the newest already, else all its regions."""
    if cast(SignedInRequest, request).htmx.ptag == shown.tag:
        response = HttpResponse(status=304)
        _private(response)
    else:
        response = _kept_page(request, (shown.topic, shown.tag), lambda: HttpResponse(whole(shown.snapshot)))
    response["HX-PTag"] = shown.tag
    return response


@dataclass(frozen=True, slots=True)
class Live:
    """How the page is followed. `stream`, `poll`: addresses."""

    topic: str
    tag: str
    stream: str
    poll: str


def live_of(shown: Shown[Any, Any], request: HttpRequest) -> Live:
    topic, _, _ = shown.topic.partition("?")
    stream = f"{reverse('stream', kwargs={'topic': topic})}?{shown.view.text(tag=shown.tag)}"
    asked = shown.view.text()
    return Live(topic, shown.tag, stream, f"{request.path}?{asked}" if asked else request.path)


def status_of(*forms: Form) -> int:
    """400 where one of the forms was sent and is not right."""
    return 400 if any(form.is_bound and form.errors for form in forms) else 200


def once(request: HttpRequest, title: str, label: str, value: str, hint: str, back: str) -> HttpResponse:
    """Something that is shown on the answer to the post that made it, and never again."""
    context = {"title": title, "label": label, "value": value, "hint": hint, "back": back, "nav": "manage"}
    return page(request, "manage/once.html", context)

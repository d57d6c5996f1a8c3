"""What pages with live regions share: the poll's answer, and the names the shell needs to follow a topic."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.auth.policy import MANAGE, TAKE, belongs_somewhere, manages_some, may
from dashboard.live.messages import whole
from dashboard.live.regions import Snapshot
from storage.model.accounts import User

# ?order= of pages that list what needs attention; anything else: newest first.
LONGEST = "longest"
STYLESHEETS = ("css/app.css",)


@lru_cache(maxsize=8)
def _fixed(template: str) -> SafeString:
    """Parts of the frame that are the same on every page: rendered once a process."""
    return render_to_string(template, {"stylesheets": STYLESHEETS})


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs."""
    user = getattr(request, "user", None)
    return {
        "user": user,
        "manages": user is not None and manages_some(user),
        "may_take": user is not None and may_take(request, user),
        "may_manage": user is not None and may_manage(request, user),
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "assets": _fixed("includes/assets.html"),
        "sprite": _fixed("includes/sprite.html"),
    }


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


_KEPT = 64
_pages: OrderedDict[Hashable, bytes] = OrderedDict()
_pages_lock = Lock()


def kept(key: Hashable, make: Callable[[], HttpResponse]) -> HttpResponse:
    """A page that follows from `key` alone (who reads it, and the tag of what it shows), made once for each key."""
    with _pages_lock:
        content = _pages.get(key)
    if content is None:
        response = make()
        with _pages_lock:
            _pages[key] = response.content
            while len(_pages) > _KEPT:
                _pages.popitem(last=False)
        return response
    return _private(HttpResponse(content))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request, Cookie"
    return response


def polls(request: HttpRequest) -> bool:
    """Whether this is the page asking for its own news, not a visit."""
    return request.headers.get("HX-Request") == "true" and "HX-PTag" in request.headers


def news(request: HttpRequest, tag: str, snapshot: Callable[[], Snapshot]) -> HttpResponse:
    """304 when the page shows the newest already, else all its regions."""
    if request.headers.get("HX-PTag") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(whole(snapshot()))
    response["HX-PTag"] = tag
    return _private(response)


def live(topic: str, tag: str, request: HttpRequest) -> dict[str, str]:
    """The shell's part in following a topic."""
    return {"live_topic": topic, "live_tag": tag, "live_poll": request.get_full_path()}


def status_of(*forms: Form) -> int:
    """400 where one of the forms was sent and is not right."""
    return 400 if any(form.is_bound and form.errors for form in forms) else 200


def once(request: HttpRequest, title: str, label: str, value: str, hint: str, back: str) -> HttpResponse:
    """Something that is shown on the answer to the post that made it, and never again."""
    context = {"title": title, "label": label, "value": value, "hint": hint, "back": back, "nav": "manage"}
    return page(request, "manage/once.html", context)

"""A tiny WSGI application with live pages, run under the real worker by the tests beside it."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import django_htmx

from dashboard.live import Hub, Region, Snapshot, offered, whole, with_handover
from storage.model.entities import Change

ROOT = Path(__file__).parents[3]
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'"
LINES = {200: "200 OK", 304: "304 Not Modified", 401: "401 Unauthorized", 404: "404 Not Found"}
LINES[503] = "503 Service Unavailable"

# Only faults of the live machinery itself, not the failures of the store that tests ask for.
logging.getLogger("dashboard.live").setLevel(logging.ERROR)

Answer = tuple[int, str, bytes]


class World:
    """What the pages show and how the server behaves; a test changes it over HTTP."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self.notices: list[Change] = []
        self.stream = 200
        self.poll = 200
        self.broken = False
        self.polls = 0
        self.pages = 0

    def follows(self, topic: str) -> tuple[str, ...]:
        return (topic,)

    def rank(self, _: str) -> int:
        return 0

    def load(self, _: str, since: float, notices: object = None) -> Snapshot:
        if self.broken:
            raise OSError("the store is away")
        return Snapshot.of([Region(row["id"], row["html"], "board") for row in self.rows], parents=["board"])

    def changes(self, since: int) -> list[Change]:
        return [notice for notice in self.notices if notice.at >= since]

    def notice(self, topic: str) -> None:
        self.notices.append(Change(str(len(self.notices)), int(time.time() * 1000), (topic,)))


world = World()
hub = Hub(world, world.changes, lambda: len(world.notices), most_viewers=100)


class Stream(list[bytes]):
    """Stands for Django's response: iterable, closable, and able to carry a handover."""

    handover: Callable[..., None]
    closed = False

    def close(self) -> None:
        self.closed = True


def page() -> Answer:
    snapshot = world.load("team:1", 0)
    board = "".join(row["html"] for row in world.rows)
    names = ("htmx-4.js", "ext/hx-sse-4.js", "ext/hx-ptag-4.js", "clock.js", "shell.js", "keep.js", "live.js")
    kinds = (*["defer"] * 3, *['type="module"'] * 4)
    scripts = "".join(f'<script src="/js/{name}" {kind}></script>' for name, kind in zip(names, kinds, strict=True))
    body = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tiny</title>
<meta name="htmx-config" content='{{"extensions":"sse,ptag","history":false,"noSwap":[204,304,"4xx","5xx"]}}'>
<meta name="csrf-cookie" content="csrftoken">{scripts}</head><body>
<p class="pulse" id="pulse"><span></span><span>As loaded</span></p>
<div id="stale-banner" hidden>Stale since <time data-stale-since></time></div>
<div id="signin-banner" hidden>Sign in</div><button id="aside">Find</button>
<form hx-post="/echo" hx-target="#echo"><button id="send">Go</button></form><p id="echo"></p>
<ol id="board" data-sorted>{board}</ol><p id="announce"></p>
<div id="live" hx-sse:connect="/live/team:1?tag={snapshot.tag}" hx-swap="none"></div>
<div id="poll" hx-get="/poll" hx-trigger="poll" hx-ptag="{snapshot.tag}" hx-swap="none"></div>
</body></html>"""
    return 200, "text/html; charset=utf-8", body.encode()


def control(body: bytes) -> Answer:
    """{"rows", "stream", "poll", "broken", "notice", "wake"}: set what is named, then tell the hub if asked to."""
    wanted = json.loads(body)
    for name in ("rows", "stream", "poll", "broken"):
        if name in wanted:
            setattr(world, name, wanted[name])
    if "notice" in wanted:
        world.notice(wanted["notice"])
        hub.wake()
    counts = {
        "viewers": hub.viewers,
        "polls": world.polls,
        "pages": world.pages,
        "loads": hub.loads,
        "pid": os.getpid(),
    }
    return 200, "application/json", json.dumps(counts).encode()


def route(environ: dict[str, Any]) -> Answer:
    path = environ["PATH_INFO"]
    if path == "/control":
        return control(environ["wsgi.input"].read())
    if path.startswith("/js/"):
        name = path.removeprefix("/js/")
        file = HTMX / name if name.startswith(("htmx", "ext/")) else ROOT / "static" / "js" / name
        return 200, "text/javascript", file.read_bytes()
    if path == "/poll":
        world.polls += 1
        snapshot = world.load("team:1", 0)
        unchanged = world.poll == 200 and environ.get("HTTP_HX_PTAG") == snapshot.tag
        return (304 if unchanged else world.poll), f"text/html#{snapshot.tag}", whole(snapshot).encode()
    if path == "/echo":
        return 200, "text/html", f"<b>{environ.get('HTTP_X_CSRFTOKEN', 'none')}</b>".encode()
    if path == "/search":
        return 200, "text/html", f'<a href="/page">{environ["QUERY_STRING"]}</a>'.encode()
    world.pages += 1
    return page() if path == "/page" else (404, "text/plain", b"")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    streaming = path.startswith("/live/")
    if streaming and world.stream == 200 and offered(environ) and hub.has_room():
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        response = Stream([b""])
        response.handover = hub.opening(
            path.removeprefix("/live/"), query.get("tag", ""), tuple(filter(None, [query.get("ends", "")]))
        )
        return response
    refusal = world.stream if world.stream != 200 else 503
    status, kind, body = (refusal, "text/plain", b"no stream") if streaming else route(environ)
    kind, _, tag = kind.partition("#")
    headers = [("Content-Type", kind), ("Content-Security-Policy", POLICY), ("Set-Cookie", "csrftoken=secret-token")]
    if tag:
        headers.append(("HX-PTag", tag))
    body = b"" if status == 304 else body
    start_response(LINES[status], [*headers, ("Content-Length", str(len(body)))])
    return [body]


app = with_handover(application)

"""Snapshots as HTML for htmx (`<hx-partial>` elements) and as server-sent events. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

from dashboard.http.browser_headers import written_out
from dashboard.live.regions import Region, Snapshot

HEAD = (
    "HTTP/1.1 200 OK\r\n"
    "Date: {date}\r\n"
    "Content-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-store\r\n"
    "X-Accel-Buffering: no\r\n"
    "{more}"
    "Connection: close\r\n\r\n"
)
REFUSAL_BODY = b'{"message": "Too many live viewers; the page asks again by itself"}'


def whole(snapshot: Snapshot) -> str:
    """Every region: what brings a page of any age up to date, and what a poll is answered with."""
    parts = [_partial(region.id, "outerMorph", region.html) for region in snapshot.regions if not region.parent]
    children: dict[str, list[str]] = {parent: [] for parent in snapshot.parents}
    for region in snapshot.regions:
        if region.parent:
            children.setdefault(region.parent, []).append(region.html.strip())
    parts += [_partial(parent, "innerMorph", "\n".join(html)) for parent, html in children.items()]
    return "\n".join(parts)


def difference(old: Snapshot, new: Snapshot) -> str:
    """Only what changed between two snapshots: vanished, changed, new. Of a region that has parts only those, in an
    element of our own that static/js/patch.js reads: `<hx-patch>` holds elements that replace those of the same ids,
    `<hx-patch attributes>` empty ones, whose attributes they take over."""
    before = {region.id: region for region in old.regions}
    after = {region.id for region in new.regions}
    messages = [_partial(region.id, "delete", "") for region in old.regions if region.id not in after]
    elements: list[str] = []
    shells: list[str] = []
    for region in new.regions:
        known = before.get(region.id)
        if known is None:
            messages.append(_added(region))
        elif region.parts and known.frame == region.frame:
            _changes(known, region, elements, shells)
        elif known.html != region.html:
            messages.append(_partial(region.id, "outerMorph", region.html))
    messages += [f"<hx-patch>{''.join(elements)}</hx-patch>"] if elements else []
    messages += [f"<hx-patch attributes>{''.join(shells)}</hx-patch>"] if shells else []
    return "\n".join(messages)


def _changes(old: Region, new: Region, elements: list[str], shells: list[str]) -> None:
    if old.html == new.html:
        return
    if not new.parts or old.frame != new.frame:
        elements.append(new.html.strip())
        return
    if old.shell != new.shell:
        shells.append(new.shell)
    for before, after in zip(old.parts, new.parts, strict=True):
        _changes(before, after, elements, shells)


def _added(region: Region) -> str:
    if region.parent:
        return _partial(region.parent, "beforeend", region.html)
    return _partial(region.id, "outerMorph", region.html)


def _partial(target: str, swap: str, html: str) -> str:
    # Stripped: a text node around the element would be added to the page anew by every morph.
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{html.strip()}</hx-partial>'


def update(tag: str, html: str) -> bytes:
    """An unnamed event: htmx applies its data."""
    lines = html.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    data = "\ndata: ".join(lines)
    return f"id: {tag}\ndata: {data}\n\n".encode("utf-8", "replace")


def beat(now: float) -> bytes:
    """Alive, and what is on the page is current as of now (epoch seconds)."""
    return f"event: beat\ndata: {_iso(now)}\n\n".encode()


def stale(since: float | None) -> bytes:
    """Alive, but the store cannot be read; what is on the page was last known to be current at `since`, or when the
    page itself last heard so."""
    return f"event: stale\ndata: {_iso(since) if since else ''}\n\n".encode()


def ended() -> bytes:
    """The session this stream was opened with is over."""
    return b"event: ended\ndata: session\n\n"


def head(now: float, retry_ms: int) -> bytes:
    return (HEAD.format(date=formatdate(now, usegmt=True), more=written_out()) + f"retry: {retry_ms}\n\n").encode()


def _iso(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refusal() -> bytes:
    """Instead of a stream."""
    head = (
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(REFUSAL_BODY)}\r\n"
        "Retry-After: 30\r\n"
        "Cache-Control: no-store\r\n"
        f"{written_out()}Connection: close\r\n\r\n"
    )
    return head.encode() + REFUSAL_BODY

"""Event streams: one a page, on the topic the page shows. The process's hub loads a topic once a change for all."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from dashboard.auth.policy import MANY, VIEW, authorize, outlook, outlook_name, shows, takes
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats import board, executions, network, pipelines
from dashboard.live.handover import offered
from dashboard.live.hub import Hub
from dashboard.live.outlooks import Outlooks
from dashboard.live.regions import Snapshot
from dashboard.readmodels import executions as read_executions
from dashboard.readmodels import network as read_network
from dashboard.readmodels import pipelines as read_pipelines
from dashboard.readmodels import teams as read_teams
from dashboard.store import get_store
from dashboard.wakeups import WakeUp, wakeups
from storage import topics
from storage.errors import NotFound
from storage.model.entities import Change, Team


def _team(key: str) -> Snapshot:
    store = get_store()
    team = store.teams.get(key).team
    return board.snapshot(read_teams.load(store, team))


def _execution(key: str) -> Snapshot:
    store = get_store()
    stored, _ = store.executions.get_stored(key)
    place = store.pipelines.find_place(stored.team_id, stored.pipeline_id)
    execution = place.read(stored)
    return executions.snapshot(read_executions.build(execution, place, store.now()))


def _pipeline(key: str) -> Snapshot:
    store = get_store()
    record = store.pipelines.find(key)
    place = store.pipelines.find_place(record.team_id, key) if record else None
    if record is None or place is None or place.team is None or place.row is None:
        raise NotFound("Pipeline not found")
    runs = store.executions.list_of_pipeline(record.id)
    return pipelines.snapshot(read_pipelines.build(place.team, record, place.row, runs, store.now()))


def _network(key: str) -> Snapshot:
    """As seen by people of one outlook."""
    store = get_store()
    seen_from = outlooks.resolve(key) if key.startswith(MANY) else key
    entries = [entry for entry in store.teams.list_boards() if shows(seen_from, entry.team)]
    return network.snapshot(read_network.build(entries, store.now(), lambda team: takes(seen_from, team)))


_LOADERS: dict[str, Callable[[str], Snapshot]] = {
    "team": _team,
    "execution": _execution,
    "pipeline": _pipeline,
    "network": _network,
}


def load(topic: str) -> Snapshot:
    kind, _, key = topic.partition(":")
    return _LOADERS[kind](key)


def _changes(since: int) -> list[Change]:
    store = get_store()
    return store.changes.list_since(since, store.now())


def _pulse() -> int | None:
    return get_store().table.engine.pulse()


outlooks = Outlooks()
hub = Hub(load, _changes, _pulse)
for happened in (WakeUp.STORE_CHANGED, WakeUp.TEAM_WAS_DELETED):
    wakeups.listen(happened, lambda subject: hub.wake())


@for_people
@require_GET
def stream(request: SignedInRequest, topic: str) -> HttpResponse:
    """The permission check is the page's own. Under a server that cannot hold streams the page polls instead."""
    kind, _, key = topic.partition(":")
    if kind not in _LOADERS:
        raise Http404("No such topic")
    gates: tuple[str, ...] = ()
    if kind == "network":
        seen_from = outlook(request.user)
        if key != outlook_name(seen_from):
            raise Http404("No such topic")
        if key != seen_from:
            outlooks.remember(key, seen_from)
    else:
        gates = (topics.gate(authorize(request.user, VIEW, _team_of(kind, key)).id),)
    reader = topics.reader(request.user.id)
    if not offered(request.META) or not hub.has_room(reader):
        response: HttpResponse = JsonResponse({"message": "No stream to be had; please poll"}, status=503)
        response["Retry-After"] = "30"
        return response
    response = HttpResponse(content_type="text/event-stream")
    ends_with = (topics.session(request.session_hash), reader, *gates)
    seen = request.headers.get("Last-Event-ID") or request.GET.get("tag", "")
    response.handover = hub.opening(topic, seen[:64], ends_with, reader)  # type: ignore[attr-defined]
    return response


def _team_of(kind: str, key: str) -> Team | None:
    store = get_store()
    if len(key) > 64:
        return None
    if kind == "execution":
        found = store.executions.find_stored(key)
        return store.pipelines.find_place(found[0].team_id, found[0].pipeline_id).team if found else None
    if kind == "pipeline":
        record = store.pipelines.find(key)
        key = record.team_id if record else ""
    entry = store.teams.find(key) if key else None
    return entry.team if entry else None

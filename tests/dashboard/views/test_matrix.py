"""Every route for every kind of reader, generated from the resolver: a route without a row fails. And in the audit log
one entry for each thing done, in the transaction that does it, and one for each refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.auth.policy import scope_of
from dashboard.auth.tokens import create_token
from dashboard.views import live
from storage.engines.sqlite import SqliteEngine
from storage.model.accounts import Scope
from storage.store import Store
from storage.table import Put, Write
from tests.copies import copied
from tests.dashboard.views.matrix import ALLOWED, OF_NO_TEAM, PEOPLE, ROWS, Least, Reader, Row
from tests.dashboard.views.world_of_matrix import World
from tests.dashboard.visiting import HX, Visitor
from tests.factories import BY, SHA


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert set(routes(get_resolver().url_patterns)) == set(ROWS)


CASES = [
    pytest.param(row, reader, id=f"{row.method} {row.path} {number} {reader}")
    for rows in ROWS.values()
    for number, row in enumerate(rows)
    for reader in Reader
]


class Watch:
    """What is written to the audit log, and together with how many other things."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.together: list[int] = []
        self.outcomes: list[str] = []
        engine = store.table.engine
        assert isinstance(engine, SqliteEngine)
        transact = engine.transact

        def watched(writes: Sequence[Write]) -> None:
            """A single write comes by here, too."""
            transact(writes)
            self._see(writes)

        monkeypatch.setattr(engine, "transact", watched)

    def _see(self, writes: Sequence[Write]) -> None:
        for each in writes:
            if isinstance(each, Put) and each.item["pk"] == "AUDIT":
                self.together.append(len(writes))
                refused = '"refused"' in str(each.item["summary"])
                self.outcomes.append("refused" if refused else "done")


class NamedWorld(World):
    """With what rows are filled in with for this reader."""

    def __init__(self, store: Store, reader: Reader) -> None:
        super().__init__(store)
        self.named = self.names(reader)


def send(store: Store, monkeypatch: pytest.MonkeyPatch, row: Row, reader: Reader) -> tuple[int, Watch]:
    world = copied(store, NamedWorld, reader)
    names = world.named
    path = row.path.format(**names)
    data = {name: value.format(**names) for name, value in row.data.items()}
    headers: dict[str, str] = {}
    user = world.people.get(reader)
    api = path.startswith("/api/")
    if reader in (Reader.READ, Reader.INGEST) or (api and user):
        headers["Authorization"] = f"Bearer {world.bearer(reader)}"
    client = Visitor(store, None if api else user).client
    watch = Watch(store, monkeypatch)
    answer = _ask(client, row.method, path, data, headers, api=api)
    if answer.streaming:
        list(answer)
    return answer.status_code, watch


def _ask(client: Client, method: str, path: str, data: dict[str, str], headers: dict[str, str], *, api: bool) -> Any:
    if method == "GET":
        return client.get(path, headers=headers)
    if api or path.startswith("/hooks/"):
        call = getattr(client, method.lower())
        return call(path, json.dumps(data), content_type="application/json", headers=headers)
    return client.post(path, data, headers=headers)


def expected(row: Row, reader: Reader) -> int | None:
    """The status. None: allowed."""
    api, stream = row.path.startswith("/api/"), row.path.startswith("/live/")
    if row.least is Least.NOBODY:
        return None
    token = reader in (Reader.READ, Reader.INGEST)
    if api and token:
        # Both are an administrator's.
        reads = reader is Reader.READ and row.method == "GET"
        return None if reads or (reader is Reader.INGEST and row.path.startswith("/api/v1/events")) else 403
    if reader is Reader.ANONYMOUS or token:
        if row.path in ("/logout",) or row.path.startswith("/join/"):
            return None
        return 401 if api or stream else 302
    if reader in ALLOWED[row.least]:
        return None
    if row.least in OF_NO_TEAM:
        return 403
    return 404 if reader is Reader.OTHER else 403


def allowed(row: Row, reader: Reader) -> int:
    if row.path.startswith("/join/") and row.method == "POST" and reader not in PEOPLE:
        return 400  # somebody new is asked for a name and a password
    return row.ok or (200 if row.method == "GET" else 303)


@pytest.mark.parametrize(("row", "reader"), CASES)
def test_route_is_answered_as_the_matrix_says(
    store: Store, monkeypatch: pytest.MonkeyPatch, row: Row, reader: Reader
) -> None:
    status, watch = send(store, monkeypatch, row, reader)
    wanted = expected(row, reader)
    if wanted is not None:
        assert status == wanted
        known = reader in PEOPLE or row.path.startswith("/api/")
        tried = row.method != "GET" and known and status in (403, 404)
        assert watch.outcomes == (["refused"] if tried else [])
        return
    assert status == allowed(row, reader)
    if row.method != "GET" and row.least is not Least.NOBODY and reader in PEOPLE:
        assert tuple(watch.outcomes) == row.audits
        together = [count for count, outcome in zip(watch.together, watch.outcomes, strict=True) if outcome == "done"]
        assert all(count > 1 for count in together), "not in the transaction of the change"


@pytest.mark.parametrize("reader", [Reader.OTHER, Reader.VIEWER])
def test_poll_of_a_page_is_checked_as_the_page_is(store: Store, reader: Reader) -> None:
    world = copied(store, World)
    visitor = Visitor(store, world.people[reader])
    names = world.names(reader)
    for path in ("/teams/payments", "/teams/payments/pipelines/{pipeline}", "/executions/{execution}"):
        answer = visitor.client.get(path.format(**names), headers={**HX, "HX-PTag": "old"})
        assert answer.status_code == (404 if reader is Reader.OTHER else 200)


@pytest.mark.parametrize("path", ["/", "/health", "/search?q=pay", "/search?q=checkout", "/commits/7c3e1fa0"])
def test_lists_over_all_teams_never_show_a_closed_one_to_others(store: Store, path: str) -> None:
    world = copied(store, World)
    hidden = Visitor(store, world.people[Reader.OTHER]).text(path)
    assert "Payments" not in hidden
    assert world.execution not in hidden
    shown = Visitor(store, world.people[Reader.VIEWER]).text(path)
    assert "Payments" in shown or world.execution in shown


def test_stream_over_all_teams_is_only_ones_own(store: Store) -> None:
    world = copied(store, World)
    names = world.names(Reader.VIEWER)
    other = Visitor(store, world.people[Reader.OTHER])
    assert other.get(f"/live/network:{names['scope']}").status_code == 404
    assert other.get("/live/network:all").status_code == 404
    assert other.get("/live/network").status_code == 404


def test_cookie_is_no_token_and_a_token_no_cookie(store: Store) -> None:
    world = copied(store, World)
    visitor = Visitor(store, world.admin)
    assert visitor.get("/api/v1/teams").status_code == 401
    token = world.bearer(Reader.ADMIN)
    assert Client().get("/", headers={"Authorization": f"Bearer {token}"}).status_code == 302
    assert Client().get(f"/api/v1/teams?token={token}").status_code == 401
    assert settings.SESSION_COOKIE not in Client().get(f"/?token={token}").cookies


@pytest.mark.parametrize("reader", [Reader.VIEWER, Reader.MEMBER, Reader.ADMIN])
def test_network_offers_to_take_only_what_one_may_and_as_the_stream_does(store: Store, reader: Reader) -> None:
    world = copied(store, World)
    text = Visitor(store, world.people[reader]).text("/")
    assert "Nobody yet" in text
    assert ("/take" in text) is (reader is not Reader.VIEWER)
    streamed = live.hub.topics.load(f"network:{scope_of(world.people[reader])}", 0)
    shown = re.findall(r'network:[^"?]*\?tag=([0-9a-f]+)', text)
    assert shown == [streamed.tag]


def test_commit_of_closed_teams_leaves_no_trace_in_a_cursor(store: Store) -> None:
    world = copied(store, World)
    outsider = create_token(world.people[Reader.OTHER], "x", BY, scopes=[Scope.READ])
    answer = Client().get(f"/api/v1/commits/{SHA}?limit=1", headers={"Authorization": f"Bearer {outsider}"})
    assert answer.json() == {"items": [], "next": None}


def test_attempt_that_is_refused_is_in_the_log_of_the_team(store: Store) -> None:
    world = copied(store, World)
    path = f"/manage/connections/{world.connection.id}/rotate"
    assert Visitor(store, world.people[Reader.MEMBER]).post(path).status_code == 403
    noted = store.audit.list_of_team(world.connection.team_id).items
    assert [(each.action, each.target) for each in noted if each.outcome == "refused"] == [("request.post", path)]

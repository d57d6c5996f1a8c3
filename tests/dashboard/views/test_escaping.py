"""CI text is text: markup in any stored field is markup on no page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from dashboard.auth.tokens import create_token
from dashboard.views import live
from storage.model.deliveries import Delivery
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import Origin
from storage.model.pipeline_record import Acknowledgement
from storage.store import Store
from tests.dashboard.views.town import Town
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import (
    BY,
    MINUTE,
    NOW,
    REF,
    SHA,
    a_connection,
    a_team,
    a_user,
    action_changed,
    deployment_changed,
    execution_changed,
    record,
)

PAYLOADS = [
    '<script>alert("{0}")</script>',
    '"><img src=x onerror=alert({0})>',
    "'><svg/onload=alert({0})>",
    "{{{{ 7|add:7 }}}}{{% load {0} %}}",
    '<b hx-get="//evil.example/{0}" data-hx-on:click="x">',
    "</title></textarea></script><base href=//evil.example/{0}>",
]
EVIL_LINKS = ["javascript:alert(1)", "data:text/html,<script>", "//evil.example", "vbscript:x", ' " onclick="alert(1)']


SECOND = "github.com/2/21"
FOLLOWED = ("hx-get", "hx-post", "src", "action")


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def hostile(store: Store, payload: str, link: str = "https://ci.example/run") -> Town:
    """A team every word of which is the payload: a pipeline that failed and has a newer run at its approval, a branch
    of it that is red, and a pipeline that was only seen."""

    def word(field: str) -> str:
        return payload.format(field)

    team = a_team(store, word("team"), "payments")
    named = {name: word(name) for name in ("repository", "project", "owner", "place", "path")}
    ref = replace(REF, name=word("pipeline"), url=link, default_branch=word("branch"), **named)
    common: dict[str, Any] = {"pipeline": ref, "url": link}
    job = action_changed(name=word("job"), stage=word("stage"), note=word("note"), action=word("key"), **common)
    failed = replace(
        job, status=Status.FAILED, raw_status=word("raw"), finished=True, finished_at=NOW, started_at=NOW - MINUTE
    )
    run = execution_changed(
        raw_status=word("raw"), number=word("number"), branch=word("branch"), message=word("message"),
        author=word("author"), actor=word("actor"), trigger=word("trigger"), reason=word("why"), by=word("who"),
        started_at=NOW - MINUTE, **common,
    )  # fmt: skip
    red = replace(run, status=Status.FAILED, finished=True, finished_at=NOW)
    deployed = deployment_changed(environment=word("environment"), **common)
    execution_id = record(store, [run, failed, deployed, red], team.id)
    waiting = replace(
        job, execution="5003", order=5003, name=word("other"), stage=word("approval"), action="2", status=Status.WAITING
    )
    record(store, [replace(run, execution="5003", order=5003, status=Status.WAITING), waiting], team.id)
    asked = {"origin": Origin.CHANGE_REQUEST, "change_request": word("request"), "change_request_url": link}
    record(store, [replace(red, execution="5004", order=5004, **asked)], team.id)
    odd = replace(run, execution="5002", order=None, status=Status.UNKNOWN, pipeline=replace(ref, key=SECOND))
    other = record(store, [odd], team.id)
    pipeline_id = store.executions.get(execution_id).pipeline_id
    store.override_writer.take(team.id, pipeline_id, Acknowledgement("u", word("taker"), NOW), BY, "pipeline.taken")
    connection = a_connection(store, team.id, name=word("connection"))
    store.deliveries.note(Delivery(connection.id, "k", word("event"), NOW, 400, "rejected", word("reason")))
    return Town(team, connection, execution_id, execution_id, other)


def pages(town: Town) -> list[str]:
    runs = [f"/executions/{town.green}", f"/executions/{town.moving}", f"/executions/{town.green}?attempt=1"]
    pipelines = [f"{town.board}/pipelines/{town.pipeline}", f"{town.board}/pipelines/{town.pipeline_of(SECOND)}"]
    admin = ["/manage", f"/manage/teams/{town.team.id}", f"/manage/connections/{town.connection.id}"]
    return ["/", town.board, *pipelines, *runs, "/health", "/health/payments", f"/commits/{SHA}", *admin, "/logout"]


def found_on(visitor: Visitor, town: Town) -> dict[str, str]:
    """Every page, every poll of one, every stream's first message."""
    texts = {path: visitor.text(path) for path in pages(town)}
    texts |= {f"poll {path}": text_of(visitor.poll(path, "old")) for path in pages(town)[:7]}
    for topic in ("network", f"team:{town.team.id}", f"execution:{town.green}", f"pipeline:{town.pipeline}"):
        texts[topic] = "".join(region.html for region in live.hub.topics.load(topic, 0).regions)
    return texts


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_markup_in_any_stored_field_is_markup_on_no_page(store: Store, payload: str) -> None:
    user = a_user(store, is_admin=True, name=payload.format("user"))
    visitor = Visitor(store, user)
    town = hostile(store, payload)
    texts = found_on(visitor, town)
    texts["search"] = visitor.text(f"/search?q={payload.format('search')[:20]}".replace("#", ""))
    for path, text in texts.items():
        found = Elements(text)
        assert not {"img", "base", "iframe"} & set(found.tags), path
        assert not [name for name, _ in found.attributes if re.match(r"on|data-hx|hx-on", name)], path
        assert not [value for name, value in found.attributes if name in FOLLOWED and "evil" in value], path
        assert found.tags.count("script") == len(re.findall(r"<script src=", text)), path
        assert "7|add:7" not in payload or f"{7 + 7}{{% load" not in text, path


def test_the_fields_do_reach_the_pages(store: Store) -> None:
    """Else the test above would hold of empty pages."""
    visitor = Visitor(store, a_user(store, is_admin=True, name="user!"))
    text = "".join(found_on(visitor, hostile(store, "word-{0}!")).values())
    fields = ("team", "pipeline", "stage", "job", "note", "message", "author", "branch", "number", "environment")
    more = ("repository", "approval", "taker", "connection", "event", "reason", "raw", "project", "request", "why")
    assert [field for field in (*fields, *more) if f"word-{field}" not in text] == []


@pytest.mark.parametrize("link", EVIL_LINKS)
def test_address_that_is_no_web_address_is_never_linked(store: Store, link: str) -> None:
    """Sources let only http and https pass; what stands in the table from elsewhere must not be followed either."""
    visitor = Visitor(store, a_user(store, is_admin=True))
    for path, text in found_on(visitor, hostile(store, "word-{0}", link)).items():
        followed = [
            value for name, value in Elements(text).attributes if name == "href" and value.strip() == link.strip()
        ]
        assert followed == [], path


def test_api_answers_with_json_whatever_the_words(store: Store) -> None:
    user = a_user(store, is_admin=True)
    town = hostile(store, PAYLOADS[0])
    headers = {"Authorization": f"Bearer {create_token(user, 'a token', BY)}"}
    visitor = Visitor(store, None)
    answer = visitor.get(f"/api/v1/executions/{town.green}", **headers)
    assert answer["Content-Type"].startswith("application/json")
    assert json.loads(answer.content)["message"] == PAYLOADS[0].format("message")

"""CloudEvents are read from headers, from an envelope, from a list and from nothing around them, alike."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dashboard.sources.kit.cloudevents import MOST_EVENTS, CloudEvent, read
from dashboard.sources.kit.source import Rejected
from tests.dashboard.sources.corpus import CORPUS, needs_corpus

DATA = {"context": {"id": "1"}, "subject": {"id": "run-7"}}
ATTRIBUTES = {"specversion": "1.0", "id": "1", "source": "/ci", "type": "dev.cdevents.taskrun.started.0.3.0"}
BINARY = {"content-type": "application/json", **{f"ce-{name}": value for name, value in ATTRIBUTES.items()}}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCHED = {"content-type": "application/cloudevents-batch+json"}
PLAIN = {"content-type": "application/json"}


def events(headers: dict[str, str], body: Any) -> list[CloudEvent]:
    return read(headers, json.dumps(body).encode())


def refusal(headers: dict[str, str], body: Any) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(headers, body if isinstance(body, bytes) else json.dumps(body).encode())
    return caught.value


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (BINARY, DATA),
        (STRUCTURED, {**ATTRIBUTES, "data": DATA}),
        (STRUCTURED, {**ATTRIBUTES, "data_base64": base64.b64encode(json.dumps(DATA).encode()).decode()}),
        (BATCHED, [{**ATTRIBUTES, "data": DATA}]),
        # As some send it.
        (PLAIN, {**ATTRIBUTES, "data": DATA}),
        (PLAIN, [{**ATTRIBUTES, "data": DATA}]),
    ],
)
def test_every_mode_gives_the_same_attributes_and_data(headers: dict[str, str], body: object) -> None:
    (event,) = events(headers, body)
    assert {name: event.attribute(name) for name in ATTRIBUTES} == ATTRIBUTES
    assert (event.data.name("context.id"), event.data.name("subject.id")) == ("1", "run-7")


def test_a_body_without_an_envelope_has_no_attributes() -> None:
    (event,) = events(PLAIN, DATA)
    assert (dict(event.attributes), event.attribute("id")) == ({}, "")
    assert event.data.name("subject.id") == "run-7"


def test_content_type_counts_more_than_headers_of_the_binary_mode() -> None:
    (event,) = events({**BINARY, **STRUCTURED}, {**ATTRIBUTES, "id": "2", "data": DATA})
    assert event.attribute("id") == "2"


def test_a_batch_may_hold_several_and_none() -> None:
    bare = {"context": {"id": "3"}}
    found = events(BATCHED, [{**ATTRIBUTES, "data": DATA}, {**ATTRIBUTES, "id": "2", "data": DATA}, bare])
    assert [event.attribute("id") for event in found] == ["1", "2", ""]
    assert events(BATCHED, []) == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("100%2525", "100%25"),
        ("%e2%82%ac", "€"),
        ('"/a \\"quoted\\" path"', '/a "quoted" path'),
        ("line%0Abreak", "line break"),
    ],
)
def test_a_header_is_decoded_once(sent: str, said: str) -> None:
    (event,) = events({**BINARY, "ce-source": sent}, DATA)
    assert event.attribute("source") == said


@pytest.mark.parametrize(
    ("headers", "body", "path"),
    [
        ({**BINARY, "ce-source": "%C0%A0"}, DATA, "ce-source"),
        (BINARY, [DATA], "$"),
        (BINARY, b"CloudEvent{id='1', source=job/a, data=JsonCloudEventData{}}", "$"),
        (STRUCTURED, [ATTRIBUTES], "$"),
        (STRUCTURED, ATTRIBUTES, "data"),
        (STRUCTURED, {**ATTRIBUTES, "data": "text"}, "data"),
        (STRUCTURED, {**ATTRIBUTES, "data_base64": "%%%"}, "data_base64"),
        (STRUCTURED, {**ATTRIBUTES, "data_base64": "é"}, "data_base64"),
        (STRUCTURED, {**ATTRIBUTES, "data_base64": 7}, "data_base64"),
        (STRUCTURED, {**ATTRIBUTES, "data_base64": base64.b64encode(b"text").decode()}, "data_base64"),
        (BATCHED, {**ATTRIBUTES, "data": DATA}, "$"),
        (BATCHED, [{**ATTRIBUTES, "data": DATA}, 7], "1"),
        (BATCHED, [{**ATTRIBUTES, "data": DATA}, {**ATTRIBUTES, "data": None}], "1.data"),
        (PLAIN, "text", "$"),
        (PLAIN, b"{", "$"),
        (BATCHED, [DATA] * (MOST_EVENTS + 1), "$"),
    ],
)
def test_a_refusal_names_the_place(headers: dict[str, str], body: object, path: str) -> None:
    refused = refusal(headers, body)
    assert refused.path == path
    assert refused.message


def test_paths_of_an_event_begin_where_it_stands_in_the_body() -> None:
    (structured,) = events(STRUCTURED, {**ATTRIBUTES, "data": DATA})
    (batched,) = events(BATCHED, [{**ATTRIBUTES, "data": DATA}])
    (bare,) = events(PLAIN, DATA)
    assert structured.data.where("subject.id") == "data.subject.id"
    assert batched.data.where("subject.id") == "0.data.subject.id"
    assert bare.data.where("subject.id") == "subject.id"


@needs_corpus
@pytest.mark.parametrize("name", ["binary", "structured"])
def test_published_requests_are_read(name: str) -> None:
    headers, body = request(f"{name}.http.txt")
    (event,) = read(headers, body)
    assert event.attribute("type") == "com.example.someevent"
    assert event.attribute("source") == "/mycontext/subcontext"
    assert event.attribute("time") == "2018-04-05T03:56:24Z"
    assert event.data.name("message") == "Hello World!"


@needs_corpus
@pytest.mark.parametrize("name", ["batched.skeleton.txt", "cdevents-binary.skeleton.txt"])
def test_published_skeletons_are_not_json(name: str) -> None:
    headers, body = request(name)
    assert refusal(headers, body).path == "$"


def request(name: str) -> tuple[dict[str, str], bytes]:
    head, _, body = (CORPUS / "cdevents" / "cloudevents-http" / name).read_text().partition("\n\n")
    lines = (line.partition(":") for line in head.splitlines()[1:])
    return {name.lower(): value.strip() for name, _, value in lines}, body.encode()

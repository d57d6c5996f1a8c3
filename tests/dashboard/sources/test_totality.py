"""Whatever a body holds, a source answers with events, with a reason to ignore it, or with Rejected: nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Parsed, Rejected
from storage.codec import documents
from storage.model.document import replace
from storage.model.subject_views import read_subject
from storage.model.subjects import merge_subject
from storage.recording.subject_recorder import told_of
from tests.dashboard.sources.golden import Golden, goldens, headers_of

REPLACEMENTS: tuple[object, ...] = (
    None,
    True,
    -1,
    2**63,
    1.5,
    "",
    "x\ud800\u202e\x00" + "é" * 1200,
    "9999-12-31T23:59:59Z",
    [],
    [None],
    {},
    {"a": None},
)
KINDS = [*sorted({golden.event for golden in goldens()}), "?", ""]
HEADERS = sorted(
    {source.event_header for source in SOURCES.values() if source.event_header}
    | {source.envelope.header for source in SOURCES.values() if source.envelope}
    | {"ce-specversion", "ce-type", "ce-time"}
)
TYPES = sorted({kind for source in SOURCES.values() for kind in source.content_types})


def answer(source: str, headers: dict[str, str], body: bytes) -> Parsed | None:
    """None where it is rejected. Any other exception fails the test."""
    try:
        parsed = SOURCES[source].parse(headers, body)
    except Rejected as rejected:
        return None if rejected.message and rejected.path else pytest.fail("a rejection without its place")
    assert bool(parsed.events or parsed.subjects) != bool(parsed.ignored)
    for event in parsed.events:
        assert event.execution
        assert event.attempt >= 1
        assert len(event.pipeline.key) < 700
    assert documents.dump(parsed.events)
    for blank, told in told_of("team", parsed.subjects):
        read = read_subject(replace(blank, state=merge_subject(blank.state, told)))
        assert documents.unpack(type(read), documents.pack(read)) == read
    return parsed


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inside:
        yield (*path, name)
        yield from places(child, (*path, name))


def holder(document: Any, path: tuple[str | int, ...]) -> Any:
    for name in path[:-1]:
        document = document[name]
    return document


@pytest.mark.parametrize("golden", goldens(), ids=str)
def test_a_body_with_any_member_removed_or_of_another_type_is_answered(golden: Golden):
    document = json.loads(golden.body.read_text())
    for path in places(document):
        removed = copy.deepcopy(document)
        del holder(removed, path)[path[-1]]
        answer(golden.source, golden.headers, json.dumps(removed).encode())
        replaced = copy.deepcopy(document)
        for value in REPLACEMENTS:
            holder(replaced, path)[path[-1]] = value
            answer(golden.source, golden.headers, json.dumps(replaced).encode())


@pytest.mark.parametrize("golden", goldens(), ids=str)
def test_a_body_cut_short_is_rejected(golden: Golden):
    body = golden.body.read_bytes().strip()
    for end in range(0, len(body), 7):
        assert answer(golden.source, golden.headers, body[:end]) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(SOURCES)), st.sampled_from(KINDS), st.sampled_from(TYPES), JSON)
def test_any_json_is_answered(source: str, kind: str, content_type: str, value: object):
    answer(source, {**headers_of(source, kind), "content-type": content_type}, json.dumps(value).encode())


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(goldens()), st.sampled_from(TYPES), st.booleans())
def test_a_body_of_another_content_type_is_answered(golden: Golden, content_type: str, several: bool):
    body = golden.body.read_bytes()
    answer(
        golden.source, {**golden.headers, "content-type": content_type}, b"[%s,%s]" % (body, body) if several else body
    )


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(goldens()), st.data())
def test_a_body_with_any_member_made_any_json_is_answered(golden: Golden, data: st.DataObject):
    document = json.loads(golden.body.read_text())
    path = data.draw(st.sampled_from(list(places(document))))
    holder(document, path)[path[-1]] = data.draw(JSON)
    answer(golden.source, golden.headers, json.dumps(document).encode())


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(sorted(SOURCES)),
    st.dictionaries(
        st.sampled_from(["content-type", "user-agent", *HEADERS]),
        st.text(st.characters()) | st.sampled_from(["Amazon/EventBridge", *TYPES, *KINDS]),
    ),
    st.binary(max_size=60),
)
def test_any_bytes_with_any_headers_are_answered(source: str, headers: dict[str, str], body: bytes):
    answer(source, headers, body)

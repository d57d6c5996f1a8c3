"""Each body in tests/payloads becomes exactly the events recorded beside it."""

from __future__ import annotations

import pytest

from dashboard.sources import SOURCES
from tests.dashboard.sources.golden import Golden, goldens, serialised


@pytest.mark.parametrize("golden", goldens(), ids=str)
def test_body_becomes_the_recorded_events(golden: Golden):
    parsed = SOURCES[golden.source].parse(golden.headers, golden.body.read_bytes())

    assert serialised(parsed) == golden.expected.read_text()


@pytest.mark.parametrize("golden", goldens(), ids=str)
def test_parsing_twice_gives_the_same(golden: Golden):
    body, parse = golden.body.read_bytes(), SOURCES[golden.source].parse

    assert parse(golden.headers, body) == parse(golden.headers, body)


@pytest.mark.parametrize("golden", goldens(), ids=str)
def test_an_event_has_what_storage_needs(golden: Golden):
    parsed = SOURCES[golden.source].parse(golden.headers, golden.body.read_bytes())

    assert bool(parsed.events or parsed.subjects) != bool(parsed.ignored)
    for event in parsed.events:
        assert event.execution
        assert event.attempt >= 1
        assert event.at > 0
        assert event.status is None or event.raw_status
        assert not event.finished or event.finished_at
    for subject in parsed.subjects:
        assert subject.scope
        assert subject.subject
        assert subject.at > 0

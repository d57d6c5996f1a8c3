"""Event streams, up to where the connection is handed over."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.live.handover import OFFER
from dashboard.views import live
from storage.errors import NotFound
from storage.store import Store
from tests.dashboard.views.town import Town
from tests.dashboard.visiting import Visitor
from tests.factories import a_team


def open_stream(visitor: Visitor, topic: str, **extra: Any) -> Any:
    return visitor.client.get(f"/live/{topic}", **{OFFER: True, "gunicorn.socket": object(), **extra})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Topic, tag last seen and session of each stream that was opened. No thread is started."""
    found: list[tuple[str, str, str]] = []

    def opening(topic: str, seen: str, ends: tuple[str, ...]) -> object:
        found.append((topic, seen, ends[0]))
        return lambda _: None

    monkeypatch.setattr(live.hub, "opening", opening)
    return found


def test_stream_is_opened_on_the_topic_for_the_session(
    visitor: Visitor, town: Town, opened: list[tuple[str, str, str]]
) -> None:
    topics = ["network:all", f"team:{town.team.id}", f"execution:{town.red}", f"pipeline:{town.pipeline}"]
    for topic in topics:
        answer = open_stream(visitor, f"{topic}?tag=abc")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/event-stream"
        assert callable(answer.handover)
    assert [(topic, seen) for topic, seen, _ in opened] == [(topic, "abc") for topic in topics]
    assert len({session for *_, session in opened}) == 1
    assert opened[0][2].startswith("session:")


def test_reconnecting_browser_tells_what_it_saw_last(
    visitor: Visitor, town: Town, opened: list[tuple[str, str, str]]
) -> None:
    open_stream(visitor, "network:all?tag=old", headers={"Last-Event-ID": "newer"})
    assert opened[0][1] == "newer"


def test_server_that_cannot_hold_streams_sends_to_polling(visitor: Visitor, town: Town) -> None:
    answer = visitor.get("/live/network:all")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0


def test_full_server_sends_to_polling(visitor: Visitor, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.hub, "has_room", lambda: False)
    assert open_stream(visitor, "network:all").status_code == 503


@pytest.mark.parametrize(
    "topic",
    ["none", "network", "network:open", "team:", "team:none", "execution:none", "pipeline:none", "session:x", "team"],
)
def test_topic_that_is_not_there_is_not_found(visitor: Visitor, store: Store, topic: str) -> None:
    assert open_stream(visitor, topic).status_code == 404


def test_topic_that_went_meanwhile_is_not_found_by_its_loader(store: Store) -> None:
    for topic in ("team:none", "execution:none", "pipeline:none"):
        with pytest.raises(NotFound):
            live.load(topic)


def test_snapshot_of_an_empty_board_has_its_parent(store: Store) -> None:
    team = a_team(store)
    assert live.load(f"team:{team.id}").parents == ("board",)


def test_change_reaches_the_reader_as_a_notice_with_its_topics(store: Store, town: Town) -> None:
    topics = {topic for change in live._changes(store.now() - 1000) for topic in change.topics}
    assert {"network", f"team:{town.team.id}", f"execution:{town.red}", f"pipeline:{town.pipeline}"} <= topics

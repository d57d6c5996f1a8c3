"""Event streams, up to where the connection is handed over."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dashboard.live.handover import OFFER
from dashboard.live.scopes import Scopes
from dashboard.views import live
from storage.errors import NotFound
from storage.model.accounts import Grant, Role
from storage.store import Store
from tests.dashboard.views.town import Town
from tests.dashboard.visiting import Visitor
from tests.factories import a_team, a_user


def open_stream(visitor: Visitor, topic: str, **extra: Any) -> Any:
    return visitor.client.get(f"/live/{topic}", **{OFFER: True, "gunicorn.socket": object(), **extra})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Topic, tag last seen and session of each stream that was opened. No thread is started."""
    found: list[tuple[str, str, str]] = []

    def opening(topic: str, seen: str, ends: tuple[str, ...], _: str) -> object:
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
    # A member's, who sees what logs say.
    topics[2] += "?logs=1"
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
    monkeypatch.setattr(live.hub, "has_room", lambda _: False)
    assert open_stream(visitor, "network:all").status_code == 503


def test_one_persons_streams_are_counted_over_all_their_sessions(
    visitor: Visitor, town: Town, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visitor.user is not None
    person, other = f"reader:{visitor.user.id}", a_user(store, "other@example.com")
    monkeypatch.setattr(live.hub, "has_room", lambda reader: reader != person)
    for session in (visitor, Visitor(store, visitor.user)):
        answer = open_stream(session, "network:all")
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert open_stream(Visitor(store, other), "network:open").status_code == 200


@pytest.mark.parametrize(
    "topic",
    ["none", "network", "network:open", "team:", "team:none", "execution:none", "pipeline:none", "session:x", "team"],
)
def test_topic_that_is_not_there_is_not_found(visitor: Visitor, store: Store, topic: str) -> None:
    assert open_stream(visitor, topic).status_code == 404


def test_topic_that_went_meanwhile_is_not_found_by_its_loader(store: Store) -> None:
    for topic in ("team:none", "execution:none", "pipeline:none"):
        with pytest.raises(NotFound):
            live.hub.topics.load(topic, 0)


def test_snapshot_of_an_empty_board_has_its_parent(store: Store) -> None:
    team = a_team(store)
    assert live.hub.topics.load(f"team:{team.id}", 0).parents == ("board", "livenow")


def test_change_reaches_the_reader_as_a_notice_with_its_topics(store: Store, town: Town) -> None:
    topics = {topic for change in live._changes(store.now() - 1000) for topic in change.topics}
    assert {"network", f"team:{town.team.id}", f"execution:{town.red}", f"pipeline:{town.pipeline}"} <= topics


def of_many_teams(store: Store, count: int, email: str) -> Visitor:
    """Somebody with a role in so many teams, all but the first two of which are gone."""
    teams = [a_team(store, f"Team {place}", f"{email.partition('@')[0]}-{place}", is_open=False) for place in range(2)]
    others = [f"{number:08x}-8d1e-4f0e-9a51-0f4b6a0f9d11" for number in range(count - 2)]
    roles = tuple(Grant(team_id, Role.MEMBER) for team_id in (*(team.id for team in teams), *others))
    return Visitor(store, a_user(store, email, roles=roles))


def test_network_of_somebody_in_220_teams_is_live(store: Store, town: Town, opened: list[tuple[str, str, str]]) -> None:
    one, other = of_many_teams(store, 220, "one@example.com"), of_many_teams(store, 219, "other@example.com")
    topics = {}
    for visitor in (one, other):
        text = visitor.text("/")
        ((topic, tag),) = re.findall(r'hx-sse:connect="/live/(network:[^"?]+)\?tag=(\w+)"', text)
        assert len(topic) < 100
        assert open_stream(visitor, f"{topic}?tag={tag}").status_code == 200
        assert live.hub.topics.load(topic, 0).tag == tag
        topics[visitor] = topic
    assert topics[one] != topics[other]
    assert open_stream(one, topics[other]).status_code == 404
    assert open_stream(other, topics[one]).status_code == 404
    assert [topic for topic, _, _ in opened] == [topics[one], topics[other]]


def test_people_of_one_long_scope_share_a_stream(store: Store, town: Town, opened: list[tuple[str, str, str]]) -> None:
    one = of_many_teams(store, 220, "one@example.com")
    assert one.user is not None
    twin = Visitor(store, a_user(store, "twin@example.com", roles=tuple(reversed(one.user.roles))))
    found = {re.findall(r"/live/(network:[^?]+)", visitor.text("/"))[0] for visitor in (one, twin)}
    assert len(found) == 1
    assert open_stream(twin, found.pop()).status_code == 200


def test_names_that_are_no_longer_loaded_are_forgotten_first() -> None:
    scopes = Scopes(most=2)
    for name in ("many-a", "many-b"):
        scopes.remember(name, name)
    assert scopes.resolve("many-a") == "many-a"
    scopes.remember("many-c", "c")
    assert scopes.resolve("many-a") == "many-a"
    with pytest.raises(NotFound):
        scopes.resolve("many-b")

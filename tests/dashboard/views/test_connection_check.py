"""What a connection's page says while its first event is waited for, and of what is wrong with what came."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from dashboard.sources import SOURCES
from dashboard.sources.kit.sample import SampleRun
from storage.model.connection_state import Activity
from storage.model.document import replace
from storage.model.entities import ApiQuota, Connection, Team, ToolApp
from storage.store import Store
from tests.activities import HOUR, activity_of, in_office_hours, with_clock
from tests.dashboard.bodies import workflow_run
from tests.dashboard.sources.github_bodies import golden
from tests.dashboard.visiting import Visitor, post_github
from tests.factories import BY, DAY, MINUTE, NOW, SECRET, Clock, a_connection, a_team, delivery

JOB = "workflow_job__queued"
WRONG = {"X-Hub-Signature-256": "sha256=0"}
LINE = re.compile(r'<li class="st-(\w+)"[^>]*>(.*?)</li>', re.DOTALL)


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store, is_open=False)


@pytest.fixture
def connection(store: Store, team: Team) -> Connection:
    return a_connection(store, team.id)


def said(visitor: Visitor, connection: Connection) -> list[tuple[str, str]]:
    """The lines of the part that looks for itself: state and words."""
    found = visitor.text(f"/manage/connections/{connection.id}/check")
    return [(state, words_of(text)) for state, text in LINE.findall(found)]


def words_of(text: str) -> str:
    return html.unescape(" ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", text, flags=re.DOTALL).split()))


def posted_as(connection: Connection, content_type: str) -> int:
    return Client().post(f"/hooks/github/{connection.id}", b"x=1", content_type=content_type).status_code


def test_nothing_has_come_yet(visitor: Visitor, connection: Connection) -> None:
    assert said(visitor, connection) == [
        ("queued", "Waiting for the first event nothing received yet"),
        ("queued", "Secret not tried yet 0 refused"),
        ("queued", "Payloads: none yet 0 rejected"),
    ]


def test_first_event_is_named_with_its_pipeline_and_its_run(visitor: Visitor, connection: Connection) -> None:
    assert post_github(connection, workflow_run()).status_code == 202
    first, secret, payloads = said(visitor, connection)
    assert first[0] == "succeeded"
    assert first[1].startswith("Receiving workflow_run.requested of checkout · CI Last event received")
    assert (secret, payloads) == (
        ("succeeded", "Secret right in all of the latest 1 0 refused"),
        ("succeeded", "Payloads understood 0 rejected"),
    )
    assert 'href="/executions/' in visitor.text(f"/manage/connections/{connection.id}/check")


def test_job_whose_run_has_not_come_yet_is_named_with_its_repository(visitor: Visitor, connection: Connection) -> None:
    assert post_github(connection, golden(JOB), "workflow_job").status_code == 202
    first, *_ = said(visitor, connection)
    assert first[1].startswith("Receiving workflow_job.queued of checkout-api Last")


def test_event_that_tells_of_no_run_is_named_alone(visitor: Visitor, connection: Connection) -> None:
    assert post_github(connection, {}, "ping").status_code == 200
    first, *_ = said(visitor, connection)
    assert first[1].startswith("Receiving ping Last event received")


def test_page_looks_more_often_while_it_waits(visitor: Visitor, connection: Connection) -> None:
    path = f"/manage/connections/{connection.id}/check"
    assert 'hx-trigger="every 2s"' in visitor.text(path)
    post_github(connection, workflow_run(), **WRONG)
    assert 'hx-trigger="every 2s"' in visitor.text(path)
    post_github(connection, workflow_run())
    assert 'hx-trigger="every 5s"' in visitor.text(path)


def test_wrong_secret_says_what_to_do_until_the_right_one_comes(
    visitor: Visitor, connection: Connection, clock: Clock
) -> None:
    assert post_github(connection, workflow_run(), **WRONG).status_code == 401
    first, secret, payloads = said(visitor, connection)
    assert first == ("failed", "Refused nothing received yet")
    assert secret == (
        "failed",
        "Secret wrong in 1 of the latest posts: enter this connection's at GitHub Actions, or rotate it. "
        "At most one refusal a minute is noted 1 refused, last 23 Nov 12:00 UTC",
    )
    assert payloads[0] == "queued"
    clock.move(1000)
    assert post_github(connection, workflow_run()).status_code == 202
    first, secret, _ = said(visitor, connection)
    assert first[0] == "succeeded"
    assert secret == (
        "succeeded",
        "Secret right since the latest post; it was wrong before 1 refused, last 23 Nov 12:00 UTC",
    )


def test_secret_of_an_app_is_renewed_by_rotating_alone(visitor: Visitor, store: Store, connection: Connection) -> None:
    api = replace(connection.api, app=ToolApp("1", "cd", key="sealed"))
    store.connections.put(connection, replace(connection, api=api), BY, "connection.changed")
    post_github(connection, workflow_run(), **WRONG)
    assert "rotate it, which tells GitHub Actions" in said(visitor, connection)[1][1]


def test_wrong_content_type_says_which_came_and_which_is_wanted(
    visitor: Visitor, connection: Connection, clock: Clock
) -> None:
    assert posted_as(connection, "text/xml") == 415
    first, secret, of_type, _ = said(visitor, connection)
    assert first == ("failed", "Content type not taken nothing received yet")
    assert secret[0] == "queued"
    assert of_type == (
        "failed",
        "Content type wrong in 1 of the latest posts: it came as text/xml, and is to be application/json or"
        " application/x-www-form-urlencoded not taken",
    )
    clock.move(1000)
    post_github(connection, workflow_run())
    assert not [words for _, words in said(visitor, connection) if words.startswith("Content type")]


@pytest.mark.parametrize("told", ["", "application/json; charset=latin-1", "<script>alert(1)</script>", "x" * 5000])
def test_whatever_content_type_is_told_the_page_says_it_as_text(
    visitor: Visitor, connection: Connection, told: str
) -> None:
    assert posted_as(connection, told) == 415
    text = visitor.text(f"/manage/connections/{connection.id}")
    assert "Content type wrong in 1 of the latest posts" in text
    assert "<script>alert" not in text
    assert "x" * 101 not in text


def test_strangers_make_us_write_once_a_minute(visitor: Visitor, store: Store, connection: Connection) -> None:
    for _ in range(3):
        posted_as(connection, "text/xml")
    assert [each.answer for each in store.deliveries.list_of_connection(connection.id)] == [415]


def test_body_that_is_not_understood_says_why(visitor: Visitor, connection: Connection, clock: Clock) -> None:
    assert post_github(connection, {"workflow_run": {}}).status_code == 400
    first, secret, payloads = said(visitor, connection)
    assert first == ("failed", "Not understood nothing received yet")
    assert secret[0] == "succeeded"
    assert payloads[0] == "failed"
    assert payloads[1].startswith("Payloads not readable in 1 of the latest posts: ")
    assert "repository" in payloads[1] or "workflow_run" in payloads[1]
    clock.move(1000)
    post_github(connection, workflow_run())
    assert said(visitor, connection)[2] == ("succeeded", "Payloads understood 1 rejected")


@pytest.mark.parametrize("name", [name for name, source in SOURCES.items() if source.ignores_unusable])
def test_what_is_spared_a_refusal_is_said_all_the_same(
    visitor: Visitor, store: Store, team: Team, clock: Clock, name: str
) -> None:
    connection, source = a_connection(store, team.id, name), SOURCES[name]
    proof = source.verifier.prove(b"{}", SECRET, clock())
    answer = Client().post(f"/hooks/{name}/{connection.id}", b"{}", content_type="text/xml", headers=proof)
    assert answer.status_code == 200
    first, secret, payloads = said(visitor, connection)
    assert first == ("failed", "Not understood nothing received yet")
    assert secret[0] == "succeeded"
    assert "Content-Type must be one of" in payloads[1]


def ping(*events: str) -> dict[str, Any]:
    return {"zen": "x", "hook": {"type": "Organization", "events": list(events)}}


def test_ping_tells_at_once_what_is_not_ticked(visitor: Visitor, connection: Connection, clock: Clock) -> None:
    assert post_github(connection, ping("push"), "ping").status_code == 200
    words = [words for state, words in said(visitor, connection) if state == "failed"]
    assert [each.partition(" is not")[0] for each in words] == ["“Workflow runs”", "“Workflow jobs”"]
    clock.move(1000)
    post_github(connection, workflow_run())
    words = [words for state, words in said(visitor, connection) if state == "failed"]
    assert [each.partition(" is not")[0] for each in words] == ["“Workflow jobs”"]


def test_ping_of_a_hook_that_sends_all_that_is_needed_lacks_nothing(visitor: Visitor, connection: Connection) -> None:
    post_github(connection, ping("workflow_run", "workflow_job"), "ping")
    assert {state for state, _ in said(visitor, connection)} == {"succeeded"}


def test_app_that_was_uninstalled_is_called_that_until_it_is_back(
    visitor: Visitor, store: Store, connection: Connection
) -> None:
    def told(event: str, at: int) -> None:
        store.deliveries.note(delivery(event, connection.id, event=event, outcome="ignored", received_at=at))

    told("workflow_run.requested", NOW)
    told("installation.deleted", NOW + 1)
    assert [words for state, words in said(visitor, connection) if state == "failed"] == [
        "The App was uninstalled at GitHub: nothing comes from there until somebody installs it again"
    ]
    told("installation.created", NOW + 2)
    assert [words for state, words in said(visitor, connection) if state == "failed"] == []


def test_silence_that_is_unusual_is_said_on_the_page_and_in_the_list(
    visitor: Visitor, store: Store, connection: Connection, clock: Clock
) -> None:
    post_github(connection, workflow_run())
    store.connection_states.note_activity(activity_of(in_office_hours, of=connection.id))
    clock.move(3 * HOUR)
    first, *lines = said(visitor, connection)
    assert first[0] == "unknown"
    assert first[1].startswith("Silent for longer than is usual Last event received")
    assert [state for state, words in lines if words.startswith("Silent for longer than is usual")] == ["unknown"]
    assert "Silent for longer than is usual" in visitor.text(f"/manage/teams/{connection.team_id}/connections")


def test_weekend_that_is_always_silent_is_no_reason_to_call_it_that(
    visitor: Visitor, store: Store, connection: Connection
) -> None:
    last = NOW - 26 * HOUR
    store.deliveries.note(delivery("1", connection.id, outcome="ignored", received_at=last))
    assert said(visitor, connection)[0][1].startswith("Silent for more than a day")
    from_friday_evening = DAY + 16 * HOUR
    known = activity_of(lambda at: in_office_hours(at - from_friday_evening), until=last, of=connection.id)
    store.connection_states.note_activity(known)
    assert said(visitor, connection)[0][0] == "succeeded"


def test_list_says_in_short_what_is_wrong_beside(
    visitor: Visitor, store: Store, connection: Connection, clock: Clock
) -> None:
    post_github(connection, workflow_run())
    store.connections.note_quota(connection.id, ApiQuota(5000, 0, clock() + HOUR, clock()))
    store.connection_states.note_activity(with_clock(Activity(connection.id), 3 * MINUTE))
    text = words_of(visitor.text(f"/manage/teams/{connection.team_id}/connections"))
    assert "Receiving clock 3 min ahead, API quota used up" in text


def test_workflows_of_circleci_that_do_not_end_are_missed_after_an_hour_and_not_before(
    visitor: Visitor, store: Store, team: Team, clock: Clock
) -> None:
    connection, source = a_connection(store, team.id, "circleci"), SOURCES["circleci"]
    (post, *_) = source.sample(SampleRun(connection.id, clock()))
    sent = {**post.headers, **source.verifier.prove(post.body, SECRET, clock())}
    sent.pop("content-type")
    address = f"/hooks/circleci/{connection.id}"
    assert Client().post(address, post.body, content_type="application/json", headers=sent).status_code == 202
    assert not any("no workflow has ended" in words for _, words in said(visitor, connection))
    clock.move(3_600_000)
    assert any("no workflow has ended for an hour" in words for _, words in said(visitor, connection))

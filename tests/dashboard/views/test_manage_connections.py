"""What managers do with connections, and what they are told of them."""

from __future__ import annotations

import html
import json
import re

import pytest

from dashboard.auth.sealing import unseal
from dashboard.views.manage.connections import PAGE
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import Team
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.visiting import Visitor, post_github, signature, text_of
from tests.factories import BY, NOW, a_connection, a_member, a_team, delivery

SECRET_FIELD = re.compile(r'id="secret" readonly value="([^"]+)"')


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store, is_open=False)


def test_secret_is_shown_once_and_opens_the_webhook(visitor: Visitor, store: Store, team: Team) -> None:
    answer = visitor.post(f"/manage/teams/{team.id}/connect/github", {"name": "acme"})
    text = text_of(answer)
    (secret,) = SECRET_FIELD.findall(text)
    (listed,) = store.connections.list_of_team(team.id)
    assert f"/hooks/github/{listed.id}" in text
    assert "no-store" in answer["Cache-Control"]
    connection = store.connections.find(listed.id)
    assert connection is not None
    assert secret not in connection.secret
    assert unseal(connection.secret) == secret
    for path in (f"/manage/connections/{listed.id}", f"/manage/teams/{team.id}", "/manage"):
        assert secret not in visitor.text(path)
    signed = signature(json.dumps(workflow_run()).encode(), secret)
    assert post_github(connection, workflow_run(), **{"X-Hub-Signature-256": signed}).status_code == 202


def test_connection_page_lists_what_came_and_what_was_answered(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_connection(store, team.id, name="acme")
    post_github(connection, workflow_run(), key="d-1")
    post_github(connection, workflow_run(), **{"X-Hub-Signature-256": "sha256=0"})
    post_github(connection, {}, "ping")
    text = visitor.text(f"/manage/connections/{connection.id}")
    assert "workflow_run.requested" in text
    assert re.search(r"401</td>\s*<td[^>]*>refused", text)
    assert re.search(r"200</td>\s*<td[^>]*>ignored", text)
    assert "/executions/" in text


def test_secret_that_cannot_be_read_any_more_is_said_so(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    post_github(connection, workflow_run())
    store.connections.put(connection, replace(connection, secret="sealed by nobody"), BY, "connection.changed")
    check = visitor.text(f"/manage/connections/{connection.id}/check")
    assert re.search(r'st-failed"[^/]*/></svg><span>Secret cannot be read', check.replace("</use>", ""))
    assert "Secret unreadable" in visitor.text(f"/manage/teams/{team.id}/connections")


def test_more_connections_than_a_page_holds_are_all_listed_page_by_page(
    visitor: Visitor, store: Store, team: Team
) -> None:
    made = {a_connection(store, team.id, created_at=NOW + place).id for place in range(PAGE + 3)}
    path, found = f"/manage/teams/{team.id}/connections", list[str]()
    while path:
        text = visitor.text(path)
        found += re.findall(r'row"><a href="/manage/connections/(\w+)"', text)
        path = next(iter(re.findall(rf'href="(/manage/teams/{team.id}/connections\?after=[^"]+)"', text)), "")
    assert len(found) == len(made)
    assert set(found) == made
    assert f"{PAGE + 3} connections" in visitor.text(f"/manage/teams/{team.id}/delete")


def test_list_of_members_that_is_cut_says_so(
    visitor: Visitor, store: Store, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("storage.repositories.members", "dashboard.views.manage.members"):
        monkeypatch.setattr(f"{module}.MOST_LISTED", 2)
    a_member(store, team, Role.MEMBER)
    assert "are shown" not in visitor.text(f"/manage/teams/{team.id}/members")
    for role in (Role.VIEWER, Role.MANAGER):
        a_member(store, team, role)
    assert "Only the first 2 members are shown." in visitor.text(f"/manage/teams/{team.id}/members")


NOT_TICKED = "“Workflow runs” is not ticked in GitHub: jobs arrive, but runs will not show up until it is"


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ("workflow_job.queued workflow_job.completed", True),
        ("ping workflow_job.queued deployment.created", True),
        ("workflow_job.queued workflow_run.requested", False),
        ("workflow_run.requested", False),
        ("ping", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("outcome", ["applied", "pending"])
def test_jobs_without_runs_are_said_to_lack_them(
    visitor: Visitor, store: Store, team: Team, events: str, said: bool, outcome: str
) -> None:
    connection = a_connection(store, team.id)
    for event in events.split():
        store.deliveries.note(delivery(event, connection.id, event=event, outcome=outcome))
    for path in ("", "/check"):
        assert (NOT_TICKED in visitor.text(f"/manage/connections/{connection.id}{path}")) is said


def test_ignored_jobs_lack_nothing(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    store.deliveries.note(delivery("d-1", connection.id, event="workflow_job.queued", outcome="ignored"))
    assert NOT_TICKED not in visitor.text(f"/manage/connections/{connection.id}")


def test_run_of_more_jobs_than_the_page_lists_lacks_nothing(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    for place in range(60):
        event = "workflow_job.queued" if place else "workflow_run.requested"
        store.deliveries.note(delivery(f"d-{place}", connection.id, event=event, received_at=NOW + place))
    assert NOT_TICKED not in visitor.text(f"/manage/connections/{connection.id}")


def test_tool_nobody_has_heard_of_cannot_be_connected(visitor: Visitor, store: Store, team: Team) -> None:
    assert visitor.post(f"/manage/teams/{team.id}/connect/nonsense", {"name": "x"}).status_code == 404
    assert store.connections.list_of_team(team.id) == []


def test_topic_is_kept_for_codepipeline(visitor: Visitor, store: Store, team: Team) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:pipelines"
    visitor.post(f"/manage/teams/{team.id}/connect/codepipeline", {"topic_arn": f" {topic} "})
    visitor.post(f"/manage/teams/{team.id}/connect/github", {"topic_arn": topic})
    listed = store.connections.list_of_team(team.id)
    assert {(each.source, each.options) for each in listed} == {
        ("codepipeline", (("topic_arn", topic),)),
        ("github", ()),
    }


def test_file_that_sets_a_tool_up_is_shown_and_downloaded_without_a_secret(
    visitor: Visitor, store: Store, team: Team
) -> None:
    text = text_of(visitor.post(f"/manage/teams/{team.id}/connect/codepipeline", {"name": "acme"}))
    (secret,) = SECRET_FIELD.findall(text)
    (connection,) = store.connections.list_of_team(team.id)
    path = f"/manage/connections/{connection.id}/setup-file"
    assert f'href="{path}"' in text
    answer = visitor.get(path)
    assert answer["Content-Disposition"] == 'attachment; filename="bigtransit-codepipeline.yaml"'
    told = answer.content.decode()
    assert f"/hooks/codepipeline/{connection.id}" in told
    assert html.escape(told) in text
    assert secret not in told
    assert visitor.get(f"/manage/connections/{a_connection(store, team.id).id}/setup-file").status_code == 404

"""What GitLab tells of commits, merge requests, incidents and environments."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources.gitlab.subjects import MOST_COMMITS
from dashboard.sources.kit.source import Parsed
from storage.model.entities import Status
from storage.model.subjects import (
    ChangeRequestChanged,
    ChangeRequestState,
    CommitPushed,
    EnvironmentChanged,
    IncidentChanged,
)
from tests.dashboard.sources.gitlab_bodies import golden, parse

PUSH = "Push Hook__merge_of_a_merge_request"
INCIDENT = "Issue Hook__incident_opened"


def pushed(**changes: object) -> list[CommitPushed]:
    found = parse("Push Hook", {**golden(PUSH), **changes}).subjects
    return [one for one in found if isinstance(one, CommitPushed)]


def commits(*messages: str) -> list[dict[str, Any]]:
    return [
        {"id": f"{place:040x}", "message": message, "timestamp": "2026-03-02T10:08:41+01:00"}
        for place, message in enumerate(messages)
    ]


def test_each_commit_has_its_place_among_all_of_the_push_though_only_the_newest_are_listed():
    assert [(one.number, one.size, one.head) for one in pushed()] == [
        (22, 23, golden(PUSH)["after"]),
        (23, 23, golden(PUSH)["after"]),
    ]
    assert [(one.number, one.size) for one in pushed(total_commits_count=None)] == [(1, 2), (2, 2)]


def test_a_push_is_as_late_as_its_newest_commit():
    """A cherry-picked commit at its end may be older."""
    listed = commits("one", "two")
    listed[0]["timestamp"] = "2026-03-02T11:08:41+01:00"

    assert {one.at for one in pushed(commits=listed)} == {1772446121000}


def test_of_very_many_commits_the_newest_are_kept_with_their_places():
    found = pushed(commits=commits(*["Fix"] * (MOST_COMMITS + 5)), total_commits_count=0)

    assert (len(found), found[0].number, found[-1].number) == (MOST_COMMITS, 6, MOST_COMMITS + 5)


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("Merge branch 'a' into 'main'\n\nTitle\n\nSee merge request acme/web!57", "57"),
        ("Merge branch 'a' into 'main'\n\nTitle\n\nCloses #4\n\nSee merge request !8\n", "8"),
        ("Follow up on acme/web!57", ""),
        ("I said: See merge request acme/web!57", ""),
        ("See merge request acme/web!57, please", ""),
        ("", ""),
    ],
)
def test_the_merge_request_is_read_from_how_gitlab_words_merges(message: str, number: str):
    (found,) = pushed(commits=commits(message))

    assert found.change_request == number


@pytest.mark.parametrize(
    "changes",
    [{"ref": "refs/tags/v1"}, {"commits": []}, {"commits": None}, {"after": "0" * 40}, {"after": None}],
    ids=str,
)
def test_a_push_that_brings_nothing_to_a_branch_is_ignored(changes: dict[str, object]):
    assert parse("Push Hook", {**golden(PUSH), **changes}).ignored


def request(name: str, **changes: object) -> ChangeRequestChanged:
    body = golden(f"Merge Request Hook__{name}")
    body["object_attributes"].update(changes)
    (found,) = parse("Merge Request Hook", body).subjects
    assert isinstance(found, ChangeRequestChanged)
    return found


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("opened", ChangeRequestState.OPEN),
        ("locked", ChangeRequestState.OPEN),
        ("closed", ChangeRequestState.CLOSED),
        ("merged", ChangeRequestState.MERGED),
    ],
)
def test_a_merge_request_is_what_its_state_says(state: str, read: ChangeRequestState):
    found = request("merged", state=state)

    assert found.state is read
    assert (found.closed_at is None) == (read is ChangeRequestState.OPEN)
    assert bool(found.merge_commit) == (read is ChangeRequestState.MERGED)


def test_the_author_of_a_merge_request_is_who_opened_it_not_who_acts_now():
    assert request("opened").author == "praman"
    assert request("merged").author == ""


def incident(name: str = "incident_opened", labels: tuple[str, ...] | None = None, /, **changes: object) -> Parsed:
    body = golden(f"Issue Hook__{name}")
    body["object_attributes"].update(changes)
    if labels is not None:
        body["labels"] = [{"title": label} for label in labels]
    return parse("Issue Hook", body)


@pytest.mark.parametrize(
    ("changes", "labels", "is_one"),
    [
        ({"type": "Incident"}, (), True),
        ({"type": "Issue"}, ("web", "INCIDENT"), True),
        ({"type": None}, ("incident",), True),
        ({"type": "Task"}, ("incidental",), False),
        ({"type": "Issue"}, (), False),
    ],
    ids=str,
)
def test_an_incident_is_one_by_its_type_or_its_label(changes: dict[str, object], labels: tuple[str, ...], is_one: bool):
    parsed = incident("incident_opened", labels, **changes)

    assert bool(parsed.subjects) is is_one
    assert bool(parsed.ignored) is not is_one


def test_an_incident_is_resolved_when_it_is_closed_or_was_none():
    (closed,) = incident("incident_closed").subjects
    (lost,) = incident("incident_label_removed").subjects
    (opened,) = incident("labelled_incident").subjects

    assert isinstance(closed, IncidentChanged)
    assert isinstance(lost, IncidentChanged)
    assert isinstance(opened, IncidentChanged)
    assert (closed.resolved, closed.resolved_at) == (True, 1772458199000)
    assert (lost.resolved, lost.resolved_at) == (True, lost.at)
    assert (opened.resolved, opened.resolved_at) == (False, None)


def test_a_confidential_incident_is_not_shown_to_everybody():
    assert incident(confidential=True).ignored
    body = {**golden(INCIDENT), "event_type": "confidential_work_item"}
    assert parse("Confidential Issue Hook", body).ignored


def deployed(name: str = "succeeded", /, **changes: object) -> EnvironmentChanged:
    (found,) = parse("Deployment Hook", {**golden(f"Deployment Hook__{name}"), **changes}).subjects
    assert isinstance(found, EnvironmentChanged)
    return found


def test_a_deployment_is_that_of_its_job():
    """So that what the job says, and which run it is of, comes together with it."""
    (of_job,) = parse("Job Hook", golden("Job Hook__deploys_to_production")).subjects

    assert isinstance(of_job, EnvironmentChanged)
    told = deployed()
    assert (told.scope, told.subject, told.deployment) == (of_job.scope, of_job.subject, of_job.deployment)
    assert (of_job.execution, told.execution) == ("1912004417", "")
    assert (told.tier, told.url, told.commit) == ("production", "https://shop.acme.example", of_job.commit)


def test_a_deployment_that_no_job_made_has_a_number_of_its_own():
    assert deployed("made_by_another_tool").deployment == "deployment 882111"


def test_a_deployment_is_approved_by_who_did_so():
    assert (deployed("approved").by, deployed("approved").status) == ("iduarte", Status.WAITING)
    assert (deployed("rejected").by, deployed("rejected").status) == ("iduarte", Status.FAILED)
    assert deployed().by == "tokafor"


@pytest.mark.parametrize(
    ("page", "commit"),
    [
        ("https://gitlab.com/a/b/-/commit/" + "a" * 40, "a" * 40),
        ("https://gitlab.com/a/b/-/commit/" + "a" * 64, "a" * 64),
        ("https://gitlab.com/a/b/-/commit/abc", ""),
        ("https://gitlab.com/a/b", ""),
        (None, ""),
    ],
)
def test_the_commit_of_a_deployment_is_the_end_of_its_address(page: str | None, commit: str):
    assert deployed(commit_url=page).commit == commit


def test_a_deployment_to_nowhere_is_ignored():
    body = {**golden("Deployment Hook__succeeded"), "environment": None}

    assert parse("Deployment Hook", body).ignored == "the deployment does not say where to"

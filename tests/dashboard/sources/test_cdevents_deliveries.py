"""CDEvents of services, incidents and changes, and what comes of several."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from dashboard.sources.kit.source import Rejected
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import DeploymentChanged
from storage.model.subject_views import ChangeRequest, Environment, Incident, read_subject
from storage.model.subjects import AnySubjectEvent, ChangeRequestState, EnvironmentChanged, merge_subject
from storage.recording.subject_recorder import told_of
from tests.dashboard.sources.cdevents_bodies import AT_MS, cdevent, event, parse

PRODUCTION = {"environment": {"id": "production"}}
IMAGE = "pkg:oci/till@sha256%3A0b31?repository_url=r.example/till#sub"


def told(kind: str, minutes: float, content: object = None, more: object = None) -> AnySubjectEvent:
    """So many minutes after ten o'clock."""
    body = cdevent(kind, content, more, timestamp=AT_MS + int(minutes * 60_000))
    (found,) = parse(body).subjects
    return found


def merged(*events: AnySubjectEvent) -> Any:
    """What they make of the one subject that they are all of, in any order."""
    ((blank, _),) = told_of("team", events)
    views = {
        repr(read_subject(replace(blank, state=merge_subject(blank.state, order))))
        for order in itertools.permutations([*events, events[0]])
    }
    assert len(views) == 1
    return read_subject(replace(blank, state=merge_subject(blank.state, events)))


def deployed(minutes: float, artifact: str, predicate: str = "deployed") -> AnySubjectEvent:
    return told(f"service.{predicate}", minutes, {**PRODUCTION, "artifactId": artifact})


@pytest.mark.parametrize("predicate", ["deployed", "upgraded", "rolledback"])
def test_a_version_is_live_where_it_was_put(predicate: str):
    found = event(f"service.{predicate}", {**PRODUCTION, "artifactId": IMAGE})
    assert isinstance(found, EnvironmentChanged)
    assert (found.host, found.scope, found.subject) == ("/ci", "s-1", "production")
    assert (found.status, found.raw_status, found.ref) == (Status.SUCCEEDED, predicate, "sha256:0b31")


def test_the_version_that_came_last_is_live_until_it_is_removed():
    first, second = deployed(0, "pkg:oci/till@1"), deployed(10, "pkg:oci/till@2", "upgraded")
    back = deployed(20, "pkg:oci/till@1", "rolledback")
    place = merged(first, second)
    assert isinstance(place, Environment)
    assert place.live is not None
    assert (place.live.ref, place.live.raw_status, place.tier) == ("2", "upgraded", "production")
    assert merged(first, second, back).live.ref == "1"
    gone = told("service.removed", 30, PRODUCTION)
    assert merged(first, second, gone).live is None
    assert merged(gone, deployed(40, "pkg:oci/till@3")).live.ref == "3"


def test_that_it_is_published_says_nothing_of_the_version():
    place = merged(
        deployed(0, "pkg:oci/till@1"), told("service.published", 5, PRODUCTION, {"url": "https://till.example"})
    )
    assert (place.live.ref, place.url) == ("1", "https://till.example")


def test_two_environments_of_one_id_stay_apart_by_their_sources():
    names = [
        event("service.deployed", {"environment": {"id": "prod", "source": source}, "artifactId": "a"}).subject
        for source in ("", "/ci", "/cluster-a", "/cluster-b")
    ]
    assert names == ["prod", "prod", "prod (/cluster-a)", "prod (/cluster-b)"]


@pytest.mark.parametrize("content", [{}, {"environment": {}}, {"environment": "production"}])
def test_a_service_without_its_environment_is_refused(content: object):
    with pytest.raises(Rejected) as caught:
        parse(cdevent("service.deployed", content))
    assert caught.value.path == "subject.content.environment.id"


@pytest.mark.parametrize(
    ("artifact", "version"),
    [
        (IMAGE, "sha256:0b31"),
        ("pkg:golang/git.example/till@v1.2.3", "v1.2.3"),
        ("pkg:npm/%40shop/till", ""),
        ("pkg:npm/%40shop/till@2.0.0", "2.0.0"),
        ("pkg:pypi/till", ""),
        ("till-1.14.0.tgz", "till-1.14.0.tgz"),
        ("0b31b1c0", "0b31b1c0"),
        (None, ""),
    ],
)
def test_the_version_is_what_a_package_url_has_after_the_at(artifact: object, version: str):
    assert event("service.deployed", {**PRODUCTION, "artifactId": artifact}).ref == version


def test_a_version_that_is_a_commit_is_one():
    sha = "4be1c0ffee2233445566778899aabbccddeeff00"
    found = event("service.deployed", {**PRODUCTION, "artifactId": f"pkg:golang/till@{sha}"})
    assert (found.commit, found.ref) == (sha, sha)
    assert event("service.deployed", {**PRODUCTION, "artifactId": "pkg:oci/till@1"}, {"commit": sha}).commit == sha


@pytest.mark.parametrize("place", ["content", "customData"])
def test_a_service_that_a_run_deployed_is_a_deployment_of_that_run(place: str):
    run = {"pipelineRun": {"id": "r-1", "source": "/tekton"}}
    content, more = {**PRODUCTION, "artifactId": "pkg:oci/till@1"}, {"attempt": 2}
    if place == "content":
        content = {**content, **run}
    else:
        more = {**more, **run}  # type: ignore[dict-item]
    parsed = parse(cdevent("service.upgraded", content, more))
    (there,), (deployment,) = parsed.subjects, parsed.events
    assert isinstance(deployment, DeploymentChanged)
    assert (deployment.execution, deployment.pipeline.host, deployment.attempt) == ("r-1", "/tekton", 2)
    assert (deployment.environment, deployment.status) == ("production", Status.SUCCEEDED)
    assert isinstance(there, EnvironmentChanged)
    assert there.execution == "r-1"
    assert parse(cdevent("service.removed", PRODUCTION, run)).events == ()


def test_an_incident_is_open_from_when_it_was_detected_until_it_is_resolved():
    detected = told("incident.detected", 0, {"description": "Tills are slow\nall of them"})
    reported = told("incident.reported", 5, {"ticketURI": "https://issues.example/9"}, {"repository": "shop/till"})
    resolved = told("incident.resolved", 30, {"description": "Restarted"})
    found = merged(detected, reported, resolved)
    assert isinstance(found, Incident)
    assert (found.title, found.url, found.repository) == ("Tills are slow", "https://issues.example/9", "shop/till")
    assert (found.opened_at, found.resolved_at) == (AT_MS, AT_MS + 30 * 60_000)
    assert merged(detected, reported).resolved_at is None
    assert merged(resolved).opened_at == AT_MS + 30 * 60_000


@pytest.mark.parametrize(
    ("last", "state"),
    [
        ("created", ChangeRequestState.OPEN),
        ("merged", ChangeRequestState.MERGED),
        ("abandoned", ChangeRequestState.CLOSED),
    ],
)
def test_a_change_is_as_it_ended_whatever_is_said_of_it_later(last: str, state: ChangeRequestState):
    home = {"repository": {"id": "shop/till"}, "description": "Ask once"}
    events = [
        told("change.created", 0, home, {"branch": "once", "author": "Noor", "commit": "aa11"}),
        told(f"change.{last}", 10, home, {"commit": "bb22"}),
        told("change.reviewed", 20, home),
        told("change.updated", 30, {**home, "description": "Ask the till once"}),
    ]
    found = merged(*events)
    assert isinstance(found, ChangeRequest)
    assert (found.state, found.title, found.repository) == (state, "Ask the till once", "shop/till")
    assert found.merge_commit == ("bb22" if last == "merged" else "")
    assert (found.opened_at, found.closed_at) == (AT_MS, None if last == "created" else AT_MS + 600_000)


def test_a_change_that_only_a_review_tells_of_is_open():
    assert merged(told("change.reviewed", 0)).state is ChangeRequestState.OPEN


@pytest.mark.parametrize("kind", ["service.scaled", "incident.escalated", "change.rebased"])
def test_predicates_that_nobody_knows_are_ignored(kind: str):
    assert parse(cdevent(kind, PRODUCTION)).ignored == f"{kind.replace('.', ' ')} carries nothing for us"

"""What GitHub tells of environments, pull requests and incidents."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.subjects import ChangeRequestChanged, ChangeRequestState, EnvironmentChanged, IncidentChanged
from tests.dashboard.sources.github_bodies import golden, parse


def request(name: str = "merged", **changes: Any) -> ChangeRequestChanged:
    body = golden(f"pull_request__{name}")
    body["pull_request"].update(changes)
    (found,) = parse("pull_request", body).subjects
    assert isinstance(found, ChangeRequestChanged)
    return found


def issue(name: str, **changes: Any) -> IncidentChanged:
    body = golden(f"issues__{name}")
    body["issue"].update(changes)
    (found,) = parse("issues", body).subjects
    assert isinstance(found, IncidentChanged)
    return found


def environment(name: str, **changes: Any) -> EnvironmentChanged:
    body = golden(f"deployment_status__{name}")
    body["deployment"].update(changes)
    (found,) = parse("deployment_status", body).subjects
    assert isinstance(found, EnvironmentChanged)
    return found


def test_a_merged_pull_request_tells_what_it_became_and_a_closed_one_does_not():
    assert request().merge_commit == "9f2c1e7ab03d44c5be61f0d27a8835c4e19d6b02"
    assert request("closed_unmerged").merge_commit == ""
    assert request("opened", merge_commit_sha="7" * 40).merge_commit == ""


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("opened", ChangeRequestState.OPEN),
        ("closed_unmerged", ChangeRequestState.CLOSED),
        ("merged", ChangeRequestState.MERGED),
    ],
)
def test_a_pull_request_is_open_closed_or_merged(name: str, state: ChangeRequestState):
    assert request(name).state is state
    assert (request(name).closed_at is None) == (state is ChangeRequestState.OPEN)


def test_an_author_who_is_an_address_is_cut_to_what_stands_before_the_at():
    assert request(user={"login": "maya@acme.example"}).author == "maya"


@pytest.mark.parametrize("number", [0, "388", None, 1.5])
def test_a_pull_request_without_its_number_is_rejected(number: object):
    with pytest.raises(Rejected) as caught:
        request(number=number)
    assert caught.value.path == "pull_request.number"


def test_only_an_issue_labelled_incident_is_one_whatever_the_case():
    assert issue("incident_labeled").resolved is False
    assert parse("issues", golden("issues__of_another_kind")).ignored == "an issue without the label “incident”"


def test_an_incident_ends_when_it_is_closed_or_turns_out_to_be_none():
    closed, taken_off = issue("incident_closed"), issue("incident_unlabeled")
    assert (closed.resolved, taken_off.resolved) == (True, True)
    assert closed.resolved_at == closed.at - 1000
    assert taken_off.resolved_at == taken_off.at


def test_another_label_taken_off_an_incident_leaves_it_open():
    body = golden("issues__incident_unlabeled")
    body["issue"]["labels"], body["label"] = [{"name": "incident"}], {"name": "bug"}
    (found,) = parse("issues", body).subjects
    assert isinstance(found, IncidentChanged)
    assert not found.resolved


def test_a_deployment_that_no_run_made_fills_its_environment_alone():
    parsed = parse("deployment_status", golden("deployment_status__outside_actions"))
    assert parsed.events == ()
    (found,) = parsed.subjects
    assert isinstance(found, EnvironmentChanged)
    assert (found.subject, found.status, found.execution, found.pipeline) == ("production", Status.SUCCEEDED, "", "")
    assert (found.commit, found.ref) == ("9f2c1e7ab03d44c5be61f0d27a8835c4e19d6b02", "main")


def test_a_deployment_of_a_run_names_it_and_its_workflow():
    found = environment("succeeded")
    assert (found.execution, found.pipeline) == ("15200410933", "github.com/734120981/61803377")
    assert (found.scope, found.tier) == ("github.com/734120981", "")
    assert environment("succeeded", production_environment=True).tier == "production"


def test_an_environment_that_went_is_told_so_and_not_as_an_end():
    found = environment("inactive")
    assert (found.inactive, found.finished, found.status) == (True, False, Status.UNKNOWN)


def test_all_events_of_one_deployment_say_when_it_was_asked_for():
    created = parse("deployment", golden("deployment__created_by_run")).subjects[0]
    assert isinstance(created, EnvironmentChanged)
    assert created.asked_at == environment("succeeded").asked_at == environment("inactive").asked_at

"""Which run, branch, repository and pipeline Azure DevOps' events are about, and what started the run."""

from __future__ import annotations

from typing import Any

import pytest

from storage.model.entities import Status
from storage.model.events import ExecutionChanged, Origin
from tests.dashboard.sources.azuredevops_bodies import changed, golden, parse


@pytest.mark.parametrize(
    ("ref", "branch", "origin", "number"),
    [
        ("refs/heads/main", "main", Origin.BRANCH, ""),
        ("refs/heads/users/maya/stock", "users/maya/stock", Origin.BRANCH, ""),
        ("refs/tags/v4.2.0", "v4.2.0", Origin.TAG, ""),
        ("refs/pull/41/merge", "", Origin.CHANGE_REQUEST, "41"),
        ("refs/pull/41/head", "", Origin.CHANGE_REQUEST, "41"),
        ("refs/pull/x/merge", "refs/pull/x/merge", Origin.BRANCH, ""),
        ("$/Web Shop/Main", "$/Web Shop/Main", Origin.BRANCH, ""),
        ("", "", None, ""),
    ],
)
def test_a_ref_tells_the_branch_the_tag_or_the_pull_request(ref: str, branch: str, origin: Origin | None, number: str):
    own = {"refName": ref, "repository": {"fullName": "acme/shop", "type": "gitHub"}}
    event = changed("run__began", "run", resources={"repositories": {"self": own}})

    assert (event.branch, event.origin, event.change_request) == (branch, origin, number)
    assert event.change_request_url == (f"https://github.com/acme/shop/pull/{number}" if number else "")


@pytest.mark.parametrize(
    ("address", "repository", "project", "pull"),
    [
        (
            "https://acme@dev.azure.com/acme/Web%20Shop/_git/shop",
            "Web Shop/shop",
            "Web Shop",
            "https://dev.azure.com/acme/Web%20Shop/_git/shop/pullrequest/41",
        ),
        (
            "https://dev.azure.com/acme/_git/shop",
            "shop/shop",
            "shop",
            "https://dev.azure.com/acme/_git/shop/pullrequest/41",
        ),
        (
            "https://acme.visualstudio.com/Web/_git/shop",
            "Web/shop",
            "Web",
            "https://acme.visualstudio.com/Web/_git/shop/pullrequest/41",
        ),
        (
            "https://acme.visualstudio.com/_git/shop",
            "shop/shop",
            "shop",
            "https://acme.visualstudio.com/_git/shop/pullrequest/41",
        ),
        ("https://api.github.com/repos/acme/shop", "acme/shop", "", "https://github.com/acme/shop/pull/41"),
        ("https://bitbucket.org/acme/shop", "", "", ""),
        ("https://[acme/_git/shop", "", "", ""),
        ("javascript://dev.azure.com/acme/Web/_git/shop", "Web/shop", "Web", ""),
        ("", "", "", ""),
    ],
)
def test_a_repository_is_known_by_its_address(address: str, repository: str, project: str, pull: str):
    body = golden("stage__running")
    body["resource"]["repositories"][0]["url"] = address
    body["resource"]["run"]["resources"]["repositories"]["self"]["refName"] = "refs/pull/41/merge"
    _, told = parse(body).events

    assert (told.pipeline.repository, told.pipeline.place) == (repository, project)
    assert isinstance(told, ExecutionChanged)
    assert told.change_request_url == pull


def test_a_repository_on_github_enterprise_has_a_name_and_no_page():
    own = {"refName": "refs/pull/41/merge", "repository": {"fullName": "acme/shop", "type": "gitHubEnterprise"}}
    event = changed("run__began", "run", resources={"repositories": {"self": own}})

    assert (event.pipeline.repository, event.change_request_url) == ("acme/shop", "")


def test_of_several_repositories_the_pipelines_own_tells_the_commit():
    body = golden("stage__running")
    other = {"alias": "tools", "change": {"message": "Another", "version": "0" * 40}}
    body["resource"]["repositories"].insert(0, other)
    assert parse(body).events[1].message == "Show stock per store"
    body["resource"]["repositories"] = [{"change": {"message": "A"}}, {"change": {"message": "B"}}]
    assert parse(body).events[1].message == ""


def test_numbers_are_unique_within_an_organisation():
    here, there = golden("run__began"), golden("run__began")
    there["resourceContainers"]["collection"]["id"] = "another"
    there["resource"]["projectId"] = "ANOTHER"
    one, other = (parse(body).events[0].pipeline for body in (here, there))

    assert one.host != other.host
    assert one.key != other.key
    assert other.key == "another/17"


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("https://dev.azure.com/acme/", "acme"),
        ("https://acme.visualstudio.com/", "acme"),
        ("https://tfs.acme.example/tfs/Retail/", "Retail"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_organisation_is_known_by_its_address(address: str | None, owner: str):
    body = golden("run__began")
    for container in body["resourceContainers"].values():
        container["baseUrl"] = address

    assert parse(body).events[0].pipeline.owner == owner


def test_the_page_of_a_pipeline_is_beside_that_of_its_run():
    page = "https://dev.azure.com/acme/7c1f6a52-90de-4f0b-8a31-2d5c4e9b1f10/_build/definition?definitionId=17"
    assert changed("run__began").pipeline.url == page
    assert changed("build__partially_succeeded").pipeline.url == page
    assert changed("run__began", "run", _links={}).pipeline.url == ""


@pytest.mark.parametrize("told", ["", None, "Microsoft.VisualStudio.Services.TFS"])
def test_a_run_that_the_service_asked_for_has_nobody(told: str | None):
    somebody = {"displayName": told}

    assert changed("run__began", requestedFor=somebody, requestedBy=somebody).actor == ""
    assert changed("run__began", requestedFor=somebody).actor == "Maya Okafor"


def test_version_one_of_a_build_has_its_result_in_the_status():
    event = changed("build__stopped_in_version_one", status="partiallySucceeded")

    assert (event.status, event.raw_status) == (Status.SUCCEEDED, "partiallySucceeded")
    assert changed("build__stopped_in_version_one", sourceGetVersion="C12").commit == ""


@pytest.mark.parametrize(
    ("told", "origin", "branch", "number"),
    [
        ({"pr.isFork": "True", "pr.number": "41"}, Origin.FORK, "", "41"),
        ({"pr.isFork": True, "pr.number": 41, "pr.sourceBranch": "refs/heads/stock"}, Origin.FORK, "stock", "41"),
        ({"pr.isFork": "False", "pr.sourceBranch": "stock"}, Origin.CHANGE_REQUEST, "stock", "41"),
        ({}, Origin.CHANGE_REQUEST, "", "41"),
    ],
)
def test_what_triggered_a_pull_requests_build_tells_its_branch_and_fork(
    told: dict[str, Any], origin: Origin, branch: str, number: str
):
    event = changed("build__of_a_pull_request_of_a_fork", triggerInfo=told)

    assert (event.origin, event.branch, event.change_request) == (origin, branch, number)


@pytest.mark.parametrize(
    ("reason", "by", "upstream"),
    [
        ("buildCompletion", {"buildNumber": "7", "definition": {"name": "shop-build"}}, "shop-build 7"),
        ("resourceTrigger", None, "resourceTrigger"),
        ("individualCI", {"buildNumber": "7"}, ""),
        ("manual", None, ""),
    ],
)
def test_a_run_that_another_started_says_so(reason: str, by: dict[str, Any] | None, upstream: str):
    event = changed("build__after_another", reason=reason, triggeredByBuild=by)

    assert (event.trigger, event.upstream) == (reason, upstream)

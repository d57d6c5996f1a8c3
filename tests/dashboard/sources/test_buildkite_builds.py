"""What a Buildkite build is of, what started it and where its pages are."""

from __future__ import annotations

from typing import Any

import pytest

from storage.model.events import ExecutionChanged, Origin
from tests.dashboard.sources.buildkite_bodies import build, golden, parse


@pytest.mark.parametrize(
    ("said", "origin", "head", "asked"),
    [
        ({}, Origin.BRANCH, "", ""),
        ({"pull_request": {}}, Origin.BRANCH, "", ""),
        ({"pull_request": {"id": 41, "base": "main"}}, Origin.CHANGE_REQUEST, "", "41"),
        (
            {"pull_request": {"id": "41", "repository": "https://github.com/acme/Checkout"}},
            Origin.CHANGE_REQUEST,
            "",
            "41",
        ),
        (
            {"pull_request": {"id": "44", "repository": "git://github.com/octo/shop.git"}},
            Origin.FORK,
            "octo/shop",
            "44",
        ),
        ({"branch": "octo:retry-once", "pull_request": {"id": "44"}}, Origin.FORK, "octo", "44"),
        ({"branch": "octo:retry-once"}, Origin.FORK, "octo", ""),
        ({"branch": "v2.4.0", "tag": "v2.4.0"}, Origin.TAG, "", ""),
        ({"branch": None, "tag": "v2.4.0"}, Origin.TAG, "", ""),
        ({"merge_queue": {"base_branch": "main"}}, Origin.CHANGE_REQUEST, "", ""),
        ({"branch": "gh-readonly-queue/release/2/pr-41-abcdef0"}, Origin.CHANGE_REQUEST, "", "41"),
    ],
    ids=str,
)
def test_what_a_build_is_of(said: dict[str, Any], origin: Origin, head: str, asked: str):
    found = build(**said)

    assert (found.origin, found.head, found.change_request) == (origin, head, asked)


def test_the_owner_before_a_forks_branch_is_no_part_of_it():
    assert build(branch="octo:fix/one").branch == "fix/one"


def test_a_merge_queue_tells_the_branch_it_is_to_go_to():
    assert build(branch="gh-readonly-queue/release/2/pr-41-abcdef0").base_branch == "release/2"


@pytest.mark.parametrize(
    ("provider", "repository", "page"),
    [
        ("github", "git@github.com:acme/checkout.git", "https://github.com/acme/checkout/pull/41"),
        (
            "github_enterprise",
            "ssh://git@git.acme.example:2222/shop/checkout",
            "https://git.acme.example/shop/checkout/pull/41",
        ),
        ("gitlab", "https://gitlab.com/acme/web/shop.git", "https://gitlab.com/acme/web/shop/-/merge_requests/41"),
        ("bitbucket", "git@bitbucket.org:acme/shop.git", "https://bitbucket.org/acme/shop/pull-requests/41"),
        ("beanstalk", "git@acme.beanstalkapp.com:/acme/shop.git", ""),
        ("github", "", ""),
    ],
)
def test_where_a_pull_request_is_follows_from_the_repository(provider: str, repository: str, page: str):
    body = golden("build.running__pull_request_of_a_branch")
    body["pipeline"].update({"provider": {"id": provider}, "repository": repository})

    (found,) = parse(body).events
    assert isinstance(found, ExecutionChanged)
    assert found.change_request_url == page


def test_eventbridge_leaves_open_what_a_build_is_of_unless_its_branch_tells():
    assert build("build.created__by_eventbridge").origin is None
    assert build("build.created__by_eventbridge", branch="octo:main").origin is Origin.FORK


@pytest.mark.parametrize(
    ("commit", "found"), [("HEAD", ""), ("abcdef0", "abcdef0"), ("refs/heads/main", ""), (None, "")]
)
def test_head_is_no_commit(commit: str | None, found: str):
    assert build(commit=commit).commit == found


@pytest.mark.parametrize(
    ("said", "upstream", "trigger"),
    [
        ({"source": "schedule"}, "", "schedule"),
        ({"source": "trigger_job"}, "trigger_job", "trigger_job"),
        ({"source": "trigger_job", "triggered_from": {"build_pipeline_slug": "shop"}}, "shop", "trigger_job"),
        ({"source": "ui", "rebuilt_from": {"number": 7}}, "", "ui, rebuild of #7"),
    ],
    ids=str,
)
def test_what_started_a_build(said: dict[str, Any], upstream: str, trigger: str):
    found = build(**said)

    assert (found.upstream, found.trigger) == (upstream, trigger)


def test_a_reason_for_canceling_counts_only_where_it_was():
    assert build(state="passed", cancel_reason="no longer wanted").reason == ""

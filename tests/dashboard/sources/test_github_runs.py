"""What started a GitHub run, and when."""

from __future__ import annotations

import pytest

from dashboard.sources.kit.source import Rejected
from storage.model.events import Origin
from tests.dashboard.sources.github_bodies import golden, parse, run

OWN = {"id": 734120981, "full_name": "acme/checkout-api"}
FORK = {"id": 902211734, "full_name": "riverside/checkout-api"}
QUEUE = "gh-readonly-queue/release/1.x/pr-388-9f2c1e7ab03d44c5be61f0d27a8835c4e19d6b02"
PULL = "https://github.com/acme/checkout-api/pull/"


@pytest.mark.parametrize(
    ("trigger", "branch", "head", "origin"),
    [
        ("push", "main", OWN, Origin.BRANCH),
        ("push", "round-prices", OWN, Origin.BRANCH),
        ("schedule", "main", OWN, Origin.BRANCH),
        ("workflow_run", "main", OWN, Origin.BRANCH),
        ("", "", OWN, Origin.BRANCH),
        ("push", "main", FORK, Origin.FORK),
        ("pull_request", "main", FORK, Origin.FORK),
        ("pull_request_target", "main", FORK, Origin.FORK),
        ("workflow_run", "main", FORK, Origin.FORK),
        ("merge_group", QUEUE, FORK, Origin.FORK),
        ("pull_request", "main", None, Origin.FORK),
        ("push", "main", None, Origin.BRANCH),
        ("release", "v1.2.0", None, Origin.TAG),
        ("pull_request", "round-prices", OWN, Origin.CHANGE_REQUEST),
        ("pull_request_target", "round-prices", OWN, Origin.CHANGE_REQUEST),
        ("pull_request", "v1.2.0", OWN, Origin.CHANGE_REQUEST),
        ("merge_group", QUEUE, OWN, Origin.CHANGE_REQUEST),
        ("push", QUEUE, OWN, Origin.CHANGE_REQUEST),
        ("dynamic", "refs/pull/388/merge", OWN, Origin.CHANGE_REQUEST),
        ("release", "spring-2026", OWN, Origin.TAG),
        ("push", "v1.2.0", OWN, Origin.TAG),
        ("workflow_dispatch", "v1.2.0", OWN, Origin.BRANCH),
    ],
)
def test_a_run_tells_whether_it_may_speak_for_a_branch(
    trigger: str, branch: str, head: dict[str, object] | None, origin: Origin
):
    event = run(event=trigger, head_branch=branch, head_repository=head)

    assert event.origin is origin
    assert event.head == ("riverside/checkout-api" if head is FORK else "")
    assert event.upstream == ("workflow_run" if trigger == "workflow_run" else "")


@pytest.mark.parametrize(
    ("pushed", "tag"),
    [
        ("v1.2", True),
        ("1.2.3", True),
        ("v2026.3.1", True),
        ("1.2.3.4", True),
        ("v1.2.0-rc.1", True),
        ("1.2.3+build7", True),
        ("v1.2.0.beta", True),
        ("v1", False),
        ("2026", False),
        ("1.x", False),
        ("release-1.2.0", False),
        ("v1.2/fix", False),
        ("main", False),
    ],
)
def test_what_is_pushed_by_the_name_of_a_version_is_taken_for_a_tag(pushed: str, tag: bool):
    assert (run(head_branch=pushed).origin is Origin.TAG) == tag


def test_the_default_branch_is_no_tag_whatever_its_name():
    body = golden("workflow_run__succeeded")
    body["workflow_run"]["head_branch"] = body["repository"]["default_branch"] = "v2.0"

    assert parse("workflow_run", body).events[0].origin is Origin.BRANCH


def test_a_head_repository_that_is_not_told_says_nothing_against_a_run():
    body = golden("workflow_run__pull_request_of_a_branch")
    del body["workflow_run"]["head_repository"]

    assert parse("workflow_run", body).events[0].origin is Origin.CHANGE_REQUEST


def request(number: object, base: str = "main", repository: object = 734120981) -> dict[str, object]:
    return {"number": number, "base": {"ref": base, "repo": {"id": repository}}}


@pytest.mark.parametrize(
    ("trigger", "branch", "requests", "told"),
    [
        ("pull_request", "round-prices", [request(388), request(389, "next")], ("388", f"{PULL}388", "main")),
        ("pull_request", "round-prices", [request(5, "main", 1), request(388)], ("388", f"{PULL}388", "main")),
        ("pull_request", "round-prices", [{"number": 388}], ("388", f"{PULL}388", "")),
        ("pull_request", "round-prices", [request(-1), "x"], ("", "", "main")),
        ("pull_request", "round-prices", None, ("", "", "")),
        ("merge_group", QUEUE, [], ("388", f"{PULL}388", "release/1.x")),
        ("dynamic", "refs/pull/388/head", [], ("388", f"{PULL}388", "")),
        ("push", "round-prices", [request(388)], ("", "", "")),
    ],
)
def test_a_run_tells_the_pull_request_that_started_it(
    trigger: str, branch: str, requests: object, told: tuple[str, str, str]
):
    event = run(event=trigger, head_branch=branch, pull_requests=requests)

    assert (event.change_request, event.change_request_url, event.base_branch) == told


def test_the_pull_request_of_a_fork_is_told_where_github_does():
    event = run(event="pull_request", head_repository=FORK, pull_requests=[request(388)])

    assert (event.origin, event.change_request) == (Origin.FORK, "388")


def test_a_run_is_timed_by_its_other_times_where_one_is_missing():
    later = {"run_started_at": "2026-03-02T09:15:00Z"}

    assert run(updated_at=None, **later).at == 1772442900000
    assert run(updated_at=None, run_started_at="soon").at == run().queued_at
    with pytest.raises(Rejected, match=r"workflow_run\.updated_at"):
        run(updated_at=None, run_started_at=None, created_at=None)


@pytest.mark.parametrize("status", ["queued", "in_progress", "completed"])
def test_when_a_run_began_is_for_its_jobs_to_tell(status: str):
    assert run(status=status).started_at is None
    assert run(status=status, run_attempt=2, run_started_at="2026-03-03T08:00:00Z").started_at is None


def test_a_rerun_is_queued_when_it_was_asked_for():
    assert run(run_started_at="2026-03-02T09:15:00Z").queued_at == 1772442845000
    assert run(run_attempt=2, run_started_at="2026-03-03T08:00:00Z").queued_at == 1772524800000


def test_a_run_in_a_concurrency_group_was_told_to_wait():
    assert run(status="pending").told_to_wait
    assert not run(status="queued").told_to_wait
    assert not run(conclusion="pending").told_to_wait


def test_people_are_not_shown_with_their_addresses():
    address = "maya@acme.example"
    event = run(head_commit={"author": {"name": address}}, triggering_actor={"login": address}, actor=None)

    assert (event.author, event.actor) == ("maya", "maya")

"""What is peculiar to CircleCI: ends alone, two ways to tell the commit, a re-run that is another workflow."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources.circleci import SOURCE
from dashboard.sources.circleci.statuses import JOBS, WORKFLOWS
from dashboard.sources.kit.sample import SampleRun
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.events import ExecutionChanged, Origin
from tests.dashboard.sources.circleci_bodies import golden, job, of_git, of_vcs, parse, workflow
from tests.factories import NOW

# Of the documentation.
VECTORS = [
    ("hello world", "secret", "734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a"),
    ("lalala", "another-secret", "daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00"),
    ("an-important-request-payload", "hunter123", "9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa"),
    ("foo", "secret", "773ba44693c7553d6ee20f61ea5d2757a9a4f4a44d2841ae4e95b52e4cd62db4"),
]


@pytest.mark.parametrize(("body", "secret", "digest"), VECTORS)
def test_published_signatures_hold(body: str, secret: str, digest: str):
    verify = SOURCE.verifier.verify

    assert verify({"circleci-signature": f"v1={digest}"}, body.encode(), secret, NOW)
    assert verify({"circleci-signature": f"v0=00, v1={digest},v2=11"}, body.encode(), secret, NOW)
    assert not verify({"circleci-signature": f"v2={digest}"}, body.encode(), secret, NOW)
    assert not verify({"circleci-signature": digest}, body.encode(), secret, NOW)
    assert not verify({"circleci-signature": f"v1={digest},v1=not-a-valid-signature"}, body.encode(), secret, NOW)
    assert not verify({}, body.encode(), secret, NOW)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({}, "type"),
        ({"type": "workflow-completed"}, "happened_at"),
        ({"type": "job-completed", "happened_at": "2026-11-20T10:00:00Z"}, "job"),
    ],
    ids=str,
)
def test_a_body_that_lacks_what_is_needed_is_rejected_at_its_place(said: dict[str, Any], path: str):
    with pytest.raises(Rejected) as caught:
        parse(said)

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("part", "member"),
    [
        *(("workflow", member) for member in ("id", "name", "status")),
        ("project", "id"),
    ],
)
def test_what_names_a_workflow_is_needed(part: str, member: str):
    body = golden("workflow-completed__success")
    del body[part][member]

    with pytest.raises(Rejected) as caught:
        parse(body)

    assert caught.value.path == f"{part}.{member}"


def test_the_header_tells_the_kind_where_the_body_does_not():
    body = {key: value for key, value in golden("workflow-completed__success").items() if key != "type"}

    assert parse(body, **{"circleci-event-type": "workflow-completed"}).event == "workflow-completed"


def test_an_event_of_another_kind_is_ignored():
    assert parse({"type": "project-created"}).ignored == "project-created events carry nothing for us"
    assert parse({**golden("workflow-completed__success"), "workflow": None}).ignored == "workflow is null"


# Statuses and times.


@pytest.mark.parametrize("word", WORKFLOWS)
def test_every_word_for_a_workflow_is_kept(word: str):
    found = workflow(workflow={"status": word})

    assert (found.status, found.raw_status, found.finished) == (WORKFLOWS[word], word, WORKFLOWS[word].finished)
    assert (found.finished_at is not None) is found.finished


@pytest.mark.parametrize("word", JOBS)
def test_every_word_for_a_job_is_kept(word: str):
    found = job(status=word)

    assert (found.status, found.raw_status, found.finished) == (JOBS[word], word, JOBS[word].finished)
    assert found.told_to_wait is (word == "blocked")


def test_a_word_that_nobody_mapped_is_an_end_as_all_that_is_told():
    assert (workflow(workflow={"status": "parked"}).finished, job(status="parked").finished) == (True, True)


def test_a_job_does_not_say_how_its_workflow_stands_also_where_that_has_stopped():
    found = parse(golden("job-completed__failed_after_its_workflow")).events[-1]

    assert isinstance(found, ExecutionChanged)
    assert (found.status, found.finished, found.finished_at) == (None, False, None)


def test_how_long_anything_queued_is_not_known():
    assert (workflow().queued_at, job().queued_at) == (None, None)


@pytest.mark.parametrize("stopped", [None, "2027-01-01T00:00:00.000Z", "soon"])
def test_an_end_that_is_not_told_or_after_its_event_is_when_the_event_was_made(stopped: str | None):
    found = workflow(workflow={"stopped_at": stopped})

    assert found.finished_at == found.at == 1_795_169_560_317


def test_clocks_may_differ_by_a_minute():
    assert workflow(workflow={"stopped_at": "2026-11-20T10:13:40.000Z"}).finished_at == 1_795_169_620_000


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({}, True),
        ({"started_at": "2026-11-20T10:04:05.901Z"}, False),
        ({"started_at": None}, False),
        ({"status": "queued"}, False),
        ({"status": "not_run"}, False),
        ({"status": "running", "stopped_at": None}, True),
    ],
    ids=str,
)
def test_a_start_counts_where_a_job_began_and_before_it_ended(said: dict[str, Any], known: bool):
    assert (job(**said).started_at is not None) is known


# What a workflow is of.


@pytest.mark.parametrize(
    ("said", "origin", "number", "head"),
    [
        ({}, Origin.BRANCH, "", ""),
        ({"branch": "retry-once"}, Origin.BRANCH, "", ""),
        ({"branch": None, "tag": "v2"}, Origin.TAG, "", ""),
        ({"branch": None}, None, "", ""),
        ({"branch": "pull/44"}, Origin.CHANGE_REQUEST, "44", ""),
        ({"branch": "pull/44/head"}, Origin.CHANGE_REQUEST, "44", ""),
        ({"review_id": "44"}, Origin.CHANGE_REQUEST, "44", ""),
        ({"review_id": 44}, Origin.CHANGE_REQUEST, "44", ""),
        ({"origin_repository_url": "https://github.com/Acme/Checkout.git"}, Origin.BRANCH, "", ""),
        (
            {"origin_repository_url": "https://github.com/octo/shop", "branch": "pull/44"},
            Origin.FORK,
            "44",
            "octo/shop",
        ),
        ({"origin_repository_url": ""}, Origin.BRANCH, "", ""),
    ],
    ids=str,
)
def test_what_a_workflow_of_the_oauth_app_is_of(said: dict[str, Any], origin: Origin | None, number: str, head: str):
    found = of_vcs(**said)

    assert (found.origin, found.change_request, found.head) == (origin, number, head)


@pytest.mark.parametrize(
    ("said", "origin", "branch", "number"),
    [
        ({}, Origin.BRANCH, "main", ""),
        ({"branch": "", "tag": "v2.4.0", "ref": "refs/tags/v2.4.0"}, Origin.TAG, "v2.4.0", ""),
        ({"ref": "refs/merge-requests/7/head"}, Origin.CHANGE_REQUEST, "main", "7"),
        ({"branch": "", "ref": ""}, Origin.BRANCH, "main", ""),
    ],
    ids=str,
)
def test_what_a_workflow_of_another_provider_is_of(said: dict[str, Any], origin: Origin, branch: str, number: str):
    found = of_git(**said)

    assert (found.origin, found.branch, found.change_request) == (origin, branch, number)


def test_a_workflow_of_neither_provider_leaves_its_branch_open():
    found = workflow(vcs=None, trigger_parameters=None)

    assert (found.origin, found.branch, found.commit, found.pipeline.default_branch) == (None, "", "", "")


@pytest.mark.parametrize(
    ("branch", "default"), [("main", "main"), ("master", "master"), ("develop", "main"), (None, "")]
)
def test_the_usual_branch_is_taken_for_the_default_one_where_none_is_told(branch: str | None, default: str):
    assert of_vcs(branch=branch).pipeline.default_branch == default


def test_the_default_branch_that_is_told_counts():
    assert of_git("workflow-completed__pull_request_by_github_app").pipeline.default_branch == "trunk"


@pytest.mark.parametrize(
    ("said", "page"),
    [
        ({"branch": "pull/44"}, "https://github.com/acme/checkout/pull/44"),
        ({"branch": "pull/44", "provider_name": "bitbucket"}, ""),
        ({"branch": "pull/44", "target_repository_url": ""}, ""),
        ({"review_id": "7", "review_url": "https://bitbucket.org/acme/shop/pull-requests/7"},
         "https://bitbucket.org/acme/shop/pull-requests/7"),
    ],
    ids=str,
)  # fmt: skip
def test_where_a_pull_request_is(said: dict[str, Any], page: str):
    assert of_vcs(**said).change_request_url == page


# Order.


def order(number: int, made: str, began: str) -> int:
    found = workflow(number=number, created_at=made, workflow={"created_at": began}).order
    assert found is not None
    return found


def test_a_workflow_that_is_run_again_comes_after_itself_and_before_the_next_pipeline():
    first = order(812, "2026-11-20T10:00:00Z", "2026-11-20T10:00:01Z")
    again = order(812, "2026-11-20T10:00:00Z", "2026-11-27T10:00:01Z")
    following = order(813, "2026-11-20T10:01:00Z", "2026-11-20T10:01:00Z")

    assert first < again < following
    assert order(812, "2026-11-20T10:00:00Z", "2046-11-20T10:00:00Z") < following


@pytest.mark.parametrize("number", [None, "", 2**62])
def test_without_a_number_it_is_ordered_by_when_it_began(number: object):
    assert workflow(number=number).order is None


# Addresses.


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (
            "https://ci.acme.example/pipelines/github/acme/shop/7/workflows/1",
            "https://ci.acme.example/pipelines/github/acme/shop",
        ),
        ("https://app.circleci.com/pipelines/github/acme/shop", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_projects_page_is_part_of_its_workflows(url: str, page: str):
    assert workflow(workflow={"url": url}).pipeline.url == page


def test_a_jobs_page_is_below_its_workflows():
    assert job().url.endswith("/workflows/c0ffee00-1111-4222-8333-444455556666/jobs/4711")
    assert job(number=None).url.endswith("/workflows/c0ffee00-1111-4222-8333-444455556666")


def test_a_test_run_leads_nowhere_and_ends_green():
    posts = SOURCE.sample(SampleRun("c" * 32, NOW))
    parsed = [SOURCE.parse(post.headers, post.body) for post in posts]
    found = [event for one in parsed for event in one.events]

    assert {event.url for event in found} | {event.pipeline.url for event in found} == {""}
    assert {event.pipeline.key for event in found} == {f"{'c' * 32}/Test run"}
    assert len({one.delivery_key for one in parsed}) == len(posts)
    assert (found[-1].status, found[-1].finished) == (Status.SUCCEEDED, True)

"""What is peculiar to GitLab: its words, its headers, its tokens, and which pipeline it speaks of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.sources.gitlab import SOURCE
from dashboard.sources.gitlab.statuses import DEPLOYMENTS, REASONS, STATUSES
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.subjects import EnvironmentChanged
from tests.dashboard.sources.gitlab_bodies import FAILED, golden, job, listed, parse, pipeline
from tests.factories import NOW, SECRET

TOLD_TO_WAIT = {"waiting_for_resource", "scheduled"}


@pytest.mark.parametrize(("word", "status"), STATUSES.items())
def test_a_pipeline_is_what_its_status_says_whatever_its_label(word: str, status: Status):
    event = pipeline(status=word, detailed_status="bestanden")

    assert (event.status, event.raw_status, event.finished) == (status, word, status.finished)
    assert event.told_to_wait == (word in TOLD_TO_WAIT)
    assert (event.finished_at is not None) == status.finished


@pytest.mark.parametrize(("word", "status"), STATUSES.items())
def test_a_job_is_what_its_status_says_in_both_kinds_of_hooks(word: str, status: Status):
    told = job(build_status=word, build_failure_reason="unknown_failure")
    (of_list, *_) = listed(word, failure_reason=None)

    assert (told.status, told.raw_status, told.finished) == (status, word, status.finished)
    assert (of_list.status, of_list.raw_status, of_list.told_to_wait) == (status, word, word in TOLD_TO_WAIT)


@pytest.mark.parametrize(("word", "status"), DEPLOYMENTS.items())
def test_a_deployment_is_what_its_status_says(word: str, status: Status):
    (found,) = parse("Deployment Hook", {**golden("Deployment Hook__succeeded"), "status": word}).subjects

    assert isinstance(found, EnvironmentChanged)
    assert (found.status, found.raw_status, found.finished) == (status, word, status.finished)


@pytest.mark.parametrize(
    ("reason", "status"), [*REASONS.items(), ("script_failure", Status.FAILED), ("", Status.FAILED)]
)
def test_a_job_that_failed_for_no_fault_of_its_own_is_told_apart(reason: str, status: Status):
    assert job(build_failure_reason=reason).status is status
    assert listed("failed", failure_reason=reason)[0].status is status
    assert job(build_status="success", build_failure_reason=reason).status is Status.SUCCEEDED


def test_a_word_nobody_mapped_is_unknown_and_kept():
    event = pipeline(status="levitating")

    assert (event.status, event.raw_status, event.finished) == (Status.UNKNOWN, "levitating", False)
    assert job(build_status="levitating").status is Status.UNKNOWN


@pytest.mark.parametrize("path", ["object_attributes.status", "object_attributes.id", "object_attributes.created_at"])
def test_a_pipeline_without_what_is_needed_is_rejected_with_the_place(path: str):
    body = golden(FAILED)
    del body["object_attributes"][path.partition(".")[2]]
    body["object_attributes"].pop("finished_at")

    with pytest.raises(Rejected) as caught:
        parse("Pipeline Hook", body)
    assert caught.value.path == path


def test_what_a_body_is_its_kind_says_whatever_the_header():
    body = golden(FAILED)
    events = parse("Pipeline Hook", body).events

    assert parse("System Hook", body).events == events
    assert SOURCE.parse({}, json.dumps(body).encode()).events == events
    assert parse("Job Hook", golden("Job Hook__failed")).event == "build.failed"


def test_a_body_without_a_kind_is_rejected():
    with pytest.raises(Rejected) as caught:
        parse("Pipeline Hook", {"project": {"id": 1}})
    assert caught.value.path == "object_kind"


@pytest.mark.parametrize(
    "body",
    [
        {"object_kind": "wiki_page"},
        {"object_kind": "feature_flag"},
        {"object_kind": "emoji", "event_type": "award"},
        {"object_kind": "release", "action": "create"},
        {"event_name": "user_add_to_group", "group_id": 100},
        {"object_kind": "tag_push", "ref": "refs/tags/v1"},
        {"object_kind": "job", "job_status": "created"},
    ],
    ids=str,
)
def test_kinds_that_carry_nothing_are_ignored_in_words(body: dict[str, Any]):
    parsed = parse("Some Hook", body)

    assert (parsed.events, parsed.subjects) == ((), ())
    assert parsed.ignored


def test_a_repeat_is_told_by_the_idempotency_key():
    assert parse("Pipeline Hook", golden(FAILED), **{"idempotency-key": "abc"}).delivery_key == "abc"


def key(body: dict[str, Any], **headers: str) -> str:
    return SOURCE.parse(headers, json.dumps(body).encode()).delivery_key


def test_a_repeat_of_an_older_version_is_told_by_what_it_says():
    """The header `X-Gitlab-Event-UUID` is shared by hooks that bring each other about."""
    body = golden(FAILED)
    again = json.loads(json.dumps(body))
    again["user"]["name"] = "Somebody Else"

    assert key(body) == key(again, **{"x-gitlab-event-uuid": "another"}) != ""


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        (FAILED, "object_attributes.status", "running"),
        (FAILED, "object_attributes.id", 7),
        (FAILED, "object_attributes.finished_at", "2026-03-02 09:20:00 UTC"),
        (FAILED, "project.id", 7),
        (FAILED, "builds.0.status", "success"),
        (FAILED, "builds.0.started_at", "2026-03-02 09:20:00 UTC"),
        ("Job Hook__failed", "build_id", 7),
        ("Job Hook__failed", "project_id", 7),
        ("Job Hook__failed", "build_started_at", "2026-03-02 09:20:00 UTC"),
        ("Deployment Hook__succeeded", "status_changed_at", "2026-03-02 09:20:00 UTC"),
        ("Deployment Hook__succeeded", "deployment_id", 7),
        ("Push Hook__merge_of_a_merge_request", "after", "1" * 40),
        ("Merge Request Hook__opened", "object_attributes.updated_at", "2026-03-02 09:20:00 UTC"),
    ],
)
def test_what_says_something_else_is_no_repeat(name: str, path: str, value: object):
    body, changed = golden(name), golden(name)
    *outer, last = path.split(".")
    place: Any = changed
    for step in outer:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value

    assert key(body) != key(changed)


def verified(headers: dict[str, str], secret: str, body: bytes = b"{}", at: int = NOW) -> bool:
    return SOURCE.verifier.verify(headers, body, secret, at)


def test_the_secret_token_is_the_secret_as_it_is():
    assert verified({"x-gitlab-token": SECRET}, SECRET)
    assert not verified({"x-gitlab-token": f"{SECRET} "}, SECRET)
    assert not verified({}, SECRET)
    assert not verified({"x-gitlab-token": ""}, "")


def test_the_signing_token_signs_id_time_and_body():
    """https://docs.gitlab.com/user/project/integrations/webhooks/#signing-tokens"""
    secret, body, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}', 1_614_265_330_000
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    assert verified(headers, secret, body, at)
    assert verified(headers, secret, body, at + 300_000)
    assert not verified(headers, secret, body, at + 301_000)
    assert not verified(headers, secret, body + b" ", at)
    assert not verified({**headers, "webhook-id": "msg_another"}, secret, body, at)


def test_a_secret_that_signs_may_be_sent_as_it_is_too():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    assert verified({"x-gitlab-token": secret}, secret)
    assert SOURCE.verifier.prove(b"{}", secret, NOW) == {"x-gitlab-token": secret}


def project(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = {**golden(FAILED)["project"], **changes}
    return found


def test_a_pipeline_is_its_project_whatever_runs_of_it_are_called():
    """workflow:name may name each run anew."""
    named, other = pipeline(name="Deploy of Monday"), pipeline(name="Deploy of Tuesday")

    assert named.pipeline == other.pipeline == pipeline(name=None).pipeline
    assert (named.pipeline.key, named.pipeline.name) == ("gitlab.com/48213377", "Storefront")


def test_a_project_that_was_renamed_or_moved_stays_the_same_pipeline():
    moved = pipeline(
        project=project(name="Shop", path_with_namespace="acme/shop", web_url="https://gitlab.com/acme/shop")
    )

    assert moved.pipeline.key == pipeline().pipeline.key
    assert (moved.pipeline.name, moved.pipeline.repository, moved.pipeline.owner) == ("Shop", "acme/shop", "acme")


def test_a_project_is_named_by_its_path_where_its_name_is_not_told():
    assert pipeline(project=project(name=None)).pipeline.name == "storefront"


def test_the_namespace_is_read_from_the_path_of_a_project_in_nested_groups():
    """`project.namespace` is only the last group's name."""
    assert pipeline().pipeline.owner == "acme/web"


def test_the_same_numbers_on_another_server_are_another_pipeline_and_another_run():
    theirs = pipeline(project=project(web_url="https://git.acme.example:8443/acme/web/storefront"))

    assert (theirs.pipeline.key, theirs.pipeline.host) == ("git.acme.example/48213377", "git.acme.example")
    assert pipeline().pipeline.host == ""


def test_a_pipeline_and_its_jobs_are_of_one_server_in_both_kinds_of_hooks():
    body = golden("Job Hook__failed")
    page = "https://git.acme.example:8443/acme/web/storefront"
    body["repository"]["homepage"] = body["project"]["web_url"] = page

    (changed,) = parse("Job Hook", body).events
    assert changed.pipeline.host == pipeline(project=project(web_url=page)).pipeline.host
    assert (changed.pipeline.key, changed.tells_run) == ("", False)


@pytest.mark.parametrize(
    ("source", "upstream", "key"),
    [
        ("parent_pipeline", None, "gitlab.com/48213377/child"),
        ("parent_pipeline", 48213377, "gitlab.com/48213377/child"),
        ("pipeline", 48213377, "gitlab.com/48213377/child"),
        ("pipeline", 48100201, "gitlab.com/48213377"),
        ("push", None, "gitlab.com/48213377"),
    ],
)
def test_child_pipelines_are_a_pipeline_of_their_own(source: str, upstream: int | None, key: str):
    begun_by = {"project": {"id": upstream, "path_with_namespace": "acme/x"}, "pipeline_id": 5} if upstream else None
    event = pipeline(source=source, source_pipeline=begun_by)

    assert event.pipeline.key == key
    assert event.upstream == ("acme/x #5" if upstream else "")

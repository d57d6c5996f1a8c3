"""What is peculiar to Jenkins' Notification plugin."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from dashboard.sources.jenkins import SOURCE
from dashboard.sources.jenkins.statuses import RESULTS
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.events import ActionChanged, Origin, StageChanged
from tests.dashboard.sources.jenkins_bodies import changed, golden, note, parse

NOW = 1_772_445_600_000
DONE = "notification__succeeded"


@pytest.mark.parametrize("phase", ["COMPLETED", "FINALIZED"])
@pytest.mark.parametrize(("result", "status"), RESULTS.items())
def test_each_result_has_its_status_once_the_run_has_ended(phase: str, result: str, status: Status):
    found = parse(note(phase, 330, result)).events

    assert len(found) == (3 if status in (Status.SUCCEEDED, Status.FAILED) else 2), "what it wrote is a job of its own"
    for event in found:
        assert (event.status, event.raw_status, event.finished) == (status, result, True)
        assert event.finished_at == event.at


@pytest.mark.parametrize("phase", ["QUEUED", "STARTED"])
@pytest.mark.parametrize("result", RESULTS)
def test_a_result_before_the_end_is_how_it_stands_so_far(phase: str, result: str):
    event = parse(note(phase, 30, result)).events[0]

    assert (event.raw_status, event.finished) == (phase, False)
    assert event.status is (Status.QUEUED if phase == "QUEUED" else Status.RUNNING)


@pytest.mark.parametrize(("phase", "finished"), [("STARTED", False), ("COMPLETED", True), ("NONE", False)])
def test_a_result_that_nobody_mapped_is_unknown_with_its_word(phase: str, finished: bool):
    event = parse(note(phase, 30, "FAILED")).events[0]

    assert (event.status, event.raw_status, event.finished) == (Status.UNKNOWN, "FAILED", finished)


def test_a_phase_that_nobody_mapped_is_unknown_with_its_word():
    assert changed("notification__unmapped_phase").status is Status.UNKNOWN
    assert changed("notification__unmapped_phase").raw_status == "CHECKED_OUT"


def test_the_end_tells_the_start_by_its_duration():
    assert changed(DONE).started_at == changed("notification__started_with_the_checkout_before").started_at
    for told in (0, None, "long", 2**62):
        assert changed(DONE, duration=told).started_at in (None, 0)
    assert changed("notification__not_built").started_at is None
    assert changed("notification__finalized_with_a_worse_result").started_at is None


def test_what_was_checked_out_is_believed_only_after_the_start():
    started = changed("notification__started_with_the_checkout_before")
    assert (started.branch, started.commit, started.author, started.pipeline.repository) == ("", "", "", "")
    assert changed(DONE).author == "maya, tom"


@pytest.mark.parametrize(
    ("told", "branch"),
    [
        ("origin/main", "main"),
        ("main", "main"),
        ("refs/heads/main", "main"),
        ("refs/remotes/origin/release/4", "release/4"),
        ("*/main", "main"),
        ("detached", ""),
        ("HEAD", ""),
        (None, ""),
    ],
)
def test_a_branch_goes_by_its_own_name(told: str | None, branch: str):
    event = changed(DONE, scm={"branch": told})

    assert (event.branch, event.origin) == (branch, None)


@pytest.mark.parametrize(
    ("address", "repository", "pull"),
    [
        ("https://github.com/acme/shop.git", "acme/shop", "https://github.com/acme/shop/pull/41"),
        ("https://token@github.com/acme/shop", "acme/shop", "https://github.com/acme/shop/pull/41"),
        ("git@github.com:acme/shop.git", "acme/shop", "https://github.com/acme/shop/pull/41"),
        ("ssh://git@git.acme.example:7999/acme/shop.git", "acme/shop", ""),
        ("/srv/git/shop.git", "", ""),
        ("", "", ""),
    ],
)
def test_a_repository_is_known_by_its_address(address: str, repository: str, pull: str):
    event = changed("notification__of_a_pull_request", scm={"url": address})

    assert (event.pipeline.repository, event.change_request_url) == (repository, pull)
    assert "token" not in repr(event)


@pytest.mark.parametrize(
    ("url", "key", "name", "owner"),
    [
        ("job/release/", "job/release", "release", ""),
        ("job/release", "job/release", "release", ""),
        ("/job/release/", "job/release", "release", ""),
        ("https://jenkins.acme.example/ci/job/release/", "job/release", "release", ""),
        ("job/release/?delay=0sec", "job/release", "release", ""),
        ("job/a/job/b/job/release/", "job/a/job/b/job/release", "release", "a/b"),
        ("job/Web%20Shop/job/release%20it/", "job/Web%20Shop/job/release%20it", "release it", "Web Shop"),
        ("job/job/job/release/", "job/job/job/release", "release", "job"),
        ("JobUrl", "JobUrl", "JobUrl", ""),
    ],
)
def test_a_pipeline_is_a_job_by_its_path(url: str, key: str, name: str, owner: str):
    body = golden(DONE)
    body.update(url=url, display_name=None)
    body["build"]["full_url"] = None
    pipeline = parse(body).events[0].pipeline

    assert (pipeline.key, pipeline.name, pipeline.owner, pipeline.host) == (key, name, owner, "")


@pytest.mark.parametrize(
    ("url", "branch", "default", "request_number"),
    [
        ("job/shop/job/main/", "main", "main", ""),
        ("job/shop/job/master/", "master", "master", ""),
        ("job/shop/job/develop/", "develop", "main", ""),
        ("job/shop/job/feature%252Fstock/", "feature/stock", "main", ""),
        ("job/shop/job/release%252F4%25202/", "release/4 2", "main", ""),
        ("job/shop/job/PR-41/", "", "main", "41"),
        ("job/shop/job/PR-41-merge/", "", "main", "41"),
        ("job/shop/job/MR-7/", "", "main", "7"),
    ],
)
def test_a_job_named_as_only_branches_are_is_of_its_project(url: str, branch: str, default: str, request_number: str):
    event = changed("notification__started_with_the_checkout_before", url=url)

    assert (event.pipeline.key, event.pipeline.name) == ("jenkins.acme.example/ci/job/shop", "shop")
    assert (event.branch, event.pipeline.default_branch, event.change_request) == (branch, default, request_number)
    assert event.origin is (Origin.CHANGE_REQUEST if request_number else Origin.BRANCH)


@pytest.mark.parametrize(
    ("url", "checked_out", "of_project"),
    [
        ("job/shop/job/stock/", "origin/stock", True),
        ("job/shop/job/stock/", "stock", True),
        ("job/shop/job/stock/", "origin/main", False),
        ("job/shop/job/stock/", None, False),
        ("job/stock/", "stock", False),
        ("job/main/", "main", False),
        ("stock/stock", "stock", False),
    ],
)
def test_a_job_named_for_what_it_checked_out_is_of_its_project(url: str, checked_out: str | None, of_project: bool):
    run = changed(DONE, url=url, scm={"branch": checked_out})

    assert (run.pipeline.default_branch == "main", run.origin is Origin.BRANCH) == (of_project, of_project)
    assert run.pipeline.key.endswith("job/shop") == of_project


def test_the_stage_has_the_name_of_the_job_or_of_the_project():
    for url, name in (("job/shop/job/release/", "release"), ("job/shop/job/main/", "shop"), ("job/a/", "a")):
        body = golden("notification__succeeded")
        body.update(url=url, display_name="Shown")
        _, stage, console = parse(body).events
        assert isinstance(stage, StageChanged)
        assert isinstance(console, ActionChanged)
        assert (stage.stage, console.stage) == (name, name)
        assert console.url.endswith("/42/console")


def test_jobs_of_one_path_on_two_servers_are_two():
    here = changed(DONE)
    there = changed(DONE, full_url="https://other.acme.example/job/shop/job/release/42/")
    unknown = changed(DONE, full_url=None)

    assert len({each.pipeline.key for each in (here, there, unknown)}) == 3
    assert (here.pipeline.host, here.pipeline.url) == (
        "jenkins.acme.example/ci",
        "https://jenkins.acme.example/ci/job/shop/job/release/",
    )
    assert (unknown.pipeline.host, unknown.pipeline.url, unknown.url) == ("", "", "")


@pytest.mark.parametrize("told", ["javascript:alert(1)/job/x/1/", "https://a:b@host/job/x/1/", "job/x/1/", 7])
def test_a_server_that_is_no_address_is_none(told: object):
    event = changed(DONE, full_url=told)

    assert (event.pipeline.host, event.pipeline.url, event.url) == ("", "", "")


def test_numbers_that_begin_anew_are_other_runs():
    first, again, unknown = (changed(DONE, queue_id=told) for told in (5512, 7001, -1))

    assert (first.execution, again.execution) == ("job/shop/job/release/42@5512", "job/shop/job/release/42@7001")
    assert unknown.execution == "job/shop/job/release/42"


@pytest.mark.parametrize(("told", "number"), [("#1.4.2", "1.4.2"), ("nightly", "nightly"), ("", "42"), (None, "42")])
def test_a_run_goes_by_the_name_it_shows(told: str | None, number: str):
    assert changed(DONE, display_name=told).number == number


@pytest.mark.parametrize(
    ("summary", "reason"),
    [
        ({"total": 120, "failed": 3}, "3 of 120 tests failed"),
        ({"total": 120, "failed": 0}, ""),
        ({"failed": 3}, ""),
        (None, ""),
    ],
)
def test_failed_tests_are_the_reason(summary: dict[str, int] | None, reason: str):
    for event in parse(note("COMPLETED", 330, "FAILURE", test_summary=summary)).events:
        assert getattr(event, "reason", reason) == reason
    assert changed(DONE, test_summary={"total": 120, "failed": 3}).reason == ""


def test_repeats_are_told_by_run_phase_and_time():
    keys = [parse(note(phase, at, "SUCCESS")).delivery_key for phase, at in (("COMPLETED", 1), ("FINALIZED", 1))]
    keys += [parse(note("COMPLETED", at, "SUCCESS", number=number)).delivery_key for at, number in ((2, 42), (1, 43))]

    assert len(set(keys)) == 4
    assert keys[0] == parse(note("COMPLETED", 1, "SUCCESS")).delivery_key


@pytest.mark.parametrize(
    ("removed", "path"),
    [("build", "build"), ("url", "url"), ("build.number", "build.number"), ("build.phase", "build.phase")],
)
def test_a_missing_member_is_named(removed: str, path: str):
    body = golden("notification__with_a_time_in_text")
    holder: Any = body["build"] if "." in removed else body
    del holder[removed.rpartition(".")[2]]

    with pytest.raises(Rejected) as caught:
        parse(body)

    assert caught.value.path == path


@pytest.mark.parametrize("told", ["soon", -7, 2**62])
def test_a_time_that_is_none_is_refused(told: object):
    with pytest.raises(Rejected) as caught:
        changed(DONE, timestamp=told)

    assert caught.value.path == "build.timestamp"


def test_java_words_of_an_event_are_refused_with_what_to_use():
    with pytest.raises(Rejected) as caught:
        SOURCE.parse({"content-type": "application/json"}, b" CloudEvent{id='1', source=job/shop/42/, data=...}")

    assert "Kinesis" in caught.value.message


def test_the_secret_comes_as_basic_password():
    basic = base64.b64encode(b"bt:s3cr3t").decode()

    assert SOURCE.verifier.verify({"authorization": f"Basic {basic}"}, b"{}", "s3cr3t", NOW)
    assert not SOURCE.verifier.verify({"authorization": f"Basic {basic}"}, b"{}", "another", NOW)


def test_what_is_not_to_be_shown_is_in_no_event():
    told = repr(parse(golden(DONE)))

    assert "not to be shown" not in told
    assert "token" not in told
    assert "@acme.example" not in told

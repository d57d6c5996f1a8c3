"""Bodies that Buildkite and its documentation produced. What the documentation shows in part, an envelope of a webhook
and the objects of the REST API that stand inside, is put together here: no whole webhook of a build was found.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.sources.buildkite import SOURCE
from dashboard.sources.kit.source import Parsed, Rejected
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged
from tests.dashboard.sources.corpus import CORPUS, needs_corpus, read, recorded

pytestmark = needs_corpus
SKELETONS = "webhook/skeleton"


def bodies(folder: str) -> list[str]:
    return [path.name for path in recorded("buildkite") if path.parent.name == folder.rpartition("/")[2]]


def loaded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CORPUS / "buildkite" / name).read_text())
    return found


def events_of(name: str) -> tuple[AnyEvent, ...]:
    return read(f"buildkite/{name}").events


def execution_of(name: str) -> ExecutionChanged:
    event = events_of(name)[-1]
    assert isinstance(event, ExecutionChanged)
    return event


def action_of(name: str) -> ActionChanged:
    event = events_of(name)[0]
    assert isinstance(event, ActionChanged)
    return event


def test_every_recorded_body_is_in_a_test_here():
    told = {"webhook": ["ping.signed.json"], "eventbridge": [*BUILDS, *JOBS], "rest": [*REST, "job.trigger.json"]}

    assert {folder: sorted(names) for folder, names in told.items()} == {each: bodies(each) for each in told}
    assert sorted([*FILLED, *OPEN]) == bodies(SKELETONS)
    assert len(recorded("buildkite")) == 25


# The one whole webhook.


def test_the_recorded_ping_is_believed_and_ignored():
    body = (CORPUS / "buildkite" / "webhook" / "ping.signed.json").read_bytes()
    token, seconds = "29b1ff5779c76bd48ba6705eb99ff970", 1642080837
    signature = "582d496ac2d869dd97a3101c4cda346288c49a742592daf582ec64c86449f79c"
    headers = {"x-buildkite-signature": f"timestamp={seconds},signature={signature}"}

    assert SOURCE.verifier.verify(headers, body, token, seconds * 1000)
    assert not SOURCE.verifier.verify(headers, body + b"\n", token, seconds * 1000)
    assert not SOURCE.verifier.verify(headers, body, token, (seconds + 301) * 1000)
    assert SOURCE.parse(headers, body) == Parsed((), "ping", "", "a ping: the connection works")


# EventBridge.

# Status, its word, number, whether it ended.
BUILDS = {
    "build_created.json": (Status.QUEUED, "scheduled", "123456", False),
    "build_started.json": (Status.RUNNING, "started", "123456", False),
    "build_failing.json": (Status.RUNNING, "failing", "1299", False),
    "build_blocked.json": (Status.WAITING, "blocked", "23", False),
    "build_finished.json": (Status.SUCCEEDED, "passed", "123456", True),
}
JOBS = {
    "job_scheduled.json": (Status.QUEUED, "assigned", "Test", ("queue=default",)),
    "job_started.json": (Status.RUNNING, "started", "Test", ("queue=default",)),
    "job_finished.json": (Status.SUCCEEDED, "passed", "Test", ("queue=default",)),
    "job_activated.json": (Status.SUCCEEDED, "finished", "Approval: Deploy", ()),
    "job_promised_exit_status.json": (Status.RUNNING, "running", "Test", ("queue=default",)),
}


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_on_eventbridge_is_an_execution(name: str):
    found = execution_of(f"eventbridge/{name}")

    assert (found.status, found.raw_status, found.number, found.finished) == BUILDS[name]
    assert found.order == int(found.number)
    assert len(events_of(f"eventbridge/{name}")) == 1


@pytest.mark.parametrize("name", JOBS)
def test_a_job_on_eventbridge_is_an_action_and_shows_its_build(name: str):
    found = action_of(f"eventbridge/{name}")

    assert (found.status, found.raw_status, found.stage, found.runner_labels) == JOBS[name]
    assert found.finished is JOBS[name][0].finished
    assert found.own_attempt is None
    assert found.execution == execution_of(f"eventbridge/{name}").execution
    assert execution_of(f"eventbridge/{name}").status is Status.RUNNING


def test_a_build_on_eventbridge_has_the_times_it_tells_and_is_as_new_as_its_event():
    found = execution_of("eventbridge/build_finished.json")

    assert (found.started_at, found.finished_at) == (1_565_503_276_000, 1_565_503_295_000)
    assert found.at == 1_724_051_334_000
    assert found.queued_at is None
    assert read("buildkite/eventbridge/build_finished.json").delivery_key == "bd2f894c-6778-b65d-011a-8898a9df8ee6"


def test_a_blocked_build_on_eventbridge_has_an_end_that_is_none():
    found = execution_of("eventbridge/build_blocked.json")

    assert (found.finished_at, found.pipeline.repository) == (None, "nithyaasworld/add-contact-chip")


def test_a_job_on_eventbridge_is_queued_from_when_it_could_run():
    found = action_of("eventbridge/job_finished.json")

    assert (found.queued_at, found.started_at, found.finished_at) == (
        1_565_503_274_000,
        1_565_503_276_000,
        1_565_503_295_000,
    )
    assert (found.name, found.leg) == (":nodejs: Test", "nodejs")


def test_a_step_that_was_unblocked_has_neither_time_nor_result_and_says_by_whom():
    found = action_of("eventbridge/job_activated.json")

    assert (found.by, found.finished_at, found.started_at) == ("bell", found.at, None)


def test_all_of_eventbridge_is_of_pipelines_with_addresses():
    found = execution_of("eventbridge/build_started.json")

    assert found.url == "https://buildkite.com/my-org/my-pipeline/builds/123456"
    assert (found.pipeline.key, found.pipeline.name, found.pipeline.path, found.pipeline.owner) == (
        "88d73553-5533-4f56-9c16-fb38d7817d8f",
        "",
        "my-pipeline",
        "my-org",
    )
    assert (found.origin, found.branch) == (None, "main")


# Objects of the REST API inside the envelopes of webhooks.

# Status of the build and of its job, whether the build ended.
REST = {
    "build.canceled.json": (Status.CANCELLED, Status.QUEUED, True),
    "build.passed.json": (Status.SUCCEEDED, Status.SUCCEEDED, True),
    "build.rebuilt.json": (Status.QUEUED, Status.QUEUED, False),
    "build.retry-failed-jobs.json": (Status.QUEUED, Status.QUEUED, False),
}
# How many events, the status of the first; where the published one lacks what is needed.
FILLED = {
    "build.scheduled.0.json": (1, Status.SUCCEEDED, "build.state"),
    "build.finished.1.json": (1, Status.WAITING, "build.state"),
    "build.finished.2.json": (1, Status.SUCCEEDED, "build.state"),
    "job.started.0.json": (2, Status.SUCCEEDED, "job.type"),
    "job.finished.1.json": (2, Status.SUCCEEDED, "build.created_at"),
    "job.finished.2.json": (2, Status.SUCCEEDED, "job.type"),
    "job.promised_exit_status.4.json": (2, Status.RUNNING, "job.type"),
}
OPEN = {"ping.0.json", "retry_source.automatic.fragment.json"}


def rest(name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A build as webhooks have it, without its jobs; its job; its pipeline."""
    build = loaded(f"rest/{name}")
    (job,) = build.pop("jobs")
    return build, job, build.pop("pipeline")


def filled(skeleton: dict[str, Any], name: str = "build.passed.json") -> dict[str, Any]:
    """What stands for the dots is of this build; what the skeleton says itself stays."""
    found = dict(skeleton)
    for key, whole in zip(("build", "job", "pipeline"), rest(name), strict=True):
        if key in found:
            found[key] = {**whole, **{part: said for part, said in found[key].items() if said != "..."}}
    return found


def parsed(body: dict[str, Any]) -> Parsed:
    return SOURCE.parse({}, json.dumps(body).encode())


@pytest.mark.parametrize("name", REST)
def test_a_build_of_the_rest_api_is_read_in_a_webhook(name: str):
    build, job, pipeline = rest(name)
    action, execution = parsed({"event": "job.finished", "build": build, "job": job, "pipeline": pipeline}).events

    assert isinstance(action, ActionChanged)
    assert isinstance(execution, ExecutionChanged)
    assert (execution.status, action.status, execution.finished) == REST[name]
    assert execution.url == build["web_url"]
    assert (execution.actor, execution.branch, execution.number) == ("Keith Pitt", "main", str(build["number"]))
    assert (execution.pipeline.name, execution.pipeline.repository, execution.pipeline.owner) == (
        "Great Pipeline",
        "my-great-org/my-pipeline",
        "my-great-org",
    )
    assert (action.url, action.runner_labels) == (job["web_url"], ("*",))


def test_a_canceled_build_of_the_rest_api_says_why():
    build, _, pipeline = rest("build.canceled.json")
    (found,) = parsed({"event": "build.finished", "build": build, "pipeline": pipeline}).events

    assert isinstance(found, ExecutionChanged)
    assert found.reason == "reason for a canceled build"


def test_a_passed_build_of_the_rest_api_is_a_rebuild_with_a_retried_job_in_a_group():
    action, execution = parsed(filled(loaded(f"{SKELETONS}/job.started.0.json"))).events

    assert isinstance(action, ActionChanged)
    assert isinstance(execution, ExecutionChanged)
    assert (execution.trigger, execution.upstream) == ("webhook, rebuild of #1", "")
    assert (action.own_attempt, action.stage, action.leg) == (2, "tests", "RSpec")
    assert (action.queued_at, action.started_at) == (1_431_205_619_874, 1_431_205_679_874)


def test_a_trigger_job_of_the_rest_api_leads_to_the_build_it_made():
    build, _, pipeline = rest("build.passed.json")
    body = {"event": "job.finished", "build": build, "job": loaded("rest/job.trigger.json"), "pipeline": pipeline}
    action = parsed(body).events[0]

    assert isinstance(action, ActionChanged)
    assert (action.status, action.stage) == (Status.SUCCEEDED, "Deploy to production")
    assert action.url == "https://buildkite.com/my-great-org/deploy-pipeline/builds/15"


@pytest.mark.parametrize("name", REST)
def test_an_object_of_the_rest_api_alone_is_no_event(name: str):
    with pytest.raises(Rejected) as caught:
        read(f"buildkite/rest/{name}")

    assert caught.value.path == "event"


@pytest.mark.parametrize("name", FILLED)
def test_a_skeleton_of_a_webhook_is_read_once_it_is_filled(name: str):
    found = parsed(filled(loaded(f"{SKELETONS}/{name}")))

    assert found.event == name.rsplit(".", 2)[0]
    assert (len(found.events), found.events[0].status) == FILLED[name][:2]


@pytest.mark.parametrize("name", FILLED)
def test_a_skeleton_as_it_was_published_is_rejected_at_its_dots(name: str):
    with pytest.raises(Rejected) as caught:
        read(f"buildkite/{SKELETONS}/{name}")

    assert caught.value.path == FILLED[name][2]


def test_a_published_retry_is_counted_though_its_number_is_not_told():
    fragment = loaded(f"{SKELETONS}/retry_source.automatic.fragment.json")
    body = filled(loaded(f"{SKELETONS}/job.finished.2.json"))
    body["job"] |= {**fragment, "retries_count": None}
    action = parsed(body).events[0]

    assert isinstance(action, ActionChanged)
    assert action.own_attempt == 2


def test_the_skeleton_of_a_ping_is_ignored():
    assert read(f"buildkite/{SKELETONS}/ping.0.json").ignored

"""What is peculiar to CDEvents of runs."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources.cdevents import IGNORED, SOURCE
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.events import ActionChanged, ExecutionChanged
from tests.dashboard.sources.cdevents_bodies import AT_MS, cdevent, event, parse
from tests.factories import NOW, SECRET

NAMED = {"pipelineName": "till"}
OUTCOMES = [
    ("success", Status.SUCCEEDED),
    ("Succeeded", Status.SUCCEEDED),
    ("SUCCESS", Status.SUCCEEDED),
    ("failure", Status.FAILED),
    ("failed", Status.FAILED),
    ("Failure", Status.FAILED),
    ("cancel", Status.CANCELLED),
    ("Cancelled", Status.CANCELLED),
    ("canceled", Status.CANCELLED),
    ("error", Status.ERRORED),
    ("Errored", Status.ERRORED),
    ("aborted", Status.UNKNOWN),
    ("timeout", Status.UNKNOWN),
    ("unsuccessful", Status.UNKNOWN),
]


@pytest.mark.parametrize("subject", ["pipelinerun", "taskrun"])
@pytest.mark.parametrize(("word", "status"), OUTCOMES)
def test_an_outcome_is_read_by_how_it_begins(subject: str, word: str, status: Status):
    found = event(f"{subject}.finished", {**NAMED, "pipelineRun": {"id": "r"}, "outcome": word})
    assert (found.status, found.raw_status) == (status, word)
    assert (found.finished, found.finished_at, found.absorbing) == (True, AT_MS, True)


@pytest.mark.parametrize("outcome", [None, "", 7])
def test_an_end_without_an_outcome_has_ended_and_how_is_not_known(outcome: object):
    found = event("pipelinerun.finished", {**NAMED, "outcome": outcome})
    assert (found.status, found.raw_status, found.finished) == (Status.UNKNOWN, "finished", True)


@pytest.mark.parametrize("subject", ["pipelinerun", "taskrun"])
def test_a_predicate_is_a_status(subject: str):
    content = {**NAMED, "pipelineRun": {"id": "r"}}
    queued, started = event(f"{subject}.queued", content), event(f"{subject}.started", content)
    assert (queued.status, queued.queued_at, queued.started_at) == (Status.QUEUED, AT_MS, None)
    assert (started.status, started.queued_at, started.started_at) == (Status.RUNNING, None, AT_MS)
    assert not queued.finished
    assert parse(cdevent(f"{subject}.paused", content)).ignored == f"{subject} paused carries nothing for us"


@pytest.mark.parametrize(
    "kind",
    [
        "dev.cdevents.pipelinerun.started.0.1.0",
        "dev.cdevents.pipelinerun.started.0.3.0",
        "dev.cdevents.pipelinerun.started.9.9.9-draft",
        "dev.cdevents.pipelinerun.started",
        "dev.cdevents.PipelineRun.Started.0.1.0-draft",
    ],
)
def test_a_type_is_read_whatever_its_version(kind: str):
    parsed = parse(cdevent("x.y", NAMED, type=kind))
    assert (parsed.event, parsed.events[0].status) == ("pipelinerun.started", Status.RUNNING)


@pytest.mark.parametrize("kind", ["dev.tekton.event.taskrun.started.v1", "com.example.x", "dev.cdevents.taskrun"])
def test_what_is_no_cdevent_is_ignored(kind: str):
    assert parse(cdevent("x.y", type=kind)).ignored == f"{kind} is not a CDEvent"


def test_custom_events_are_ignored():
    parsed = parse(cdevent("x.y", type="dev.cdeventsx.tool-quota.exceeded.0.1.0"))
    assert parsed.ignored.startswith("dev.cdeventsx.tool-quota.exceeded.0.1.0 is a custom event")


@pytest.mark.parametrize("subject", [*IGNORED, "testsuiterun", "branch", "repository", "reconciliation"])
def test_other_subjects_are_ignored_with_a_reason(subject: str):
    parsed = parse(cdevent(f"{subject}.created"))
    assert parsed.ignored == IGNORED.get(subject, f"{subject} events carry nothing for us")
    assert parsed.event == f"{subject}.created"


def without(path: str, /, **changed: Any) -> dict[str, Any]:
    body = cdevent("pipelinerun.started", NAMED)
    *parents, last = path.split(".")
    holder = body
    for name in parents:
        holder = holder[name]
    del holder[last]
    return {**body, **changed}


@pytest.mark.parametrize(
    "path", ["context", "context.type", "context.source", "context.timestamp", "subject", "subject.id"]
)
def test_what_is_needed_and_missing_is_named(path: str):
    with pytest.raises(Rejected) as caught:
        parse(without(path))
    assert caught.value.path == {"context": "context.type", "subject": "subject.id"}.get(path, path)


@pytest.mark.parametrize("path", ["context.id", "subject.content", "context.specversion"])
def test_what_is_not_needed_may_be_missing(path: str):
    assert parse(without(path)).events


def test_a_subject_is_known_by_its_own_source_and_id_else_by_the_events():
    body = cdevent("pipelinerun.started", NAMED)
    assert parse(body).events[0].pipeline.host == "/ci"
    body["subject"]["source"] = "/ci/other"
    own = parse(body).events[0]
    assert (own.pipeline.host, own.pipeline.key, own.execution) == ("/ci/other", "/ci/other till", "s-1")


def test_two_sources_with_one_pipeline_name_are_two_pipelines_however_they_are_cut():
    keys = {
        parse(cdevent("pipelinerun.started", {"pipelineName": name}, source=source)).events[0].pipeline.key
        for source, name in (("/a", "b c"), ("/a b", "c"), ("/a/b", "c"), ("/a", "b/c"))
    }
    assert len(keys) == 4


def test_long_ids_that_differ_at_their_end_stay_apart():
    body = cdevent("pipelinerun.started", NAMED)
    found = set()
    for end in "ab":
        body["subject"]["id"] = "/apis/" + "n" * 300 + end
        found.add(parse(body).events[0].execution)
    assert len(found) == 2
    assert all(len(one) <= 200 for one in found)


def test_envelope_and_context_may_each_tell_what_the_other_leaves_out():
    told = {"ce-specversion": "1.0", "ce-id": "e-9", "ce-source": "/tekton%20a", "ce-time": "2026-11-20T10:00:00Z"}
    told["ce-type"] = "dev.cdevents.pipelinerun.started.0.3.0"
    parsed = parse({"subject": {"id": "s-1", "content": NAMED}}, **told)
    assert (parsed.delivery_key, parsed.events[0].pipeline.host) == ("/tekton a e-9", "/tekton a")
    assert parsed.events[0].at == AT_MS
    other = parse(cdevent("pipelinerun.started", NAMED), **told)
    assert (other.delivery_key, other.events[0].pipeline.host) == ("/ci e-1", "/ci"), "the context holds"


def test_a_repeat_is_told_by_source_and_id_together():
    keys = {
        parse(cdevent("pipelinerun.started", NAMED, source=source, id=id_)).delivery_key
        for source, id_ in (("/a", "1"), ("/b", "1"), ("/a", "2"), ("/a", ""))
    }
    assert keys == {"/a 1", "/b 1", "/a 2", ""}


def test_a_batch_is_one_post_whose_own_hash_tells_a_repeat():
    started, finished = cdevent("pipelinerun.started", NAMED), cdevent("pipelinerun.finished", NAMED, id="e-2")
    both = parse([started, finished, cdevent("build.started")])
    assert [found.raw_status for found in both.events] == ["started", "finished"]
    assert (both.event, both.delivery_key, both.ignored) == ("batch of 3", "", "")
    assert parse([started]).delivery_key == "/ci e-1"
    assert parse([]).ignored == "a batch without events"
    assert parse([cdevent("build.started"), cdevent("build.finished")]).ignored.endswith("; and 1 more")


def test_timestamps_have_any_offset_and_up_to_nanoseconds():
    for time in ("2026-11-20T10:00:00.123456789Z", "2026-11-20T12:00:00.123+02:00", "2026-11-20T09:30:00.1239-00:30"):
        assert parse(cdevent("pipelinerun.started", NAMED, timestamp=time)).events[0].at == AT_MS + 123


@pytest.mark.parametrize(("member", "value"), [("uri", "https://ci.example/1"), ("url", "https://ci.example/1")])
def test_the_link_has_either_name(member: str, value: str):
    assert event("pipelinerun.started", {**NAMED, member: value}).url == value
    assert event("pipelinerun.started", {**NAMED, member: "/apis/tekton.dev/v1/runs/1"}).url == ""


def test_a_run_without_the_name_of_its_pipeline_waits_for_another_event_to_tell():
    found = event("pipelinerun.finished", {"outcome": "success"})
    assert (found.pipeline.key, found.pipeline.name, found.execution) == ("", "", "s-1")


@pytest.mark.parametrize(
    ("id_", "number"),
    [
        ("/namespace/pipelinerun-1234", "pipelinerun-1234"),
        ("42", "42"),
        ("job/till/42/", "42"),
        ("5e1f4a3c-9f52-4c55-b1f4-0d4c8f0a1b2c", "5e1f4a3c"),
        ("/", "/"),
    ],
)
def test_a_run_goes_by_the_last_part_of_its_id(id_: str, number: str):
    body = cdevent("pipelinerun.started", NAMED)
    body["subject"]["id"] = id_
    found = parse(body).events[0]
    assert isinstance(found, ExecutionChanged)
    assert found.number == number


def test_custom_data_may_tell_what_cdevents_have_no_member_for():
    more = {
        "number": 812,
        "attempt": 2,
        "branch": "once",
        "defaultBranch": "main",
        "commit": "4be1c0ff",
        "message": "Ask once\nnot twice",
        "author": "noor@shop.example",
        "repository": "shop/till",
    }
    found = event("pipelinerun.started", NAMED, more)
    assert (found.number, found.attempt, found.branch, found.commit) == ("812", 2, "once", "4be1c0ff")
    assert (found.message, found.author) == ("Ask once", "noor")
    assert (found.pipeline.default_branch, found.pipeline.repository) == ("main", "shop/till")
    for other in ("PHJ1bi8+", [more], 7):
        assert event("pipelinerun.started", NAMED, other).branch == ""


def test_a_task_run_names_its_run_whose_source_may_be_another():
    run = {"id": "r-1", "source": "/jenkins"}
    found = event("taskrun.started", {"taskName": "build", "pipelineRun": run}, {"environment": "staging"})
    assert isinstance(found, ActionChanged)
    assert (found.execution, found.pipeline.host, found.tells_run) == ("r-1", "/jenkins", False)
    assert (found.stage, found.name, found.action, found.environment) == ("build", "build", "/ci s-1", "staging")
    own = event("taskrun.started", {"taskName": "build", "pipelineRun": {"id": "r-1"}})
    assert (own.pipeline.host, own.action) == ("/ci", "s-1")


def test_a_task_run_without_a_run_is_an_execution_of_its_own():
    execution, action = parse(cdevent("taskrun.finished", {"taskName": "cleanup", "outcome": "failure"})).events
    assert isinstance(execution, ExecutionChanged)
    assert (execution.pipeline.key, execution.execution, execution.status) == ("/ci cleanup", "s-1", Status.FAILED)
    assert isinstance(action, ActionChanged)
    assert (action.execution, action.stage, action.tells_run) == ("s-1", "cleanup", True)


def test_the_name_of_a_task_may_stand_where_the_binding_has_it():
    assert event("taskrun.started", {"task": "my-task", "pipelineRun": {"id": "r"}}).stage == "my-task"


def test_errors_are_told_in_their_first_line_unless_it_is_green():
    errors = {"errors": "Something went wrong\nin detail", "pipelineRun": {"id": "r"}}
    assert event("pipelinerun.finished", {**errors, "outcome": "error"}).reason == "Something went wrong"
    assert event("taskrun.finished", {**errors, "outcome": "error"}).note == "Something went wrong"
    assert event("pipelinerun.finished", {**errors, "outcome": "success"}).reason == ""
    assert event("taskrun.finished", {**errors, "outcome": "success"}).note == ""


HOLDS = {"pipelineRun": {"id": "r-1", "source": "/tekton"}}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("approved", Status.SUCCEEDED),
        ("rejected", Status.FAILED),
        ("cancelled", Status.CANCELLED),
        ("expired", Status.TIMED_OUT),
        ("Approved", Status.SUCCEEDED),
        ("deferred", Status.UNKNOWN),
    ],
)
def test_an_approval_ends_as_it_was_answered(said: str, status: Status):
    found = event("approval.closed", {"status": said, "decision": "go", "responder": "urn:user:mara"}, HOLDS)
    assert (found.status, found.raw_status, found.finished, found.by) == (status, said, True, "mara")
    assert (found.execution, found.pipeline.host) == ("r-1", "/tekton")


def test_an_approval_waits_until_it_is_closed():
    for predicate in ("created", "updated"):
        found = event(f"approval.{predicate}", {"responder": "urn:user:piet", "decision": "one of two"}, HOLDS)
        assert (found.status, found.finished, found.by) == (Status.WAITING, False, "")
    assert parse(cdevent("approval.withdrawn", {}, HOLDS)).ignored == "approval withdrawn carries nothing for us"


def test_an_approval_stands_in_the_stage_that_is_told_else_in_one_of_its_own():
    assert event("approval.created", {}, {**HOLDS, "stage": "production"}).stage == "production"
    assert (event("approval.created", {}, HOLDS).stage, event("approval.created", {}, HOLDS).name) == ("", "approval")


@pytest.mark.parametrize(
    ("responder", "by"),
    [
        ("urn:shop:user:mara", "mara"),
        ("https://id.example/users/mara/", "mara"),
        ("mailto:mara@shop.example", "mara"),
        ("", ""),
        (7, ""),
    ],
)
def test_of_who_answered_the_last_part_is_kept(responder: object, by: str):
    assert event("approval.closed", {"status": "approved", "responder": responder}, HOLDS).by == by


def test_a_sender_proves_itself_by_the_secret_or_by_a_signature():
    signed = SOURCE.verifier.others[0].prove(b"{}", SECRET, NOW)  # type: ignore[attr-defined]
    for headers in ({"x-api-key": SECRET}, {"authorization": f"bearer {SECRET}"}, signed):
        assert SOURCE.verifier.verify(headers, b"{}", SECRET, NOW)
    for wrong in ({}, {"x-api-key": ""}, {"x-signature-256": "sha256="}, {"authorization": "Bearer x"}):
        assert not SOURCE.verifier.verify(wrong, b"{}", SECRET, NOW)

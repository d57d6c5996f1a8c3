"""Every published CDEvent and CloudEvents request becomes exactly these events, is ignored or is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Parsed, Rejected
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, PipelineRef
from storage.model.subjects import AnySubjectEvent, ChangeRequestChanged, ChangeRequestState, EnvironmentChanged
from tests.dashboard.sources.corpus import CORPUS, needs_corpus, read, recorded
from tests.dashboard.sources.kit.test_cloudevents import request

pytestmark = needs_corpus
SOURCE, SUBJECT, AT = "/event/source/123", "mySubject123", 1_679_322_425_315
KEY = f"{SOURCE} 271069a8-fc18-44f1-b38f-9d70a1695819"
LINK, WRONG = "https://www.example.com/mySubject123", "Something went wrong"
PIPELINE = PipelineRef("cdevents", f"{SOURCE} myPipeline", "myPipeline", host=SOURCE, place=SOURCE)

QUEUED = ExecutionChanged(
    pipeline=PIPELINE,
    execution=SUBJECT,
    at=AT,
    status=Status.QUEUED,
    raw_status="queued",
    queued_at=AT,
    url=LINK,
    number=SUBJECT,
)
STARTED = replace(QUEUED, status=Status.RUNNING, raw_status="started", queued_at=None, started_at=AT)
FINISHED = replace(
    STARTED,
    status=Status.FAILED,
    raw_status="failure",
    started_at=None,
    finished=True,
    finished_at=AT,
    reason=WRONG,
)
TASK = ActionChanged(
    pipeline=PipelineRef("cdevents", "", "", host=SOURCE),
    tells_run=False,
    execution=SUBJECT,
    at=AT,
    status=Status.RUNNING,
    raw_status="started",
    started_at=AT,
    url=LINK,
    stage="myTask",
    action=SUBJECT,
    name="myTask",
)
TASK_FINISHED = replace(
    TASK,
    status=Status.FAILED,
    raw_status="failure",
    started_at=None,
    finished=True,
    finished_at=AT,
    note=WRONG,
)
DIGEST = "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
DEPLOYED = EnvironmentChanged(
    source="cdevents",
    host=SOURCE,
    scope=SUBJECT,
    subject="test123",
    at=AT,
    deployment=f"deployed pkg:oci/myapp@sha256%3A{DIGEST}",
    asked_at=AT,
    status=Status.SUCCEEDED,
    raw_status="deployed",
    finished=True,
    ref=f"sha256:{DIGEST}",
)


def service(predicate: str) -> EnvironmentChanged:
    return replace(DEPLOYED, deployment=DEPLOYED.deployment.replace("deployed", predicate), raw_status=predicate)


MERGED = ChangeRequestChanged(
    source="cdevents",
    scope=SOURCE,
    subject=SUBJECT,
    at=AT,
    repository="TestRepo/TestOrg",
    title="",
    state=ChangeRequestState.MERGED,
    opened_at=AT,
    closed_at=AT,
)
OF_EVERY_VERSION: dict[str, AnyEvent | AnySubjectEvent] = {
    "pipelinerun_queued": QUEUED,
    "pipelinerun_started": STARTED,
    "pipelinerun_finished": FINISHED,
    "taskrun_started": TASK,
    "taskrun_finished": TASK_FINISHED,
    "service_deployed": DEPLOYED,
}
MINIMAL_SOURCE, MINIMAL_RUN = "http://dev.cdevents", "/dev/pipeline/run/subject"
UNNAMED = PipelineRef("cdevents", "", "", host=MINIMAL_SOURCE, place=MINIMAL_SOURCE)


def minimal_run(at: int, status: Status, raw: str) -> ExecutionChanged:
    return ExecutionChanged(
        pipeline=UNNAMED,
        execution=MINIMAL_RUN,
        at=at,
        status=status,
        raw_status=raw,
        finished=raw == "finished",
        queued_at=at if raw == "queued" else None,
        started_at=at if raw == "started" else None,
        finished_at=at if raw == "finished" else None,
        number="subject",
    )


def minimal_task(at: int, status: Status, raw: str) -> ActionChanged:
    return ActionChanged(
        pipeline=replace(UNNAMED, place=""),
        tells_run=False,
        execution=MINIMAL_RUN,
        at=at,
        status=status,
        raw_status=raw,
        finished=raw == "finished",
        started_at=at if raw == "started" else None,
        finished_at=at if raw == "finished" else None,
        stage="",
        action="/dev/task/run/subject",
        name="",
    )


NAMED = PipelineRef(
    "cdevents",
    f"{MINIMAL_SOURCE} test-pipeline-started",
    "test-pipeline-started",
    host=MINIMAL_SOURCE,
    place=MINIMAL_SOURCE,
)
TOLD: dict[str, AnyEvent | AnySubjectEvent] = {
    **{f"v{version}/{name}": told for version in ("0.3", "0.4", "0.5") for name, told in OF_EVERY_VERSION.items()},
    "v0.5/service_upgraded": service("upgraded"),
    "v0.5/service_rolledback": service("rolledback"),
    "v0.5/service_removed": replace(DEPLOYED, deployment="removed", raw_status="removed", ref="", inactive=True),
    "v0.5/service_published": replace(
        DEPLOYED, deployment="published", raw_status="published", ref="", status=Status.UNKNOWN, finished=False
    ),
    "v0.5/change_merged": MERGED,
    "minimal/pipelinerun_queued": minimal_run(1_684_953_281_000, Status.QUEUED, "queued"),
    "minimal/pipelinerun_started": replace(
        minimal_run(1_684_954_092_000, Status.RUNNING, "started"), pipeline=NAMED, url="http://dev/pipeline/url"
    ),
    "minimal/pipelinerun_finished": minimal_run(1_684_927_026_000, Status.UNKNOWN, "finished"),
    "minimal/taskrun_started": minimal_task(1_684_955_771_000, Status.RUNNING, "started"),
    "minimal/taskrun_finished": minimal_task(1_684_956_057_000, Status.UNKNOWN, "finished"),
}
TWICE = "builds are told by the taskRuns that make them; showing both would double them"
IGNORED = {
    "v0.5/artifact_published": "artifacts are known by the services that run them",
    "v0.5/build_queued": TWICE,
    "v0.5/build_started": TWICE,
    "v0.5/build_finished": TWICE,
    "v0.5/environment_created": "an environment is known by the services that run in it",
}


def test_every_published_body_is_here() -> None:
    names = {str(path.relative_to(CORPUS / "cdevents").with_suffix("")) for path in recorded("cdevents")}
    assert names == set(TOLD) | set(IGNORED)


@pytest.mark.parametrize("name", TOLD)
def test_published_event_becomes_exactly_this(name: str) -> None:
    parsed = read(f"cdevents/{name}.json")
    assert (*parsed.events, *parsed.subjects) == (TOLD[name],)
    assert parsed.event == Path(name).name.replace("_", ".")
    assert parsed.delivery_key == KEY or name.startswith("minimal/")


@pytest.mark.parametrize("name", IGNORED)
def test_published_event_that_carries_nothing_is_ignored(name: str) -> None:
    assert read(f"cdevents/{name}.json").ignored == IGNORED[name]


def test_minimal_events_are_told_apart_by_their_own_ids() -> None:
    keys = [read(f"cdevents/{name}.json").delivery_key for name in TOLD if name.startswith("minimal/")]
    assert len(set(keys)) == len(keys) == 5
    assert all(key.startswith(f"{MINIMAL_SOURCE} ") for key in keys)


def sent(name: str) -> Parsed:
    headers, body = request(name)
    return SOURCES["cdevents"].parse(headers, body)


@pytest.mark.parametrize("name", ["binary.http.txt", "structured.http.txt"])
def test_published_request_with_an_event_of_another_kind_is_ignored(name: str) -> None:
    parsed = sent(name)
    assert parsed.ignored == "com.example.someevent is not a CDEvent"
    assert parsed.delivery_key == "/mycontext/subcontext 1234-1234-1234"


@pytest.mark.parametrize("name", ["batched.skeleton.txt", "cdevents-binary.skeleton.txt"])
def test_published_request_that_is_not_json_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        sent(name)
    assert caught.value.path == "$"


def test_example_of_the_binding_is_read_once_its_commas_are_right() -> None:
    headers, body = request("cdevents-binary.skeleton.txt")
    mended = body.decode().replace('31:00Z",\n   }\n', '31:00Z"\n   },\n').replace('-run-123"\n', '-run-123",\n')
    mended = mended.replace('taskruns/my-taskrun-123"\n', 'taskruns/my-taskrun-123",\n')
    (event,) = SOURCES["cdevents"].parse(headers, json.dumps(json.loads(mended)).encode()).events
    assert isinstance(event, ActionChanged)
    assert (event.stage, event.execution, event.pipeline.host) == (
        "my-task",
        "/somewherelse/pipelinerun-123",
        "/staging/jenkins/",
    )
    assert (event.action, event.url) == ("/staging/tekton/ /namespace/taskrun-123", "")

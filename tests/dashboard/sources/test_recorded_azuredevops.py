"""What Azure DevOps and its documentation really sent: every body of the corpus, to the member."""

from __future__ import annotations

from typing import Any

from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, Origin, PipelineRef, StageChanged
from tests.dashboard.sources.corpus import needs_corpus, read, recorded

pytestmark = needs_corpus
ORG = "https://dev.azure.com/liatrio/5a9cc47d-2818-4a4a-b99d-db0a28f4e08f"
SHARED: dict[str, Any] = {"source": "azuredevops", "owner": "liatrio", "host": "543d3920-89fa-4357-bd7d-82429a368899"}


def test_every_recorded_body_is_asserted_here() -> None:
    assert [path.name for path in recorded("azuredevops")] == [
        "build.complete.succeeded.json",
        "job-state-changed.completed.json",
        "run-state-changed.inProgress.json",
        "stage-state-changed.completed.json",
    ]


def events_of(name: str) -> tuple[AnyEvent, ...]:
    return read(f"azuredevops/{name}.json").events


def test_recorded_run_in_progress() -> None:
    pipeline = PipelineRef(
        key="5a9cc47d-2818-4a4a-b99d-db0a28f4e08f/55",
        name="liatrio.azure-pipelines",
        repository="liatrio/azure-pipelines",
        url=f"{ORG}/_build/definition?definitionId=55",
        **SHARED,
    )
    page = f"{ORG}/_build/results?buildId=5152"
    of_run: dict[str, Any] = {"pipeline": pipeline, "execution": "5152", "order": 5152, "absorbing": False, "url": page}
    assert events_of("run-state-changed.inProgress") == (
        ExecutionChanged(
            at=1756921175042,
            status=Status.RUNNING,
            raw_status="inProgress",
            queued_at=1756921166211,
            number="20250903.1",
            branch="azure-pipelines",
            origin=Origin.BRANCH,
            commit="9c33bac1de43b87371817868501d6ee7b56bf3a9",
            actor="Jonathan Dorsey",
            **of_run,
        ),
        StageChanged(
            at=1756921166211,
            status=Status.QUEUED,
            raw_status="notStarted",
            stage="Jobs",
            own_attempt=1,
            tells_run=False,
            **of_run,
        ),
    )


def test_recorded_stage_that_completed_while_its_run_goes_on() -> None:
    pipeline = PipelineRef(
        key="5a9cc47d-2818-4a4a-b99d-db0a28f4e08f/377",
        name="Flywheel",
        repository="example-project/example-repo",
        place="example-project",
        url=f"{ORG}/_build/definition?definitionId=377",
        **SHARED,
    )
    page = f"{ORG}/_build/results?buildId=5168"
    shared: dict[str, Any] = {
        "pipeline": pipeline,
        "execution": "5168",
        "order": 5168,
        "at": 1757092943292,
        "url": page,
    }
    assert events_of("stage-state-changed.completed") == (
        StageChanged(
            status=Status.SUCCEEDED,
            raw_status="succeeded",
            finished=True,
            absorbing=False,
            started_at=1757092910506,
            finished_at=1757092937273,
            stage="Deploy",
            own_attempt=1,
            tells_run=False,
            **shared,
        ),
        ExecutionChanged(
            absorbing=False,
            queued_at=1757092829010,
            number="20250905.4",
            branch="master",
            origin=Origin.BRANCH,
            commit="c58505db78c16b9053653861cdcbd446ef4975ab",
            message="Set up CI with Azure Pipelines",
            author="Example User",
            committed_at=1757014840000,
            **shared,
        ),
    )


def test_recorded_job_that_completed_is_of_the_run_it_names_and_not_of_its_message() -> None:
    job, run = events_of("job-state-changed.completed")
    assert isinstance(job, ActionChanged)
    assert (job.stage, job.name, job.action) == (
        "Deploy",
        "Deploy to Production",
        "22222222-2222-2222-2222-222222222222",
    )
    assert (job.status, job.own_attempt, job.started_at, job.finished_at, job.at) == (
        Status.SUCCEEDED,
        1,
        1757092928596,
        1757092934126,
        1757092943273,
    )
    assert isinstance(run, ExecutionChanged)
    assert (run.execution, run.number, run.status, run.branch) == ("1000", "20250101.1", None, "main")


def test_recorded_build_of_version_one() -> None:
    (event,) = events_of("build.complete.succeeded")
    assert event == ExecutionChanged(
        pipeline=PipelineRef(
            source="azuredevops",
            key="be9b3917-87e6-42a4-a549-2bc06a7a878f/2",
            name="ConsumerAddressModule",
            host="c12d0eb8-e382-443b-9f9c-c52cba5014c2",
        ),
        execution="2",
        order=2,
        at=1474290206428,
        status=Status.SUCCEEDED,
        raw_status="succeeded",
        finished=True,
        absorbing=False,
        started_at=1428429846830,
        finished_at=1428429970690,
        number="ConsumerAddressModule_20150407.1",
        branch="master",
        origin=Origin.BRANCH,
        commit="600c52d2d5b655caa111abfd863e5a9bd304bb0e",
        actor="Normal Paulk",
        trigger="manual",
    )


def test_recorded_deliveries_are_told_apart() -> None:
    found = {name: read(f"azuredevops/{name}.json") for name in (path.stem for path in recorded("azuredevops"))}
    assert {name: (each.event, each.delivery_key, each.ignored) for name, each in found.items()} == {
        "build.complete.succeeded": ("build.complete", "4a5d99d6-1c75-4e53-91b9-ee80057d4ce3", ""),
        "job-state-changed.completed": (
            "job-state-changed.completed",
            "00000000-0000-0000-0000-000000000000/15",
            "",
        ),
        "run-state-changed.inProgress": (
            "run-state-changed.inProgress",
            "12345678-1234-1234-1234-123456789def/1",
            "",
        ),
        "stage-state-changed.completed": (
            "stage-state-changed.completed",
            "12345678-1234-1234-1234-123456789ghi/20",
            "",
        ),
    }

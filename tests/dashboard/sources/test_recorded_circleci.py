"""Bodies that CircleCI's documentation shows."""

from __future__ import annotations

import pytest

from storage.model.entities import Status
from storage.model.events import ActionChanged, ExecutionChanged, Origin
from tests.dashboard.sources.corpus import needs_corpus, read, recorded

pytestmark = needs_corpus
WORKFLOWS = ("workflow-completed.success.github-oauth.json", "workflow-completed.failed.gitlab.json")
JOBS = ("job-completed.success.github-oauth.json", "job-completed.success.gitlab.json")


def workflow(name: str) -> ExecutionChanged:
    (event,) = read(f"circleci/{name}").events
    assert isinstance(event, ExecutionChanged)
    return event


def test_every_recorded_body_is_in_a_test_here():
    assert sorted([*WORKFLOWS, *JOBS]) == [path.name for path in recorded("circleci")]


@pytest.mark.parametrize("name", [*WORKFLOWS, *JOBS])
def test_a_recorded_body_is_known_by_its_own_id(name: str):
    parsed = read(f"circleci/{name}")

    assert parsed.event == name.partition(".")[0]
    assert len(parsed.delivery_key) == 36


def test_a_recorded_workflow_of_the_oauth_app():
    found = workflow("workflow-completed.success.github-oauth.json")

    assert (found.status, found.raw_status, found.finished, found.number) == (Status.SUCCEEDED, "success", True, "130")
    assert (found.started_at, found.finished_at) == (1_630_536_543_616, 1_630_536_574_170)
    assert (found.branch, found.commit, found.origin) == (
        "main",
        "1dc6aa69429bff4806ad6afe58d3d8f57e25973e",
        Origin.BRANCH,
    )
    assert (found.message, found.author, found.actor, found.trigger) == (
        "Description of change",
        "Author Name",
        "Author Name",
        "webhook",
    )
    assert found.committed_at == 1_630_536_533_000
    assert found.pipeline.key == "84996744-a854-4f5e-aea3-04e2851dc1d2/build-test-deploy"
    assert (found.pipeline.project, found.pipeline.owner, found.pipeline.repository) == (
        "webhook-service",
        "circleci",
        "circleci/webhook-service",
    )
    assert found.pipeline.url == "https://app.circleci.com/pipelines/github/circleci/webhook-service"


def test_a_recorded_workflow_of_gitlab_has_its_commit_elsewhere():
    found = workflow("workflow-completed.failed.gitlab.json")

    assert (found.status, found.finished_at) == (Status.FAILED, 1_653_668_413_812)
    assert (found.branch, found.commit, found.origin) == (
        "main",
        "850a1519f25d14e968649cc420d1bd381715c05c",
        Origin.BRANCH,
    )
    assert (found.message, found.author, found.actor) == ("Update README.md", "Commit Author", "username")
    assert (found.pipeline.project, found.pipeline.repository) == ("hello-world", "circleci/hello-world")
    assert found.order is not None
    assert found.order // 10_000_000 == 1, "six weeks after its pipeline was made, and still of it"


def test_a_recorded_job_creates_its_workflow_and_does_not_end_it():
    action, execution = read("circleci/job-completed.success.github-oauth.json").events

    assert isinstance(action, ActionChanged)
    assert isinstance(execution, ExecutionChanged)
    assert (action.status, action.stage, action.name) == (Status.SUCCEEDED, "test", "test")
    assert (action.started_at, action.finished_at, action.queued_at) == (1_630_536_568_841, 1_630_536_574_170, None)
    assert action.url.endswith("/130/workflows/fda08377-fe7e-46b1-8992-3a7aaecac9c3/jobs/136")
    assert (execution.execution, execution.status, execution.finished_at) == (action.execution, None, None)
    assert execution.commit == "1dc6aa69429bff4806ad6afe58d3d8f57e25973e"


def test_a_recorded_job_that_names_no_workflow_is_ignored():
    assert read("circleci/job-completed.success.gitlab.json").ignored == "the job does not say of which workflow it is"

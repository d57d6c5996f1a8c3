"""Bodies that GitLab itself, its documentation and its client libraries produced."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources.kit.source import Parsed
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, Origin
from storage.model.subjects import EnvironmentChanged
from tests.dashboard.sources import corpus
from tests.dashboard.sources.corpus import needs_corpus, recorded

pytestmark = needs_corpus
HEADERS = {"pipeline_hook": "Pipeline Hook", "job_hook": "Job Hook", "deployment_hook": "Deployment Hook"}
# Of one body: each event's kind, and what it is of.
PIPELINE, JOB, DEPLOYMENT = "ExecutionChanged", "ActionChanged", "DeploymentChanged"


def read(name: str) -> Parsed:
    return corpus.read(f"gitlab/{name}.json", HEADERS[name.partition(".")[0]])


def subject(event: AnyEvent) -> str:
    match event:
        case ExecutionChanged():
            return event.number
        case ActionChanged():
            return f"{event.stage}/{event.name}"
        case DeploymentChanged():
            return event.environment
        case _:
            return event.stage


BODIES: dict[str, list[tuple[str, str, Status, str]]] = {
    "pipeline_hook.success": [
        (PIPELINE, "123", Status.SUCCEEDED, "success"),
        (JOB, "deploy/production", Status.SKIPPED, "skipped"),
        (JOB, "test/test-image", Status.SUCCEEDED, "success"),
        (JOB, "test/test-build", Status.SUCCEEDED, "success"),
        (JOB, "build/build-image", Status.SUCCEEDED, "success"),
        (JOB, "deploy/staging", Status.QUEUED, "created"),
    ],
    "pipeline_hook.success.older-shape": [
        (PIPELINE, "3", Status.SUCCEEDED, "success"),
        (JOB, "deploy/production", Status.SKIPPED, "skipped"),
        (JOB, "test/test-image", Status.SUCCEEDED, "success"),
        (JOB, "test/test-build", Status.SUCCEEDED, "success"),
        (JOB, "build/build-image", Status.SUCCEEDED, "success"),
        (JOB, "deploy/staging", Status.QUEUED, "created"),
    ],
    "pipeline_hook.success.downstream": [
        (PIPELINE, "3", Status.SUCCEEDED, "success"),
        (JOB, "deploy/production", Status.SKIPPED, "skipped"),
    ],
    "pipeline_hook.success.subgroup": [
        (PIPELINE, "3", Status.SUCCEEDED, "success"),
        (JOB, "deploy/production", Status.SKIPPED, "skipped"),
    ],
    "pipeline_hook.pending-with-finished_at.captured-2025": [
        (PIPELINE, "419", Status.QUEUED, "pending"),
        (JOB, ".pipeline-policy-post/check_for_image", Status.SUCCEEDED, "success"),
        (JOB, ".pipeline-policy-post/container_scanning", Status.SUCCEEDED, "success"),
        (JOB, ".pipeline-policy-post/gemnasium-maven-dependency_scanning", Status.SUCCEEDED, "success"),
        (JOB, ".pipeline-policy-pre/kics-iac-sast", Status.SUCCEEDED, "success"),
        (JOB, ".pipeline-policy-pre/secret_detection", Status.SUCCEEDED, "success"),
        (JOB, ".pipeline-policy-pre/semgrep-sast", Status.SUCCEEDED, "success"),
    ],
    "job_hook.success.retried": [
        (JOB, "coordinated:tag/auto_deploy:start", Status.SUCCEEDED, "success"),
        (DEPLOYMENT, "production", Status.SUCCEEDED, "success"),
    ],
    "job_hook.created.nulls": [(JOB, "test/test", Status.QUEUED, "created")],
    "job_hook.running.with-environment": [
        (JOB, "build/build1", Status.RUNNING, "running"),
        (DEPLOYMENT, "Test Env", Status.RUNNING, "running"),
    ],
    "deployment_hook.success": [],
    "deployment_hook.success.older-shape": [],
    "job_hook.created.older-shape": [],
    "job_hook.object_kind-job.job_-prefix": [],
}
IGNORED = {
    "job_hook.created.older-shape": "the job has not begun, and no time is told",
    "job_hook.object_kind-job.job_-prefix": "no hook of GitLab's: those of jobs say “build”",
}


def test_every_recorded_body_is_among_these():
    assert {path.stem for path in recorded("gitlab")} == set(BODIES)


@pytest.mark.parametrize("name", BODIES)
def test_a_recorded_body_becomes_these_events_or_is_ignored_so(name: str):
    parsed = read(name)

    assert [(type(e).__name__, subject(e), e.status, e.raw_status) for e in parsed.events] == BODIES[name]
    assert parsed.ignored == IGNORED.get(name, "")
    assert bool(parsed.events or parsed.subjects) != bool(parsed.ignored)


def run(name: str) -> ExecutionChanged:
    event = read(f"pipeline_hook.{name}").events[0]
    assert isinstance(event, ExecutionChanged)
    return event


def first(name: str) -> Any:
    return read(f"job_hook.{name}").events[0]


def test_the_pending_pipeline_that_was_over_has_no_end_yet_and_is_earlier_than_its_end():
    event = run("pending-with-finished_at.captured-2025")

    assert (event.finished, event.finished_at, event.branch, event.trigger) == (False, None, "main", "web")
    assert event.stages == (".pipeline-policy-pre", ".pipeline-policy-post")
    assert (event.pipeline.key, event.pipeline.name) == ("gitlab.com/69034076", "jono-test-project")
    assert event.at // 1000 == 1746132354, "when its last job ended"
    assert (event.message, event.actor) == ("chore(release): 1.4.0", "jdorsey5")


def test_stages_are_in_their_order_though_jobs_are_listed_last_first():
    assert run("success").stages == ("build", "test", "deploy")


def test_a_documented_pipeline_is_of_its_merge_request_and_of_what_began_it():
    event = run("success")

    assert (event.origin, event.change_request, event.base_branch) == (Origin.CHANGE_REQUEST, "1", "master")
    assert event.upstream == "gitlab-org/upstream-project #30"
    assert event.pipeline.key == "192.168.64.1/1", "one of another project is no child"


def test_a_project_four_groups_deep_is_owned_by_all_of_them():
    ref = run("success.subgroup").pipeline

    assert (ref.repository, ref.owner, ref.name) == (
        "group1/group2/group3/grp2repo", "group1/group2/group3", "grp2repo",
    )  # fmt: skip


def test_a_captured_job_that_was_run_again_has_the_times_of_its_own_run():
    event = first("success.retried")

    assert isinstance(event, ActionChanged)
    assert (event.execution, event.action, event.note) == ("743121198", "3580121225", "")
    assert (event.queued_at, event.started_at, event.finished_at) == (1673358604807, 1673358605000, 1673358654000)
    assert event.runner_labels == ("linux", "docker")


def test_a_job_with_a_reason_and_no_failure_says_none():
    event = first("created.nulls")

    assert (event.note, event.at, event.started_at, event.queued_at) == ("", 1614048097000, None, None)


def test_a_running_job_with_an_end_has_none():
    event = first("running.with-environment")

    assert (event.execution, event.finished_at, event.environment) == ("2366", None, "Test Env")
    assert event.url == "https://gitlab.com/gitlab4j/test-project/-/jobs/214655258"


@pytest.mark.parametrize("name", ["success", "success.older-shape"])
def test_a_recorded_deployment_fills_its_environment(name: str):
    (found,) = read(f"deployment_hook.{name}").subjects

    assert isinstance(found, EnvironmentChanged)
    assert (found.subject, found.status, found.deployment, found.scope) == (
        "staging", Status.SUCCEEDED, "796", "10.126.0.2/30",
    )  # fmt: skip
    assert found.at // 1000 == 1619639400
    assert found.commit == "279484c09fbe69ededfced8c1bb6e6d24616b468"
    assert found.ref == ("1.0.0" if name == "success" else "")

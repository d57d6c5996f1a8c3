"""Bodies that real systems and their documentation produced, of GitHub, CodePipeline and SNS."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dashboard.sources import SOURCES
from dashboard.sources.kit import sns
from dashboard.sources.kit.source import Parsed, Rejected
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, Origin, StageChanged
from storage.model.subjects import EnvironmentChanged
from tests.dashboard.sources import corpus
from tests.dashboard.sources.corpus import CORPUS, needs_corpus, recorded

pytestmark = needs_corpus
GITHUB_EVENTS = (
    "workflow_run",
    "workflow_job",
    "check_run",
    "deployment_status",
    "deployment_review",
    "deployment",
    "ping",
)


def read(name: str) -> Parsed:
    return corpus.read(name, next((event for event in GITHUB_EVENTS if event in Path(name).name.split(".")), ""))


def only(name: str) -> AnyEvent:
    (event,) = read(name).events
    return event


@pytest.mark.parametrize("source", ["github", "codepipeline"])
def test_every_recorded_body_but_the_empty_ones_has_events_or_a_reason(source: str):
    paths = [path for path in recorded(source) if not path.name.startswith("action-only")]

    assert len(paths) >= 38
    for path in paths:
        parsed = read(str(path.relative_to(CORPUS)))
        assert bool(parsed.events or parsed.subjects) != bool(parsed.ignored), path.name


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("github/malformed/action-only.workflow_job.json", "workflow_job"),
        ("github/malformed/action-only.workflow_run.json", "workflow_run"),
    ],
)
def test_a_body_with_an_action_and_nothing_else_is_rejected(name: str, path: str):
    with pytest.raises(Rejected) as caught:
        read(name)

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("name", "status", "raw", "finished"),
    [
        ("workflow_run.requested.json", Status.QUEUED, "queued", False),
        ("workflow_run.completed.success.json", Status.SUCCEEDED, "success", True),
        (
            "workflow_run.requested.status-completed.action_required.json",
            Status.WAITING,
            "action_required",
            False,
        ),
        ("workflow_run.in_progress.status-completed.pull_request.json", Status.SUCCEEDED, "success", True),
        ("workflow_run.completed.failure.attempt-13.pull_request.json", Status.FAILED, "failure", True),
        ("malformed/workflow_run.unknown-action-and-conclusion.json", Status.UNKNOWN, "finished", True),
        ("malformed/workflow_job.unknown-action-and-conclusion.json", Status.UNKNOWN, "finished", True),
        ("workflow_job.queued.json", Status.QUEUED, "queued", False),
        ("workflow_job.queued.status-waiting.with-deployment.json", Status.WAITING, "waiting", False),
        ("workflow_job.waiting.json", Status.WAITING, "waiting", False),
        ("workflow_job.in_progress.json", Status.RUNNING, "in_progress", False),
        ("workflow_job.completed.failure.json", Status.FAILED, "failure", True),
        ("workflow_job.completed.skipped.json", Status.SKIPPED, "skipped", True),
        ("deployment_status.created.in_progress.github-pages.json", Status.RUNNING, "in_progress", False),
    ],
)
def test_github_is_read_by_status_and_conclusion(name: str, status: Status, raw: str, finished: bool):
    event = only(f"github/{name}")

    assert (event.status, event.raw_status, event.finished) == (status, raw, finished)


def test_a_run_without_a_name_goes_by_its_workflows():
    assert only("github/workflow_run.requested.json").pipeline.name == "test"


def test_a_thirteenth_attempt_began_when_it_was_asked_for():
    event = only("github/workflow_run.completed.failure.attempt-13.pull_request.json")

    assert isinstance(event, ExecutionChanged)
    assert event.attempt == 13
    assert event.queued_at is not None
    assert event.queued_at > 1744761600000, "the day after its first attempt"
    assert event.actor != "renovate[bot]"
    assert event.trigger == "pull_request"


def test_run_and_jobs_of_a_rerun_belong_together():
    folder = "github/sequence-rerun-attempt-10"
    events = [event for path in sorted((CORPUS / folder).iterdir()) for event in read(f"{folder}/{path.name}").events]

    assert len(events) == 5
    assert {(event.execution, event.attempt) for event in events} == {("6454805877", 10)}
    assert {(event.pipeline.key, event.tells_run) for event in events} == {
        ("github.com/701962619/71922243", True),
        ("", False),
    }
    assert {event.stage for event in events if isinstance(event, ActionChanged)} == {"pre-commit", "test"}


def test_a_matrix_job_is_in_its_stage():
    event = only("github/workflow_job.completed.matrix.attempt-13.json")

    assert isinstance(event, ActionChanged)
    assert (event.stage, event.name) == ("test", "test (1.23)")


def test_a_skipped_job_with_its_times_swapped_did_not_start():
    event = only("github/workflow_job.completed.skipped.json")

    assert event.started_at is None
    assert event.queued_at is not None
    assert event.finished_at is not None
    assert event.finished_at < event.queued_at


def test_the_early_shape_of_a_job_names_its_execution_only():
    event = only("github/workflow_job.queued.early-shape.json")

    assert (event.attempt, event.pipeline.key, event.started_at) == (1, "", None)


def test_run_names_do_not_become_pipelines():
    event = only("github/deployment.created.github-pages.json")

    assert isinstance(event, DeploymentChanged)
    assert (event.pipeline.key, event.pipeline.name) == ("github.com/186853002/17248323", "pages-build-deployment")
    assert "186853002/pages build and deployment" in event.pipeline.aliases


@pytest.mark.parametrize(
    "name",
    [
        "ping.repository.json",
        "ping.app.json",
        "ping.organization.json",
        "check_run.completed.json",
        "check_run.completed.status-queued.json",
        "deployment.legacy-no-action.json",
    ],
)
def test_what_would_say_nothing_or_say_it_twice_is_ignored(name: str):
    assert read(f"github/{name}").ignored


def test_a_recorded_review_tells_who_may_let_its_job_begin():
    event = only("github/deployment_review.requested.json")

    assert isinstance(event, ActionChanged)
    assert (event.name, event.status, event.deciders) == ("tst", Status.WAITING, ("admins",))


def test_a_recorded_pull_request_is_told_with_its_number():
    event = only("github/workflow_run.in_progress.status-completed.pull_request.json")

    assert isinstance(event, ExecutionChanged)
    assert (event.origin, event.change_request, event.base_branch) == (Origin.CHANGE_REQUEST, "164", "main")


def test_a_recorded_run_with_pull_requests_of_another_repository_is_of_a_branch():
    event = only("github/workflow_run.completed.with-pull-requests.json")

    assert isinstance(event, ExecutionChanged)
    assert (event.origin, event.change_request) == (Origin.BRANCH, "")


def test_a_recorded_failure_tells_its_stage_and_action():
    event = only("codepipeline/processed/flow-build-failed/08.pipeline.FAILED.json")

    assert isinstance(event, ExecutionChanged)
    assert event.reason == "Build / Build: Build terminated with state: FAILED"


def test_a_start_three_years_after_the_event_is_not_believed():
    event = only("codepipeline/emitted/pipeline.STARTED.with-start-time-and-attempt.json")

    assert (event.started_at, event.attempt) == (event.at, 1)


def test_a_tag_is_read_as_the_branch():
    event = only("codepipeline/emitted/pipeline.SUCCEEDED.git-tag-trigger.json")

    assert isinstance(event, ExecutionChanged)
    assert (event.branch, event.author, event.origin) == ("gitlab-v4.2.1", "Mary Major", Origin.TAG)
    assert event.committed_at == 1692220088000
    assert event.started_at is not None
    assert event.started_at % 1000 == 208


def test_a_resumed_stage_is_running_in_its_second_attempt():
    event = only("codepipeline/emitted/stage.RESUMED.attempt-2.json")

    assert isinstance(event, StageChanged)
    assert (event.stage, event.status, event.attempt, event.started_at) == ("Build", Status.RUNNING, 2, event.at)


@pytest.mark.parametrize(
    "name",
    [
        "emitted/stage.STARTED.without-stage-name.json",
        "processed/action.SUCCEEDED.json",
        "approval/manual-approval-needed.json",
    ],
)
def test_codepipeline_slips_and_messages_are_ignored(name: str):
    assert read(f"codepipeline/{name}").ignored


def test_attempt_zero_is_the_first_and_the_commit_comes_with_the_stage():
    stage, execution = read("codepipeline/processed/stage.STARTED.json").events

    assert stage.attempt == 1
    assert isinstance(execution, ExecutionChanged)
    assert (execution.branch, execution.pipeline.repository) == ("main", "my-repo")


def test_a_connections_summary_is_json_with_the_message():
    event = only("codepipeline/processed/flow-succeeded/07.action.Source.Source.SUCCEEDED.json")

    assert isinstance(event, ActionChanged)
    assert event.message.startswith("Merge branches 'develop'")
    assert event.commit == "1a104adf6a84de18fa3e3c4cb42b5024fe450ed5"
    assert event.pipeline.repository == "project/repository"


@pytest.mark.parametrize("flow", ["flow-build-failed", "flow-succeeded"])
def test_events_of_a_flow_have_keys_of_their_own_and_one_execution(flow: str):
    paths = sorted((CORPUS / "codepipeline" / "processed" / flow).iterdir())
    parsed = [read(str(path.relative_to(CORPUS))) for path in paths]

    assert len({one.delivery_key for one in parsed}) == len(paths)
    assert len({event.execution for one in parsed for event in one.events}) == 1


def test_published_samples_that_are_not_json_are_rejected():
    samples = sorted((CORPUS / "codepipeline" / "not-json").glob("*.txt"))
    assert samples
    for sample in samples:
        with pytest.raises(Rejected):
            SOURCES["codepipeline"].parse({}, sample.read_bytes())


VECTORS = [
    ("notification.v1.no-subject", "7ff5", "fa419f449090e6df43900187e76f042118e0cce5851b309ae131f0e10ef743d1"),
    ("notification.v2.no-subject", "7ff5", "48d92118a9c01edf12526c2d4af52865f6c3d15e4447312708f10455b36e4279"),
    ("notification.v1.with-subject", "7ff5", "b41dc5ceb8d8f238d48543e2f9cd33eb686c9e05fcca98ebafa5c3c10dc65234"),
    ("notification.v2.with-subject", "7ff5", "f43efc4a5dd6d1862305fa3b1e386758e1b377e3bc2e1e566ecd15bff0d6d6c7"),
    ("subscription_confirmation.v1", "e372", "bd6339a89512b1aaf1d01de6160b1ea6603f27efd699b8adda06f28bf6a976de"),
    (
        "notification.v1.message-is-json-text",
        "e372",
        "037a0b533f2869d4b22f788616cc6805805ec6ca3b822a3ffdf5cc15fb5929ff",
    ),
]


def certificates() -> dict[str, bytes]:
    return {path.stem.partition("-")[2][:4]: path.read_bytes() for path in (CORPUS / "sns" / "certs").glob("*.pem")}


@pytest.mark.parametrize(("name", "certificate", "digest"), VECTORS)
def test_genuine_sns_signatures_hold(name: str, certificate: str, digest: str):
    envelope = sns.parse_envelope((CORPUS / "sns" / f"{name}.signed.json").read_bytes())

    assert hashlib.sha256(sns.canonical(envelope)).hexdigest() == digest
    assert sns.verify_envelope(envelope, certificates()[certificate], None)
    assert sns.cert_url_allowed(envelope.signing_cert_url, envelope.topic_arn)
    others = [pem for name, pem in certificates().items() if name != certificate]
    assert not any(sns.verify_envelope(envelope, pem, None) for pem in others)


@pytest.mark.parametrize(("name", "certificate", "digest"), VECTORS)
def test_an_expired_certificate_does_not_hold_today(name: str, certificate: str, digest: str):
    envelope = sns.parse_envelope((CORPUS / "sns" / f"{name}.signed.json").read_bytes())

    assert not sns.verify_envelope(envelope, certificates()[certificate], 1_772_442_845_000)


def test_a_signature_by_a_certificate_that_is_not_here_is_refused():
    envelope = sns.parse_envelope((CORPUS / "sns" / "notification.v1.certificate-not-here.json").read_bytes())

    assert not any(sns.verify_envelope(envelope, pem, None) for pem in certificates().values())


def test_the_recorded_confirmation_may_be_fetched_and_an_unsubscription_not():
    confirmation = sns.parse_envelope((CORPUS / "sns" / "subscription_confirmation.v1.signed.json").read_bytes())

    assert sns.subscribe_url_allowed(confirmation.subscribe_url, confirmation.topic_arn)
    body = json.loads((CORPUS / "sns" / "notification.v1.no-subject.signed.json").read_text())
    assert not sns.subscribe_url_allowed(body["UnsubscribeURL"], body["TopicArn"])


@pytest.mark.parametrize("name", ["deployment.created.json", "deployment_status.created.success.json"])
def test_a_recorded_deployment_that_no_run_made_fills_its_environment(name: str):
    parsed = read(f"github/{name}")

    assert parsed.events == ()
    (found,) = parsed.subjects
    assert isinstance(found, EnvironmentChanged)
    assert (found.subject, found.repository, found.execution) == ("production", "Codertocat/Hello-World", "")

"""GitHub Actions: workflow_run, workflow_job, deployment and deployment_status webhooks.

A workflow is a pipeline, its run an execution, a job an action; jobs of one matrix or called workflow share a stage.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs

from dashboard.sources.base import Headers, Need, NothingForUs, Parsed, Rejected, Source
from dashboard.sources.payload import Payload, load, name
from dashboard.sources.signatures import hmac_sha256_hex
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, PipelineRef

# https://docs.github.com/en/rest/actions/workflow-runs
STATUSES = {
    "requested": Status.QUEUED,
    "queued": Status.QUEUED,
    "pending": Status.QUEUED,
    "waiting": Status.WAITING,
    "in_progress": Status.RUNNING,
}
# https://docs.github.com/en/rest/checks/runs
CONCLUSIONS = {
    "success": Status.SUCCEEDED,
    "neutral": Status.SUCCEEDED,
    "failure": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "skipped": Status.SKIPPED,
    "timed_out": Status.TIMED_OUT,
    # "Completed" here means that nothing runs until somebody approves: the run is then queued again.
    "action_required": Status.WAITING,
    # GitHub gave up waiting after two weeks. Nothing was found wrong, so it must not turn a pipeline red.
    "stale": Status.CANCELLED,
    # The workflow file could not be started: there is no job that failed.
    "startup_failure": Status.ERRORED,
}
# https://docs.github.com/en/rest/deployments/statuses
DEPLOYMENTS = {
    "pending": Status.QUEUED,
    "queued": Status.QUEUED,
    "waiting": Status.WAITING,
    "in_progress": Status.RUNNING,
    "success": Status.SUCCEEDED,
    "failure": Status.FAILED,
    "error": Status.ERRORED,
}
IGNORED = {
    "ping": "a ping: the connection works",
    "check_run": "every job is told as workflow_job too; counting both would double them",
    "check_suite": "every run is told as workflow_run too",
    "deployment_review": "the waiting job says the same",
}
_FORM = "application/x-www-form-urlencoded"
_MATRIX = re.compile(r" \((?:[^()]|\([^()]*\))*\)?$")


def verify(headers: Headers, body: bytes, secret: str) -> bool:
    return hmac_sha256_hex(secret, body, headers.get("x-hub-signature-256"))


def parse(headers: Headers, body: bytes) -> Parsed:
    document = Payload(load(_json(headers, body)))
    kind = name(headers.get("x-github-event", ""))
    if not kind:
        raise Rejected("The header is needed", "X-GitHub-Event")
    action = document.name("action")
    event = f"{kind}.{action}" if action else kind
    key = name(headers.get("x-github-delivery", ""))
    try:
        return Parsed((_read(kind, document),), event, key)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _read(kind: str, document: Payload) -> AnyEvent:
    reader = READERS.get(kind)
    if reader is None:
        raise NothingForUs(IGNORED.get(kind, f"{kind} events carry nothing for us"))
    return reader(document)


def _json(headers: Headers, body: bytes) -> bytes:
    """A hook may be set to send a form with the JSON in its field `payload`."""
    if not headers.get("content-type", "").lower().startswith(_FORM):
        return body
    try:
        fields = parse_qs(body.decode(), errors="strict", max_num_fields=10)
    except ValueError as error:
        raise Rejected("The form cannot be read", "payload") from error
    found = fields.get("payload", [])
    if len(found) != 1:
        raise Rejected("The form needs exactly one such field", "payload")
    return found[0].encode()


class Word(NamedTuple):
    status: Status
    raw: str
    finished: bool


def _word(subject: Payload) -> Word:
    """From status and conclusion, never from the action: bodies are seen whose action contradicts them. A conclusion
    counts only once the status is completed."""
    status, conclusion = subject.need("status"), subject.name("conclusion")
    if status != "completed":
        return Word(STATUSES.get(status, Status.UNKNOWN), status, False)
    found = CONCLUSIONS.get(conclusion, Status.UNKNOWN)
    return Word(found, conclusion or status, found is not Status.WAITING)


def _workflow_run(document: Payload) -> ExecutionChanged:
    run = document.need_obj("workflow_run")
    word, number = _word(run), run.identifier("id")
    attempt = run.attempt("run_attempt")
    at = run.need_moment("updated_at", "run_started_at", "created_at")
    began = run.moment("run_started_at", "created_at")
    return ExecutionChanged(
        pipeline=_pipeline(document, _workflow_name(document, run), _page(document, run) or "actions"),
        execution=str(number),
        order=number,
        attempt=attempt,
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        # A re-run keeps the created_at of its first attempt.
        queued_at=run.moment("created_at", "run_started_at") if attempt == 1 else began,
        started_at=began if word.finished or word.status is Status.RUNNING else None,
        finished_at=at if word.finished else None,
        url=run.link("html_url"),
        number=str(run.integer("run_number") or ""),
        branch=run.name("head_branch"),
        commit=run.name("head_sha"),
        message=run.line("head_commit.message", "display_title"),
        author=run.name("head_commit.author.name"),
        actor=run.name("triggering_actor.login", "actor.login") or document.name("sender.login"),
        trigger=run.name("event"),
    )


def _workflow_job(document: Payload) -> ActionChanged:
    job = document.need_obj("workflow_job")
    word, number = _word(job), job.identifier("run_id")
    called = job.name("name") or "job"
    begun = word.status is Status.RUNNING or (word.finished and word.status is not Status.SKIPPED)
    return ActionChanged(
        pipeline=_pipeline(document, _file_name(job.name("workflow_name"))),
        execution=str(number),
        order=number,
        attempt=job.attempt("run_attempt"),
        at=_job_time(document, job, word),
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        queued_at=job.moment("created_at", "started_at"),
        # While a job is queued its started_at only repeats created_at; a skipped job never starts.
        started_at=job.moment("started_at") if begun else None,
        finished_at=job.moment("completed_at") if word.finished else None,
        url=job.link("html_url"),
        stage=stage_of(called),
        action=str(job.identifier("id")),
        name=called,
        note=_failed_step(job) if word.status.red else "",
        branch=job.name("head_branch"),
        commit=job.name("head_sha"),
    )


def _job_time(document: Payload, job: Payload, word: Word) -> int:
    """A protected job is told queued, waiting and queued again with the same times: only its deployment's move."""
    if word.finished and (ended := job.moment("completed_at")) is not None:
        return ended
    times = [job.need_moment("created_at", "started_at", "completed_at"), job.moment("started_at")]
    if word.status in (Status.QUEUED, Status.WAITING):
        times.append(document.moment("deployment.updated_at"))
    return max(time for time in times if time is not None)


def stage_of(job: str) -> str:
    """Jobs of one matrix, `test (3.12)`, and of one called workflow, `deploy / migrate`, belong together."""
    depth = 0
    for place, letter in enumerate(job):
        depth += (letter == "(") - (letter == ")")
        if depth <= 0 and job.startswith(" / ", place):
            job = job[:place]
            break
    return _MATRIX.sub("", job).strip() or job.strip() or "job"


def _failed_step(job: Payload) -> str:
    return next((step.name("name") for step in job.items("steps") if step.name("conclusion") == "failure"), "")


def _deployment(document: Payload) -> DeploymentChanged:
    run, deployment = _deploying_run(document), document.need_obj("deployment")
    at = deployment.need_moment("created_at", "updated_at")
    return _deployed(document, run, Word(Status.QUEUED, "created", False), at)


def _deployment_status(document: Payload) -> DeploymentChanged:
    run, status = _deploying_run(document), document.need_obj("deployment_status")
    raw = status.need("state")
    word = DEPLOYMENTS.get(raw, Status.UNKNOWN)
    at = status.need_moment("created_at", "updated_at")
    return _deployed(document, run, Word(word, raw, word.finished), at, status.link("log_url", "target_url"))


def _deploying_run(document: Payload) -> Payload:
    run = document.obj("workflow_run")
    if not run:
        raise NothingForUs("the deployment was not made by a workflow run")
    return run


def _deployed(document: Payload, run: Payload, word: Word, at: int, url: str = "") -> DeploymentChanged:
    number, deployment = run.identifier("id"), document.need_obj("deployment")
    return DeploymentChanged(
        pipeline=_pipeline(document, _workflow_name(document, run), _page(document, run)),
        execution=str(number),
        order=number,
        attempt=run.attempt("run_attempt"),
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        queued_at=deployment.moment("created_at") or at,
        started_at=at if word.status is Status.RUNNING else None,
        finished_at=at if word.finished else None,
        url=url,
        deployment=str(deployment.identifier("id")),
        environment=document.name("deployment_status.environment", "deployment.environment"),
        # The run's own facts: a deployment may name another ref, and must not rename the execution it belongs to.
        branch=run.name("head_branch"),
        commit=run.name("head_sha"),
    )


def _pipeline(document: Payload, workflow: str, page: str = "") -> PipelineRef:
    """Keyed by the repository's id, which outlives renames, and the workflow's name: jobs do not tell its id. An event
    that names no workflow still names its execution. Events that know no page say none, so as not to replace it."""
    repository = document.need_obj("repository")
    number, home = repository.identifier("id"), repository.link("html_url")
    called = repository.name("name") or repository.name("full_name").rpartition("/")[2]
    return PipelineRef(
        source="github",
        key=f"{number}/{workflow}" if workflow else "",
        name=" · ".join(part for part in (called, workflow) if part) if workflow else "",
        url=f"{home}/{page}" if home and page else "",
        repository=repository.name("full_name"),
        default_branch=repository.name("default_branch"),
    )


def _page(document: Payload, run: Payload) -> str:
    """GitHub's own workflows (pages, code scanning) live at `dynamic/...`, a repository's in `.github/workflows/`."""
    file = _path(document, run).removeprefix("dynamic/").removeprefix(".github/workflows/")
    return f"actions/workflows/{file}" if re.fullmatch(r"[\w.-]+(/[\w.-]+)*", file) else ""


def _path(document: Payload, run: Payload) -> str:
    return (run.name("path") or document.name("workflow.path")).partition("@")[0]


def _workflow_name(document: Payload, run: Payload) -> str:
    """A run's name is its workflow's, except where `run-name` titles each run anew: then it equals the run's title, and
    only the workflow tells. GitHub's own workflows are the other way round: jobs go by the run's name."""
    told, path = run.name("name"), _path(document, run)
    if told and told == run.name("display_title") and not path.startswith("dynamic/"):
        told = document.name("workflow.name") or told
    return _file_name(told or document.name("workflow.name") or path)


def _file_name(workflow: str) -> str:
    """A workflow without a name goes by its path."""
    return workflow.rpartition("/")[2] if workflow.startswith((".github/", "dynamic/")) else workflow


READERS: dict[str, Callable[[Payload], AnyEvent]] = {
    "workflow_run": _workflow_run,
    "workflow_job": _workflow_job,
    "deployment": _deployment,
    "deployment_status": _deployment_status,
}

SOURCE = Source(
    name="github",
    label="GitHub Actions",
    verify=verify,
    parse=parse,
    content_types=frozenset({"application/json", _FORM}),
    kept=("content-type", "x-github-event", "x-github-delivery"),
    setup=(
        "In GitHub, open the repository's or the organisation's Settings, then Webhooks, then Add webhook.",
        "Payload URL: the webhook address of this connection.",
        "Content type: application/json. Secret: the secret of this connection.",
        "Choose “Let me select individual events” and tick Workflow runs, Workflow jobs, Deployments and Deployment"
        " statuses; untick Pushes.",
        "Save. GitHub sends a ping at once, which appears among this connection's deliveries.",
    ),
    signature="HMAC-SHA256 of the body with the connection's secret, in the header X-Hub-Signature-256",
    needs=(
        Need(
            event="workflow_run",
            beside="workflow_job",
            words="“Workflow runs” is not ticked in GitHub: jobs arrive, but runs will not show up until it is",
        ),
    ),
)

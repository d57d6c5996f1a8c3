"""Azure DevOps: service hooks of Azure Pipelines (runs, stages, jobs, approvals) and build.complete.

A pipeline, its runs, their stages and jobs are what they are called here too. A run has no attempts: its stages and
jobs count their own, and one that is run again opens the run again, so nothing absorbs.
https://learn.microsoft.com/en-us/azure/devops/service-hooks/events
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from dashboard.sources.azuredevops.approvals import approval
from dashboard.sources.azuredevops.builds import build_complete
from dashboard.sources.azuredevops.sample import sample
from dashboard.sources.azuredevops.stages import job_state, run_state, stage_state
from dashboard.sources.kit.payload import Payload, load
from dashboard.sources.kit.source import Headers, Need, NothingForUs, Parsed, Rejected, Source
from dashboard.sources.kit.verifiers import SharedSecret
from storage.model.entities import Status
from storage.model.events import AnyEvent

PIPELINES, CHECKS, RELEASE = "ms.vss-pipelines.", "ms.vss-pipelinechecks-events.", "ms.vss-release."
READERS: dict[str, Callable[[Payload, Payload], tuple[AnyEvent, ...]]] = {
    f"{PIPELINES}run-state-changed-event": run_state,
    f"{PIPELINES}stage-state-changed-event": stage_state,
    f"{PIPELINES}job-state-changed-event": job_state,
    f"{CHECKS}approval-pending": approval,
    f"{CHECKS}approval-completed": approval,
    "build.complete": build_complete,
}
# Where Microsoft's examples lead, which the button "Test" of a subscription sends.
EXAMPLES = "codedev.ms"


def parse(_: Headers, body: bytes) -> Parsed:
    document = Payload(load(body))
    kind, key = document.need("eventType"), _key(document)
    event = _event(document, kind)
    try:
        return Parsed(_read(document, kind), event, key)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _read(document: Payload, kind: str) -> tuple[AnyEvent, ...]:
    reader = READERS.get(kind)
    if reader is None:
        release = "classic release pipelines are not read, only pipelines with stages"
        raise NothingForUs(release if kind.startswith(RELEASE) else f"{kind} events carry nothing for us")
    resource = document.obj("resource")
    if not resource:
        raise Rejected("The details are needed: in Azure DevOps, set “Resource details to send” to All", "resource")
    if _is_an_example(resource):
        raise NothingForUs("an example of Microsoft's, as the button Test sends it: the connection works")
    return reader(document, resource)


def _key(document: Payload) -> str:
    """Counted per subscription; the event's own id where it does not tell."""
    subscription, number = document.name("subscriptionId"), document.number("notificationId")
    return f"{subscription}/{number}" if subscription and number else document.name("id")


def _event(document: Payload, kind: str) -> str:
    """In short, and with the state where there is one: `stage-state-changed.completed`."""
    if not kind.startswith((PIPELINES, CHECKS)):
        return kind
    short = kind.removeprefix(PIPELINES).removeprefix(CHECKS).removesuffix("-event")
    state = document.name(f"resource.{short.partition('-')[0]}.state")
    return f"{short}.{state}" if state else short


def _is_an_example(resource: Payload) -> bool:
    told = resource.link("run._links.web.href", "run.url", "pipeline.url", "run.pipeline.url")
    return urlsplit(told).hostname == EXAMPLES


_RUN_MISSING = "“Run state changed” is not subscribed in Azure DevOps: {} arrive, but runs will not end until it is"

SOURCE = Source(
    name="azuredevops",
    label="Azure DevOps",
    # Service hooks sign nothing: the secret itself travels.
    verifier=SharedSecret(),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json"}),
    never=frozenset({Status.SUPERSEDED}),
    setup=(
        "In Azure DevOps, open Project settings, then Service hooks, then the plus, and choose Web Hooks.",
        "Trigger on this type of event: Run state changed. Leave its filters at [Any].",
        "URL: the webhook URL of this connection. Basic authentication username: anything; password: the secret of "
        "this connection. (Or HTTP headers: X-Api-Key:, followed by the secret.)",
        "Resource details to send: All. Messages and detailed messages to send may be None. Resource version: the "
        "newest offered.",
        "Do the same for Run stage state changed, Run job state changed, Run stage waiting for approval, Run stage "
        "approval completed, and Build completed (which alone says why a run began).",
        "Press Test: the example that Azure DevOps sends appears among this connection's deliveries as ignored. Then "
        "start a run.",
    ),
    signature="the secret as basic password, in X-Api-Key or as bearer token",
    needs=(
        Need("run-state-changed", "stage-state-changed", _RUN_MISSING.format("stages")),
        Need("run-state-changed", "job-state-changed", _RUN_MISSING.format("jobs")),
    ),
)

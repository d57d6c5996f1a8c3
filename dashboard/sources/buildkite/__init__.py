"""Buildkite: its webhooks, and its events on Amazon EventBridge.

A pipeline is what it is called here too, a build an execution, a job an action; jobs of one step share a stage. A build
keeps its id when a job is retried or unblocked, so nothing absorbs.
https://buildkite.com/docs/apis/webhooks/pipelines
https://buildkite.com/docs/pipelines/integrations/observability/amazon-eventbridge
"""

from __future__ import annotations

from dashboard.sources.buildkite.bodies import EVENT, body_of, event_of
from dashboard.sources.buildkite.builds import build_changed
from dashboard.sources.buildkite.jobs import job_changed
from dashboard.sources.buildkite.sample import sample
from dashboard.sources.kit.payload import Payload, load
from dashboard.sources.kit.source import Headers, Need, NothingForUs, Parsed, Source
from dashboard.sources.kit.verifiers import AnyOf, SecretHeader, SharedSecret, SignedTime
from storage.model.events import AnyEvent

IGNORED = {
    "ping": "a ping: the connection works",
    "agent": "agents run jobs, which tell of themselves",
}


def parse(headers: Headers, body: bytes) -> Parsed:
    document = Payload(load(body))
    event = event_of(headers, document)
    key = document.name("id") if document.name("detail-type") else ""
    try:
        return Parsed(_events(event, document), event, key)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _events(event: str, document: Payload) -> tuple[AnyEvent, ...]:
    """A job's event shows its build as well."""
    subject = event.partition(".")[0]
    if subject not in ("build", "job"):
        raise NothingForUs(IGNORED.get(subject, f"{event} events carry nothing for us"))
    body = body_of(event, document)
    job = job_changed(body) if subject == "job" else None
    return (job, build_changed(body)) if job else (build_changed(body),)


SOURCE = Source(
    name="buildkite",
    label="Buildkite",
    verifier=AnyOf(SignedTime("X-Buildkite-Signature"), (SecretHeader("X-Buildkite-Token"), SharedSecret())),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json"}),
    event_header=EVENT,
    setup=(
        "In Buildkite, open the organisation's Settings, then Notification Services, then Add beside Webhook.",
        "Webhook URL: the webhook URL of this connection.",
        "Token: the secret of this connection. Choose to send it as X-Buildkite-Signature; as X-Buildkite-Token works "
        "too.",
        "Events: tick all whose name begins with “build.” or “job.”. Pipelines and branches: all that are to be shown.",
        "Add the webhook. Buildkite sends a ping at once, which appears among this connection's deliveries.",
        "Or, by Amazon EventBridge: add that notification service in Buildkite and accept its event source in AWS. "
        "Create an API destination whose connection has the authorization type API key, key name X-Api-Key, value the "
        "secret of this connection, and whose endpoint is the webhook URL, method POST. Create a rule on the partner's "
        "event bus with it as the target. EventBridge tells less: no default branch, no pull requests.",
    ),
    signature="HMAC-SHA256 of time and body with the connection's secret, in the header X-Buildkite-Signature; or the "
    "secret in X-Buildkite-Token, by EventBridge in X-Api-Key",
    needs=(
        Need(
            event="build",
            beside="job",
            words="No “build.” events are ticked in Buildkite: jobs arrive, but no build will end until they are",
        ),
    ),
)

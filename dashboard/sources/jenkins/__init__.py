"""Jenkins: the JSON of its Notification plugin, and the CloudEvents of its CDEvents plugin.

A job is a pipeline, as is a multibranch project with all its branches; a run is an execution of one stage, since
neither plugin tells how stages end.
"""

from __future__ import annotations

from dashboard.sources.jenkins.notifications import notification
from dashboard.sources.jenkins.sample import sample
from dashboard.sources.jenkins.tasks import cdevent
from dashboard.sources.kit import cloudevents
from dashboard.sources.kit.cloudevents import CloudEvent
from dashboard.sources.kit.payload import ROOT
from dashboard.sources.kit.source import Headers, Need, NothingForUs, Parsed, Rejected, SetupFile, Source
from dashboard.sources.kit.verifiers import SharedSecret
from storage.model.entities import Status

JENKINSFILE = """properties([[$class: 'HudsonNotificationProperty', endpoints: [[
    urlInfo: [urlType: 'SECRET', urlOrId: 'big-transit'],
    protocol: 'HTTP', format: 'JSON', event: 'all', timeout: 30000, retries: 3, loglines: 0
]]]])
"""


def parse(headers: Headers, body: bytes) -> Parsed:
    if body.lstrip().startswith(b"CloudEvent{"):
        # What the plugin's HTTP sink makes of an event: the words Java has for it.
        raise Rejected("The CDEvents plugin's HTTP sink sends no JSON: use its Kinesis sink", ROOT)
    found = [_read(event) for event in cloudevents.read(headers, body)]
    if len(found) == 1:
        return found[0]
    events = tuple(event for each in found for event in each.events)
    return Parsed(events, "batch", "", "" if events else "nothing in the batch is for us")


def _read(event: CloudEvent) -> Parsed:
    document = event.data
    try:
        if document.obj("context") or event.attribute("type"):
            return cdevent(document)
        return notification(document)
    except NothingForUs as nothing:
        return Parsed((), "notification", "", str(nothing))


SOURCE = Source(
    name="jenkins",
    label="Jenkins",
    # Neither plugin signs: the secret itself travels.
    verifier=SharedSecret(),
    parse=parse,
    sample=sample,
    content_types=cloudevents.CONTENT_TYPES,
    never=frozenset({Status.WAITING, Status.TIMED_OUT, Status.SUPERSEDED}),
    setup=(
        "In Jenkins, open Manage Jenkins, then Plugins, and install Notification (notification).",
        "Make a credential of kind Secret text, with the ID big-transit, that holds the URL with the secret in it: "
        "https://jenkins:SECRET@HOST/hooks/... It is shown above while the secret is. Jenkins takes both out of the "
        "address and sends them as basic authentication.",
        "In the job's configuration, under Job Notifications, add an endpoint: format JSON, protocol HTTP, event All "
        "Events, URL source Secret with that credential, log 0. Branches of a multibranch project take it from their "
        "Jenkinsfile, as below.",
        "Under Manage Jenkins, System, set Jenkins URL: without it nothing here links to Jenkins.",
        "Run the job. Its phases appear among this connection's deliveries within seconds.",
    ),
    setup_file=SetupFile(
        name="bigtransit.groovy",
        label="For a Jenkinsfile",
        hint="At its top, outside of pipeline { }. It holds from the next run on. The secret is in the credential "
        "alone.",
        content=lambda url: JENKINSFILE,
    ),
    address=lambda url, secret: url.replace("://", f"://jenkins:{secret}@", 1),
    signature="the secret as basic password, in X-Api-Key or as bearer token",
    needs=(
        Need(
            "pipelinerun",
            "taskrun",
            "Only blocks of Pipelines arrive: the events of their runs are held back on the way",
        ),
    ),
)

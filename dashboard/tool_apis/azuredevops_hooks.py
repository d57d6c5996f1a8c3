"""Azure DevOps' service hooks, looked at and made: a subscription for each kind of event of each project.

https://learn.microsoft.com/en-us/rest/api/azure/devops/hooks/subscriptions and, of what they send,
https://learn.microsoft.com/en-us/azure/devops/service-hooks/events. A token has to be of somebody who may edit a
project's subscriptions, as its administrators may, and needs the scopes of the events: Build (read).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dashboard.tool_apis.answers import Found, found_or_none, listed_in
from dashboard.tool_apis.azuredevops import VERSION, AzureDevOpsApi, checked_guid
from dashboard.tool_apis.errors import NotTaken
from dashboard.tool_apis.session import Budget

PATH = "/_apis/hooks/subscriptions"


class Event(NamedTuple):
    """As a publisher names it, and in which version the source reads it."""

    publisher: str
    name: str
    version: str


EVENTS = (
    Event("pipelines", "ms.vss-pipelines.run-state-changed-event", "5.1-preview.1"),
    Event("pipelines", "ms.vss-pipelines.stage-state-changed-event", "5.1-preview.1"),
    Event("pipelines", "ms.vss-pipelines.job-state-changed-event", "5.1-preview.1"),
    Event("pipelines", "ms.vss-pipelinechecks-events.approval-pending", "5.1-preview.1"),
    Event("pipelines", "ms.vss-pipelinechecks-events.approval-completed", "5.1-preview.1"),
    # It alone says why a run began.
    Event("tfs", "build.complete", "2.0"),
)


class AzureDevOpsHooksApi(AzureDevOpsApi):
    """All raise ApiError, NotTaken where Azure DevOps does not like the URL, or does not know a kind of event."""

    def subscriptions(self, url: str) -> Sequence[Found]:
        """All of the organisation that send to this URL."""
        query = {"consumerId": "webHooks", "api-version": VERSION}
        found = listed_in(self.session.get_json(PATH, Budget(), **query), "value")
        return [one for one in found if _inputs(one, "consumerInputs").get("url") == url]

    def put(self, project: str, known: Sequence[Found], url: str, secret: str) -> bool:
        """Each kind of event of a project, with this secret. `known`: what sends to this URL; of that, what is of the
        project is changed and enabled, and keeps its filters. Whether any was made. All are tried before one is said
        not to be taken."""
        project, made, refused = checked_guid(project), False, None
        ours = [
            one for one in known if str(_inputs(one, "publisherInputs").get("projectId")).lower() == project.lower()
        ]
        for event in EVENTS:
            there = [one for one in ours if one.get("eventType") == event.name]
            try:
                for one in there:
                    self._renew(one, event, url, secret)
                if not there:
                    self._make(project, event, url, secret)
                    made = True
            except NotTaken as error:
                refused = error
        if refused is not None:
            raise refused
        return made

    def _make(self, project: str, event: Event, url: str, secret: str) -> None:
        """Once: another try might make a second one."""
        body = {**_wanted(event, url, secret), "publisherInputs": {"projectId": project}}
        self.session.send_json("POST", f"{PATH}?api-version={VERSION}", body, Budget(), tries=1)

    def _renew(self, found: Found, event: Event, url: str, secret: str) -> None:
        number = checked_guid(str(found.get("id")))
        filters = _inputs(found, "publisherInputs")
        body = {**_wanted(event, url, secret), "id": number, "status": "enabled", "publisherInputs": filters}
        self.session.send_json("PUT", f"{PATH}/{number}?api-version={VERSION}", body, Budget())


def _inputs(subscription: Found, name: str) -> Mapping[str, object]:
    return found_or_none(subscription.get(name)) or {}


def _wanted(event: Event, url: str, secret: str) -> Mapping[str, object]:
    return {
        "publisherId": event.publisher,
        "eventType": event.name,
        "resourceVersion": event.version,
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "consumerInputs": {
            "url": url,
            "basicAuthUsername": "bigtransit",
            "basicAuthPassword": secret,
            "resourceDetailsToSend": "all",
            "messagesToSend": "none",
            "detailedMessagesToSend": "none",
        },
    }

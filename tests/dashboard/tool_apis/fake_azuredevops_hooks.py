"""Azure DevOps' service hook subscriptions of an organisation: listed, made, replaced, and refused as it does."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json

PATH = "/_apis/hooks/subscriptions"


def id_of(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


@dataclass
class FakeAzureDevOpsHooks:
    """projects: their names. foreign: those of which the token's owner is no administrator. unknown: kinds of events
    that the server does not know."""

    tool: FakeTool
    projects: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def of(self, project: str) -> list[dict[str, Any]]:
        return [one for one in self.subscriptions if one["publisherInputs"]["projectId"] == id_of(project)]

    def answer(self, asked: Asked) -> Answer:
        if asked.query.get("api-version") != "6.0":
            return as_json({"message": "No api-version was supplied."}, 400)
        if asked.path == "/_apis/projects":
            page = self.projects[int(asked.query["$skip"]) :][: int(asked.query["$top"])]
            return as_json({"count": len(page), "value": [{"id": id_of(name), "name": name} for name in page]})
        if asked.path == PATH and asked.method == "GET":
            shown = [
                {**one, "consumerInputs": {**one["consumerInputs"], "basicAuthPassword": "********"}}
                for one in self.subscriptions
                if one["consumerId"] == asked.query["consumerId"]
            ]
            return as_json({"count": len(shown), "value": shown})
        return self._written(asked)

    def _written(self, asked: Asked) -> Answer:
        told = asked.json
        if told["publisherInputs"]["projectId"] in {id_of(name) for name in self.foreign}:
            return as_json({"message": "TF400813: The user is not authorized to access this resource."}, 403)
        if told["eventType"] in self.unknown:
            return as_json({"message": f"The event type {told['eventType']} is not supported."}, 400)
        if asked.method == "POST" and asked.path == PATH:
            self.subscriptions.append({"id": id_of("made", len(self.subscriptions)), "status": "enabled", **told})
            return as_json(self.subscriptions[-1])
        found = [one for one in self.subscriptions if asked.path == f"{PATH}/{one['id']}"]
        if asked.method != "PUT" or not found:
            return as_json({"message": "VS800075: The subscription does not exist."}, 404)
        found[0].clear()
        found[0].update(told)
        return as_json(found[0])

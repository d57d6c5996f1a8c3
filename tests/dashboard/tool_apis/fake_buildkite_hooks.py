"""Buildkite's notification services of organisations: listed by a cursor, made, changed, enabled, and refused as it
refuses them."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json

PER_PAGE = 2
_SERVICES = re.compile(
    r"/v2/organizations/(?P<organization>[\w-]+)/services(?:/(?P<id>[0-9a-f-]{36})(?P<enable>/enable)?)?"
)
_SETTINGS = {"url", "version", "token", "token_mode", "events", "tls_verify"}


@dataclass
class FakeBuildkiteHooks:
    """services: by organisation. closed: organisations whose services the token may not change. takes: whether it takes
    our URL."""

    tool: FakeTool
    services: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    takes: bool = True

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def has(self, organization: str, url: str, **more: Any) -> dict[str, Any]:
        """One more service."""
        found = self.services.setdefault(organization, [])
        number = uuid.uuid5(uuid.NAMESPACE_URL, f"{organization}/{len(found)}")
        settings = {"url": url, "version": 3, "token": "old", "token_mode": "token", "events": ["build.finished"]}
        made = {
            "id": str(number), "provider": {"id": "webhook", "name": "Webhook"}, "description": "", "enabled": True,
            "scope": "all", "scope_uuids": [], "branch_configuration": "", "settings": settings, **more,
        }  # fmt: skip
        found.append(made)
        return made

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/v2/organizations":
            return as_json([{"id": name, "slug": name, "name": name} for name in self.services])
        found = _SERVICES.fullmatch(asked.path)
        if found is None or found["organization"] not in self.services:
            return as_json({"message": "No organization found"}, 404)
        organization = found["organization"]
        if organization in self.closed:
            return as_json({"message": "Forbidden"}, 403)
        if asked.method == "GET":
            return self._page(organization, int(asked.query.get("after", "0")))
        settings = asked.json.get("settings", {})
        if set(settings) - _SETTINGS or (settings and not self.takes):
            return as_json({"message": "Validation failed", "errors": [{"field": "settings"}]}, 422)
        if asked.method == "POST":
            made = self.has(organization, "", scope=asked.json["scope"], description=asked.json["description"])
            made["settings"].update(settings)
            return as_json(made, 201)
        service = next(one for one in self.services[organization] if one["id"] == found["id"])
        service["settings"].update(settings)
        service["enabled"] = service["enabled"] or bool(found["enable"])
        return as_json(service)

    def _page(self, organization: str, after: int) -> Answer:
        page = self.services[organization][after : after + PER_PAGE]
        more = after + PER_PAGE < len(self.services[organization])
        link = f"https://api.buildkite.com/v2/organizations/{organization}/services?after={after + PER_PAGE}&per_page=2"
        return as_json({"items": page, "links": {"self": "", **({"next": link} if more else {})}})

"""Buildkite's webhooks, which are notification services of an organisation, looked at and made.

https://buildkite.com/docs/apis/rest-api/organizations/notification-services. A token needs the scopes
read_notification_services and write_notification_services, of somebody who may change these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashboard.tool_apis.answers import Found, found_or_none, listed_in
from dashboard.tool_apis.buildkite import MOST_PAGES, PER_PAGE, BuildkiteApi, checked_id, next_cursor, of_organization
from dashboard.tool_apis.session import Budget

EVENTS = (
    *("build.scheduled", "build.running", "build.failing", "build.finished", "build.skipped"),
    *("job.scheduled", "job.started", "job.finished", "job.activated"),
)


class BuildkiteHooksApi(BuildkiteApi):
    """All raise ApiError, NotTaken where Buildkite does not like the URL."""

    def put(self, organization: str, url: str, secret: str) -> bool:
        """A service that sends to this URL, signed with this secret, of these events. Whether it was made, for all
        pipelines; one that sends there already is changed and enabled, and keeps the pipelines it has."""
        path = f"{of_organization(organization)}/services"
        found = next((one for one in self._services(path) if _sends_to(one, url)), None)
        if found is None:
            made = {"provider": "webhook", "description": "Big Transit", "scope": "all", **_wanted(url, secret)}
            # Once: another try might make a second one.
            self.session.send_json("POST", path, made, Budget(), tries=1)
            return True
        own = f"{path}/{checked_id(str(found.get('id')))}"
        self.session.send_json("PATCH", own, _wanted(url, secret), Budget())
        if found.get("enabled") is False:
            self.session.send_json("PUT", f"{own}/enable", {}, Budget())
        return False

    def _services(self, path: str) -> Iterator[Found]:
        budget, after = Budget(), ""
        for _ in range(MOST_PAGES):
            cursor = {"after": after} if after else {}
            answer = self.session.get_json(path, budget, per_page=PER_PAGE, **cursor)
            yield from listed_in(answer, "items")
            after = next_cursor(answer)
            if not after:
                return


def _sends_to(service: Found, url: str) -> bool:
    provider, settings = found_or_none(service.get("provider")) or {}, found_or_none(service.get("settings")) or {}
    return provider.get("id") == "webhook" and settings.get("url") == url


def _wanted(url: str, secret: str) -> Mapping[str, object]:
    told = {"url": url, "token": secret, "token_mode": "signature", "events": EVENTS, "tls_verify": True}
    return {"settings": told}

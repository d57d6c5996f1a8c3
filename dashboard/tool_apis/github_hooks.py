"""GitHub's record of what it sent to a webhook, and what came of it.

https://docs.github.com/en/rest/repos/webhooks, /rest/orgs/webhooks. A token needs `webhooks: read` of the repository,
or of the organisation; an App has a record of its own, which it is let in to as itself: /rest/apps/webhooks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dashboard.tool_apis.github import GitHubApi, objects, part, repository_path
from dashboard.tool_apis.session import Budget
from dashboard.tool_apis.times import milliseconds

PER_PAGE, MOST_PAGES = 100, 20
HOOKS, HOOK_OF_APP = "hooks", "/app/hook"


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One try at sending. guid: of what was sent, the same for each try. taken: whether it was answered 2xx. at: when,
    milliseconds."""

    id: str
    guid: str
    event: str
    taken: bool
    at: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, with lower-case names of headers."""

    headers: Mapping[str, str]
    payload: Mapping[str, Any]


class GitHubHooksApi(GitHubApi):
    """`hook`: where it is, such as /orgs/acme/hooks/7. All raise ApiError."""

    def hooks_of_organisation(self, name: str) -> Iterator[tuple[str, str]]:
        """Each hook's place, and the URL that it sends to."""
        return self._hooks(f"/orgs/{quote(name, safe='')}/{HOOKS}")

    def hooks_of_repository(self, repository: str) -> Iterator[tuple[str, str]]:
        return self._hooks(f"{repository_path(repository)}/{HOOKS}")

    def deliveries(self, hook: str, since: int) -> Iterator[HookDelivery]:
        """Newest first, those of that time (milliseconds) and after. At most MOST_PAGES pages."""
        path, budget = f"{hook}/deliveries?per_page={PER_PAGE}", Budget()
        for _ in range(MOST_PAGES):
            answer, path = self.session.get_linked(path, budget)
            for one in objects({"all": answer}, "all"):
                delivery = _delivery(one)
                if delivery.at < since:
                    return
                yield delivery
            if not path:
                return

    def sent(self, hook: str, delivery_id: str) -> Sent:
        answer = self.session.get_json(f"{hook}/deliveries/{quote(delivery_id, safe='')}", Budget())
        request = part(answer, "request")
        headers = {str(name).lower(): str(value) for name, value in part(request, "headers").items()}
        return Sent(headers, part(request, "payload"))

    def _hooks(self, path: str) -> Iterator[tuple[str, str]]:
        answer = self.session.get_json(path, Budget(), per_page=PER_PAGE)
        for one in objects({"all": answer}, "all"):
            url = part(one, "config").get("url")
            yield f"{path}/{one.get('id')}", url if isinstance(url, str) else ""


def _delivery(found: Mapping[str, Any]) -> HookDelivery:
    code = found.get("status_code")
    return HookDelivery(
        id=str(found.get("id", "")),
        guid=str(found.get("guid", "")),
        event=str(found.get("event", "")),
        taken=isinstance(code, int) and 200 <= code < 300,
        at=milliseconds(found.get("delivered_at")) or 0,
    )

"""GitLab's webhooks of groups and projects, looked at and made.

https://docs.gitlab.com/api/group_webhooks/, https://docs.gitlab.com/api/project_webhooks/. A token needs the scope
`api`, and the role Owner of the group (whose plan is Premium), or Maintainer of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from dashboard.tool_apis.gitlab import GitLabApi
from dashboard.tool_apis.session import Budget

MOST_HOOKS = 200
# What the source reads, as its documentation says to tick, and nothing else.
WANTED = (
    *("pipeline_events", "job_events", "deployment_events", "push_events", "merge_requests_events", "issues_events"),
)
UNWANTED = (
    *("tag_push_events", "note_events", "confidential_note_events", "confidential_issues_events", "wiki_page_events"),
    *("releases_events", "feature_flag_events", "resource_access_token_events", "emoji_events"),
)
EVENTS = {**dict.fromkeys(WANTED, True), **dict.fromkeys(UNWANTED, False)}


def of_group(path: str) -> str:
    """Where the hooks of a group are. `path`: such as acme/platform."""
    return f"/groups/{quote(path, safe='')}/hooks"


def of_project(number: int) -> str:
    return f"/projects/{number}/hooks"


class GitLabHooksApi(GitLabApi):
    """`place`: as `of_group` or `of_project` say. All raise ApiError, NotTaken where GitLab does not like the URL."""

    def find(self, place: str, url: str) -> int | None:
        """The id of the hook that sends to this URL."""
        for one in self._all(place, MOST_HOOKS, {}):
            if one.get("url") == url and isinstance(one.get("id"), int):
                return int(one["id"])
        return None

    def make(self, place: str, url: str, secret: str) -> None:
        """Once: another try might make a second one."""
        self.session.send_json("POST", place, _wanted(url, secret), Budget(), tries=1)

    def renew(self, place: str, hook: int, url: str, secret: str) -> None:
        """With this secret, these events, and enabled."""
        self.session.send_json("PUT", f"{place}/{hook}", _wanted(url, secret), Budget())


def _wanted(url: str, secret: str) -> Mapping[str, object]:
    return {"url": url, "token": secret, "enable_ssl_verification": True, **EVENTS}

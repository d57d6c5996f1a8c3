"""What GitHub's REST API tells of repositories, runs and jobs, as it tells it: the shapes are those of webhooks.

https://docs.github.com/en/rest/actions/workflow-runs. A token needs `actions: read`; `metadata: read` it always has.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dashboard.tool_apis.errors import NothingThere
from dashboard.tool_apis.github import PER_PAGE, GitHubApi, id_in_path, objects, repository_path
from dashboard.tool_apis.session import Budget

Found = Mapping[str, Any]
MOST_JOBS, MOST_WORKFLOWS = 1000, 500
# https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
OF_INSTALLATION = "ghs_"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page. `full`: there may be another one."""

    found: Sequence[Found]
    full: bool


class GitHubHistoryApi(GitHubApi):
    """All raise ApiError."""

    def repositories(self, page: int) -> Listed:
        """Those that the token or the App was given, the most recently pushed to first where it is somebody's own."""
        if self.is_app or self.token.startswith(OF_INSTALLATION):
            answer = self.session.get_json("/installation/repositories", Budget(), per_page=PER_PAGE, page=page)
            return _listed(objects(answer, "repositories"))
        answer = self.session.get_json("/user/repos", Budget(), per_page=PER_PAGE, page=page, sort="pushed")
        return _listed([one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else [])

    def runs(self, repository: str, created: str, page: int) -> Listed:
        """Newest first. `created`: a range of times, as GitHub's search has it; of one range a thousand are told."""
        path = f"{repository_path(repository)}/actions/runs"
        return _listed(
            objects(
                self.session.get_json(path, Budget(), created=created, per_page=PER_PAGE, page=page), "workflow_runs"
            )
        )

    def run(self, repository: str, run_id: str, attempt: int = 0) -> Found | None:
        """As it is now, or as an attempt left it. None where there is no such run, or no more."""
        path = f"{repository_path(repository)}/actions/runs/{id_in_path(run_id)}"
        try:
            found = self.session.get_json(f"{path}/attempts/{attempt}" if attempt else path, Budget())
        except NothingThere:
            return None
        return found if isinstance(found, dict) else None

    def jobs_of(self, repository: str, run_id: str, attempt: int) -> list[Found]:
        """Of one attempt, at most MOST_JOBS."""
        path = f"{repository_path(repository)}/actions/runs/{id_in_path(run_id)}/attempts/{int(attempt)}/jobs"
        return [job for page in self.pages(path, "jobs", MOST_JOBS) for job in objects(page, "jobs")]

    def workflows(self, repository: str) -> list[Found]:
        """All of them, at most MOST_WORKFLOWS."""
        path = f"{repository_path(repository)}/actions/workflows"
        return [one for page in self.pages(path, "workflows", MOST_WORKFLOWS) for one in objects(page, "workflows")]

    def file(self, repository: str, path: str) -> str | None:
        """Of the default branch, as text; a token needs `contents: read`. None of what is no text, or more than a
        megabyte. https://docs.github.com/en/rest/repos/contents"""
        parts = path.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise NothingThere(f"{path[:100]!r} is no file of GitHub's")
        found = self.session.get_json(f"{repository_path(repository)}/contents/{quote(path)}", Budget())
        if not isinstance(found, dict) or found.get("encoding") != "base64":
            return None
        try:
            return b64decode("".join(str(found.get("content")).split()), validate=True).decode()
        except ValueError:
            return None


def _listed(found: Sequence[Found]) -> Listed:
    return Listed(found, len(found) >= PER_PAGE)

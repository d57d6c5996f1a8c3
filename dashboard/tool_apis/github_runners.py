"""Runners of one's own at GitHub. https://docs.github.com/en/rest/actions/self-hosted-runners

A token needs `Self-hosted runners: read` of the organisation, or `Administration: read` of the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from dashboard.tool_apis.github import GitHubApi, objects, repository_path

MOST_RUNNERS = 1000


class GitHubRunnersApi(GitHubApi):
    """All raise ApiError."""

    def of_organisation(self, name: str) -> list[frozenset[str]]:
        """Of each that is online its labels, in small letters; at most MOST_RUNNERS are looked at."""
        return list(self._online(f"/orgs/{quote(name, safe='')}/actions/runners"))

    def of_repository(self, name: str) -> list[frozenset[str]]:
        return list(self._online(f"{repository_path(name)}/actions/runners"))

    def _online(self, path: str) -> Iterator[frozenset[str]]:
        for page in self.pages(path, "runners", MOST_RUNNERS):
            for runner in objects(page, "runners"):
                if runner.get("status") == "online":
                    yield frozenset(str(label.get("name", "")).casefold() for label in objects(runner, "labels"))

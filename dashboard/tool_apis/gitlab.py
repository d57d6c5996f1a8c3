"""GitLab's REST API, as far as we read it: projects, their pipelines with jobs, merge requests, a job's log.

https://docs.gitlab.com/api/rest/. A token needs the scope `read_api`, and the role Reporter. Answers in lists are gone
through by ids or page numbers of our own: their Link headers name the address that the server takes itself for, which
behind a proxy is often another one, and totals are missing from long lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dashboard.tool_apis.errors import NothingThere, OutOfReach
from dashboard.tool_apis.session import ApiSession, Budget, LogTail
from storage.model.entities import ApiQuota

Found = Mapping[str, Any]
Query = Mapping[str, str | int]
ROOT = "/api/v4"
PUBLIC_ADDRESS = f"https://gitlab.com{ROOT}"
PER_PAGE, MOST_JOBS, MOST_BRIDGES, MOST_SCHEDULES, MOST_RUNNERS = 100, 1000, 200, 200, 500
# Where there is more of a log, its end is read: what failed stands there.
MOST_LOG_BYTES = 1_048_576
LOG_SECONDS = 30.0
# What the list leaves out unless it is asked for: https://docs.gitlab.com/api/pipelines/#list-project-pipelines
CHILDREN = "parent_pipeline"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page. `full`: there may be another one."""

    found: Sequence[Found]
    full: bool


class GitLabApi:
    """address: of a server of one's own, with or without /api/v4, which an administrator named. now: milliseconds.
    heard: told of each quota that an answer gives. All calls raise ApiError."""

    def __init__(
        self,
        token: str,
        address: str = "",
        *,
        now: Callable[[], int],
        heard: Callable[[ApiQuota], object] = lambda quota: None,
    ) -> None:
        headers = {"Accept": "application/json", "User-Agent": "bigtransit", "PRIVATE-TOKEN": token}
        named = urlsplit(address).hostname or ""
        self.session = ApiSession(
            rooted(address) if address else PUBLIC_ADDRESS,
            headers,
            label="GitLab",
            named_host=named,
            now=now,
            heard=heard,
        )

    def projects(self, before: int) -> Listed:
        """Those that the token is a member of, the newest first. `before`: with ids below that; 0 for all."""
        query: Query = {"membership": "true", "order_by": "id", "sort": "desc"}
        return self._page("/projects", {**query, "id_before": before} if before else query)

    def pipelines(self, project: int, since: str, page: int, source: str = "") -> Listed:
        """The newest first, those that changed since then (ISO 8601). `source`: of these alone."""
        query: Query = {"updated_after": since, "order_by": "id", "sort": "desc", "page": page}
        return self._page(f"/projects/{project}/pipelines", {**query, "source": source} if source else query)

    def pipeline(self, project: int, pipeline_id: str) -> Found | None:
        """None where there is no such one, or no more."""
        try:
            found = self.session.get_json(f"/projects/{project}/pipelines/{_id(pipeline_id)}", Budget())
        except NothingThere:
            return None
        return found if isinstance(found, dict) else None

    def jobs(self, project: int, pipeline_id: str) -> list[Found]:
        """With those that were run again, at most MOST_JOBS."""
        path = f"/projects/{project}/pipelines/{_id(pipeline_id)}/jobs"
        return self._all(path, MOST_JOBS, {"include_retried": "true"})

    def bridges(self, project: int, pipeline_id: str) -> list[Found]:
        """The jobs that begin other pipelines, at most MOST_BRIDGES."""
        return self._all(f"/projects/{project}/pipelines/{_id(pipeline_id)}/bridges", MOST_BRIDGES, {})

    def merge_request(self, project: int, number: str) -> Found:
        found = self.session.get_json(f"/projects/{project}/merge_requests/{_id(number)}", Budget())
        return found if isinstance(found, dict) else {}

    def schedules(self, project: int) -> list[Found]:
        """Those that are active, at most MOST_SCHEDULES. https://docs.gitlab.com/api/pipeline_schedules/"""
        return self._all(f"/projects/{project}/pipeline_schedules", MOST_SCHEDULES, {"scope": "active"})

    def runners_online(self, tags: Sequence[str]) -> int:
        """How many of those that belong to what the token owns are online and have these tags, at most MOST_RUNNERS.
        https://docs.gitlab.com/api/runners/#list-owned-runners"""
        query: Query = {"status": "online", "paused": "false", "tag_list": ",".join(tags)}
        return len(self._all("/runners", MOST_RUNNERS, query))

    def job_log(self, project: int, job_id: str) -> LogTail:
        """Its last MOST_LOG_BYTES; `cut` says whether there is more. Where it lies elsewhere, it is sent for without
        the token."""
        path = f"/projects/{project}/jobs/{_id(job_id)}/trace"
        return self.session.get_tail(path, MOST_LOG_BYTES, Budget(LOG_SECONDS))

    def _page(self, path: str, query: Query, budget: Budget | None = None) -> Listed:
        answer = self.session.get_json(path, budget or Budget(), per_page=PER_PAGE, **query)
        if not isinstance(answer, list):
            raise OutOfReach("GitLab gave an answer that makes no sense here")
        return Listed([one for one in answer if isinstance(one, dict)], len(answer) >= PER_PAGE)

    def _all(self, path: str, most: int, query: Query) -> list[Found]:
        """As long as pages are full, in one budget of time."""
        budget, found = Budget(), list[Found]()
        for number in range(1, most // PER_PAGE + 1):
            page = self._page(path, {**query, "page": number}, budget)
            found += page.found
            if not page.full:
                break
        return found


def rooted(address: str) -> str:
    """People give their server's address with the root of its API or without."""
    return address if address.endswith(ROOT) else f"{address.rstrip('/')}{ROOT}"


def _id(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) < 21):
        raise NothingThere(f"{text[:40]!r} is not an id of GitLab")
    return text

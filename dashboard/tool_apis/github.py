"""GitHub's REST API, as far as we read it: commits between two, a run's jobs with their steps, a job's log.

https://docs.github.com/en/rest. A token needs `contents: read` for the first and `actions: read` for the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from dashboard.tool_apis.errors import NothingThere, OutOfReach
from dashboard.tool_apis.session import ApiSession, Authorization, Budget, LogTail
from storage.model.entities import ApiQuota

PUBLIC_ADDRESS = "https://api.github.com"
HEADERS = {
    "Accept": "application/vnd.github+json",
    "User-Agent": "bigtransit",
    "X-GitHub-Api-Version": "2022-11-28",
}
PER_PAGE, MOST_COMMITS, MOST_JOBS = 100, 1000, 500
# Where there is more of a log, its end is read: what failed stands there.
MOST_LOG_BYTES = 1_048_576
LOG_SECONDS = 30.0
_REPOSITORY = re.compile(r"\A[\w.-]{1,100}/[\w.-]{1,100}\Z")


@dataclass(frozen=True, slots=True)
class Commit:
    """`message`: its first line. `committed_at`: milliseconds, None where it is not told."""

    sha: str
    message: str
    author: str
    committed_at: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The commits that `head` has and `base` has not, oldest first. `total`: how many there are, told or not."""

    commits: tuple[Commit, ...]
    total: int

    @property
    def cut(self) -> bool:
        return self.total > len(self.commits)


@dataclass(frozen=True, slots=True)
class JobStep:
    """`conclusion` is empty while it goes on. Times: milliseconds."""

    number: int
    name: str
    conclusion: str
    started_at: int | None
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class JobOfRun:
    id: str
    name: str
    conclusion: str
    attempt: int
    steps: tuple[JobStep, ...]


class GitHubApi:
    """token: may be empty, for what is public. authorization: instead of a token. address: of an enterprise's server,
    which an administrator named. now: milliseconds. heard: told of each quota that an answer gives."""

    def __init__(
        self,
        token: str,
        address: str = "",
        *,
        now: Callable[[], int],
        heard: Callable[[ApiQuota], object] = lambda quota: None,
        authorization: Authorization | None = None,
    ) -> None:
        self.token, self.is_app = token, authorization is not None
        self.session = ApiSession(
            address or PUBLIC_ADDRESS,
            {**HEADERS, **({"Authorization": f"Bearer {token}"} if token else {})},
            label="GitHub",
            authorization=authorization,
            named_host=urlsplit(address).hostname or "",
            now=now,
            heard=heard,
        )

    def compare(self, repository: str, base: str, head: str) -> Comparison:
        """At most MOST_COMMITS of them. Raises ApiError."""
        path = f"{repository_path(repository)}/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        found: list[Commit] = []
        total = 0
        for page in self.pages(path, "commits", MOST_COMMITS):
            found += [_commit(one) for one in objects(page, "commits")]
            total = max(total, _number(page, "total_commits"))
        return Comparison(tuple(found[:MOST_COMMITS]), max(total, len(found)))

    def jobs(self, repository: str, run_id: str, attempt: int) -> tuple[JobOfRun, ...]:
        """Of one attempt at a run, at most MOST_JOBS. Raises ApiError."""
        path = f"{repository_path(repository)}/actions/runs/{id_in_path(run_id)}/attempts/{int(attempt)}/jobs"
        pages = self.pages(path, "jobs", MOST_JOBS)
        return tuple(_job(one) for page in pages for one in objects(page, "jobs"))

    def job_log(self, repository: str, job_id: str) -> LogTail:
        """Its last MOST_LOG_BYTES; `cut` says whether there is more. It lies elsewhere, where GitHub sends one without
        a token. Raises ApiError, NothingThere where it is not written yet or kept no more."""
        path = f"{repository_path(repository)}/actions/jobs/{id_in_path(job_id)}/logs"
        return self.session.get_tail(path, MOST_LOG_BYTES, Budget(LOG_SECONDS))

    def pages(self, path: str, name: str, most: int) -> Iterator[Mapping[str, Any]]:
        """As long as they are full, in one budget of time."""
        budget = Budget()
        for number in range(1, most // PER_PAGE + 1):
            page = self.session.get_json(path, budget, per_page=PER_PAGE, page=number)
            if not isinstance(page, dict):
                raise OutOfReach("GitHub gave an answer that makes no sense here")
            yield page
            if len(objects(page, name)) < PER_PAGE:
                return


def repository_path(repository: str) -> str:
    if _REPOSITORY.fullmatch(repository) is None or ".." in repository.replace("/", " ").split():
        raise NothingThere(f"{repository[:80]!r} is not a repository of GitHub")
    return f"/repos/{repository}"


def id_in_path(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) < 21):
        raise NothingThere(f"{text[:40]!r} is not an id of GitHub")
    return text


def part(found: object, name: str) -> Mapping[str, Any]:
    part = found.get(name) if isinstance(found, dict) else None
    return part if isinstance(part, dict) else {}


def objects(found: object, name: str) -> Sequence[Mapping[str, Any]]:
    listed = found.get(name) if isinstance(found, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _number(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    return value if isinstance(value, int) else 0


def _at(text: str) -> int | None:
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000) if text else None
    except ValueError:
        return None


def _commit(found: Mapping[str, Any]) -> Commit:
    inner = part(found, "commit")
    told, committed = part(inner, "author"), part(inner, "committer")
    return Commit(
        sha=_text(found, "sha"),
        message=_text(inner, "message").partition("\n")[0].strip()[:300],
        author=(_text(told, "name") or _text(part(found, "author"), "login"))[:200],
        committed_at=_at(_text(committed, "date") or _text(told, "date")),
    )


def _job(found: Mapping[str, Any]) -> JobOfRun:
    return JobOfRun(
        id=str(_number(found, "id")),
        name=_text(found, "name"),
        conclusion=_text(found, "conclusion"),
        attempt=_number(found, "run_attempt"),
        steps=tuple(_step(one) for one in objects(found, "steps")),
    )


def _step(found: Mapping[str, Any]) -> JobStep:
    return JobStep(
        number=_number(found, "number"),
        name=_text(found, "name"),
        conclusion=_text(found, "conclusion"),
        started_at=_at(_text(found, "started_at")),
        finished_at=_at(_text(found, "completed_at")),
    )

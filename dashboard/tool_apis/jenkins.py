"""Jenkins' remote API, as far as we read it: folders and jobs, their runs, stages of Pipelines, what a run wrote.

https://www.jenkins.io/doc/book/using/remote-access-api/, and for stages
https://plugins.jenkins.io/pipeline-rest-api/. A token is a user's, whose rights it has; it needs Overall/Read and
Job/Read.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from dashboard.tool_apis.answers import Found, found_or_none, listed_in
from dashboard.tool_apis.errors import NothingThere
from dashboard.tool_apis.session import ApiSession, Budget, LogTail
from storage.model.entities import ApiQuota

JOBS_PER_PAGE, PER_PAGE = 100, 50
# Where there is more of a log, its end is read: what failed stands there.
MOST_LOG_BYTES = 1_048_576
LOG_SECONDS = 30.0
# Jenkins counts no calls: it is left alone for a while after each, but never longer.
LONGEST_PAUSE_SECONDS = 2.0
_PATH = re.compile(r"\Ajob/(?!\.{1,2}(?:/|\Z))[^/?#\s]{1,300}(?:/job/(?!\.{1,2}(?:/|\Z))[^/?#\s]{1,300}){0,20}\Z")
_NUMBER = re.compile(r"\A[0-9]{1,18}\Z")
_JOB = "name,displayName,url,buildable,lastBuild[timestamp]"
# A folder has jobs, which may be folders themselves.
_JOBS = f"{_JOB},jobs[{_JOB},jobs[name]{{0,1}}]"
_BUILD = (
    "number,url,displayName,queueId,building,result,timestamp,duration,culprits[fullName],"
    "actions[causes[userName,upstreamProject,upstreamBuild],lastBuiltRevision[SHA1,branch[name]],remoteUrls,"
    "failCount,totalCount],changeSets[items[commitId,msg]],changeSet[items[commitId,msg]]"
)

T = TypeVar("T")


class JenkinsApi:
    """token: `user:token`. address: of the server, which an administrator named. share: of its time that may be taken,
    0 to 1. now: milliseconds. heard: told of each quota that an answer gives. All raise ApiError."""

    def __init__(
        self,
        token: str,
        address: str,
        *,
        now: Callable[[], int],
        share: float = 1.0,
        heard: Callable[[ApiQuota], object] = lambda quota: None,
        pause: Callable[[float], object] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        headers = {"Authorization": f"Basic {b64encode(token.encode()).decode()}", "User-Agent": "bigtransit"}
        named = urlsplit(address).hostname or ""
        self.now = now
        self.session = ApiSession(address, headers, label="Jenkins", named_host=named, now=now, heard=heard)
        self._share, self._pause, self._timer, self._rests_until = share, pause, timer, 0.0

    def jobs(self, folder: str, start: int) -> Sequence[Found]:
        """Of a folder, empty for the top: JOBS_PER_PAGE from that one on, with those of folders among them."""
        path = f"/{_checked(folder)}" if folder else ""
        tree = f"jobs[{_JOBS}]{{{start},{start + JOBS_PER_PAGE}}}"
        return listed_in(self._get(f"{path}/api/json", tree=tree), "jobs")

    def job(self, path: str) -> Found | None:
        """None where there is no such job, or it is hidden."""
        return self._find(f"/{_checked(path)}/api/json", tree="buildable")

    def builds(self, path: str, start: int) -> Sequence[Found]:
        """PER_PAGE runs of a job, the newest first, from that one on."""
        tree = f"allBuilds[{_BUILD}]{{{start},{start + PER_PAGE}}}"
        return listed_in(self._get(f"/{_checked(path)}/api/json", tree=tree), "allBuilds")

    def build(self, path: str, number: str) -> Found | None:
        """As it is now. None where there is no such run, or no more."""
        return self._find(f"{_run(path, number)}/api/json", tree=_BUILD)

    def described(self, path: str, number: str) -> Found | None:
        """A run of a Pipeline with its stages. None where the plugin that tells them is missing."""
        return self._find(f"{_run(path, number)}/wfapi/describe")

    def console(self, path: str, number: str) -> LogTail:
        """The last MOST_LOG_BYTES of what it wrote; `cut` says whether there is more."""
        return self._paced(
            lambda: self.session.get_tail(f"{_run(path, number)}/consoleText", MOST_LOG_BYTES, Budget(LOG_SECONDS))
        )

    def _find(self, path: str, **query: str) -> Found | None:
        try:
            return found_or_none(self._get(path, **query))
        except NothingThere:
            return None

    def _get(self, path: str, **query: str) -> object:
        return self._paced(lambda: self.session.get_json(path, Budget(), **query))

    def _paced(self, ask: Callable[[], T]) -> T:
        """After an answer that took so long the next one is asked for once the share allows."""
        wait = self._rests_until - self._timer()
        if wait > 0:
            self._pause(wait)
        began = self._timer()
        try:
            return ask()
        finally:
            ended = self._timer()
            rest = (ended - began) * (1 / max(self._share, 0.01) - 1)
            self._rests_until = ended + min(rest, LONGEST_PAUSE_SECONDS)


def _run(path: str, number: str) -> str:
    if _NUMBER.match(number) is None:
        raise NothingThere(f"{number[:80]!r} is no run of Jenkins")
    return f"/{_checked(path)}/{number}"


def _checked(path: str) -> str:
    if _PATH.match(path) is None:
        raise NothingThere(f"{path[:80]!r} is no job of Jenkins")
    return path

"""Azure DevOps' REST API, as far as we read it: projects, their builds, what ran of one, approvals, pipelines, logs.

https://learn.microsoft.com/en-us/rest/api/azure/devops/. Azure Pipelines' runs are what it calls builds. A token is of
one organisation, or of a collection on a server of one's own, and needs the scopes Build (read) and Project and Team
(read).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from dashboard.tool_apis.answers import Found, found_or_none, listed_in
from dashboard.tool_apis.errors import NothingThere, NotPermitted, NotTaken, OutOfReach, TooMuch
from dashboard.tool_apis.session import ApiSession, Budget, LogTail
from storage.model.entities import ApiQuota

PUBLIC_ADDRESS = "https://dev.azure.com"
VERSION, APPROVALS_VERSION = "6.0", "7.1-preview.1"
PER_PAGE, MOST_PAGES = 100, 10
DEFINITIONS_PER_PAGE = 1000
# Of a run whose stages were run again so many of the times before are read; an approval's question names so many.
MOST_EARLIER, MOST_APPROVALS = 5, 20
# Where there is more of a log, its end is read: what failed stands there.
MOST_LOG_BYTES = 1_048_576
LOG_SECONDS = 30.0
CONTINUES = "x-ms-continuationtoken"
_GUID = re.compile(r"\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_NUMBER = re.compile(r"\A[0-9]{1,18}\Z")


class AzureDevOpsApi:
    """address: of the organisation, or of a collection on a server of one's own, which an administrator named. now:
    milliseconds. heard: told of each quota that an answer gives. All raise ApiError."""

    def __init__(
        self,
        token: str,
        address: str,
        *,
        now: Callable[[], int],
        heard: Callable[[ApiQuota], object] = lambda quota: None,
    ) -> None:
        basic = b64encode(f":{token}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            # Without it a token that is refused is answered by leading to the page for signing in.
            "X-TFS-FedAuthRedirect": "Suppress",
            "User-Agent": "bigtransit",
        }
        named = "" if address.startswith(f"{PUBLIC_ADDRESS}/") else urlsplit(address).hostname or ""
        self.now = now
        self.session = ApiSession(address, headers, label="Azure DevOps", named_host=named, now=now, heard=heard)

    def projects(self, skip: int) -> Sequence[Found]:
        """At most PER_PAGE, after so many."""
        query: dict[str, str | int] = {"$top": PER_PAGE, "$skip": skip, "stateFilter": "wellFormed"}
        return listed_in(self._get("/_apis/projects", **query), "value")

    def collection(self, project: str) -> str:
        """The id of the organisation or the collection that the project is in, as events have it."""
        found = found_or_none(self._get(f"/_apis/projects/{checked_guid(project)}")) or {}
        links = found.get("_links")
        link = found_or_none(links.get("collection")) if isinstance(links, dict) else None
        told = str((link or {}).get("href")).rpartition("/")[2]
        if _GUID.match(told) is None:
            raise OutOfReach("Azure DevOps does not tell which organisation this is")
        return told.lower()

    def builds(self, project: str, since: str, until: str) -> Sequence[Found]:
        """Those asked for between these times (ISO 8601), the newest first, at most PER_PAGE. `until`: empty for now.
        By time, as the token of a next page is a time, too, and was seen to lead back to the first."""
        span = {"minTime": since, **({"maxTime": until} if until else {})}
        query: dict[str, str | int] = {"queryOrder": "queueTimeDescending", "$top": PER_PAGE, **span}
        return listed_in(self._get(f"/{checked_guid(project)}/_apis/build/builds", **query), "value")

    def build(self, project: str, number: str) -> Found | None:
        """As it is now. None where there is no such build, or no more."""
        try:
            return found_or_none(self._get(_build(project, number)))
        except NothingThere:
            return None

    def timelines(self, project: str, number: str) -> list[list[Found]]:
        """What ran of a build as it stands, then as it stood each time before that something of it was run again, at
        most MOST_EARLIER. Nothing of one that has not begun."""
        path = f"{_build(project, number)}/timeline"
        try:
            found = [listed_in(self._get(path), "records")]
        except NothingThere:
            return []
        for earlier in list(dict.fromkeys(_earlier(found[0])))[:MOST_EARLIER]:
            try:
                found.append(listed_in(self._get(f"{path}/{earlier}"), "records"))
            except NothingThere:
                continue
        return found

    def approvals(self, project: str, ids: Sequence[str]) -> list[Found]:
        """Of these, with who may decide and did. Nothing where the token may not read that, or a server does not tell
        it."""
        wanted = ",".join(checked_guid(one) for one in ids[:MOST_APPROVALS])
        path = f"/{checked_guid(project)}/_apis/pipelines/approvals"
        query = {"approvalIds": wanted, "$expand": "steps", "api-version": APPROVALS_VERSION}
        try:
            return listed_in(self.session.get_json(path, Budget(), **query), "value")
        except (NothingThere, NotPermitted, NotTaken):
            return []

    def definitions(self, project: str) -> list[Found]:
        """All pipelines of a project. Raises TooMuch where there are more pages than MOST_PAGES."""
        path, found, token = f"/{checked_guid(project)}/_apis/build/definitions", list[Found](), ""
        for _ in range(MOST_PAGES):
            query: dict[str, str | int] = {"$top": DEFINITIONS_PER_PAGE, "api-version": VERSION}
            query |= {"continuationToken": token} if token else {}
            answer, token = self.session.get_headed(path, Budget(), CONTINUES, **query)
            found += listed_in(answer, "value")
            if not token:
                return found
        raise TooMuch(f"Azure DevOps lists more than {len(found)} pipelines of a project")

    def log(self, project: str, number: str, log: int) -> LogTail:
        """The last MOST_LOG_BYTES of what a job or a task wrote; `cut` says whether there is more."""
        path = f"{_build(project, number)}/logs/{int(log)}"
        return self.session.get_tail(path, MOST_LOG_BYTES, Budget(LOG_SECONDS), accept="text/plain")

    def _get(self, path: str, **query: str | int) -> object:
        answer: object = self.session.get_json(path, Budget(), **{"api-version": VERSION, **query})
        return answer


def _earlier(records: Sequence[Found]) -> Iterator[str]:
    """The ids of timelines in which what was run again stood before, the newest first."""
    told = [one for record in records for one in listed_in(record, "previousAttempts")]
    for one in sorted(told, key=lambda one: -_number(one.get("attempt"))):
        timeline = one.get("timelineId")
        if isinstance(timeline, str) and _GUID.match(timeline):
            yield timeline


def _number(told: object) -> int:
    return told if isinstance(told, int) else 0


def _build(project: str, number: str) -> str:
    if _NUMBER.match(number) is None:
        raise NothingThere(f"{number[:80]!r} is no run of Azure Pipelines")
    return f"/{checked_guid(project)}/_apis/build/builds/{number}"


def checked_guid(text: str) -> str:
    if _GUID.match(text) is None:
        raise NothingThere(f"{text[:80]!r} is no id of Azure DevOps")
    return text

"""Buildkite's REST API, as far as we read it: organisations, pipelines, builds with their jobs, a job's log.

https://buildkite.com/docs/apis/rest-api. A token needs the scopes read_organizations, read_pipelines and read_builds;
read_build_logs for logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard
from urllib.parse import parse_qsl, urlsplit

from dashboard.tool_apis.answers import Found, found_or_none, listed, listed_in
from dashboard.tool_apis.errors import NothingThere, TooMuch
from dashboard.tool_apis.session import ApiSession, Budget, LogTail
from storage.model.entities import ApiQuota

PUBLIC_ADDRESS = "https://api.buildkite.com"
PER_PAGE, MOST_ORGANIZATIONS, MOST_PAGES, MOST_JOBS = 100, 50, 50, 3000
# Where there is more of a log, its end is read: what failed stands there.
MOST_LOG_BYTES = 1_048_576
LOG_SECONDS = 30.0
_SLUG = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,200}\Z")
_NUMBER = re.compile(r"\A[0-9]{1,18}\Z")
_ID = re.compile(r"\A[0-9a-fA-F-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page. `more`: another one follows."""

    found: Sequence[Found]
    more: bool


class Slugs(NamedTuple):
    """Where a pipeline is."""

    organization: str
    pipeline: str


class BuildkiteApi:
    """address: of what stands before Buildkite's, which an administrator named. now: milliseconds. heard: told of each
    quota that an answer gives. All raise ApiError."""

    def __init__(
        self,
        token: str,
        address: str = "",
        *,
        now: Callable[[], int],
        heard: Callable[[ApiQuota], object] = lambda quota: None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "bigtransit"}
        named = urlsplit(address).hostname or ""
        self.session = ApiSession(
            address or PUBLIC_ADDRESS, headers, label="Buildkite", named_host=named, now=now, heard=heard
        )

    def organizations(self) -> list[str]:
        """The slugs of those that the token was given, at most MOST_ORGANIZATIONS."""
        page = self._page("/v2/organizations", MOST_ORGANIZATIONS, 1)
        return [slug for one in page.found if is_slug(slug := one.get("slug"))]

    def pipelines(self, organization: str, page: int) -> Listed:
        """Archived ones among them."""
        return self._page(f"{of_organization(organization)}/pipelines", PER_PAGE, page)

    def all_pipelines(self, organization: str) -> list[Found]:
        """Raises TooMuch where there are more pages than MOST_PAGES."""
        found: list[Found] = []
        for number in range(1, MOST_PAGES + 1):
            page = self.pipelines(organization, number)
            found += page.found
            if not page.more:
                return found
        raise TooMuch(f"Buildkite lists more than {len(found)} pipelines of {organization}")

    def agents(self, organization: str) -> list[frozenset[str]]:
        """Of each that is connected what it has, such as queue=default, in small letters; of the first MOST_PAGES
        pages. https://buildkite.com/docs/apis/rest-api/agents: a token needs the scope read_agents."""
        found: list[frozenset[str]] = []
        for number in range(1, MOST_PAGES + 1):
            page = self._page(f"{of_organization(organization)}/agents", PER_PAGE, number)
            connected = [one for one in page.found if one.get("connection_state") == "connected"]
            told = (one.get("meta_data") for one in connected)
            found += [frozenset(str(tag).casefold() for tag in tags) for tags in told if isinstance(tags, list)]
            if not page.more:
                break
        return found

    def newest_builds(self, organization: str) -> Sequence[Found]:
        """Of all its pipelines, without jobs."""
        return self._page(f"{of_organization(organization)}/builds", PER_PAGE, 1, exclude_jobs="true").found

    def builds(self, slugs: Slugs, span: Mapping[str, str], size: int, page: int, *, jobs: bool) -> Listed:
        """Newest first. `span`: created_from and created_to, as ISO 8601, from the one on and before the other.
        Raises TooMuch."""
        return self._page(f"{_path(slugs)}/builds", size, page, **span, **_parts(jobs=jobs))

    def build(self, slugs: Slugs, number: str, *, jobs: bool) -> Found | None:
        """As it is now. None where there is no such build, or no more. Raises TooMuch."""
        try:
            return found_or_none(self.session.get_json(_build(slugs, number), Budget(), **_parts(jobs=jobs)))
        except NothingThere:
            return None

    def jobs(self, slugs: Slugs, number: str) -> list[Found]:
        """Of a build, those that were retried among them; at most MOST_JOBS."""
        budget, found, after, seen = Budget(), list[Found](), "", {""}
        for _ in range(MOST_PAGES):
            cursor = {"after": after} if after else {}
            answer = self.session.get_json(f"{_build(slugs, number)}/jobs", budget, per_page=PER_PAGE, **cursor)
            found += listed_in(answer, "items")
            after = next_cursor(answer)
            if after in seen or len(found) >= MOST_JOBS:
                break
            seen.add(after)
        return found[:MOST_JOBS]

    def job_log(self, slugs: Slugs, number: str, job_id: str) -> LogTail:
        """Its last MOST_LOG_BYTES; `cut` says whether there is more."""
        path = f"{_build(slugs, number)}/jobs/{checked_id(job_id)}/log.txt"
        return self.session.get_tail(path, MOST_LOG_BYTES, Budget(LOG_SECONDS))

    def _page(self, path: str, size: int, page: int, **query: str) -> Listed:
        """By number: the addresses that an answer links to are Buildkite's own, whatever stands before it."""
        answer, link = self.session.get_linked(path, Budget(), per_page=size, page=page, **query)
        found = listed(answer)
        return Listed(found, bool(found) and (bool(link) or len(found) >= size))


def is_slug(told: object) -> TypeGuard[str]:
    return isinstance(told, str) and _SLUG.match(told) is not None


def _parts(*, jobs: bool) -> dict[str, str]:
    """What a build comes with. Its pipeline is known."""
    return {"exclude_pipeline": "true", **({"include_retried_jobs": "true"} if jobs else {"exclude_jobs": "true"})}


def next_cursor(answer: object) -> str:
    """Jobs' pages are by cursor, which the address of the next one has."""
    links = answer.get("links") if isinstance(answer, dict) else None
    link = links.get("next") if isinstance(links, dict) else None
    return dict(parse_qsl(urlsplit(link).query)).get("after", "") if isinstance(link, str) else ""


def of_organization(organization: str) -> str:
    return f"/v2/organizations/{_checked(_SLUG, organization)}"


def _path(slugs: Slugs) -> str:
    return f"{of_organization(slugs.organization)}/pipelines/{_checked(_SLUG, slugs.pipeline)}"


def _build(slugs: Slugs, number: str) -> str:
    """A build is asked for by its number alone, not by its id."""
    return f"{_path(slugs)}/builds/{_checked(_NUMBER, number)}"


def checked_id(text: str) -> str:
    return _checked(_ID, text)


def _checked(form: re.Pattern[str], text: str) -> str:
    if form.match(text) is None:
        raise NothingThere(f"{text[:80]!r} is nothing of Buildkite's")
    return text

"""CircleCI's API, as far as we read it: organisations, their projects, pipelines, workflows, jobs, what a step wrote.

https://circleci.com/docs/api/v2, and of https://circleci.com/docs/api/v1 what a job's steps are. Tokens have no rights
of their own: one may do what its owner may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import urlsplit

from dashboard.tool_apis.answers import Found, found_or_none, listed, listed_in
from dashboard.tool_apis.errors import NothingThere, OutOfReach
from dashboard.tool_apis.session import ApiSession, Budget
from storage.model.entities import ApiQuota

PUBLIC_ADDRESS = "https://circleci.com"
MOST_ORGANIZATIONS, MOST_PAGES = 50, 20
LOG_SECONDS = 30.0
_SLUG = re.compile(r"\A[a-z]{2,20}(?:/(?!\.{1,2}(?:/|\Z))[\w.~-]{1,100}){1,2}\Z")
_ID = re.compile(r"\A[0-9a-fA-F-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page. `next`: the token of the one that follows, empty where there is none."""

    found: Sequence[Found]
    next: str


class CircleCiApi:
    """address: of a server of one's own, which an administrator named. now: milliseconds. heard: told of each quota
    that an answer gives. All raise ApiError."""

    def __init__(
        self,
        token: str,
        address: str = "",
        *,
        now: Callable[[], int],
        heard: Callable[[ApiQuota], object] = lambda quota: None,
    ) -> None:
        headers = {"Circle-Token": token, "Accept": "application/json", "User-Agent": "bigtransit"}
        named = urlsplit(address).hostname or ""
        self.now = now
        self.session = ApiSession(
            address or PUBLIC_ADDRESS, headers, label="CircleCI", named_host=named, now=now, heard=heard
        )

    @property
    def is_public(self) -> bool:
        return self.session.address == PUBLIC_ADDRESS

    def organizations(self) -> list[str]:
        """The slugs of those that the token's owner is in."""
        found = listed(self.session.get_json("/api/v2/me/collaborations", Budget()))
        return [slug for one in found if is_slug(slug := one.get("slug"))][:MOST_ORGANIZATIONS]

    def newest_pipelines(self, organization: str, token: str) -> Listed:
        """Of those of its projects that the token's owner follows."""
        return self._page("/api/v2/pipeline", Budget(), token, **{"org-slug": organization})

    def summary(self, organization: str) -> Found:
        """Which projects it has, and which of them ran in the last week."""
        path = f"/api/v2/insights/{_slug(organization)}/summary"
        found = self.session.get_json(path, Budget(), **{"reporting-window": "last-7-days"})
        return found_or_none(found) or {}

    def project(self, slug: str) -> Found:
        found = found_or_none(self.session.get_json(f"/api/v2/project/{_slug(slug)}", Budget()))
        if found is None:
            raise OutOfReach("CircleCI gave an answer that makes no sense here")
        return found

    def pipelines(self, slug: str, token: str) -> Listed:
        """Newest first. Raises NotTaken for a token that CircleCI does not know any more."""
        return self._page(f"/api/v2/project/{_slug(slug)}/pipeline", Budget(), token)

    def pipeline(self, pipeline_id: str) -> Found | None:
        return self._one(f"/api/v2/pipeline/{checked_id(pipeline_id)}")

    def workflows(self, pipeline_id: str) -> list[Found]:
        """All that were run of it, again or not."""
        return self.all_items(f"/api/v2/pipeline/{checked_id(pipeline_id)}/workflow")

    def workflow(self, workflow_id: str) -> Found | None:
        """As it is now. None where there is no such workflow, or no more."""
        return self._one(f"/api/v2/workflow/{checked_id(workflow_id)}")

    def jobs(self, workflow_id: str) -> list[Found]:
        return self.all_items(f"/api/v2/workflow/{checked_id(workflow_id)}/job")

    def job_steps(self, slug: str, number: int) -> list[Found]:
        """Of the API before this one, which alone tells of them."""
        return listed_in(self.session.get_json(f"/api/v1.1/project/{_slug(slug)}/{int(number)}", Budget()), "steps")

    def output(self, url: str) -> list[Found]:
        """What a step wrote, in parts, from where it lies: elsewhere as a rule, which gets no token."""
        return listed(self.session.get_told(url, Budget(LOG_SECONDS)))

    def _one(self, path: str) -> Found | None:
        try:
            return found_or_none(self.session.get_json(path, Budget()))
        except NothingThere:
            return None

    def _page(self, path: str, budget: Budget, token: str, **query: str) -> Listed:
        asked = {**query, **({"page-token": token} if token else {})}
        answer = self.session.get_json(path, budget, **asked)
        following = answer.get("next_page_token") if isinstance(answer, dict) else None
        following = following if isinstance(following, str) and following != token else ""
        return Listed(listed_in(answer, "items"), following)

    def all_items(self, path: str, **query: str) -> list[Found]:
        """Page by page. One that was told before, as tokens may repeat, is told once."""
        budget, found, seen, token = Budget(), dict[str, Found](), set[str](), ""
        for _ in range(MOST_PAGES):
            page = self._page(path, budget, token, **query)
            found |= {str(one.get("id")): one for one in page.found}
            seen.add(token)
            token = page.next
            if not token or token in seen:
                break
        return list(found.values())


def is_slug(told: object) -> TypeGuard[str]:
    """Of an organisation or a project: `gh/acme`, `gh/acme/shop`."""
    return isinstance(told, str) and _SLUG.match(told) is not None


def _slug(text: str) -> str:
    if not is_slug(text):
        raise NothingThere(f"{text[:80]!r} is no project of CircleCI")
    return text


def checked_id(text: str) -> str:
    if _ID.match(text) is None:
        raise NothingThere(f"{text[:80]!r} is no id of CircleCI")
    return text

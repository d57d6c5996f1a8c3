"""Which projects an organisation of CircleCI has, as far as a token is told."""

from __future__ import annotations

from dashboard.sources.kit.payload import Payload
from dashboard.tool_apis.answers import listed_in
from dashboard.tool_apis.circleci import CircleCiApi, is_slug
from dashboard.tool_apis.errors import NothingThere, NotPermitted

# Of an organisation whose projects have no names to be found by: those of so many pages of pipelines.
MOST_ACTIVE_PAGES = 10
STANDALONE = "circleci/"
SHORT = {"github/": "gh/", "bitbucket/": "bb/"}


def projects_of(api: CircleCiApi, organization: str) -> dict[str, int | None]:
    """By their slugs, when something last happened in each (milliseconds): None where that is not told, 0 for those
    without a run for a week. Raises ApiError."""
    found = {**_by_name(api, organization), **_active(api, organization)}
    return {slug: at for slug, at in found.items() if is_slug(slug)}


def _by_name(api: CircleCiApi, organization: str) -> dict[str, int | None]:
    """Those without a run for a week are still, as far as is known. Projects that stand alone have no names that lead
    to them; where the token may not read these, what is active tells."""
    if organization.startswith(STANDALONE):
        return {}
    try:
        summary = api.summary(organization)
    except (NothingThere, NotPermitted):
        return {}
    data = listed_in(summary, "org_project_data")
    ran = {str(one.get("project_name")) for one in data if Payload(one).number("metrics.total_runs")}
    names = dict.fromkeys([*ran, *map(str, summary.get("all_projects") or ())])
    return {f"{_short(organization)}/{name}": None if name in ran else 0 for name in names}


def _active(api: CircleCiApi, organization: str) -> dict[str, int | None]:
    """By when each was last run, of the newest pipelines of all."""
    found: dict[str, int | None] = {}
    token = ""
    for _ in range(MOST_ACTIVE_PAGES if organization.startswith(STANDALONE) else 1):
        try:
            page = api.newest_pipelines(organization, token)
        except (NothingThere, NotPermitted):
            break
        for pipeline in page.found:
            slug, at = _short(str(pipeline.get("project_slug"))), Payload(pipeline).moment("created_at") or 0
            found[slug] = max(at, found.get(slug) or 0)
        token = page.next
        if not token:
            break
    return found


def _short(slug: str) -> str:
    """Lists of projects call the provider by its short name."""
    return next((short + slug[len(name) :] for name, short in SHORT.items() if slug.startswith(name)), slug)

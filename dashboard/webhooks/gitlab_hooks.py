"""Making the webhooks of a GitLab connection with its token: of a group, or of each of some projects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dashboard.tool_apis.gitlab_hooks import GitLabHooksApi, of_group, of_project
from dashboard.tool_apis.patterns import fits
from dashboard.webhooks.making_hooks import HooksMade, Place, Refusals, make_each

MOST_PROJECTS = 1000
OF_GROUP = (
    "GitLab makes no hook of this group with this token: hooks of groups take the Premium plan, and a token with the"
    " scope api and the role Owner. Make hooks of projects instead"
)
OF_PROJECT = "the token may not: it takes the scope api and the role Maintainer"
URL = "GitLab does not take the URL: it sends to no private address unless its administrator allows that"


def make_of_group(api: GitLabHooksApi, url: str, secret: str, path: str) -> HooksMade:
    """Raises ApiError as `make_each` does."""
    return make_each([Place(path, partial(_put, api, of_group(path), url, secret))], Refusals(OF_GROUP, URL))


def make_of_projects(api: GitLabHooksApi, url: str, secret: str, only: str) -> HooksMade:
    """Of those that the patterns name. Raises ApiError as `make_each` does."""
    places = (Place(name, partial(_put, api, of_project(number), url, secret)) for number, name in _projects(api, only))
    return make_each(places, Refusals(OF_PROJECT, URL))


def _put(api: GitLabHooksApi, place: str, url: str, secret: str) -> bool:
    """A hook that sends to our URL is ours: it gets the secret and the events anew."""
    found = api.find(place, url)
    if found is None:
        api.make(place, url, secret)
    else:
        api.renew(place, found, url, secret)
    return found is None


def _projects(api: GitLabHooksApi, only: str) -> Iterator[tuple[int, str]]:
    before, seen = 0, 0
    while seen < MOST_PROJECTS:
        page = api.projects(before)
        known = [one for one in page.found if isinstance(one.get("id"), int)]
        for one in known:
            name = str(one.get("path_with_namespace", ""))
            if fits(name, only) and one.get("archived") is not True:
                yield one["id"], name
        seen += len(known)
        if not page.full or not known:
            return
        before = min(one["id"] for one in known)

"""Hooks that are made at a connection's tool with its token, so that nobody has to: by which tool's API, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from dashboard.tool_apis.azuredevops import PER_PAGE
from dashboard.tool_apis.azuredevops_hooks import AzureDevOpsHooksApi
from dashboard.tool_apis.buildkite_hooks import BuildkiteHooksApi
from dashboard.tool_apis.circleci_hooks import CircleCiHooksApi
from dashboard.tool_apis.errors import ApiError
from dashboard.tool_apis.gitlab_hooks import GitLabHooksApi
from dashboard.tool_apis.patterns import fits
from dashboard.webhooks.api_access import UNREADABLE, Checked, azuredevops_api, buildkite_api, circleci_api, gitlab_api
from dashboard.webhooks.circleci_projects import projects_of
from dashboard.webhooks.connecting import secrets_of, webhook_url
from dashboard.webhooks.gitlab_hooks import MOST_PROJECTS, make_of_group, make_of_projects
from dashboard.webhooks.making_hooks import HooksMade, Place, Refusals, make_each
from storage.model.entities import Connection
from storage.store import Store

ROTATE_IT = "The connection's secret cannot be read with the present signing key: rotate it."
OF_AZURE_DEVOPS = Refusals(
    "the token may not: it has to be of an administrator of the project",
    "Azure DevOps does not take all of it: it may not like the URL, or, on a server of your own, not know each kind of"
    " event",
)
OF_BUILDKITE = Refusals(
    "the token may not: it takes the scopes read_notification_services and write_notification_services, and somebody"
    " who may change notification services",
    "Buildkite does not take the URL, or what it is to send there",
)
OF_CIRCLECI = Refusals(
    "the token may not: it has to be of an administrator of the organisation",
    "CircleCI does not take it: a project has five webhooks at most, and their URLs begin with https",
)


class Wanted(NamedTuple):
    """url, secret: of the connection. group: one place for several, or empty; else only: patterns of places."""

    url: str
    secret: str
    group: str
    only: str


def make_hooks(store: Store, connection: Connection, group: str, only: str) -> Checked:
    """What was made, what was there, and what was refused and why, in words."""
    secret = next(secrets_of(connection, store.now()), "")
    if not secret:
        return Checked(works=False, words=ROTATE_IT)
    try:
        done = MAKERS[connection.source](store, connection, Wanted(webhook_url(connection), secret, group, only))
    except ApiError as error:
        return Checked(works=False, words=f"{error}.")
    return Checked(works=done.works, words=done.words) if done else Checked(works=False, words=f"{UNREADABLE}.")


def _azuredevops(store: Store, connection: Connection, wanted: Wanted) -> HooksMade | None:
    api = azuredevops_api(store, connection, AzureDevOpsHooksApi)
    if api is None:
        return None
    known = api.subscriptions(wanted.url)
    places = (
        Place(name, partial(api.put, project, known, wanted.url, wanted.secret))
        for project, name in _azure_projects(api)
        if fits(name, wanted.only)
    )
    return make_each(places, OF_AZURE_DEVOPS)


def _azure_projects(api: AzureDevOpsHooksApi) -> Iterator[tuple[str, str]]:
    skip = 0
    while skip < MOST_PROJECTS:
        page = api.projects(skip)
        yield from ((str(one.get("id")), str(one.get("name"))) for one in page)
        skip += len(page)
        if len(page) < PER_PAGE:
            return


def _gitlab(store: Store, connection: Connection, wanted: Wanted) -> HooksMade | None:
    api = gitlab_api(store, connection, GitLabHooksApi)
    if api is None:
        return None
    if wanted.group:
        return make_of_group(api, wanted.url, wanted.secret, wanted.group)
    return make_of_projects(api, wanted.url, wanted.secret, wanted.only)


def _buildkite(store: Store, connection: Connection, wanted: Wanted) -> HooksMade | None:
    api = buildkite_api(store, connection, BuildkiteHooksApi)
    if api is None:
        return None
    found = [slug for slug in api.organizations() if fits(slug, wanted.only)]
    places = [Place(slug, partial(api.put, slug, wanted.url, wanted.secret)) for slug in found]
    return make_each(places, OF_BUILDKITE)


def _circleci(store: Store, connection: Connection, wanted: Wanted) -> HooksMade | None:
    api = circleci_api(store, connection, CircleCiHooksApi)
    if api is None:
        return None

    def places() -> Iterator[Place]:
        for organization in api.organizations():
            for slug in sorted(projects_of(api, organization)):
                if fits(slug, wanted.only):
                    yield Place(slug, partial(api.put, slug, wanted.url, wanted.secret))

    return make_each(places(), OF_CIRCLECI)


MAKERS: dict[str, Callable[[Store, Connection, Wanted], HooksMade | None]] = {
    "azuredevops": _azuredevops,
    "buildkite": _buildkite,
    "circleci": _circleci,
    "gitlab": _gitlab,
}

"""How many runners are online for what jobs ask for, where a connection may ask its tool for that. What a tool does not
let us see is unknown, and so is none of what might run elsewhere: GitHub's own runners, or GitLab's for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from dashboard.sources import SOURCES
from dashboard.tool_apis.buildkite import BuildkiteApi
from dashboard.tool_apis.errors import NothingThere, NotPermitted
from dashboard.tool_apis.github_runners import GitHubRunnersApi
from dashboard.tool_apis.gitlab import GitLabApi
from dashboard.webhooks.api_access import buildkite_api, github_api, gitlab_api
from storage.model.entities import Connection
from storage.model.runners_online import LabelOnline, able, asked_for
from storage.store import Store

SELF_HOSTED = "self-hosted"
MOST_OWNERS, MOST_REPOSITORIES, MOST_LABELS = 5, 5, 20


def online_of(store: Store, connection: Connection, labels: Sequence[str]) -> list[LabelOnline]:
    """Of those labels for which it can be told. Raises ApiError."""
    asked = {label: wanted for label in labels if (wanted := asked_for(label)) and not _is_hosted(connection, label)}
    if not asked:
        return []
    found = _COUNTS[connection.source](store, connection, asked)
    return [LabelOnline(connection.source, label, online, store.now()) for label, online in found]


Asked = dict[str, frozenset[str]]


def _is_hosted(connection: Connection, label: str) -> bool:
    hosted = SOURCES[connection.source].hosted_labels
    return bool(hosted) and re.fullmatch(hosted, label) is not None


def _github(store: Store, connection: Connection, asked: Asked) -> Iterator[tuple[str, int]]:
    """A label may be the name of a group of runners, so none is told only of what asks for runners of one's own."""
    api = github_api(store, connection, GitHubRunnersApi)
    names = [one.id for one in store.backfills.list_projects(connection.id)] if api else []
    if api is None or not names:
        return
    runners, seen = list[frozenset[str]](), False
    owners = sorted({name.partition("/")[0] for name in names})[:MOST_OWNERS]
    for owner in owners:
        with suppress(NotPermitted, NothingThere):
            runners += api.of_organisation(owner)
            seen = True
    for name in [] if seen else sorted(names)[:MOST_REPOSITORIES]:
        with suppress(NotPermitted, NothingThere):
            runners += api.of_repository(name)
            seen = True
    for label, wanted in asked.items():
        online = able(wanted, runners)
        if online or (seen and SELF_HOSTED in wanted):
            yield label, online


def _gitlab(store: Store, connection: Connection, asked: Asked) -> Iterator[tuple[str, int]]:
    """Lists of runners do not tell tags, so each label is asked for; those that GitLab runs for all are not listed."""
    api = gitlab_api(store, connection, GitLabApi)
    for label, wanted in list(asked.items())[:MOST_LABELS] if api else []:
        with suppress(NotPermitted, NothingThere):
            if api is not None and (online := api.runners_online(sorted(wanted))):
                yield label, online


def _buildkite(store: Store, connection: Connection, asked: Asked) -> Iterator[tuple[str, int]]:
    """A rule that is not name=value, or has a star in it, is none that can be counted by."""
    api = buildkite_api(store, connection, BuildkiteApi)
    agents, seen = list[frozenset[str]](), False
    for organization in api.organizations()[:MOST_OWNERS] if api else []:
        with suppress(NotPermitted, NothingThere):
            agents += api.agents(organization) if api else []
            seen = True
    for label, wanted in asked.items():
        if seen and all("=" in rule and "*" not in rule for rule in wanted):
            yield label, able(wanted, agents)


_COUNTS: dict[str, Callable[[Store, Connection, Asked], Iterator[tuple[str, int]]]] = {
    "buildkite": _buildkite,
    "github": _github,
    "gitlab": _gitlab,
}
COUNTED = frozenset(_COUNTS)

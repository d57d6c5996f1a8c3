"""Which tools' pasts can be read, and by what."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.history.azuredevops import AzureDevOpsHistory
from dashboard.history.buildkite import BuildkiteHistory
from dashboard.history.circleci import CircleCiHistory
from dashboard.history.codepipeline import CodePipelineHistory
from dashboard.history.github import GitHubHistory
from dashboard.history.gitlab import GitLabHistory
from dashboard.history.jenkins import JenkinsHistory
from dashboard.history.reader import HistoryReader
from dashboard.history.remembered import Remembered
from dashboard.tool_apis.azuredevops import AzureDevOpsApi
from dashboard.tool_apis.buildkite import BuildkiteApi
from dashboard.tool_apis.circleci import CircleCiApi
from dashboard.tool_apis.errors import NotPermitted
from dashboard.tool_apis.github_history import GitHubHistoryApi
from dashboard.tool_apis.gitlab import GitLabApi
from dashboard.webhooks.api_access import (
    azuredevops_api,
    buildkite_api,
    circleci_api,
    codepipeline_api,
    github_api,
    gitlab_api,
    jenkins_api,
    regions_of,
)
from storage.keys import execution_id
from storage.model.entities import Connection
from storage.store import Store

if TYPE_CHECKING:
    from dashboard.tool_apis.codepipeline_history import CodePipelineHistoryApi

# What boto3 makes of a region takes a while, and a role is assumed for a quarter of an hour.
_regions: Remembered[CodePipelineHistoryApi] = Remembered(200, 600_000)


def _github(store: Store, connection: Connection) -> HistoryReader | None:
    api = github_api(store, connection, GitHubHistoryApi)
    return GitHubHistory(api) if api else None


def _azuredevops(store: Store, connection: Connection) -> HistoryReader | None:
    api = azuredevops_api(store, connection, AzureDevOpsApi)
    return AzureDevOpsHistory(api) if api else None


def _buildkite(store: Store, connection: Connection) -> HistoryReader | None:
    api = buildkite_api(store, connection, BuildkiteApi)

    def number_of(build: str) -> str:
        found = store.executions.find(execution_id(connection.team_id, connection.source, build))
        return found.number if found else ""

    return BuildkiteHistory(api, number_of) if api else None


def _gitlab(store: Store, connection: Connection) -> HistoryReader | None:
    api = gitlab_api(store, connection, GitLabApi)
    return GitLabHistory(api) if api else None


def _circleci(store: Store, connection: Connection) -> HistoryReader | None:
    api = circleci_api(store, connection, CircleCiApi)
    return CircleCiHistory(api) if api else None


def _jenkins(store: Store, connection: Connection) -> HistoryReader | None:
    api = jenkins_api(store, connection)
    return JenkinsHistory(api) if api else None


def _codepipeline(store: Store, connection: Connection) -> HistoryReader | None:
    """Only where somebody lent this server's credentials for it."""
    if not connection.api.reads_runs:
        return None

    def in_region(region: str) -> CodePipelineHistoryApi:
        key = (connection.id, connection.api.role, region)
        api = _regions.find(key, store.now()) or codepipeline_api(store, connection, region)
        if api is None:
            raise NotPermitted("This connection is not one of CodePipeline")
        _regions.put(key, api, store.now())
        return api

    return CodePipelineHistory(in_region, lambda: regions_of(store, connection))


READERS: dict[str, Callable[[Store, Connection], HistoryReader | None]] = {
    "azuredevops": _azuredevops,
    "buildkite": _buildkite,
    "circleci": _circleci,
    "codepipeline": _codepipeline,
    "github": _github,
    "gitlab": _gitlab,
    "jenkins": _jenkins,
}


def reader_of(store: Store, connection: Connection) -> HistoryReader | None:
    """None where the connection is not let in to its tool's API, or the tool keeps no history that can be read."""
    make = READERS.get(connection.source)
    return make(store, connection) if make else None

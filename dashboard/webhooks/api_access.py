"""How connections are let in to their tools' APIs: tokens sealed and opened, quotas noted, and whether it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings

from dashboard.auth.sealing import unseal
from dashboard.tool_apis.azuredevops import AzureDevOpsApi
from dashboard.tool_apis.buildkite import BuildkiteApi
from dashboard.tool_apis.circleci import CircleCiApi
from dashboard.tool_apis.errors import ApiError
from dashboard.tool_apis.github import GitHubApi
from dashboard.tool_apis.github_app import Installed
from dashboard.tool_apis.gitlab import GitLabApi
from dashboard.tool_apis.jenkins import JenkinsApi
from dashboard.webhooks.github_app import tokens_of
from storage.model.board_row import BoardRow
from storage.model.entities import ApiQuota, Connection
from storage.store import Store

if TYPE_CHECKING:
    from dashboard.tool_apis.codepipeline_history import CodePipelineHistoryApi

# A quota is noted at most so often: each time is a write.
NOTED_EVERY_MS = 30_000
AnyGitHubApi = TypeVar("AnyGitHubApi", bound=GitHubApi)
AnyGitLabApi = TypeVar("AnyGitLabApi", bound=GitLabApi)
AnyAzureDevOpsApi = TypeVar("AnyAzureDevOpsApi", bound=AzureDevOpsApi)
AnyBuildkiteApi = TypeVar("AnyBuildkiteApi", bound=BuildkiteApi)
AnyCircleCiApi = TypeVar("AnyCircleCiApi", bound=CircleCiApi)
ANY_REGION = "us-east-1"
UNREADABLE = "The token cannot be read with the present signing key: give it again"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of asking the tool, in words. `installations`: of an App, from which one may be chosen."""

    works: bool
    words: str
    installations: tuple[Installed, ...] = ()


def github_api(store: Store, connection: Connection, kind: type[AnyGitHubApi]) -> AnyGitHubApi | None:
    """None where the connection has neither a token that can be opened nor an App that is installed."""
    token = opened(connection)
    tokens = None if token else tokens_of(store, connection)
    if connection.source != "github" or not (token or tokens):
        return None
    address, heard = connection.api.address, noting(store, connection.id)
    return kind(token, address, now=store.now, heard=heard, authorization=tokens)


def azuredevops_api(store: Store, connection: Connection, kind: type[AnyAzureDevOpsApi]) -> AnyAzureDevOpsApi | None:
    """None where the connection has no token that can be opened, or does not say of which organisation it is."""
    address = connection.api.address
    if connection.source != "azuredevops" or not address or not (token := opened(connection)):
        return None
    return kind(token, address, now=store.now, heard=noting(store, connection.id))


def buildkite_api(store: Store, connection: Connection, kind: type[AnyBuildkiteApi]) -> AnyBuildkiteApi | None:
    """None where the connection has no token that can be opened."""
    if connection.source != "buildkite" or not (token := opened(connection)):
        return None
    return kind(token, connection.api.address, now=store.now, heard=noting(store, connection.id))


def gitlab_api(store: Store, connection: Connection, kind: type[AnyGitLabApi]) -> AnyGitLabApi | None:
    """None where the connection has no token that can be opened."""
    if connection.source != "gitlab" or not (token := opened(connection)):
        return None
    return kind(token, connection.api.address, now=store.now, heard=noting(store, connection.id))


def circleci_api(store: Store, connection: Connection, kind: type[AnyCircleCiApi]) -> AnyCircleCiApi | None:
    """None where the connection has no token that can be opened."""
    if connection.source != "circleci" or not (token := opened(connection)):
        return None
    return kind(token, connection.api.address, now=store.now, heard=noting(store, connection.id))


def jenkins_api(store: Store, connection: Connection) -> JenkinsApi | None:
    """None where the connection has no token that can be opened, or does not say of which server it is."""
    address = connection.api.address
    if connection.source != "jenkins" or not address or not (token := opened(connection)):
        return None
    return JenkinsApi(token, address, now=store.now, share=settings.API_SHARE)


def codepipeline_api(store: Store, connection: Connection, region: str) -> CodePipelineHistoryApi | None:
    """None where it is not a connection of CodePipeline. Raises NothingThere where there is no such region."""
    if connection.source != "codepipeline":
        return None
    # boto3 takes a third of a second and 20 MB, which most processes never need.
    from dashboard.tool_apis.codepipeline_history import CodePipelineHistoryApi

    return CodePipelineHistoryApi(region, connection.api.role, now=store.now)


def regions_of(store: Store, connection: Connection) -> tuple[str, ...]:
    """Where a connection of CodePipeline reads: where it was told to, else where its team's pipelines are."""
    if connection.api.regions:
        return connection.api.regions
    records = store.pipelines.list_records([row.id for row in _rows(store, connection)])
    return tuple(sorted({pipeline_of(record.key)[0] for record in records.values()}))


def opened(connection: Connection) -> str:
    """The token, or "" where there is none that can be read."""
    return unseal(connection.api.token) if connection.api.token else ""


def noting(store: Store, connection_id: str) -> Callable[[ApiQuota], None]:
    """For whom hears quotas: notes the first, and then one now and then."""
    noted_at = -NOTED_EVERY_MS

    def note(quota: ApiQuota) -> None:
        nonlocal noted_at
        if quota.told_at - noted_at >= NOTED_EVERY_MS:
            noted_at = quota.told_at
            store.connections.note_quota(connection_id, quota)

    return note


def used_up_until(store: Store, connection: Connection) -> int:
    """When our share of the quota is there again (milliseconds), 0 while enough of it is left."""
    quota = store.connections.find_quota(connection.id)
    if quota is None or quota.resets_at <= store.now() or quota.remaining > quota.limit * (1 - settings.API_SHARE):
        return 0
    return quota.resets_at


def check_credentials(store: Store, connection: Connection) -> Checked:
    """Ask AWS who this server is, for a connection of CodePipeline."""
    try:
        return _check_codepipeline(store, connection)
    except ApiError as error:
        return Checked(works=False, words=f"{error}.")


def _check_codepipeline(store: Store, connection: Connection) -> Checked:
    row = next(_rows(store, connection), None)
    record = store.pipelines.find(row.id) if row else None
    api = codepipeline_api(store, connection, pipeline_of(record.key)[0] if record else ANY_REGION)
    name = api.identity() if api else ""
    return Checked(works=True, words=f"AWS takes this server for {name}. Whether it may read logs shows when it does.")


def pipeline_of(key: str) -> tuple[str, str]:
    """The region and the name of a pipeline of CodePipeline, by the key that its events give it."""
    _, region, called = (*key.split("/", 2), "", "")[:3]
    return region, called


def _rows(store: Store, connection: Connection) -> Iterator[BoardRow]:
    """The team's pipelines of this tool."""
    rows = (stored.row() for stored in store.pipelines.list_board(connection.team_id))
    return (row for row in rows if row.source == connection.source)

"""Logs of jobs as their tool keeps them, cut into steps, whichever tool it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dashboard.failures.azuredevops_steps import azuredevops_step, tasks_of
from dashboard.failures.buildkite_steps import buildkite_steps
from dashboard.failures.circleci_steps import circleci_step, outputs_of
from dashboard.failures.gitlab_steps import gitlab_steps
from dashboard.failures.jenkins_steps import jenkins_steps
from dashboard.failures.steps import Step, ToldStep, codebuild_steps, github_steps
from dashboard.sources.jenkins.notifications import CONSOLE, place_of
from dashboard.tool_apis.answers import Found, listed_in
from dashboard.tool_apis.azuredevops import AzureDevOpsApi
from dashboard.tool_apis.buildkite import BuildkiteApi, Slugs
from dashboard.tool_apis.circleci import CircleCiApi
from dashboard.tool_apis.errors import ApiError, NothingThere, NotPermitted, TokenRefused
from dashboard.tool_apis.github import GitHubApi, JobOfRun
from dashboard.tool_apis.gitlab import GitLabApi
from dashboard.tool_apis.jenkins import JenkinsApi
from dashboard.webhooks.api_access import (
    UNREADABLE,
    azuredevops_api,
    buildkite_api,
    circleci_api,
    codepipeline_api,
    github_api,
    gitlab_api,
    jenkins_api,
    pipeline_of,
)
from storage.model.entities import Action, Connection, Execution
from storage.model.pipeline_record import PipelineRecord
from storage.store import Store

if TYPE_CHECKING:
    from dashboard.tool_apis.codepipeline import CodePipelineApi

# Where each step of a job wrote apart so many of these are fetched, each a request.
MOST_FAILED_STEPS, MOST_GREEN_STEPS = 3, 8
RED_STAGES = frozenset({"FAILED", "UNSTABLE"})
FAILED = frozenset({"failure", "timed_out", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobLog:
    """steps: in order. told: those that failed, as the tool itself says."""

    steps: list[Step]
    told: tuple[ToldStep, ...] = ()


class LogReader(Protocol):
    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        """The log of a job of this execution's attempt. `failed`: whether to ask which steps did. Raises ApiError."""
        ...


def log_reader(store: Store, connection: Connection, record: PipelineRecord) -> LogReader:
    """For the jobs of one pipeline. Raises TokenRefused where the connection is not let in, NotPermitted where no log
    can be asked for: neither is another the next time."""
    make = READERS.get(connection.source)
    if make is None:
        raise NotPermitted("This tool keeps no logs that can be read")
    try:
        found = make(store, connection, record)
    except NothingThere as error:
        raise NotPermitted(str(error)) from error
    if found is None:
        raise TokenRefused(UNREADABLE if connection.api.token else "The connection has no token")
    return found


def _github(store: Store, connection: Connection, record: PipelineRecord) -> LogReader | None:
    api = github_api(store, connection, GitHubApi)
    return GitHubLogs(api, record.text("repository")) if api else None


def _azuredevops(store: Store, connection: Connection, record: PipelineRecord) -> LogReader | None:
    api = azuredevops_api(store, connection, AzureDevOpsApi)
    return AzureDevOpsLogs(api, record.key.partition("/")[0]) if api else None


def _buildkite(store: Store, connection: Connection, record: PipelineRecord) -> LogReader | None:
    api = buildkite_api(store, connection, BuildkiteApi)
    return BuildkiteLogs(api, Slugs(record.text("owner"), record.text("path"))) if api else None


def _circleci(store: Store, connection: Connection, _record: PipelineRecord) -> LogReader | None:
    api = circleci_api(store, connection, CircleCiApi)
    return CircleCiLogs(api) if api else None


def _gitlab(store: Store, connection: Connection, record: PipelineRecord) -> LogReader | None:
    api = gitlab_api(store, connection, GitLabApi)
    return GitLabLogs(api, number_of(record.key)) if api else None


def _jenkins(store: Store, connection: Connection, _record: PipelineRecord) -> LogReader | None:
    api = jenkins_api(store, connection)
    return JenkinsLogs(api) if api else None


def _codepipeline(store: Store, connection: Connection, record: PipelineRecord) -> LogReader | None:
    region, name = pipeline_of(record.key)
    aws = codepipeline_api(store, connection, region)
    return CodeBuildLogs(aws, name) if aws else None


# None of these: the connection is not let in.
READERS: dict[str, Callable[[Store, Connection, PipelineRecord], LogReader | None]] = {
    "azuredevops": _azuredevops,
    "buildkite": _buildkite,
    "circleci": _circleci,
    "codepipeline": _codepipeline,
    "github": _github,
    "gitlab": _gitlab,
    "jenkins": _jenkins,
}


@dataclass
class GitHubLogs:
    """Jobs of an attempt are asked for once."""

    api: GitHubApi
    repository: str
    known: dict[tuple[str, int], tuple[JobOfRun, ...]] = field(default_factory=dict)

    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        log = github_steps(self.api.job_log(self.repository, action.key).text)
        return JobLog(log, self._told(execution, action) if failed else ())

    def _told(self, execution: Execution, action: Action) -> tuple[ToldStep, ...]:
        """By the API with its time, else by the event with its name alone."""
        of = (execution.external_id, execution.attempt)
        try:
            if of not in self.known:
                self.known[of] = self.api.jobs(self.repository, *of)
        except ApiError:
            self.known[of] = ()
        steps = [step for job in self.known[of] if job.id == action.key for step in job.steps]
        told = [ToldStep(step.name, step.started_at, step.finished_at) for step in steps if step.conclusion in FAILED]
        return (*told, *([ToldStep(action.note)] if action.note else []))


@dataclass
class GitLabLogs:
    """The log itself says which step failed."""

    api: GitLabApi
    project: int

    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        return JobLog(gitlab_steps(self.api.job_log(self.project, action.key).text))


def number_of(key: str) -> int:
    """Of a project of GitLab, by the key that its events give its pipelines. Raises NothingThere."""
    number = (*key.split("/"), "", "")[1]
    if not number.isdecimal():
        raise NothingThere("This pipeline is of no project of GitLab")
    return int(number)


@dataclass
class BuildkiteLogs:
    """No step is told to have failed but by the log itself."""

    api: BuildkiteApi
    pipeline: Slugs

    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        return JobLog(buildkite_steps(self.api.job_log(self.pipeline, execution.number, action.key).text))


@dataclass
class CircleCiLogs:
    """What each step wrote lies apart: of a job that failed that of the steps that did is fetched, of a green one that
    of its last ones. Jobs of a workflow are asked for once."""

    api: CircleCiApi
    known: dict[str, dict[str, Found]] = field(default_factory=dict)

    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        outputs = outputs_of(self._steps(execution.external_id, action.key))
        told = [one for one in outputs if one.failed] if failed else []
        wanted = told[-MOST_FAILED_STEPS:] or outputs[-(1 if failed else MOST_GREEN_STEPS) :]
        steps = [circleci_step(one, self.api.output(one.url)) for one in wanted]
        return JobLog(
            [step for step in steps if step.lines], tuple(ToldStep(one.name, one.began, one.ended) for one in told)
        )

    def _steps(self, workflow: str, job_id: str) -> list[Found]:
        if workflow not in self.known:
            self.known[workflow] = {str(job.get("id")): job for job in self.api.jobs(workflow)}
        job = self.known[workflow].get(job_id, {})
        number = job.get("job_number")
        if not isinstance(number, int):
            raise NothingThere("CircleCI has no such job, or keeps no log of it")
        return self.api.job_steps(str(job.get("project_slug")), number)


@dataclass
class AzureDevOpsLogs:
    """Each task has a log of its own, as at CircleCI. What ran of an execution is asked for once."""

    api: AzureDevOpsApi
    project: str
    known: dict[str, list[list[Found]]] = field(default_factory=dict)

    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        run = execution.external_id
        if run not in self.known:
            self.known[run] = self.api.timelines(self.project, run)
        tasks = next((found for records in self.known[run] if (found := tasks_of(records, action.key))), [])
        if not tasks:
            raise NothingThere("Azure DevOps has no such job, or keeps no log of it")
        told = [one for one in tasks if one.failed] if failed else []
        wanted = told[-MOST_FAILED_STEPS:] or tasks[-(1 if failed else MOST_GREEN_STEPS) :]
        steps = [azuredevops_step(one, self.api.log(self.project, run, one.log).text) for one in wanted]
        return JobLog(
            [step for step in steps if step.lines], tuple(ToldStep(one.name, one.began, one.ended) for one in told)
        )


@dataclass
class JenkinsLogs:
    """A run wrote one text; which of its stages failed a plugin tells, where it is installed."""

    api: JenkinsApi

    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        path, number = place_of(execution.external_id)
        if action.key != CONSOLE or not path:
            raise NothingThere("Jenkins keeps no log of this apart")
        steps = jenkins_steps(self.api.console(path, number).text)
        described = self.api.described(path, number) if failed else None
        red = [one for one in listed_in(described, "stages") if one.get("status") in RED_STAGES]
        return JobLog(steps, tuple(ToldStep(str(one.get("name"))) for one in red))


@dataclass
class CodeBuildLogs:
    api: CodePipelineApi
    pipeline: str

    def read(self, execution: Execution, action: Action, *, failed: bool = True) -> JobLog:
        stage, _, name = action.key.partition("/")
        return JobLog(codebuild_steps(self.api.build_log(self.pipeline, execution.external_id, stage, name).text))

"""Past runs of GitHub Actions. What the API calls a run and a job is what a webhook calls so: the source reads both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.history.by_time import Place, second_of
from dashboard.history.github_schedules import crons_of
from dashboard.history.reader import FoundProject, ProjectsPage, RunsPage, ToldCrons, ToldPipeline, ToldRun
from dashboard.sources.github.jobs import workflow_job
from dashboard.sources.github.pipelines import repository_pipeline
from dashboard.sources.github.runs import workflow_run
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs, Rejected
from dashboard.tool_apis.errors import NothingThere, NotPermitted, TooMuch
from dashboard.tool_apis.github import PER_PAGE
from dashboard.tool_apis.github_history import GitHubHistoryApi
from storage.model.backfill import Project
from storage.model.entities import ApiQuota
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.told_schedule import Cron
from storage.model.tool_state import DELETED, DISABLED

# Of a run that was run again very often the first attempts stay untold.
MOST_ATTEMPTS = 5
# https://docs.github.com/en/rest/actions/workflows. A workflow whose file is gone is "deleted" where it is listed.
STATES = {"disabled_manually": DISABLED, "disabled_inactivity": DISABLED, "disabled_fork": DISABLED, "deleted": DELETED}
WORKFLOWS = ".github/workflows/"
_KEPT = ("id", "full_name", "name", "default_branch", "html_url")


class GitHubHistory:
    """Runs name their repository without its default branch, so that is remembered with the project."""

    def __init__(self, api: GitHubHistoryApi) -> None:
        self._api = api

    @property
    def calls(self) -> int:
        return self._api.session.calls

    @property
    def quota(self) -> ApiQuota | None:
        return self._api.session.quota

    def projects(self, cursor: str) -> ProjectsPage:
        number = int(cursor or 1)
        page = self._api.repositories(number)
        found = tuple(project for one in page.found if (project := _project(one)))
        return ProjectsPage(found, str(number + 1) if page.full else "")

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        """Of one search a thousand are told: https://docs.github.com/en/rest/actions/workflow-runs"""
        place = Place.of(cursor)
        number, told = place.page(PER_PAGE)
        page = self._api.runs(project.id, f"{second_of(since)}..{place.until or '*'}", number)
        runs = RunsPage(tuple(self._told(project, page.found[told:])))
        seconds = [str(one.get("created_at", "")) for one in page.found]
        return replace(runs, next=place.after(seconds, PER_PAGE)) if page.full else runs

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        events: list[AnyEvent] = []
        for number in range(max(1, attempt - MOST_ATTEMPTS + 1), attempt + 1):
            if number < attempt and (found := self._api.run(project.id, execution, number)):
                events += [told.events[0] for told in self._told(project, [found])]
            events += self._jobs_told(project, self._api.jobs_of(project.id, execution, number))
        return tuple(events)

    def run(self, project: Project, execution: str) -> ToldRun | None:
        found = self._api.run(project.id, execution)
        return next(self._told(project, [found]), None) if found else None

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        ref, number = self.ref(project), json.loads(project.told).get("id")
        return tuple(
            ToldPipeline(f"{ref.place}/{number}/{one.get('id')}", STATES.get(str(one.get("state")), ""))
            for one in self._api.workflows(project.id)
        )

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """A request each: they stand in the workflow's file alone. GitHub's own workflows have none."""
        files = [(one.key, one.text("path")) for one in records if one.text("path").startswith(WORKFLOWS)]
        return tuple(ToldCrons(key, self._crons(project.id, path)) for key, path in files)

    def _crons(self, repository: str, path: str) -> tuple[Cron, ...] | None:
        """None where the token may not read contents."""
        try:
            text = self._api.file(repository, path)
        except (NothingThere, NotPermitted, TooMuch):
            return None
        return crons_of(text) if text is not None else None

    def ref(self, project: Project) -> PipelineRef:
        return repository_pipeline(Payload({"repository": _repository(project)}))

    def _told(self, project: Project, found: Sequence[Mapping[str, Any]]) -> Iterator[ToldRun]:
        """One that makes no sense is left out: it would not as a webhook either."""
        for run in found:
            try:
                event = workflow_run(Payload({"workflow_run": run, "repository": _repository(project)}))
            except (NothingForUs, Rejected):
                continue
            asked_at = event.queued_at or event.at
            yield ToldRun(event.execution, event.attempt, event.pipeline.key, asked_at, not event.finished, (event,))

    def _jobs_told(self, project: Project, found: Sequence[Mapping[str, Any]]) -> Iterator[AnyEvent]:
        for job in found:
            try:
                yield workflow_job(Payload({"workflow_job": job, "repository": _repository(project)}))
            except (NothingForUs, Rejected):
                continue


def _project(found: Mapping[str, Any]) -> FoundProject | None:
    """None of one that no runs can be asked of."""
    name, owner = found.get("full_name"), found.get("owner")
    if not isinstance(name, str) or not isinstance(found.get("id"), int) or found.get("disabled") is True:
        return None
    kept = {**{key: found.get(key) for key in _KEPT}, "owner": {"login": _login(owner)}}
    return FoundProject(name, json.dumps(kept), Payload(found).moment("pushed_at", "updated_at"))


def _login(owner: object) -> object:
    return owner.get("login") if isinstance(owner, dict) else None


def _repository(project: Project) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads(project.told)
    return told

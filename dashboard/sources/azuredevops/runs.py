"""Azure Pipelines' runs: what events of every level tell of the run they belong to, and the run's own state."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from dashboard.sources.azuredevops.refs import Ref, Repository, listed_repository, ref_of, repository_of
from dashboard.sources.azuredevops.statuses import word_of
from dashboard.sources.kit.payload import Payload, name
from dashboard.sources.kit.source import Rejected
from storage.model.events import ExecutionChanged, Origin, PipelineRef

# Who runs that a schedule or another run started are said to be requested by.
_SERVICE = "Microsoft.VisualStudio.Services"
_RUN_PAGE = "/_build/results?"


class Commit(NamedTuple):
    commit: str
    message: str
    author: str
    committed_at: int | None


class Facts(NamedTuple):
    """What all events of a run tell. `at`: of the event."""

    pipeline: PipelineRef
    execution: str
    order: int
    at: int
    ref: Ref
    repository: Repository
    commit: Commit


def facts_of(document: Payload, resource: Payload, run: Payload) -> Facts:
    number = needed_number(resource, "run.id", "runId")
    listed = listed_repository(resource)
    repository, page = repository_of(run, listed), web_page(run)
    return Facts(
        pipeline=pipeline_of(
            document,
            resource,
            needed_number(resource, "pipeline.id", "run.pipeline.id"),
            name=resource.name("pipeline.name", "run.pipeline.name"),
            folder=resource.raw("pipeline.folder") or resource.raw("run.pipeline.folder"),
            repository=repository,
            page=page,
        ),
        execution=str(number),
        order=number,
        at=event_time(document),
        ref=ref_of(run.name("resources.repositories.self.refName")),
        repository=repository,
        commit=_commit(run, listed),
    )


def _commit(run: Payload, listed: Payload) -> Commit:
    told, change = run.name("resources.repositories.self.version"), listed.obj("change")
    return Commit(
        commit=told or change.name("version"),
        message=change.line("message"),
        author=change.person("author.name"),
        committed_at=change.moment("committer.date", "author.date"),
    )


def pipeline_of(
    document: Payload, resource: Payload, number: int, *, name: str, folder: str, repository: Repository, page: str
) -> PipelineRef:
    """Numbers of pipelines and runs are unique within an organisation, which is a collection on a server of one's own.
    `page`: that of a run."""
    project = resource.name("projectId", "project.id") or document.need("resourceContainers.project.id")
    base, known, _ = page.partition(_RUN_PAGE)
    return PipelineRef(
        source="azuredevops",
        key=f"{project.lower()}/{number}",
        name=name,
        url=f"{base}/_build/definition?definitionId={number}" if known else "",
        repository=repository.name,
        host=document.need("resourceContainers.collection.id").lower(),
        owner=_organisation(document),
        place=repository.project or resource.name("project.name"),
        path=_folder(folder),
    )


def _organisation(document: Payload) -> str:
    """By its address: `https://dev.azure.com/acme/`, `https://acme.visualstudio.com/`, or a collection's on a server of
    one's own."""
    containers = document.obj("resourceContainers")
    address = urlsplit(containers.link("account.baseUrl", "collection.baseUrl"))
    path = address.path.strip("/")
    return name(path.rpartition("/")[2] or (address.hostname or "").partition(".")[0])


def _folder(told: str) -> str:
    r"""Of the pipeline: `\Shop\Release`, a lone backslash for none."""
    return name(told.replace("\\", "/").strip("/"))


def event_time(document: Payload) -> int:
    """When Azure DevOps made the event, some seconds after what it tells. States have no times of their own until they
    begin or end, so this alone orders them all."""
    return document.need_moment("createdDate")


def needed_number(resource: Payload, *paths: str) -> int:
    """The first of these that is a number from 1; approvals tell them as text."""
    found = next((number for path in paths if (number := resource.number(path)) is not None), None)
    if found is None:
        raise Rejected("A whole number from 1 is needed", resource.where(paths[0]))
    return found


def time_of(subject: Payload, path: str) -> int | None:
    """A time that was told: .NET's least, in the year 1, means none."""
    told = subject.moment(path)
    return told if told is not None and told > 0 else None


def web_page(subject: Payload) -> str:
    return subject.link("_links.web.href")


def requester(told: Payload) -> str:
    """Who asked for a run; nobody where the service itself did."""
    people = (told.person(f"{who}.displayName") for who in ("requestedFor", "requestedBy"))
    return next((person for person in people if person and not person.startswith(_SERVICE)), "")


def run_changed(document: Payload, resource: Payload) -> ExecutionChanged:
    run = resource.need_obj("run")
    facts, word = facts_of(document, resource, run), word_of(run)
    return ExecutionChanged(
        pipeline=facts.pipeline,
        execution=facts.execution,
        order=facts.order,
        at=facts.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        # A stage that is run again opens its run again, which has no attempts to count.
        absorbing=False,
        queued_at=time_of(run, "createdDate"),
        finished_at=(time_of(run, "finishedDate") or facts.at) if word.finished else None,
        url=web_page(run),
        actor=requester(resource),
        **_of_run(run, facts)._asdict(),
    )


def run_told(run: Payload, facts: Facts) -> ExecutionChanged:
    """What events of stages and jobs tell of their run. Not its state: it may have gone on since, and there is nothing
    to tell which of both is newer."""
    return ExecutionChanged(
        pipeline=facts.pipeline,
        execution=facts.execution,
        order=facts.order,
        at=facts.at,
        absorbing=False,
        tells_run=bool(facts.ref.origin),
        queued_at=time_of(run, "createdDate"),
        url=web_page(run),
        **_of_run(run, facts)._asdict(),
    )


class OfRun(NamedTuple):
    """What every event of a run tells of it in the same words."""

    number: str
    branch: str
    origin: Origin | None
    change_request: str
    change_request_url: str
    commit: str
    message: str
    author: str
    committed_at: int | None


def _of_run(run: Payload, facts: Facts) -> OfRun:
    branch, origin, request = facts.ref
    number, page = run.name("name") or facts.execution, facts.repository.pull_request(request)
    return OfRun(number, branch, origin, request, page, *facts.commit)

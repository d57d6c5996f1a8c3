"""Azure DevOps' build.complete: the end of a run as its Build service tells it, which alone says why it ran.

Version 2.0 is what Azure Pipelines sends, 1.0 what XAML builds did.
https://learn.microsoft.com/en-us/azure/devops/service-hooks/events#build-completed
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.azuredevops.refs import Ref, Repository, github_repository, ref_of, repository_at
from dashboard.sources.azuredevops.runs import event_time, pipeline_of, requester, time_of, web_page
from dashboard.sources.azuredevops.statuses import Word, word_of_build
from dashboard.sources.kit.payload import Payload, name
from storage.model.events import AnyEvent, ExecutionChanged, Origin

# Of version 1.0: a Git repository's ref and commit.
_LINES = re.compile(r"LG:(refs/.+):([0-9a-f]{7,64})")
# Reasons that are another run.
UPSTREAM = frozenset({"buildCompletion", "resourceTrigger"})
# https://learn.microsoft.com/en-us/rest/api/azure/devops/build/builds/list#buildreason
SCHEDULES = frozenset({"schedule", "scheduleForced"})


class Version(NamedTuple):
    ref: Ref
    commit: str


def build_complete(document: Payload, resource: Payload) -> tuple[AnyEvent, ...]:
    return (build_changed(document, resource, word_of_build(resource), event_time(document)),)


def build_changed(document: Payload, resource: Payload, word: Word, at: int) -> ExecutionChanged:
    """`at`: when that was told. Of a build that its API lists as well, which may not have ended."""
    number = resource.identifier("id")
    version, repository, page = _version(resource), _repository(resource), web_page(resource)
    reason, asked = resource.name("reason"), _change_request(resource, version.ref)
    definition = resource.need_obj("definition")
    return ExecutionChanged(
        pipeline=pipeline_of(
            document,
            resource,
            definition.identifier("id"),
            name=definition.name("name"),
            folder=definition.raw("path"),
            repository=repository,
            page=page,
        ),
        execution=str(number),
        order=number,
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        absorbing=False,
        queued_at=time_of(resource, "queueTime"),
        started_at=time_of(resource, "startTime"),
        finished_at=(time_of(resource, "finishTime") or at) if word.finished else None,
        url=page,
        number=resource.name("buildNumber") or str(number),
        commit=version.commit,
        message=resource.obj("triggerInfo").line("ci.message"),
        actor=requester(resource) or next(filter(None, map(requester, resource.items("requests"))), ""),
        trigger=reason,
        scheduled_at=time_of(resource, "queueTime") if reason in SCHEDULES else None,
        upstream=_upstream(resource) or reason if reason in UPSTREAM else "",
        change_request_url=repository.pull_request(asked.change_request),
        **asked._asdict(),
    )


def _version(build: Payload) -> Version:
    if lines := _LINES.fullmatch(build.raw("sourceGetVersion")):
        return Version(ref_of(name(lines[1])), lines[2])
    return Version(ref_of(build.name("sourceBranch")), build.name("sourceVersion"))


def _repository(build: Payload) -> Repository:
    told = build.obj("repository")
    if told.name("type") == "GitHub":
        return github_repository(told.name("name", "id"))
    found = repository_at(told.raw("url"))
    return found if found.name else Repository(told.name("name"))


def _change_request(build: Payload, ref: Ref) -> Ref:
    """What triggered a pull request's build names its branch, and whether that is a fork's. The commit is that of the
    merge which was built, as other events have it."""
    told = build.obj("triggerInfo")
    number = ref.change_request or str(told.number("pr.number") or "")
    if not number and build.name("reason") != "pullRequest":
        return ref
    branch = ref_of(told.name("pr.sourceBranch")).branch or ref.branch
    fork = told.name("pr.isFork").lower() == "true" or told.is_true("pr.isFork")
    return Ref(branch, Origin.FORK if fork else Origin.CHANGE_REQUEST, number)


def _upstream(build: Payload) -> str:
    by = build.obj("triggeredByBuild")
    return " ".join(part for part in (by.name("definition.name"), by.name("buildNumber")) if part)

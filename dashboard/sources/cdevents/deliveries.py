"""CDEvents of what is delivered, apart from runs: services in environments, incidents, changes.

https://github.com/cdevents/spec/blob/v0.5.1/continuous-deployment.md and its neighbours
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from dashboard.sources.cdevents.told import SOURCE_NAME, Told, identity, shortened
from dashboard.sources.kit.payload import clean, name
from dashboard.sources.kit.source import NothingForUs, Rejected
from storage.model.entities import Status
from storage.model.events import DeploymentChanged
from storage.model.subjects import ChangeRequestChanged, ChangeRequestState, EnvironmentChanged, IncidentChanged

DEPLOYS = frozenset({"deployed", "upgraded", "rolledback"})
REMOVED, PUBLISHED = "removed", "published"
# None: says nothing of whether it is open.
CHANGES = {
    "created": ChangeRequestState.OPEN,
    "updated": None,
    "reviewed": None,
    "merged": ChangeRequestState.MERGED,
    "abandoned": ChangeRequestState.CLOSED,
}
INCIDENTS = {"detected": False, "reported": False, "resolved": True}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def service(told: Told) -> tuple[tuple[DeploymentChanged, ...], tuple[EnvironmentChanged, ...]]:
    """A service is what an environment's name is unique within: in one environment there are many."""
    if told.predicate not in (*DEPLOYS, REMOVED, PUBLISHED):
        raise NothingForUs(f"service {told.predicate} carries nothing for us")
    called, run = _environment(told), told.run()
    # That it is there for users to see says nothing of the version.
    status = Status.UNKNOWN if told.predicate == PUBLISHED else Status.SUCCEEDED
    version = version_of(told.content.raw("artifactId"))
    changed = EnvironmentChanged(
        source=SOURCE_NAME,
        host=told.source,
        scope=told.id,
        subject=called,
        at=told.at,
        url=told.more.link("url"),
        deployment=shortened(f"{told.predicate} {clean(told.content.raw('artifactId'))}".strip()),
        asked_at=told.at,
        status=status,
        raw_status=told.predicate,
        finished=status.finished,
        inactive=told.predicate == REMOVED,
        execution=run.execution if run else "",
        commit=told.more.name("commit") or (version if _COMMIT.fullmatch(version) else ""),
        ref=version,
        by=told.more.person("author"),
    )
    return _deployed(told, called), (changed,)


def _deployed(told: Told, environment: str) -> tuple[DeploymentChanged, ...]:
    """Where the run that did it is named, it is a deployment of that."""
    run = told.run()
    if run is None or told.predicate not in DEPLOYS:
        return ()
    changed = DeploymentChanged(
        pipeline=run.nameless,
        tells_run=False,
        execution=run.execution,
        attempt=told.more.attempt("attempt"),
        at=told.at,
        status=Status.SUCCEEDED,
        raw_status=told.predicate,
        finished=True,
        finished_at=told.at,
        url=told.more.link("url"),
        deployment=shortened(f"{told.id} {environment}"),
        environment=environment,
    )
    return (changed,)


def _environment(told: Told) -> str:
    """By its id; with its source where that is another than the service's, since ids are unique within one."""
    found, source = identity(told.content, "environment.id"), identity(told.content, "environment.source")
    if not found:
        raise Rejected("Text is needed", told.content.where("environment.id"))
    return shortened(f"{found} ({source})") if source and source != told.source else found


def version_of(artifact: str) -> str:
    """Of a package URL the version, pkg:type/namespace/name@version?qualifiers#subpath; of anything else all of it.
    https://github.com/package-url/purl-spec"""
    if not artifact.startswith("pkg:"):
        return name(artifact)
    plain = artifact.partition("#")[0].partition("?")[0]
    return name(unquote(plain.rpartition("@")[2])) if "@" in plain else ""


def incident(told: Told) -> IncidentChanged:
    if told.predicate not in INCIDENTS:
        raise NothingForUs(f"incident {told.predicate} carries nothing for us")
    resolved = INCIDENTS[told.predicate]
    return IncidentChanged(
        source=SOURCE_NAME,
        scope=told.source,
        subject=told.id,
        at=told.at,
        # Incidents count for the pipelines of their repository.
        repository=told.more.name("repository"),
        url=told.content.link("ticketURI", "ticketUri") or told.more.link("url"),
        # What a resolved one describes is how.
        title="" if resolved else told.content.line("description"),
        resolved=resolved,
        opened_at=told.at,
        resolved_at=told.at if resolved else None,
        author=told.more.person("author"),
    )


def change(told: Told) -> ChangeRequestChanged:
    if told.predicate not in CHANGES:
        raise NothingForUs(f"change {told.predicate} carries nothing for us")
    state, more = CHANGES[told.predicate], told.more
    merged, commit = state is ChangeRequestState.MERGED, more.name("commit")
    return ChangeRequestChanged(
        source=SOURCE_NAME,
        scope=told.source,
        subject=told.id,
        at=told.at,
        repository=told.content.name("repository.id") or more.name("repository"),
        url=more.link("url"),
        title=told.content.line("description"),
        state=state,
        opened_at=told.at,
        closed_at=told.at if state in (ChangeRequestState.MERGED, ChangeRequestState.CLOSED) else None,
        branch=more.name("branch"),
        base_branch=more.name("baseBranch"),
        commit="" if merged else commit,
        merge_commit=commit if merged else "",
        author=more.person("author"),
    )

"""What Azure DevOps' API tells of a build and of what ran in it, put as its service hooks put it.

https://learn.microsoft.com/en-us/rest/api/azure/devops/build/timeline/get: stages have phases, which have jobs, which
have tasks; what holds a stage back is a checkpoint, which has approvals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.sources.azuredevops.approvals import approval_changed
from dashboard.sources.azuredevops.builds import build_changed
from dashboard.sources.azuredevops.refs import Ref, Repository
from dashboard.sources.azuredevops.runs import Commit, Facts, time_of
from dashboard.sources.azuredevops.stages import IMPLICIT, job_changed, stage_changed, stage_name
from dashboard.sources.azuredevops.statuses import STAGE_STATES, word_of, word_of_listed_build
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import Rejected
from dashboard.tool_apis.answers import Found
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, StageChanged

# Events are made some seconds after what they tell. What is told here as of its own time is told again as of so much
# later, so that an event of a beginning that was made after a short job had ended does not outlast its end.
LATER_MS = 15_000
RUN_PAGE = "/_build/results?"
STATES = {"pending": "notStarted", "inProgress": "running"}
JOB_STATES = {"pending": "waiting", "inProgress": "running"}
CHECKPOINT, APPROVAL = "Checkpoint", "Checkpoint.Approval"
# What a timeline says of an approval, where it is not told by itself.
DECIDED = {"succeeded": "approved", "failed": "rejected"}


def document_of(project: Mapping[str, Any], build: Found) -> Payload:
    """What a service hook says around a build. `project`: what the list of projects told of it."""
    page = Payload(build).link("_links.web.href").partition(RUN_PAGE)[0]
    base = {"baseUrl": f"{page.rpartition('/')[0]}/"} if page else {}
    containers = {
        "collection": {"id": project["collection"], **base},
        "account": base,
        "project": {"id": project["id"], **base},
    }
    return Payload({"resourceContainers": containers})


def run_changed(project: Mapping[str, Any], build: Found) -> ExecutionChanged:
    """As of the time when it last changed. Raises Rejected."""
    told = Payload({**build, "project": {"id": project["id"], "name": project["name"]}})
    word, asked_at = word_of_listed_build(told), time_of(told, "queueTime") or 0
    if word.finished:
        at = time_of(told, "finishTime") or time_of(told, "lastChangedDate") or asked_at
    else:
        at = max(asked_at, *(time_of(told, each) or 0 for each in ("startTime", "lastChangedDate")))
    return build_changed(document_of(project, build), told, word, at)


def twice(event: ExecutionChanged) -> tuple[ExecutionChanged, ...]:
    """As of its end, and of a little later."""
    return (event, replace(event, at=event.at + LATER_MS)) if event.finished else (event,)


class Timeline:
    """What ran of a build, as it stands or stood. `newest`: nothing of it was run again since."""

    def __init__(self, changed: ExecutionChanged, records: Sequence[Found], *, newest: bool) -> None:
        self._changed, self._records, self._newest = changed, records, newest
        self._by_id = {str(one.get("id")): one for one in records}
        self._below: dict[str, list[Found]] = {}
        for one in records:
            self._below.setdefault(str(one.get("parentId")), []).append(one)

    @property
    def approvals(self) -> list[Found]:
        """Those that were asked for."""
        return [one for one in self._records if one.get("type") == APPROVAL and one.get("state") != "pending"]

    def told(self, approvals: Mapping[str, Found]) -> Iterator[AnyEvent]:
        """Stages, jobs and approvals. `approvals`: as they tell themselves, by their ids."""
        for record in self._records:
            try:
                event = self._told(record, approvals)
            except Rejected:
                continue
            if event is not None:
                # Which place the run has among others is for the run to tell, as not all of it may be known here.
                event = replace(event, order=None)
                yield event
                if event.finished and self._newest and record.get("type") != APPROVAL:
                    yield replace(event, at=event.at + LATER_MS)

    def _told(self, record: Found, approvals: Mapping[str, Found]) -> StageChanged | ActionChanged | None:
        match record.get("type"):
            case "Stage":
                return self._stage(record)
            case "Job":
                return self._job(record)
            case "Checkpoint.Approval" if record.get("state") != "pending":
                return self._approval(record, approvals.get(str(record.get("id"))))
            case _:
                return None

    def _stage(self, record: Found) -> StageChanged | None:
        """None of one that is to be run again and has not begun: nothing tells since when."""
        checks = [one for one in self._below.get(str(record.get("id")), ()) if one.get("type") == CHECKPOINT]
        waits = next((one for one in checks if one.get("state") == "inProgress"), None)
        waits = waits if record.get("state") != "completed" else None
        state = "waiting" if waits else STATES.get(str(record.get("state")), record.get("state"))
        if state == "notStarted" and Payload(record).attempt("attempt") > 1:
            return None
        told = self._as_told(record, state=state, name=record.get("identifier") or record.get("name"))
        facts = self._facts(waits or record)
        return stage_changed(facts, told, word_of(told, STAGE_STATES))

    def _job(self, record: Found) -> ActionChanged | None:
        """None of one whose turn has not come. Since when one waits for an agent nothing tells."""
        phase = self._by_id.get(str(record.get("parentId")), {})
        if record.get("state") == "pending" and phase.get("state") != "inProgress":
            return None
        state = JOB_STATES.get(str(record.get("state")), record.get("state"))
        facts = self._facts(record if record.get("startTime") or record.get("finishTime") else phase)
        told = self._as_told(record, state=state, name=record.get("name"))
        return replace(job_changed(facts, told, self._stage_of(record)), queued_at=None)

    def _approval(self, record: Found, itself: Found | None) -> ActionChanged:
        ended = record.get("state") == "completed"
        word = DECIDED.get(str(record.get("result")), record.get("result")) if ended else "pending"
        times = {"createdOn": record.get("startTime"), "lastModifiedOn": record.get("finishTime")}
        asked = Payload({"status": word, **times, **(itself or {})})
        decided_at = time_of(asked, "lastModifiedOn") if ended else None
        facts = self._facts(record)
        facts = facts._replace(at=decided_at or time_of(asked, "createdOn") or facts.at)
        changed = approval_changed(facts, asked, self._stage_of(record), Payload(record).need("id"))
        return replace(changed, url=self._changed.url)

    def _stage_of(self, record: Found) -> str:
        """The name of the stage that it is in; a pipeline of the designer has none."""
        above: Found | None = record
        for _ in range(8):
            above = self._by_id.get(str(above.get("parentId"))) if above else None
            if above and above.get("type") == "Stage":
                return stage_name(Payload(above).name("identifier", "name") or IMPLICIT)
        return stage_name(IMPLICIT)

    def _as_told(self, record: Found, **said: object) -> Payload:
        links = {"web": {"href": self._changed.url}}
        return Payload({**record, "displayName": record.get("name"), "_links": links, **said})

    def _facts(self, record: Found) -> Facts:
        """As of when it came to stand so; where nothing tells, of when the run was asked for."""
        changed, told = self._changed, Payload(record)
        at = time_of(told, "finishTime") if record.get("state") == "completed" else None
        at = at or time_of(told, "startTime") or changed.queued_at or changed.at
        nothing = Commit("", "", "", None)
        return Facts(changed.pipeline, changed.execution, 0, at, Ref("", None, ""), Repository(), nothing)


class Asked(NamedTuple):
    """A build with what ran in it. `latest_at`: when something last happened there."""

    events: tuple[AnyEvent, ...]
    latest_at: int


def _ended_before(changed: ExecutionChanged, records: Sequence[Found]) -> Iterator[ExecutionChanged]:
    """What the run had come to before something of it was run again, where that was red."""
    stages = [Payload(one) for one in records if one.get("type") == "Stage"]
    ends = [at for one in stages if (at := time_of(one, "finishTime")) is not None]
    if ends and any(word_of(one).status.red for one in stages if one.name("state")):
        yield ExecutionChanged(
            pipeline=changed.pipeline,
            execution=changed.execution,
            at=max(ends),
            status=Status.FAILED,
            raw_status="failed",
            finished=True,
            absorbing=False,
            tells_run=False,
            finished_at=max(ends),
        )


def asked(changed: ExecutionChanged, timelines: Sequence[Sequence[Found]], approvals: Sequence[Found]) -> Asked:
    """`timelines`: the newest first. `approvals`: of the newest, as they tell themselves."""
    by_id = {str(one.get("id")): one for one in approvals}
    events: list[AnyEvent] = []
    for place, records in enumerate(timelines):
        events += Timeline(changed, records, newest=place == 0).told(by_id)
        events += _ended_before(changed, records) if place else ()
    return Asked(tuple(events), max((event.at for event in events), default=0))

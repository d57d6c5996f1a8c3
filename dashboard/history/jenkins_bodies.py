"""What Jenkins' API tells of a run, put as its Notification plugin puts it, and the stages of a Pipeline, which that
does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dashboard.sources.jenkins.checkouts import checkout_of
from dashboard.sources.jenkins.jobs import Job, job_of
from dashboard.sources.jenkins.notifications import console_of, notification, stage_for
from dashboard.sources.kit.payload import Payload, clean, first_line, name
from dashboard.sources.kit.source import Rejected
from dashboard.tool_apis.answers import Found, found_or_none, listed_in
from storage.model.conventions import kind_of
from storage.model.document import replace
from storage.model.entities import StageKind, Status
from storage.model.events import AnyEvent, ExecutionChanged, StageChanged

# The plugin that tells a run's phases tells its very end moments after the run says that it ended.
LATER_MS = 15_000
MOST_STAGES = 256
PIPELINE_RUN = "org.jenkinsci.plugins.workflow.job.WorkflowRun"
# https://github.com/jenkinsci/pipeline-stage-view-plugin/tree/master/rest-api
STATES = {
    "IN_PROGRESS": Status.RUNNING,
    "PAUSED_PENDING_INPUT": Status.WAITING,
    "SUCCESS": Status.SUCCEEDED,
    "UNSTABLE": Status.FAILED,
    "FAILED": Status.FAILED,
    "ABORTED": Status.CANCELLED,
    "NOT_EXECUTED": Status.SKIPPED,
}
# Of `triggers { cron }`, and of plugins that take parameters with it.
# https://javadoc.jenkins.io/hudson/triggers/TimerTrigger.TimerTriggerCause.html
TIMER = "TimerTriggerCause"
# What a job that is named for it does at last, whatever its stages are called.
NAMED_FOR = frozenset({StageKind.PRODUCTION, StageKind.DEPLOY})


class Told(NamedTuple):
    """A run without its stages. plain: it can have none."""

    changed: ExecutionChanged
    job: Job
    plain: bool


def run_told(path: str, shown: str, build: Found) -> Told:
    """`path`: of its job; `shown`: what people call that. Raises Rejected."""
    job, told = job_of(path), Payload(build)
    began, took = told.need_moment("timestamp"), told.integer("duration") or 0
    over = not told.is_true("building")
    result = told.name("result") or "no result"
    failed, total = _tests(build)
    document = {
        "url": f"{path}/",
        "display_name": shown,
        "build": {
            "full_url": told.raw("url"),
            "number": build.get("number"),
            "queue_id": build.get("queueId"),
            "display_name": told.raw("displayName"),
            "phase": "COMPLETED" if over else "STARTED",
            "timestamp": began + max(0, took) if over else began,
            **({"status": result, "duration": took} if over else {}),
            "scm": _scm(build, job),
            "test_summary": {"failed": failed, "total": total},
        },
    }
    changed = notification(Payload(document)).events[:1]
    if not changed or not isinstance(changed[0], ExecutionChanged):
        raise Rejected("A run is needed", "build")
    return Told(_with_more(changed[0], build, running=not over), job, build.get("_class") != PIPELINE_RUN)


def _with_more(run: ExecutionChanged, build: Found, *, running: bool) -> ExecutionChanged:
    """What the plugin does not tell: the message of the commit, who or what started it; of one that runs its commit. A
    run that somebody started anew has the causes of the one before as well."""
    causes = [Payload(cause) for action in listed_in(build, "actions") for cause in listed_in(action, "causes")]
    upstream = next((one for one in causes if one.name("upstreamProject")), Payload({}))
    above = [upstream.name("upstreamProject"), f"#{upstream.number('upstreamBuild') or ''}".rstrip("#")]
    actor = next(filter(None, (one.person("userName") for one in causes)), "")
    by_timer = not actor and any(one.name("_class").endswith(TIMER) for one in causes)
    commit = run.commit
    if running:
        commit = checkout_of(Payload(_scm(build, None))).commit
    return replace(
        run,
        commit=commit,
        message=_message(build, commit),
        actor=actor,
        scheduled_at=Payload(build).moment("timestamp") if by_timer else None,
        upstream=" ".join(filter(None, above)),
    )


def _scm(build: Found, job: Job | None) -> dict[str, object]:
    """What was checked out. A run may check out libraries, too: of a branch it is the one of its name, else the
    first."""
    found = [one for one in listed_in(build, "actions") if isinstance(one.get("lastBuiltRevision"), dict)]
    own = [one for one in found if job is not None and _branch(one).endswith(job.branch)] or found
    culprits = [one.get("fullName") for one in listed_in(build, "culprits")]
    if not own:
        return {"culprits": culprits}
    urls = own[0].get("remoteUrls")
    return {
        "url": urls[0] if isinstance(urls, list) and urls else None,
        "branch": _branch(own[0]),
        "commit": Payload(own[0]).name("lastBuiltRevision.SHA1"),
        "culprits": culprits,
    }


def _branch(checked_out: Found) -> str:
    return next((str(one.get("name")) for one in listed_in(checked_out["lastBuiltRevision"], "branch")), "")


def _tests(build: Found) -> tuple[object, object]:
    told = next((one for one in listed_in(build, "actions") if isinstance(one.get("totalCount"), int)), {})
    return told.get("failCount"), told.get("totalCount")


def _message(build: Found, commit: str) -> str:
    sets = [*listed_in(build, "changeSets"), *filter(None, [found_or_none(build.get("changeSet"))])]
    items = (item for one in sets for item in listed_in(one, "items"))
    told = next((item for item in items if commit and item.get("commitId") == commit), {})
    return clean(first_line(str(told.get("msg") or "")))


def plain_told(told: Told) -> tuple[AnyEvent, ...]:
    """Of a run without stages: one stands for it, as by the plugin."""
    stage = told.job.stage
    return (stage_for(told.changed, stage), *console_of(told.changed, stage))


def stages_told(told: Told, described: Found | None) -> tuple[AnyEvent, ...]:
    """The run's stages in their order, and what it wrote at the one that failed."""
    found = list(_stages(told, listed_in(described, "stages")[:MOST_STAGES]))
    if not found:
        return plain_told(told)
    kinds = {kind_of(one.stage) for one in found}
    own = kind_of(told.job.stage)
    if own in NAMED_FOR and own not in kinds:
        found[-1] = replace(found[-1], kind=own.value)
    failed = next((one for one in found if one.status is Status.FAILED), found[-1])
    run = told.changed
    console = console_of(run, failed.stage) if run.status is Status.FAILED else ()
    order = replace(run, status=None, raw_status="", finished=False, stages=tuple(one.stage for one in found))
    return (order, *found, *(replace(one, at=one.at + LATER_MS) for one in console))


def _stages(told: Told, stages: Sequence[Found]) -> Iterator[StageChanged]:
    """Several of one name, as branches of `parallel` may have them, are numbered."""
    seen: dict[str, int] = {}
    for one in stages:
        called = Payload(one).name("name")
        if not called or Payload(one).moment("startTimeMillis") is None:
            continue
        # The one that stands for the run has that name.
        called = f"{called} (stage)" if called == told.job.stage else called
        seen[called] = seen.get(called, 0) + 1
        yield _stage(told, name(f"{called} ({seen[called]})" if seen[called] > 1 else called), Payload(one))


def _stage(told: Told, called: str, stage: Payload) -> StageChanged:
    raw, began = stage.name("status"), stage.need_moment("startTimeMillis")
    status = STATES.get(raw, Status.UNKNOWN)
    took, paused = (max(0, stage.integer(each) or 0) for each in ("durationMillis", "pauseDurationMillis"))
    over = status.finished or (status is Status.UNKNOWN and told.changed.finished)
    if status is Status.WAITING:
        # It grows as the time does that it waits for.
        at = max(began + 1, (began + took - paused) // 1000 * 1000)
    else:
        # One that goes on after it had waited does so from now.
        at = began + took if over or paused else began
    return StageChanged(
        pipeline=told.changed.pipeline,
        tells_run=False,
        execution=told.changed.execution,
        at=at,
        status=status,
        raw_status=raw,
        finished=over,
        queued_at=at if status is Status.WAITING else None,
        started_at=None if status is Status.SKIPPED else began,
        finished_at=at if over else None,
        url=told.changed.url,
        stage=called,
        reason=stage.line("error.message"),
    )

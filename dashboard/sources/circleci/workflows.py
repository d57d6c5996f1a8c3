"""CircleCI's workflows: executions. One that is run again is another, of the same pipeline and with its number."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.circleci.origins import change_of, default_branch_of, repository_of, started_by
from dashboard.sources.circleci.statuses import Word, workflow_word
from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status
from storage.model.events import ExecutionChanged, PipelineRef

# Clocks of CircleCI's own may differ by so much.
SKEW_MS = 60_000
# A workflow may be run again for so long after its pipeline was made: less than four months.
RERUN_SECONDS = 10_000_000
MOST_NUMBERS = 10**11


class Body(NamedTuple):
    """happened_at: when the event was made."""

    happened_at: int
    project: Payload
    organization: Payload
    workflow: Payload
    pipeline: Payload

    def believed(self, subject: Payload, name: str) -> int | None:
        """A time that is not after the event which tells it."""
        found = subject.moment(name)
        return found if found is not None and found <= self.happened_at + SKEW_MS else None


def body_of(document: Payload) -> Body:
    return Body(
        happened_at=document.need_moment("happened_at"),
        project=document.need_obj("project"),
        organization=document.obj("organization"),
        workflow=document.need_obj("workflow"),
        pipeline=document.need_obj("pipeline"),
    )


def workflow_changed(body: Body) -> ExecutionChanged:
    word = workflow_word(body.workflow)
    at = body.believed(body.workflow, "stopped_at") or body.happened_at
    return _execution(body, at, word)


def workflow_told(body: Body, at: int) -> ExecutionChanged:
    """Of a job's event: all but how it stands, also where it has an end by then."""
    return _execution(body, at, None)


def _execution(body: Body, at: int, word: Word | None) -> ExecutionChanged:
    workflow, pipeline = body.workflow, body.pipeline
    return ExecutionChanged(
        pipeline=pipeline_of(body),
        execution=workflow.need("id"),
        order=order_of(body),
        at=at,
        status=word.status if word else None,
        raw_status=word.raw if word else "",
        finished=bool(word and word.finished),
        # When its first job was queued, and for how long, is not told: from here it takes all the time it takes.
        started_at=None if word and word.status is Status.SKIPPED else body.believed(workflow, "created_at"),
        finished_at=at if word and word.finished else None,
        url=workflow.link("url"),
        number=str(pipeline.number("number") or ""),
        **change_of(pipeline)._asdict(),
        **started_by(pipeline)._asdict(),
    )


def pipeline_of(body: Body) -> PipelineRef:
    """A workflow of a project, by its name."""
    called = body.workflow.need("name")
    return PipelineRef(
        source="circleci",
        key=f"{body.project.need('id')}/{called}",
        name=called,
        url=_project_page(body.workflow.link("url")),
        repository=repository_of(body.pipeline),
        default_branch=default_branch_of(body.pipeline),
        project=body.project.name("name"),
        owner=body.organization.name("name"),
    )


def _project_page(workflow: str) -> str:
    """A workflow's address begins with its project's and ends in its pipeline's number and its own id."""
    pipeline, found, _ = workflow.partition("/workflows/")
    page, _, number = pipeline.rpartition("/")
    return page if found and number.isdigit() else ""


def order_of(body: Body) -> int | None:
    """By the pipeline's number; of one pipeline by when the workflow was made, so that one that is run again comes
    after the one before it, and before all of the next pipeline."""
    number = body.pipeline.number("number")
    if number is None or number >= MOST_NUMBERS:
        return None
    made, began = body.pipeline.moment("created_at"), body.workflow.moment("created_at")
    after = (began - made) // 1000 if made is not None and began is not None else 0
    return number * RERUN_SECONDS + min(max(0, after), RERUN_SECONDS - 1)

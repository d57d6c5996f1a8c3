"""Buildkite's two bodies, read alike: of a webhook, and of an event on EventBridge, which has other names and less in
it."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import Headers, Rejected

EVENT = "x-buildkite-event"
_BUILD_TIMES = ("created_at", "started_at", "failing_at", "finished_at")
_JOB_TIMES = (
    "created_at",
    "runnable_at",
    "started_at",
    "promised_exit_status_at",
    "unblocked_at",
    "finished_at",
)


class Body(NamedTuple):
    """event: in the words of webhooks ("build.finished"). key: tells a repeat, where told. told_at: when it was sent,
    where told. job: empty where it is about a build alone."""

    event: str
    key: str
    told_at: int | None
    build: Payload
    job: Payload
    pipeline: Payload
    organization: str

    @property
    def build_times(self) -> list[int]:
        """None of the future: `scheduled_at` may be when a build is due, `expired_at` when a job will be."""
        return [at for time in _BUILD_TIMES if (at := self.build.moment(time)) is not None]

    @property
    def job_times(self) -> list[int]:
        return [at for time in _JOB_TIMES if (at := self.job.moment(time)) is not None]

    @property
    def at(self) -> int:
        """The newest time it has. A webhook tells no time of its own, and shows build and job as they are when it is
        sent, whatever its name says: by then they were at least so far."""
        times = [*self.build_times, *self.job_times, *([] if self.told_at is None else [self.told_at])]
        return max(times) if times else self.build.need_moment("created_at")

    @property
    def job_at(self) -> int:
        times = [*self.job_times, *([] if self.told_at is None else [self.told_at])]
        return max(times, default=self.at)


def event_of(headers: Headers, document: Payload) -> str:
    """What it is about, before anything else is read."""
    told = document.name("detail-type")
    if told:
        subject, _, what = told.lower().partition(" ")
        return f"{subject}.{what.replace(' ', '_')}"
    found = document.name("event") or Payload({EVENT: headers.get(EVENT, "")}).name(EVENT)
    if not found:
        raise Rejected("The kind of event is needed", "event")
    return found


def body_of(event: str, document: Payload) -> Body:
    by_eventbridge = bool(document.name("detail-type"))
    said = document.need_obj("detail") if by_eventbridge else document
    return Body(
        event=event,
        key=document.name("id") if by_eventbridge else "",
        told_at=document.moment("time") if by_eventbridge else None,
        build=said.need_obj("build"),
        job=said.need_obj("job") if event.startswith("job.") else Payload({}),
        pipeline=said.need_obj("pipeline"),
        organization=said.name("organization.slug"),
    )


def identity(subject: Payload) -> str:
    """A webhook says `id`, EventBridge `uuid`."""
    return subject.name("id", "uuid") or subject.need("id")

"""What all CDEvents tell alike: which event it is, of which subject, when. Spec 0.1 to 0.6 differ in a few members.

https://github.com/cdevents/spec/blob/v0.5.1/spec.md
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from dashboard.sources.kit.cloudevents import CloudEvent
from dashboard.sources.kit.payload import MAX_NAME, Payload, clean
from dashboard.sources.kit.source import NothingForUs, Rejected
from storage.model.events import PipelineRef

SOURCE_NAME = "cdevents"
# dev.cdevents.SUBJECT.PREDICATE.VERSION; versions say nothing that members do not.
_TYPE = re.compile(r"dev\.cdevents\.([a-z]+)\.([a-z]+)(?:\..*)?")
_CUSTOM = "dev.cdeventsx."


class Run(NamedTuple):
    """A pipelineRun, which is known by its source and its id."""

    host: str
    execution: str

    @property
    def nameless(self) -> PipelineRef:
        """Of which pipeline it is, is for its own events to say."""
        return PipelineRef(source=SOURCE_NAME, key="", name="", host=self.host)


class Told(NamedTuple):
    """subject, predicate: "pipelinerun", "finished". source: the subject's own, else the event's. more: customData,
    empty where that is not an object."""

    subject: str
    predicate: str
    source: str
    id: str
    at: int
    content: Payload
    more: Payload

    @property
    def label(self) -> str:
        """Ids are often paths, of which the last part is what people know."""
        return self.id.rstrip("/").rpartition("/")[2] or self.id

    def run(self) -> Run | None:
        """The pipelineRun that it names, whose source is the event's own where it is not told."""
        for where in (self.content, self.more):
            if found := identity(where, "pipelineRun.id"):
                return Run(identity(where, "pipelineRun.source") or self.source, found)
        return None


def told_of(event: CloudEvent) -> Told:
    """Raises NothingForUs for an event of another kind. What context and envelope both say is taken from context."""
    data = event.data
    kind = type_of(event)
    found = _TYPE.fullmatch(kind.lower())
    if found is None:
        raise NothingForUs(_why_not(kind))
    at = data.moment("context.timestamp")
    if at is None:
        at = Payload({"time": event.attribute("time")}).moment("time")
    if at is None:
        raise Rejected("A time is needed", data.where("context.timestamp"))
    return Told(
        subject=found[1],
        predicate=found[2],
        source=identity(data, "subject.source") or _need(source_of(event), data, "context.source"),
        id=_need(identity(data, "subject.id"), data, "subject.id"),
        at=at,
        content=data.obj("subject.content"),
        more=data.obj("customData"),
    )


def type_of(event: CloudEvent) -> str:
    return _need(event.data.name("context.type") or event.attribute("type"), event.data, "context.type")


def source_of(event: CloudEvent) -> str:
    return identity(event.data, "context.source") or shortened(event.attribute("source"))


def key_of(event: CloudEvent) -> str:
    """What tells a repeat: source and id together, never the id alone. Empty where one is not told."""
    source, own = source_of(event), identity(event.data, "context.id") or shortened(event.attribute("id"))
    return f"{source} {own}" if source and own else ""


def identity(where: Payload, path: str) -> str:
    """As `name`, but two that differ stay apart however long they are."""
    return shortened(clean(where.raw(path)))


def shortened(text: str) -> str:
    if len(text) <= MAX_NAME:
        return text
    return f"{text[:120]}…{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _need(found: str, where: Payload, path: str) -> str:
    if not found:
        raise Rejected("Text is needed", where.where(path))
    return found


def _why_not(kind: str) -> str:
    if kind.startswith(_CUSTOM):
        return f"{kind} is a custom event, which means what its tool says"
    return f"{kind} is not a CDEvent"

"""What a source is, and the three ways a body can come out of it: events, nothing for us, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from storage.model.events import AnyEvent
from storage.model.subjects import AnySubjectEvent

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Parsed:
    """What a body said.

    event:        what it was, in the tool's words ("workflow_job.completed").
    delivery_key: what tells a repeat of it; empty where neither headers nor body say.
    ignored:      why there is nothing in it for us; `events` and `subjects` are then empty.
    subjects:     what it said of environments, incidents and change requests.
    """

    events: tuple[AnyEvent, ...]
    event: str
    delivery_key: str
    ignored: str = ""
    subjects: tuple[AnySubjectEvent, ...] = ()


class Rejected(Exception):
    """The body cannot be used: not JSON, or what is needed is missing or wrong. `path` names the place."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(f"{message}: {path}")
        self.message = message
        self.path = path


class NothingForUs(Exception):
    """A genuine body that carries nothing for us. Raised inside a source only: `parse` makes it `Parsed.ignored`."""


@dataclass(frozen=True)
class Need:
    """A kind of event that a tool must be told to send, for others alone are not enough.

    event:  the kind in the tool's words, which is what `Parsed.event` has before a dot.
    beside: the kind that arrives without it.
    words:  what is wrong where it does, and what to do about it, as plain text.
    """

    event: str
    beside: str
    words: str


@dataclass(frozen=True)
class Source:
    """A CI system.

    name:      its word in the webhook's address. label: what people call it.
    verify:    (headers with lower-case names, body, secret) -> whether the sender knows the secret; never raises.
    parse:     (headers with lower-case names, body) -> Parsed; raises Rejected and nothing else.
    kept:      headers that `parse` needs, lower case; kept with a body for a replay. Nothing that proves a sender.
    asks_topic: whether events may come through an Amazon SNS topic, whose ARN a connection then names.
    needs:     kinds of events without which others are of no use.
    setup:     steps for connecting, as plain text. signature: how the sender proves itself, as plain text.
    """

    name: str
    label: str
    verify: Callable[[Headers, bytes, str], bool]
    parse: Callable[[Headers, bytes], Parsed]
    content_types: frozenset[str]
    setup: tuple[str, ...]
    signature: str
    kept: tuple[str, ...] = ("content-type",)
    asks_topic: bool = False
    needs: tuple[Need, ...] = ()

"""What a source is, what it declares, and the three ways a body can come out of it: events, nothing for us, refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from dashboard.sources.kit.sample import Post, SampleRun
from storage.model.entities import Status
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
    installation: through which installation of an App it came, by the tool's id; empty where through none.
    """

    events: tuple[AnyEvent, ...]
    event: str
    delivery_key: str
    ignored: str = ""
    subjects: tuple[AnySubjectEvent, ...] = ()
    installation: str = ""


class Rejected(Exception):
    """The body cannot be used: not JSON, or what is needed is missing or wrong. `path` names the place."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(f"{message}: {path}")
        self.message = message
        self.path = path


class NothingForUs(Exception):
    """A genuine body that carries nothing for us. `parse` makes it `Parsed.ignored`; `Envelope.unwrap` raises it."""


class NotBelieved(Exception):
    """Not shown to come from the sender it names. The words are for whoever looks after the connection."""


class OutOfReach(Exception):
    """What is needed to believe a post is out of reach: the sender is to try again."""


class Verifier(Protocol):
    """How a sender proves that it knows the secret. Headers have lower-case names; `at`, milliseconds, is now."""

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        """Whether it does. Never raises."""
        ...

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        """The headers by which somebody who knows the secret proves it."""
        ...

    def curl(self) -> tuple[str, ...]:
        """The same headers as double-quoted words of a shell in which SECRET and BODY are set."""
        ...


class Outside(Protocol):
    """The network, for an envelope that needs it. Both raise OutOfReach."""

    def certificate(self, url: str) -> bytes:
        """What is there, in PEM, perhaps remembered."""
        ...

    def visit(self, url: str) -> None:
        """Ask for it, whatever it answers."""
        ...


class Envelope(Protocol):
    """A service that carries a tool's bodies inside messages of its own.

    header: the header, lower case, that its messages have. Opening one may ask over the network.
    """

    @property
    def header(self) -> str: ...

    def holds(self, headers: Headers) -> bool:
        """Whether this post is such a message."""
        ...

    def unwrap(self, body: bytes, options: Mapping[str, str], at: int, outside: Outside, *, known: bool) -> bytes:
        """The body inside. `options` are the connection's, `known` says whether the sender has shown its secret too.
        Raises NothingForUs where there is none inside, NotBelieved and OutOfReach."""
        ...


@dataclass(frozen=True)
class Option:
    """A field that a connection of a tool has beside its name and secret.

    name: its word in stored connections, forms and, in camel case, the API. pattern: what a value matches as a whole.
    wrong: what to say of one that does not, as plain text.
    """

    name: str
    label: str
    hint: str = ""
    pattern: str = ".*"
    wrong: str = "This is not such a value."
    longest: int = 300

    def clean(self, value: str) -> str:
        """Without blanks around it. Raises ValueError, in words, where it cannot be a value."""
        found = value.strip()
        if found and (len(found) > self.longest or re.fullmatch(self.pattern, found) is None):
            raise ValueError(self.wrong)
        return found


@dataclass(frozen=True)
class Need:
    """A kind of event that a tool must be told to send, for others alone are not enough.

    event:  the kind in the tool's words, which is what `Parsed.event` has before a dot.
    beside: the kind that arrives without it; empty where that alone says nothing.
    words:  what is wrong where it does, and what to do about it, as plain text.
    told:   what stands in the reason of an ignored event where the tool says itself that it does not send this kind.
    patience_seconds: how long others arrive before it where all is well.
    """

    event: str
    beside: str
    words: str
    told: str = ""
    patience_seconds: int = 0


@dataclass(frozen=True)
class Ending:
    """An event that says that no more will come. `event`, `undone_by`: in full, as `Parsed.event` has them. `words`:
    what is so and what to do about it, as plain text."""

    event: str
    undone_by: str
    words: str


@dataclass(frozen=True)
class SetupFile:
    """What sets a tool up when it is given this. `name`: of the file. `label`, `hint`: plain text. `content`: made from
    the webhook's address; it holds no secret."""

    name: str
    label: str
    hint: str
    content: Callable[[str], str]


@dataclass(frozen=True)
class Source:
    """A CI system.

    name:      its word in the webhook's address. label: what people call it.
    verifier:  how the sender proves itself. signature: the same as plain text.
    parse:     (headers with lower-case names, body) -> Parsed; raises Rejected and nothing else.
    event_header: says of what kind a body is, delivery_header what tells a repeat; lower case, empty where none does.
    never:     statuses that the tool has no word for.
    options:   fields that its connections have. envelope: what may stand around its bodies.
    kinds:     of events to ask for, in the tool's words; empty where it sends all there are.
    needs:     those of them without which others are of no use. endings: events that say that no more will come.
    ignores_unusable: whether a post that is genuine and cannot be used is answered 200, as ignored, instead of 4xx: its
               tool gives up receivers that answer so.
    secret_prefix: what secrets made for it begin with, 32 bytes in Base64 after it; empty where any text does.
    handshake: whether its senders may ask by OPTIONS if they may post.
    hosted_labels: pattern of what jobs ask for that is to run on the tool's own runners; empty where it does not tell.
    lifts_waits: whether it may let go on what waits for a person without an event.
    longest_wait_days: after which it ends such a wait by itself; 0 where it never does.
    setup:     steps for connecting, as plain text. setup_file: what takes most of them.
    address:   (URL, secret that was made here) -> both in one, where the tool is to be given them so.
    sample:    a run of our own as the tool would tell of it, in order.
    """

    name: str
    label: str
    verifier: Verifier
    parse: Callable[[Headers, bytes], Parsed]
    content_types: frozenset[str]
    setup: tuple[str, ...]
    signature: str
    sample: Callable[[SampleRun], tuple[Post, ...]]
    never: frozenset[Status] = frozenset()
    event_header: str = ""
    delivery_header: str = ""
    options: tuple[Option, ...] = ()
    envelope: Envelope | None = None
    needs: tuple[Need, ...] = ()
    kinds: tuple[str, ...] = ()
    endings: tuple[Ending, ...] = ()
    ignores_unusable: bool = False
    secret_prefix: str = ""
    handshake: bool = False
    hosted_labels: str = ""
    lifts_waits: bool = False
    longest_wait_days: int = 0
    setup_file: SetupFile | None = None
    address: Callable[[str, str], str] | None = None

    @property
    def kept(self) -> tuple[str, ...]:
        """Headers that are kept with a body for a replay: those that `parse` needs, none that proves a sender."""
        return tuple(name for name in ("content-type", self.event_header, self.delivery_header) if name)

"""What the loop serves, as the loop sees it."""

from __future__ import annotations

from typing import Protocol

from bigtransit.serving.connection import Answer, Connection, Request
from bigtransit.serving.framing import BodyReader


class Refused(Exception):
    """A request that is not to be read on. `answer` tells why; the connection is closed after it."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("refused")
        self.answer = answer


class Application(Protocol):
    """What the loop serves."""

    def parse(self, head: bytes, connection: Connection) -> Request:
        """Raises Refused."""
        ...

    def body_of(self, request: Request) -> BodyReader:
        """What reads its body. Raises Refused, TooLong."""
        ...

    def address_of_peer(self, peer: object) -> str:
        """Whom a connection counts for before its head is whole; empty where no limit holds."""
        ...

    def address_of(self, request: Request, connection: Connection) -> str:
        """Whom it counts for, seen through the proxies that are believed."""
        ...

    def lane_of(self, request: Request) -> str:
        """Which threads are to work on it, by the names of the loop's pools."""
        ...

    def at_once(self, request: Request) -> Answer | None:
        """The answer, where no thread is needed for it."""
        ...

    def run(self, request: Request, body: bytes, connection: Connection) -> Answer | None:
        """In a thread. None where the socket was given away."""
        ...

    def refusal(self, code: int) -> bytes:
        """An answer that closes the connection."""
        ...

"""The loop of a worker: accepts, reads requests until they are whole, hands those to threads, and sends the answers.

It never waits for a client, and no thread ever does: a connection costs a thread only while its request is worked on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bigtransit.serving.application import Application, Refused
from bigtransit.serving.connection import FOREVER, READING, UNFINISHED, Connection, Request, State
from bigtransit.serving.framing import BadFraming, BodyReader, TooLong
from bigtransit.serving.limits import Holdings, Limits, deadline_of
from bigtransit.serving.listening import NoDescriptorLeft, accepted
from bigtransit.serving.pool import Pool

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
RECEIVE = 65_536
SWEEP_SECONDS = 0.25
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

log = logging.getLogger(__name__)


class Loop:
    """`listeners` are sockets that listen. `pools`: the threads for each lane. `most_connections`: that are open at
    once."""

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        application: Application,
        *,
        pools: Mapping[str, Pool],
        limits: Limits,
        most_connections: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.connections: dict[int, Connection] = {}
        self.holdings: Holdings[Connection] = Holdings(limits)
        # Between requests, the one that has rested longest first.
        self._resting: dict[int, Connection] = {}
        # Whose client has asked again and not read its answer.
        self._unread: dict[int, Connection] = {}
        self.stopping = False
        self.working = 0
        self._application = application
        self._limits = limits
        self._most = most_connections
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._listeners = list(listeners)
        self._pools = pools
        self._done: deque[Connection] = deque()
        self._bell, self._ringer = os.pipe()
        self._swept = 0.0
        for end in (self._bell, self._ringer):
            os.set_blocking(end, False)
        self._selector.register(self._bell, READ, self._hear)
        for listener in self._listeners:
            listener.setblocking(False)
            self._selector.register(listener, READ, self._accepting(listener))

    def step(self, seconds: float) -> None:
        """Do what can be done, waiting for it for so long at most."""
        for key, _ in self._selector.select(min(seconds, SWEEP_SECONDS)):
            key.data()
        self._take_answers()
        if (now := self._clock()) - self._swept >= SWEEP_SECONDS:
            self._swept = now
            self._sweep(now)

    def stop(self) -> None:
        """Take no more connections; what is under way goes on. Those that are idle may send what they have begun."""
        self.stopping = True
        for listener in self._listeners:
            self._selector.unregister(listener)
        self._listeners = []
        until = self._clock() + self._limits.linger_seconds
        for one in self._resting.values():
            one.deadline = min(one.deadline, until)

    def close(self) -> None:
        """What is left is cut. Threads that still work are not waited for."""
        for one in list(self.connections.values()):
            self._drop(one)
        for pool in self._pools.values():
            pool.stop()
        self._selector.close()
        os.close(self._bell)
        os.close(self._ringer)

    # Connections

    def _accepting(self, listener: socket.socket) -> Callable[[], None]:
        def accept() -> None:
            try:
                if (found := accepted(listener)) is not None:
                    self._adopt(*found, listener)
            except NoDescriptorLeft:
                self._make_room()

        return accept

    def _adopt(self, sock: socket.socket, peer: object, listener: socket.socket) -> None:
        if len(self.connections) >= self._most:
            self._make_room()
        one = Connection(sock, peer, listener.getsockname(), self._application.address_of_peer(peer))
        self.connections[one.number] = one
        self._rest(one)

    def _make_room(self) -> None:
        """The one that has rested longest, else the one that holds most."""
        if self._resting:
            self._drop(next(iter(self._resting.values())))
        else:
            self._cut_greatest()

    def _drop(self, one: Connection) -> None:
        self._end_request(one)
        self._watch(one, 0)
        self._forget(one)
        one.close()

    def _forget(self, one: Connection) -> None:
        """A stream that ended at once has closed its socket, and a newcomer may have its number by now."""
        for kept in (self.connections, self._resting, self._unread):
            if kept.get(one.number) is one:
                del kept[one.number]

    def _watch(self, one: Connection, events: int) -> None:
        if events == one.watched:
            return
        if not one.watched:
            self._selector.register(one.sock, events, lambda: self._turn(one))
        elif events:
            self._selector.modify(one.sock, events, lambda: self._turn(one))
        else:
            self._selector.unregister(one.sock)
        one.watched = events

    def _become(self, one: Connection, state: State, deadline: float) -> None:
        one.state, one.since, one.deadline = state, self._clock(), deadline
        if state is State.IDLE:
            self._resting[one.number] = one
        else:
            self._resting.pop(one.number, None)
        events = READ if state in READING else WRITE if state is State.ANSWER else 0
        self._watch(one, events)

    def _turn(self, one: Connection) -> None:
        """Its socket can be read or written."""
        if one.state in READING:
            self._read(one)
        elif one.state is State.ANSWER:
            self._send(one)

    # Requests

    def _rest(self, one: Connection) -> None:
        idle = self._limits.linger_seconds if self.stopping else self._limits.idle_seconds
        self._become(one, State.IDLE, self._clock() + idle)

    def _read(self, one: Connection) -> None:
        found = one.receive(RECEIVE)
        if found is None:
            return
        if not found:
            self._drop(one)
        elif one.state is not State.LINGER:
            one.buffer.data += found
            self._advance(one)

    def _advance(self, one: Connection) -> None:
        """As far as the bytes that are here go."""
        try:
            if one.state is State.IDLE and len(one.buffer):
                self.holdings.begin(one)
                self._become(one, State.HEAD, self._clock() + self._limits.head_seconds)
            if one.state is State.HEAD and (head := one.buffer.take()) is not None:
                self._begin_body(one, head)
            if one.state is State.BODY and one.body is not None:
                one.body.feed(one.buffer.data)
                if one.body.done:
                    self._whole(one)
                    return
                one.deadline = deadline_of(self._limits, one.since, len(one.body.data))
        except Refused as refused:
            self._refuse(one, refused.answer)
        except TooLong:
            self._refuse(one, self._application.refusal(431 if one.state is State.HEAD else 413))
        except BadFraming:
            self._refuse(one, self._application.refusal(400))
        else:
            self._count(one)

    def _begin_body(self, one: Connection, head: bytes) -> None:
        one.request = self._application.parse(head, one)
        address = self._application.address_of(one.request, one)
        if address != one.address:
            self.holdings.end(one)
            one.address = address
            self.holdings.begin(one)
        self._become(one, State.BODY, self._clock() + self._limits.body_seconds)
        one.body = self._application.body_of(one.request)
        if one.continues and not one.body.done and not len(one.buffer):
            with contextlib.suppress(OSError):
                one.sock.send(CONTINUE)

    def _count(self, one: Connection) -> None:
        """What it holds; where that is too much, somebody is cut."""
        if one.state not in UNFINISHED:
            return
        self.holdings.hold(one, one.told())
        while self.holdings.is_full and self._cut_greatest():
            continue
        if (oldest := self.holdings.too_many(one.address)) is not None:
            self._time_out(oldest)

    def _cut_greatest(self) -> bool:
        one = self.holdings.greatest()
        if one is not None:
            self._time_out(one)
        return one is not None

    def _time_out(self, one: Connection) -> None:
        self._refuse(one, self._application.refusal(408))

    def _end_request(self, one: Connection) -> None:
        """It is whole, or is given up: it counts no more."""
        if one.state in UNFINISHED:
            self.holdings.end(one)

    def _whole(self, one: Connection) -> None:
        request, body = one.request, one.body
        if request is None or body is None:
            raise RuntimeError("a body without its head")
        self._end_request(one)
        self._become(one, State.WORKING, FOREVER)
        self.working += 1
        one.answer = self._application.at_once(request)
        if one.answer is not None:
            self._done.append(one)
            return
        pool = self._pools[self._application.lane_of(request)]
        if not pool.submit(one.address, partial(self._work, one, request, body)):
            self.working -= 1
            self._refuse(one, self._application.refusal(503))

    def _work(self, one: Connection, request: Request, body: BodyReader) -> None:
        """In a thread. The body is held once, and by nobody else meanwhile."""
        one.body, whole, body.data = None, bytes(body.data), bytearray()
        try:
            if one.was_given_up(self._clock()):
                return
            one.answer = self._application.run(request, whole, one)
            one.given = one.answer is None
        except BaseException:
            log.exception("a request could not be answered")
        finally:
            self._done.append(one)
            with contextlib.suppress(OSError):
                os.write(self._ringer, b"!")

    def _hear(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(self._bell, 4096):
                continue

    # Answers

    def _take_answers(self) -> None:
        while self._done:
            one = self._done.popleft()
            self.working -= 1
            if one.given:
                self._forget(one)
                one.close()
            elif one.answer is None:
                self._drop(one)
            else:
                self._answer(one)

    def _answer(self, one: Connection) -> None:
        one.since = self._clock()
        one.state = State.ANSWER
        self._send(one)

    def _send(self, one: Connection) -> None:
        gone = one.drain()
        if gone is None:
            self._drop(one)
        elif not gone:
            moved = one.answer.sent if one.answer else 0
            since = one.since
            self._become(one, State.ANSWER, deadline_of(self._limits, since, moved))
            one.since = since
        else:
            self._answered(one)

    def _answered(self, one: Connection) -> None:
        """All of it went to the kernel. Whoever has sent more already is to read it first: the sweep looks again."""
        keep = one.answer is not None and one.answer.keep
        if keep and len(one.buffer) and not one.was_read():
            one.deadline = one.since + self._limits.body_seconds
            self._watch(one, 0)
            self._unread[one.number] = one
            return
        one.finish()
        if keep:
            self._rest(one)
            self._advance(one)
        else:
            self._linger(one)

    def _refuse(self, one: Connection, answer: bytes) -> None:
        self._end_request(one)
        one.finish()
        with contextlib.suppress(OSError):
            one.sock.send(answer)
        self._linger(one)

    def _linger(self, one: Connection) -> None:
        """Closing at once would reset the connection where the client still sends, and it would never read the answer
        (RFC 9112, section 9.6)."""
        one.buffer.data.clear()
        try:
            one.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(one)
            return
        self._become(one, State.LINGER, self._clock() + self._limits.linger_seconds)

    def _sweep(self, now: float) -> None:
        unread, self._unread = self._unread, {}
        for one in unread.values():
            self._answered(one)
        for one in [one for one in self.connections.values() if one.deadline <= now]:
            if one.state in UNFINISHED:
                self._time_out(one)
            elif one.state is not State.WORKING:
                self._drop(one)

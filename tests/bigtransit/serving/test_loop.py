"""What the loop does with requests that come whole, in pieces, or not at all."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator

import pytest

from bigtransit.serving.connection import Connection
from tests.bigtransit.serving.staging import FEW_BYTES, GET, LIMITS, Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def test_requests_on_one_connection_are_answered_in_their_order(stage: Stage) -> None:
    sock = stage.client(
        GET % b"a" + b"POST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + GET % b"healthz" + GET % b"c"
    )
    found = stage.read(sock, lambda data: data.count(b"HTTP/1.1") == 4 and data.endswith(b"/c 0"))
    assert [part.partition(b"\r\n\r\n")[2] for part in found.split(b"HTTP/1.1 ")[1:]] == [
        b"/a 0",
        b"/b 3",
        b"alive",
        b"/c 0",
    ]


def test_chunked_body_reaches_the_application_whole(stage: Stage) -> None:
    sock = stage.client(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
    stage.send(sock, b"lo\r\n1\r\n!\r\n0\r\n\r\n")
    assert stage.read(sock).endswith(b"/a 6")


def test_client_that_asks_is_told_to_go_on_only_where_its_body_is_taken(stage: Stage) -> None:
    head = b"POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    sock = stage.client(head % 3)
    assert stage.read(sock) == b"HTTP/1.1 100 Continue\r\n\r\n"
    stage.send(sock, b"abc")
    assert stage.read(sock).endswith(b"/a 3")
    assert stage.read(stage.client(head % 20_001)).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 70_000, b"431"),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", b"413"),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_connection_closed(stage: Stage, data: bytes, code: bytes) -> None:
    found = stage.read(stage.client(data), lambda _: False)
    assert found.startswith(b"HTTP/1.1 " + code)
    assert found.endswith(b"END")


def test_stuck_heads_bodies_and_silence_hold_no_thread(stage: Stage) -> None:
    for number in range(4):
        stage.client(b"GET / HT", f"127.0.1.{number}")
        stage.client(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab", f"127.0.1.{number}")
        stage.client(b"", f"127.0.1.{number}")
    assert stage.ask().endswith(b"/page 0")
    assert stage.loop.working == 0


def test_head_that_does_not_come_in_ten_seconds_is_answered_408(stage: Stage) -> None:
    sock = stage.client(b"GET / HT")
    stage.later(9.5)
    stage.send(sock, b"T")
    stage.later(0.6)
    found = stage.read(sock, lambda _: False)
    assert found.startswith(b"HTTP/1.1 408")


def test_body_may_take_as_long_as_a_kilobyte_a_second_does(stage: Stage) -> None:
    sock = stage.client(b"POST /a HTTP/1.1\r\nContent-Length: 20000\r\n\r\n")
    for _ in range(4):
        stage.send(sock, b"x" * 4096)
        stage.later(3.9)
    assert stage.loop.holdings.bytes == 4 * 4096
    stage.later(1)
    assert stage.read(sock, lambda _: False).startswith(b"HTTP/1.1 408")


def test_body_that_trickles_is_cut_after_ten_seconds(stage: Stage) -> None:
    sock = stage.client(b"POST /a HTTP/1.1\r\nContent-Length: 20000\r\n\r\n")
    for _ in range(10):
        stage.send(sock, b"x")
        stage.later(1.05)
    assert stage.read(sock, lambda _: False).startswith(b"HTTP/1.1 408")


def test_silent_connections_rest_for_as_long_as_is_set(stage: Stage) -> None:
    silent, used = stage.client(), stage.client(GET % b"a")
    stage.read(used)
    stage.later(74)
    stage.send(used, GET % b"b")
    assert stage.read(used).endswith(b"/b 0")
    stage.later(2)
    assert stage.is_closed(silent)
    stage.send(used, GET % b"c")
    assert stage.read(used).endswith(b"/c 0")


def test_answer_that_nobody_reads_is_dropped_and_holds_no_thread(stage: Stage) -> None:
    sock = stage.client(GET % b"long-40000000")
    for _ in range(200):
        stage.turn(1)
        if stage.loop.working == 0:
            break
    assert stage.ask().endswith(b"/page 0")
    # As much as the kernel took may go at a kilobyte a second.
    stage.later(10 * 3600)
    assert stage.is_closed(sock)
    assert len(stage.loop.connections) <= 1


def test_long_answer_comes_whole_to_a_client_that_reads(stage: Stage) -> None:
    sock = stage.client(GET % b"long-5000000")
    found = stage.read(sock, lambda data: len(data) > 5_000_000)
    assert found.partition(b"\r\n\r\n")[2] == b"x" * 5_000_000


def test_a_closed_connection_lingers_without_anybody_waiting(stage: Stage) -> None:
    """The client leaves its end open: it costs nobody anything, and goes soon."""
    sock = stage.client(b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert stage.read(sock, lambda _: False).endswith(b"/a 0 END")
    assert len(stage.loop.connections) == 1
    assert stage.ask().endswith(b"/page 0")
    stage.later(2.5)
    assert len(stage.loop.connections) == 1


def test_refused_body_does_not_reset_the_connection_before_its_answer_is_read(stage: Stage) -> None:
    sock = stage.client(b"POST /a HTTP/1.1\r\nContent-Length: 90000\r\n\r\n" + b"x" * 60_000)
    assert stage.read(sock, lambda _: False) == b"HTTP/1.1 413 Refused\r\n\r\n END"


def test_an_address_with_too_many_unfinished_loses_its_oldest_and_nobody_else(stage: Stage) -> None:
    other = stage.client(b"GET / HT", "127.0.0.9")
    mine = [stage.client(b"GET / HT", "127.0.0.8") for _ in range(LIMITS.most_unfinished + 1)]
    assert stage.read(mine[0]).startswith(b"HTTP/1.1 408")
    for sock in (*mine[1:], other):
        stage.send(sock, b"TP/1.1\r\n\r\n")
        assert b"200 OK" in stage.read(sock)


def test_whom_a_proxy_names_is_whom_a_request_counts_for(stage: Stage) -> None:
    told = b"POST /a HTTP/1.1\r\nFrom: 192.0.2.%d\r\nContent-Length: 3\r\n\r\n"
    one = [stage.client(told % 1) for _ in range(LIMITS.most_unfinished + 1)]
    other = [stage.client(told % 2) for _ in range(LIMITS.most_unfinished)]
    assert stage.read(one[0]).startswith(b"HTTP/1.1 408")
    for sock in (*one[1:], *other):
        stage.send(sock, b"abc")
        assert stage.read(sock).endswith(b"/a 3")


def test_of_all_that_is_unfinished_the_greatest_holder_is_cut_and_the_newcomer_goes_on() -> None:
    body = b"POST /a HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + b"x" * 15_000
    for stage in staged(limits=FEW_BYTES):
        greedy = [stage.client(body, "127.0.0.8") for _ in range(3)]
        assert stage.loop.holdings.bytes == 45_000
        newcomer = stage.client(body, "127.0.0.9")
        assert stage.loop.holdings.bytes <= FEW_BYTES.most_bytes
        stage.send(newcomer, b"x" * 5_000)
        assert stage.read(newcomer).endswith(b"/a 20000")
        assert [_still_open(sock) for sock in greedy].count(False) == 1


def _still_open(sock: socket.socket) -> bool:
    try:
        return not sock.recv(100).startswith(b"HTTP/1.1 408")
    except BlockingIOError:
        return True


def test_liveness_is_answered_while_all_threads_are_busy(stage: Stage) -> None:
    for _ in range(2):
        stage.client(GET % b"held")
    for _ in range(2):
        assert stage.words.busy.acquire(timeout=5)
    waiting = stage.client(GET % b"page")
    assert stage.ask("healthz").endswith(b"alive")
    stage.words.held.release(2)
    assert stage.read(waiting).endswith(b"/page 0")


@pytest.mark.parametrize(("method", "seconds", "worked_for"), [(b"GET", 2, 0), (b"GET", 0, 1), (b"POST", 2, 1)])
def test_request_that_waited_is_not_worked_on_once_its_client_has_gone(
    stage: Stage, method: bytes, seconds: int, worked_for: int
) -> None:
    for _ in range(2):
        stage.client(GET % b"held")
    for _ in range(2):
        assert stage.words.busy.acquire(timeout=5)
    gone = stage.client(method + b" /given HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    gone.close()
    stage.later(seconds)
    stage.words.held.release(2)
    for _ in range(200):
        stage.turn(1)
        if not stage.loop.working:
            break
    assert len(stage.words.given) == worked_for


def test_socket_that_is_given_away_is_the_loops_no_more(stage: Stage) -> None:
    sock = stage.client(GET % b"given")
    for _ in range(200):
        stage.turn(1)
        if not stage.loop.connections:
            break
    assert stage.loop.connections == {}
    stage.words.given[0].sendall(b"data: 1\n\n")
    assert stage.read(sock) == b"data: 1\n\n"
    assert stage.ask().endswith(b"/page 0")


def test_newcomer_with_the_number_of_a_stream_that_ended_at_once_keeps_its_deadline(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def run(_: object, __: bytes, connection: Connection) -> None:
        ended.wait(5)
        connection.sock.close()
        stage.words.busy.release()

    monkeypatch.setattr(stage.words, "run", run)
    stage.client(GET % b"given")
    (number,) = stage.loop.connections
    # Waits to be accepted until the number is free.
    newcomer = socket.create_connection(stage.listener.getsockname())
    stage.clients.append(newcomer)
    newcomer.setblocking(False)
    ended.set()
    assert stage.words.busy.acquire(timeout=5)
    stage.turn()
    assert list(stage.loop.connections) == [number]
    stage.later(LIMITS.idle_seconds + 1)
    assert stage.is_closed(newcomer)


def test_request_that_breaks_its_thread_ends_its_connection_alone(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    assert stage.is_closed(stage.client(GET % b"fails"))
    assert "a request could not be answered" in caplog.text
    assert stage.ask().endswith(b"/page 0")


def test_client_that_goes_while_it_is_worked_for_is_forgotten(stage: Stage) -> None:
    sock = stage.client(GET % b"held")
    assert stage.words.busy.acquire(timeout=5)
    sock.close()
    stage.words.held.release()
    for _ in range(200):
        stage.turn(1)
        if not stage.loop.connections:
            break
    assert stage.loop.connections == {}


def test_stopping_finishes_what_was_begun_and_takes_nothing_new(stage: Stage) -> None:
    idle, busy, begun = stage.client(), stage.client(GET % b"held"), stage.client(b"GET /a HT")
    assert stage.words.busy.acquire(timeout=5)
    stage.loop.stop()
    stage.send(begun, b"TP/1.1\r\n\r\n")
    assert stage.read(begun).endswith(b"/a 0")
    stage.words.held.release()
    assert stage.read(busy).endswith(b"/held 0")
    stage.later(2.5)
    for sock in (idle, begun, busy):
        assert stage.is_closed(sock)
    assert stage.loop.connections == {}


def test_of_more_connections_than_fit_the_one_that_rests_longest_goes() -> None:
    for stage in staged(most_connections=3):
        first, *_ = [stage.client() for _ in range(3)]
        assert stage.ask().endswith(b"/page 0")
        assert stage.is_closed(first)
        assert len(stage.loop.connections) == 3


def test_without_descriptors_the_one_that_rests_longest_makes_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.client()
    accept, full = socket.socket.accept, [True]

    def none_left(listener: socket.socket) -> object:
        if full and full.pop():
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", none_left)
    assert stage.ask().endswith(b"/page 0")
    assert stage.is_closed(first)


def test_lane_that_is_full_is_refused_and_keeps_no_other(stage: Stage) -> None:
    busy, waiting = stage.client(GET % b"few-held"), stage.client(GET % b"few-held")
    assert stage.words.busy.acquire(timeout=5)
    refused = stage.client(GET % b"few-held")
    assert stage.read(refused, lambda found: b"503" in found).startswith(b"HTTP/1.1 503")
    assert stage.ask().endswith(b"/page 0")
    stage.words.held.release(2)
    assert stage.read(busy).endswith(b"/few-held 0")
    assert stage.read(waiting).endswith(b"/few-held 0")
    assert stage.loop.working == 0

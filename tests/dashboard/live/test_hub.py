from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from dashboard.live import Hub, Region, Snapshot, stop_all
from storage.model.entities import Change
from tests.dashboard.live.tiny_server import is_closed, read_until


class Store:
    """A board of twelve rows that counts how often it is read."""

    def __init__(self) -> None:
        self.text = "first"
        self.notices: list[Change] = []
        self.calls = 0
        self.loads = 0
        self.broken = False

    def follows(self, topic: str) -> tuple[str, ...]:
        return (topic,)

    def rank(self, _: str) -> int:
        return 0

    def load(self, _: str, since: float, notices: object = None) -> Snapshot:
        self.loads += 1
        if self.broken:
            raise OSError("cannot be read")
        rows = [Region(f"row-{n}", f"<li id=row-{n}>{self.text if n == 3 else n}</li>", "board") for n in range(12)]
        return Snapshot.of(rows, parents=["board"])

    def changes(self, _: int) -> list[Change]:
        self.calls += 1
        return self.notices

    def pulse(self) -> int:
        self.calls += 1
        return len(self.notices)

    def change(self, text: str, *topics: str) -> None:
        self.text = text
        self.notices = [*self.notices, Change(f"c{len(self.notices)}", 0, topics)]


class Stage:
    def __init__(self) -> None:
        self.store = Store()
        self.hub = Hub(self.store, self.store.changes, self.store.pulse, most_viewers=300)
        self.peers: list[socket.socket] = []

    def join(self, tag: str = "", topic: str = "team:1", ends: str = "") -> socket.socket:
        ours, peer = socket.socketpair()
        peer.settimeout(10)
        self.peers.append(peer)
        assert self.hub.adopt(ours, topic, tag, (ends,) if ends else ())
        return peer

    @property
    def tag(self) -> str:
        return Store().load("", 0).tag


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.hub.stop()
    for peer in stage.peers:
        peer.close()


def test_one_change_costs_one_load_for_two_hundred_viewers(stage: Stage):
    peers = [stage.join("other") for _ in range(200)]
    for peer in peers:
        assert b"<li id=row-11>11</li>" in read_until(peer, b"event: beat")
    loads = stage.store.loads
    stage.store.change("second", "team:1")
    stage.hub.wake()
    for peer in peers:
        got = read_until(peer, b"second</li></hx-partial>\n\n")
        assert b"row-4" not in got
    assert stage.store.loads == loads + 1


def test_hub_without_viewers_starts_nothing_and_asks_nothing(stage: Stage):
    threads = threading.active_count()
    stage.hub.wake()
    assert stage.hub.viewers == 0
    assert threading.active_count() == threads
    assert stage.store.calls == 0


def test_start_twice_is_start_once(stage: Stage):
    threads = threading.active_count()
    stage.hub.start()
    stage.hub.start()
    assert threading.active_count() == threads + 2


def test_viewers_are_counted_in_and_out(stage: Stage):
    peer = stage.join(stage.tag)
    read_until(peer, b"event: beat")
    assert stage.hub.viewers == 1
    gone = threading.Event()

    def leave(reader: str) -> None:
        stage.hub.left(reader)
        gone.set()

    stage.hub._running.writer._left = leave  # type: ignore[union-attr]
    peer.close()
    assert gone.wait(10)
    assert stage.hub.viewers == 0


def test_session_end_closes_the_stream(stage: Stage):
    peer = stage.join(stage.tag, ends="session:abc")
    read_until(peer, b"event: beat")
    stage.store.change("first", "session:abc")
    stage.hub.wake()
    read_until(peer, b"event: ended\ndata: session\n\n")
    assert is_closed(peer)


def test_load_error_is_told_as_stale_and_recovery_as_a_beat(stage: Stage):
    peer = stage.join("other")
    read_until(peer, b"event: beat")
    stage.store.broken = True
    stage.store.change("second", "team:1")
    stage.hub.wake()
    read_until(peer, b"event: stale")
    stage.store.broken = False
    got = read_until(peer, b"event: beat")
    assert b"second</li></hx-partial>" in got


def test_viewer_beyond_the_limit_is_refused_and_its_socket_left_alone(stage: Stage):
    stage.hub._most_viewers = 1
    stage.join(stage.tag)
    ours, peer = socket.socketpair()
    with ours, peer:
        assert not stage.hub.has_room()
        assert not stage.hub.adopt(ours, "team:1")
        assert ours.fileno() >= 0


def test_opening_answers_503_beyond_the_limit(stage: Stage):
    stage.hub._most_viewers = 0
    ours, peer = socket.socketpair()
    with peer:
        stage.hub.opening("team:1")(ours)
        got = read_until(peer, b"}")
        assert got.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 30" in got
        assert ours.fileno() == -1


def test_stop_closes_streams_and_the_next_viewer_starts_anew(stage: Stage):
    peer = stage.join(stage.tag)
    read_until(peer, b"event: beat")
    stop_all()
    assert is_closed(peer)
    assert stage.hub.viewers == 0
    assert b"row-11" in read_until(stage.join("other"), b"row-11")


def test_fault_in_one_step_does_not_silence_the_hub(stage: Stage, caplog: pytest.LogCaptureFixture):
    peer = stage.join(stage.tag)
    read_until(peer, b"event: beat")

    def fault() -> None:
        raise RuntimeError("a fault")

    stage.hub._running.writer._post(fault)  # type: ignore[union-attr]
    stage.store.change("second", "team:1")
    stage.hub.wake()
    read_until(peer, b"second")
    assert "a step failed" in caplog.text


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_forked_process_starts_its_own_threads_and_leaves_the_parents_streams_open(stage: Stage):
    parents = stage.join(stage.tag)
    read_until(parents, b"event: beat")
    ours, peer = socket.socketpair()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if stage.hub.viewers == 0 and stage.hub.adopt(ours, "team:1", "other"):
                peer.settimeout(10)
                read_until(peer, b"row-11")
                code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    ours.close()
    peer.close()
    assert os.waitstatus_to_exitcode(status) == 0
    stage.store.change("second", "team:1")
    stage.hub.wake()
    read_until(parents, b"second")


def test_one_reader_has_so_many_streams_and_another_still_gets_theirs(stage: Stage):
    stage.hub._most_of_one = 2
    pairs = [socket.socketpair() for _ in range(4)]
    stage.peers += [sock for pair in pairs for sock in pair]
    assert [stage.hub.adopt(ours, "team:1", reader="reader:a") for ours, _ in pairs[:3]] == [True, True, False]
    assert not stage.hub.has_room("reader:a")
    assert stage.hub.has_room("reader:b")
    assert stage.hub.adopt(pairs[3][0], "team:1", reader="reader:b")


def test_streams_that_end_count_for_their_reader_no_more(stage: Stage):
    stage.hub._most_of_one = 1
    ours, peer = socket.socketpair()
    stage.peers += [ours, peer]
    assert stage.hub.adopt(ours, "team:1", reader="reader:a")
    stage.hub.stop()
    assert stage.hub.has_room("reader:a")
    assert not stage.hub._of

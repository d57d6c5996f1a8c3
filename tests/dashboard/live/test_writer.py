from __future__ import annotations

import contextlib
import socket

from dashboard.live.regions import Snapshot
from dashboard.live.viewer import MOST_BACKLOG, Viewer
from dashboard.live.writer import BEAT_SECONDS, LIFE_SECONDS
from tests.dashboard.live.desk import CHANGE, ONE, TWO, Desk, read


def test_stream_opens_with_head_and_beats_once_it_is_known_what_is_current(desk: Desk):
    peer = desk.join("t1")
    got = read(peer)
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"retry: 1000\n\n")
    desk.show(ONE)
    assert read(peer) == b"event: beat\ndata: 1970-01-01T00:16:40.000Z\n\n"
    assert read(desk.join("t1")).endswith(b"event: beat\ndata: 1970-01-01T00:16:40.000Z\n\n")


def test_topic_never_loaded_is_stale_since_the_page_itself_knows_when(desk: Desk):
    peer = desk.join("t1")
    read(peer)
    desk.later(BEAT_SECONDS)
    assert read(peer) == b"event: stale\ndata: \n\n"
    desk.writer.mark_stale(["team:1"])
    desk.writer.step(0)
    assert read(peer) == b"event: stale\ndata: \n\n"


def test_first_viewer_of_a_topic_is_announced_and_the_last_one_missed(desk: Desk):
    first, second = desk.join(), desk.join()
    assert desk.orders == [("watch", "team:1")]
    first.close()
    desk.writer.step(0)
    assert desk.orders == [("watch", "team:1")]
    second.close()
    desk.writer.step(0)
    assert desk.orders == [("watch", "team:1"), ("unwatch", "team:1")]
    assert desk.left == 2


def test_viewer_up_to_date_is_sent_nothing_more(desk: Desk):
    peer = desk.join("t1")
    desk.show(ONE)
    read(peer)
    desk.show(ONE)
    assert read(peer) == b""


def test_viewer_of_another_age_is_sent_everything(desk: Desk):
    peer = desk.join("old")
    read(peer)
    desk.show(ONE)
    assert b"id: t1\n" in (got := read(peer))
    assert b'hx-target="#board" hx-swap="innerMorph"><li>1</li>' in got


def test_late_viewer_is_compared_with_what_stands_already(desk: Desk):
    desk.join("t1")
    desk.show(ONE)
    assert b"id: t1" in read(desk.join("old"))
    assert b"id: t1" not in read(desk.join("t1"))


def test_change_goes_to_those_it_starts_from_and_everything_to_the_others(desk: Desk):
    current, behind, ahead = desk.join("t1"), desk.join("t0"), desk.join("t2")
    desk.writer.publish("team:1", TWO, "t1", CHANGE)
    desk.writer.step(0)
    assert CHANGE in read(current)
    assert b"innerMorph" in read(behind)
    assert b"id:" not in read(ahead)


def test_other_topics_are_left_alone(desk: Desk):
    peer = desk.join("x", topic="team:2")
    read(peer)
    desk.show(ONE)
    assert read(peer) == b""


def test_slow_viewer_is_dropped_and_delays_nobody(desk: Desk):
    slow, quick = desk.join("t1", small=True), desk.join("t1")
    desk.show(ONE)
    read(quick)
    big = b"x" * (MOST_BACKLOG // 2)
    for number in range(2, 8):
        desk.show(Snapshot(f"t{number}", ()), f"t{number - 1}", big)
        got = read(quick)
        while len(got) < len(big):
            desk.writer.step(0)
            got += read(quick)
        assert got == big
    assert desk.writer.dropped == 1
    assert read(slow).endswith(b"<closed>")
    assert desk.left == 1


def test_one_message_above_the_limit_is_kept_and_arrives_whole(desk: Desk):
    peer = desk.join("t1", small=True)
    desk.show(ONE)
    read(peer)
    big = b"x" * (MOST_BACKLOG * 2) + b"the end"
    desk.show(TWO, "t1", big)
    got = b""
    for _ in range(10_000):
        got += read(peer)
        if got.endswith(b"the end"):
            break
        desk.writer.step(0)
    assert got == big
    desk.show(Snapshot("t3", ()), "t2", b"next")
    assert read(peer) == b"next"


def test_messages_behind_a_backlog_keep_their_order(desk: Desk):
    peer = desk.join("t1", small=True)
    desk.show(ONE)
    read(peer)
    desk.show(TWO, "t1", b"a" * 100_000)
    desk.show(Snapshot("t3", ()), "t2", b"b")
    got = b""
    for _ in range(10_000):
        got += read(peer)
        if got.endswith(b"b"):
            break
        desk.writer.step(0)
    assert got == b"a" * 100_000 + b"b"


def test_viewer_that_resets_while_written_to_is_forgotten(desk: Desk):
    peer = desk.join("t1")
    peer.close()
    desk.writer.publish("team:1", TWO, "t1", CHANGE)
    desk.writer._inbox.popleft()()
    assert desk.left == 1
    assert desk.writer.dropped == 0


def test_what_a_viewer_sends_is_ignored_up_to_a_bound(desk: Desk):
    peer = desk.join("t1")
    read(peer)
    peer.send(b"GET / HTTP/1.1\r\n\r\n")
    desk.writer.step(0)
    assert read(peer) == b""
    for _ in range(20):
        with contextlib.suppress(BrokenPipeError):
            peer.send(b"x" * 4096)
        desk.writer.step(0)
    assert desk.left == 1


def test_beats_come_regularly_and_are_staggered(desk: Desk):
    peers = [desk.join("t1") for _ in range(20)]
    desk.show(ONE)
    for peer in peers:
        read(peer)
    desk.later(BEAT_SECONDS * 0.75)
    early = sum(b"event: beat" in read(peer) for peer in peers)
    desk.later(BEAT_SECONDS * 0.25)
    late = sum(b"event: beat" in read(peer) for peer in peers)
    assert early + late == 20
    assert early
    assert late
    desk.later(BEAT_SECONDS)
    assert all(read(peer).count(b"event: beat") == 1 for peer in peers)


def test_writer_sleeps_until_the_next_beat(desk: Desk):
    desk.join("t1")
    assert 0 < (desk.writer._patience(None) or 0) <= BEAT_SECONDS
    assert desk.writer._patience(0.5) == 0.5


def test_streams_end_after_some_minutes_but_not_all_at_once(desk: Desk):
    peers = [desk.join("t1") for _ in range(20)]
    for _ in range(int(LIFE_SECONDS / BEAT_SECONDS)):
        desk.later(BEAT_SECONDS)
    closed = sum(read(peer).endswith(b"<closed>") for peer in peers)
    assert 0 < closed < 20
    for _ in range(int(LIFE_SECONDS / BEAT_SECONDS)):
        desk.later(BEAT_SECONDS)
    assert desk.left == 20


def test_end_of_a_session_closes_its_streams_only(desk: Desk):
    mine, other = desk.join("t1", ends="session:me"), desk.join("t1", ends="session:you")
    read(other)
    desk.writer.end(["session:me"])
    desk.writer.step(0)
    assert read(mine).endswith(b"event: ended\ndata: session\n\n<closed>")
    assert read(other) == b""


def test_stream_of_a_session_that_ended_on_its_way_here_is_closed(desk: Desk):
    desk.writer.end(["session:me"])
    desk.writer.step(0)
    assert read(desk.join("t1", ends="session:me")).endswith(b"event: ended\ndata: session\n\n<closed>")
    desk.later(61)
    assert b"ended" not in read(desk.join("t1", ends="session:me"))


def test_stream_that_was_asked_again_stays_open_though_nothing_else_happens(desk: Desk):
    desk.writer.end(["gate:team"])
    desk.writer.step(0)
    assert read(desk.join("t1", ends="gate:team")).endswith(b"<closed>")
    desk.later(1)
    assert not read(desk.join("t1", ends="gate:team")).endswith(b"<closed>")


def test_stale_topic_says_so_once_and_then_in_place_of_beats(desk: Desk):
    peer = desk.join("t1")
    desk.show(ONE)
    read(peer)
    desk.writer.mark_stale(["team:1", "nobody watches this"])
    desk.writer.mark_stale(["team:1"])
    desk.writer.step(0)
    assert read(peer) == b"event: stale\ndata: 1970-01-01T00:16:40.000Z\n\n"
    desk.later(BEAT_SECONDS)
    assert read(peer) == b"event: stale\ndata: 1970-01-01T00:16:40.000Z\n\n"


def test_recovered_topic_beats_at_once(desk: Desk):
    current, behind = desk.join("t1"), desk.join("t0")
    desk.writer.mark_stale(["team:1"])
    desk.writer.step(0)
    for peer in (current, behind):
        read(peer)
    desk.show(ONE)
    assert read(current).startswith(b"event: beat")
    assert (got := read(behind)).startswith(b"id: t1")
    assert b"event: beat" in got


def test_reader_that_fell_silent_makes_beats_stale(desk: Desk):
    peer = desk.join("t1")
    desk.show(ONE)
    read(peer)
    desk.later(BEAT_SECONDS, known=False)
    assert read(peer) == b"event: stale\ndata: 1970-01-01T00:16:40.000Z\n\n"
    desk.later(BEAT_SECONDS)
    assert read(peer).startswith(b"event: beat")


def test_close_takes_in_viewers_that_were_still_on_their_way(desk: Desk):
    ours, peer = socket.socketpair()
    with peer:
        desk.writer.adopt(Viewer(ours, "team:1", ""))
        desk.writer.close()
        peer.setblocking(False)
        assert read(peer).endswith(b"<closed>")
    assert desk.left == 1


def test_publishing_to_a_topic_nobody_watches_is_nothing(desk: Desk):
    desk.show(ONE, topic="nobody")
    assert desk.orders == []

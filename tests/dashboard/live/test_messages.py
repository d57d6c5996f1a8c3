from __future__ import annotations

import pytest

from dashboard.live import Region, Snapshot, tag_of, whole
from dashboard.live.messages import beat, difference, head, stale, update


def board(*rows: tuple[str, str]) -> Snapshot:
    return Snapshot.of([Region(name, f"<li id={name}>{text}</li>", "board") for name, text in rows], parents=["board"])


def test_difference_names_only_what_changed():
    html = difference(board(("a", "1"), ("b", "1")), board(("a", "1"), ("b", "2")))
    assert html == '<hx-partial hx-target="#b" hx-swap="outerMorph"><li id=b>2</li></hx-partial>'


def test_new_region_is_appended_to_its_parent():
    html = difference(board(("a", "1")), board(("a", "1"), ("b", "2")))
    assert html == '<hx-partial hx-target="#board" hx-swap="beforeend"><li id=b>2</li></hx-partial>'


def test_vanished_region_is_deleted():
    html = difference(board(("a", "1"), ("b", "2")), board(("b", "2")))
    assert html == '<hx-partial hx-target="#a" hx-swap="delete"></hx-partial>'


def test_whole_replaces_children_of_parents_and_elements_without_one():
    snapshot = Snapshot.of([Region("tally", "<p id=tally>3</p>"), Region("a", "\n<li id=a>1</li>\n", "board")])
    assert whole(snapshot).splitlines() == [
        '<hx-partial hx-target="#tally" hx-swap="outerMorph"><p id=tally>3</p></hx-partial>',
        '<hx-partial hx-target="#board" hx-swap="innerMorph"><li id=a>1</li></hx-partial>',
    ]


def test_whole_empties_a_named_parent_without_regions():
    assert whole(board()) == '<hx-partial hx-target="#board" hx-swap="innerMorph"></hx-partial>'


def test_update_prefixes_every_line_whatever_ends_it():
    assert update("t1", "a\r\nb\rc\nd") == b"id: t1\ndata: a\ndata: b\ndata: c\ndata: d\n\n"


def test_update_survives_text_that_utf8_cannot_say():
    assert update("t1", "a\ud800b") == b"id: t1\ndata: a?b\n\n"


def test_beat_and_stale_tell_times_in_utc():
    assert beat(0.25) == b"event: beat\ndata: 1970-01-01T00:00:00.250Z\n\n"
    assert stale(60) == b"event: stale\ndata: 1970-01-01T00:01:00.000Z\n\n"


def test_head_is_a_complete_http_answer_followed_by_the_stream():
    lines, _, rest = head(0, 1500).partition(b"\r\n\r\n")
    assert lines.split(b"\r\n")[0] == b"HTTP/1.1 200 OK"
    assert b"Content-Type: text/event-stream; charset=utf-8" in lines
    assert b"Connection: close" in lines
    assert rest == b"retry: 1500\n\n"


def test_tag_follows_ids_order_and_html_and_nothing_else():
    first, second = Region("a", "<p>", "x"), Region("b", "<p>", "x")
    assert tag_of([first, second]) == tag_of([Region("a", "<p>", "x"), Region("b", "<p>", "x")])
    assert len({tag_of([first, second]), tag_of([second, first]), tag_of([first]), tag_of([])}) == 4


@pytest.mark.parametrize("name", ["", "1a", "a b", 'a"', "a.b", "a#b", "é"])
def test_region_refuses_an_id_a_selector_would_misread(name):
    with pytest.raises(ValueError):
        Region(name, "<p></p>")


@pytest.mark.parametrize("tag", ["", "a\nb", "é"])
def test_snapshot_refuses_a_tag_a_stream_cannot_carry(tag):
    with pytest.raises(ValueError):
        Snapshot(tag, ())

"""Where heads and bodies end, however the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigtransit.serving.framing import (
    MOST_CHUNK_LINE,
    MOST_HEAD,
    MOST_TRAILERS,
    BadFraming,
    BodyReader,
    ChunkedBody,
    HeadBuffer,
    SizedBody,
    TooLong,
)

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(ends)]


def fed(body: BodyReader, data: bytes, places: list[int]) -> bytes:
    """What is left when the body has taken its part."""
    left = bytearray()
    for piece in cut(data, places):
        left += piece
        body.feed(left)
    return bytes(left)


cuts = st.lists(st.integers(0, 10_000), max_size=9)


@given(cuts)
def test_head_is_whole_with_its_last_byte_however_it_comes(places: list[int]) -> None:
    buffer, taken = HeadBuffer(), []
    for piece in cut(b"\r\n" + HEAD + HEAD + b"GET", places):
        buffer.data += piece
        while (head := buffer.take()) is not None:
            taken.append(head)
    assert taken == [HEAD, HEAD]
    assert bytes(buffer.data) == b"GET"


@pytest.mark.parametrize("rest", [b"", b"\r\n\r\n"])
def test_head_that_does_not_end_in_time_is_too_long(rest: bytes) -> None:
    buffer = HeadBuffer()
    buffer.data += b"GET / HTTP/1.1\r\nX: " + b"a" * MOST_HEAD + rest
    with pytest.raises(TooLong):
        buffer.take()


@given(st.binary(max_size=300), cuts)
def test_sized_body_takes_its_bytes_and_no_more(data: bytes, places: list[int]) -> None:
    body = SizedBody(len(data), 300)
    assert fed(body, data + HEAD, places) == HEAD
    assert (bytes(body.data), body.done) == (data, True)


def test_sized_body_that_is_told_too_long_is_refused_before_any_of_it_came() -> None:
    with pytest.raises(TooLong):
        SizedBody(301, 300)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=9), cuts, st.sampled_from([b"", b";x=1", b' ; y="2"']))
def test_chunked_body_is_the_sum_of_its_chunks(chunks: list[bytes], places: list[int], extension: bytes) -> None:
    told = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    body = ChunkedBody(360)
    assert fed(body, told + b"0\r\nTrailer: t\r\n\r\n" + HEAD, places) == HEAD
    assert (bytes(body.data), body.done) == (b"".join(chunks), True)


@given(st.binary(max_size=80))
def test_chunked_body_of_any_bytes_ends_goes_on_or_is_refused(data: bytes) -> None:
    body = ChunkedBody(60)
    try:
        fed(body, data, [])
    except (BadFraming, TooLong):
        return
    assert len(body.data) <= 60


@pytest.mark.parametrize(
    "told",
    [
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"+1\r\na\r\n",
        b"0x1\r\na\r\n",
        b"1_0\r\n",
        b" 1\r\na\r\n",
        b"1\na\r\n",
        b"1\r\nabc",
        b"1;\x00\r\n",
        b"f" * 17 + b"\r\n",
        b"1" * (MOST_CHUNK_LINE + 3),
        b"0\r\n" + b"a" * (MOST_TRAILERS + 3),
        b"0\r\nX: 1\nY: 2\r\n\r\n",
    ],
)
def test_chunk_that_cannot_be_read_ends_the_connection(told: bytes) -> None:
    with pytest.raises(BadFraming):
        ChunkedBody(1000).feed(bytearray(told))


@pytest.mark.parametrize("told", [b"3e9\r\n", b"ffffffffffffffff\r\n", b"0\r\n" + b"X: 1\r\n" * 2000])
def test_chunks_and_trailers_beyond_the_limit_are_refused_before_they_come(told: bytes) -> None:
    with pytest.raises(TooLong):
        ChunkedBody(1000).feed(bytearray(told))

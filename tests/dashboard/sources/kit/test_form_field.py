"""A field of a form, as the standard library reads it, for what it is long."""

from __future__ import annotations

import tracemalloc
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.sources.kit.form_field import AT_ONCE, field_of
from dashboard.sources.kit.source import Rejected


@given(st.text(min_size=1), st.integers(0, 5))
def test_what_was_sent_comes_back(value: str, before: int) -> None:
    body = urlencode({**{f"other{number}": "x" for number in range(before)}, "payload": value}, errors="surrogatepass")
    assert field_of(body.encode(), "payload") == value.encode("utf-8", "surrogatepass")


@given(st.binary(max_size=60), st.integers(AT_ONCE - 8, AT_ONCE + 8))
def test_escapes_at_a_seam_are_read_like_others(end: bytes, length: int) -> None:
    value = b"a" * length + b"".join(b"%%%02x" % byte for byte in end)
    assert field_of(b"payload=" + value + b"%7d", "payload") == b"a" * length + end + b"}"


@pytest.mark.parametrize("value", ["%", "%z", "%7", "a%", "%%41", "+%2b+", "%00", "\u00e9"])
def test_odd_escapes_are_read_as_the_standard_library_reads_them(value: str) -> None:
    expected = parse_qs(f"payload={value}", errors="surrogateescape")["payload"][0]
    assert field_of(f"payload={value}".encode(), "payload") == expected.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "body", [b"", b"payload", b"payload=", b"x=1", b"payload=1&payload=2", b"payload=1" + b"&x=1" * 10]
)
def test_form_without_exactly_one_is_rejected(body: bytes) -> None:
    with pytest.raises(Rejected):
        field_of(body, "payload")


def test_five_megabytes_of_escapes_are_no_hundred_of_memory() -> None:
    body = b"payload=" + b"%7b" * 1_700_000
    tracemalloc.start()
    try:
        assert len(field_of(body, "payload")) == 1_700_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(body)

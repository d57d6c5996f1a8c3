"""What is put together of deflated pieces is gzip to everybody else."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.http.packing import LEAST, packed, piece_of

ROW = "<li id='row'>ünïcode 5:12</li>"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LIST = ROW * (LEAST // len(ROW) + 1)


@given(before=TEXTS, after=TEXTS)
def test_page_around_a_piece_is_what_it_was(before: str, after: str) -> None:
    content = f"{before}{LIST}{after}".encode()
    assert gzip.decompress(packed(content, piece_of(LIST))) == content


@pytest.mark.parametrize("content", [b"", b"nothing of it", LIST.encode()[:-1]])
def test_page_without_the_piece_is_packed_as_a_whole(content: bytes) -> None:
    assert gzip.decompress(packed(content, piece_of(LIST))) == content
    assert gzip.decompress(packed(content)) == content


def test_short_piece_is_no_piece() -> None:
    assert piece_of("") is None
    assert piece_of("a" * (LEAST - 1)) is None


def test_piece_is_not_deflated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    piece, deflated = piece_of(LIST), []
    real = zlib.compressobj

    class Watched:
        def __init__(self, level: int, method: int, window: int) -> None:
            self.real = real(level, method, window)

        def compress(self, plain: bytes) -> bytes:
            deflated.append(len(plain))
            return self.real.compress(plain)

        def flush(self, end: int) -> bytes:
            return self.real.flush(end)

    monkeypatch.setattr(zlib, "compressobj", Watched)
    packed(b"<ol>" + LIST.encode() + b"</ol>", piece)
    assert deflated == [4, 5]

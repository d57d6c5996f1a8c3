"""What is remembered is forgotten in time, and never too much of it."""

from __future__ import annotations

from dashboard.history.remembered import Remembered


def test_each_is_remembered_for_a_while_and_the_oldest_go_first() -> None:
    known: Remembered[str] = Remembered(2, 1000)
    for place, key in enumerate("abc"):
        known.put((key,), key.upper(), 100 * place)
    assert [known.find((key,), 300) for key in "abcd"] == [None, "B", "C", None]
    assert [known.find((key,), 1100) for key in "bc"] == [None, "C"]
    known.put(("b",), "anew", 1200)
    known.put(("d",), "D", 1200)
    assert [known.find((key,), 1200) for key in "bcd"] == ["anew", None, "D"]

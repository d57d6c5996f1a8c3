from __future__ import annotations

from dashboard.screens.kept import Kept


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    kept: Kept[str, int] = Kept(most=2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_weight_is_the_sum_of_all_and_one_that_is_too_heavy_is_not_kept() -> None:
    kept: Kept[str, bytes] = Kept(most=10, weight=len)
    kept.put("a", b"12345")
    kept.put("a", b"1234567")
    kept.put("b", b"123")
    assert len(kept) == 2
    kept.put("c", b"1234")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (None, b"123", b"1234")
    kept.put("d", b"12345678901")
    assert len(kept) == 0

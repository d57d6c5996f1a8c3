"""Lists that are cut by time lose no run and tell none twice, whatever comes while they are read."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dashboard.history.by_time import MOST_OF_A_SECOND, Place, second_after, second_of
from tests.factories import NOW

SECOND = 1000


def read(runs: Sequence[int], sizes: Sequence[int], come: Sequence[int] = ()) -> list[int]:
    """The runs of a tool, by the time at which each began. sizes: of its pages, one after the other and again. come: a
    run that begins after so many pages."""
    found: list[int] = []
    cursor, pages = "", 0
    known = sorted(runs, reverse=True)
    while True:
        known = [NOW + pages * SECOND] * (pages in come) + known
        place, size = Place.of(cursor), sizes[pages % len(sizes)]
        fitting = [at for at in known if not place.until or second_of(at) <= place.until]
        number, told = place.page(size)
        page = fitting[(number - 1) * size : number * size]
        found += page[told:]
        pages += 1
        if len(page) < size:
            return found
        cursor = place.after([second_of(at) for at in page], size)


@given(
    seconds=st.lists(st.integers(1, 40), max_size=120),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=3),
    come=st.lists(st.integers(1, 6), max_size=4),
)
def test_all_are_read_once_while_others_come(seconds: list[int], sizes: list[int], come: list[int]) -> None:
    runs = [NOW - second * SECOND for second in seconds]
    assert sorted(read(runs, sizes, come)) == sorted(runs)


def test_of_one_second_no_more_are_read_than_a_tool_tells() -> None:
    runs = [NOW] * (MOST_OF_A_SECOND + 150) + [NOW - SECOND] * 5
    assert len(read(runs, [100])) == MOST_OF_A_SECOND + 5


def test_page_of_what_has_no_time_is_the_last_one() -> None:
    assert Place.of("").after([""], 1) == ""


def test_seconds_follow_each_other() -> None:
    assert second_after("2026-11-23T11:59:59Z") == "2026-11-23T12:00:00Z"

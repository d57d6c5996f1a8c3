"""Differences smaller than a region: parts that replace those of the same id, and attributes."""

from __future__ import annotations

from dashboard.live.messages import difference
from dashboard.live.regions import Region, Snapshot


def row(state: str, *stages: str, css: str = "calm", name: str = "api") -> Region:
    stops = [Region(f"r-{place}", f"<li id=r-{place}>{stage}</li>") for place, stage in enumerate(stages)]
    line = Region.of_parts("r-l", "<ol id=r-l>", stops, "</ol>")
    return Region.of_parts(
        "r",
        f"<li id=r class={css}>",
        [f"<h3>{name}</h3>", Region("r-s", f"<p id=r-s>{state}</p>"), line],
        "</li>",
        "board",
    )


def between(old: Region, new: Region) -> str:
    return difference(Snapshot.of([old], ["board"]), Snapshot.of([new], ["board"]))


def test_region_is_its_parts_and_what_stands_between_them() -> None:
    assert row("runs", "build").html == (
        "<li id=r class=calm><h3>api</h3><p id=r-s>runs</p><ol id=r-l><li id=r-0>build</li></ol></li>"
    )


def test_only_parts_that_changed_are_told() -> None:
    assert between(row("runs", "build 1", "test"), row("runs", "build 2", "test")) == (
        "<hx-patch><li id=r-0>build 2</li></hx-patch>"
    )


def test_attributes_are_told_without_what_the_element_holds() -> None:
    assert between(row("runs", "build"), row("runs", "build", css="hot")) == (
        "<hx-patch attributes><li id=r class=hot></li></hx-patch>"
    )


def test_parts_and_attributes_that_change_together_are_one_message() -> None:
    assert between(row("runs", "build"), row("failed", "build", css="hot")).splitlines() == [
        "<hx-patch><p id=r-s>failed</p></hx-patch>",
        "<hx-patch attributes><li id=r class=hot></li></hx-patch>",
    ]


def test_element_with_other_parts_is_told_whole_and_nothing_around_it() -> None:
    assert between(row("runs", "build"), row("runs", "build", "test")) == (
        "<hx-patch><ol id=r-l><li id=r-0>build</li><li id=r-1>test</li></ol></hx-patch>"
    )


def test_region_of_which_the_text_between_changed_is_told_whole() -> None:
    told = between(row("runs"), row("runs", name="web"))
    assert told.startswith('<hx-partial hx-target="#r" hx-swap="outerMorph"><li id=r class=calm><h3>web</h3>')


def test_unchanged_region_is_not_told() -> None:
    assert between(row("runs", "build"), row("runs", "build")) == ""

"""What a red row says of its cause, from the runs that are remembered."""

from __future__ import annotations

import pytest

from dashboard.readmodels.verdicts import said_of_cause
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.red_cause import RedCause
from storage.model.verdicts import Cause
from storage.store import Store
from tests.factories import MINUTE, NOW, TEAM_ID, a_run, record


def told(store: Store, *runs: tuple[int, Status, str], again: tuple[int, ...] = ()) -> RedCause | None:
    """Of runs (number, outcome, commit), oldest first; those in `again` failed a second time."""
    for number, outcome, commit in runs:
        began = NOW - (100 - 10 * number) * MINUTE
        events = a_run(str(number), began=began, outcome=outcome, number=str(number))
        if number in again:
            events += a_run(str(number), began=began + 5 * MINUTE, outcome=outcome, number=str(number), attempt=2)
        record(store, [replace(each, commit=commit.ljust(40, "0"), author="Lena Holm") for each in events])
    (stored,) = store.pipelines.list_board(TEAM_ID)
    return stored.row().cause


GREEN, RED = Status.SUCCEEDED, Status.FAILED


def test_only_change_since_green_is_named(store: Store) -> None:
    found = told(store, (1, GREEN, "a1"), (2, RED, "a2"))
    assert found == RedCause(Cause.BROKEN, 1, "Lena Holm", "a200000")


def test_row_that_stays_red_tells_of_the_first_red_run(store: Store) -> None:
    found = told(store, (1, GREEN, "a1"), (2, RED, "a2"), (3, RED, "a3"), again=(2,))
    assert found == RedCause(Cause.BROKEN, 1, "Lena Holm", "a200000", tries=1)


def test_changes_that_said_nothing_between_are_suspects_too(store: Store) -> None:
    found = told(store, (1, GREEN, "a1"), (2, Status.CANCELLED, "a2"), (3, RED, "a3"))
    assert (found and found.suspects, found and found.author) == (2, "")


def test_same_commit_that_passed_before_is_flaky(store: Store) -> None:
    found = told(store, (1, GREEN, "a1"), (2, RED, "a1"))
    assert found is not None
    assert found.cause is Cause.FLAKY


def test_stage_that_broke_before_says_how_often(store: Store) -> None:
    found = told(store, (1, GREEN, "a1"), (2, RED, "a2"), (3, GREEN, "a3"), (4, RED, "a4"))
    assert (found and found.repeats) == 1


def test_green_row_has_no_cause(store: Store) -> None:
    assert told(store, (1, RED, "a1"), (2, GREEN, "a2")) is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (RedCause(Cause.BROKEN, 1, "Lena Holm", "a200000"), "since a200000 by Lena"),
        (RedCause(Cause.BROKEN, 3), "since one of 3 changes"),
        (
            RedCause(Cause.BROKEN, 3, tries=2, repeats=1),
            "since one of 3 changes, run again twice, red once before",
        ),
        (RedCause(Cause.BROKEN), ""),
        (RedCause(Cause.FLAKY, tries=1), "flaky: passed with the same commit, run again once"),
        (RedCause(Cause.TOOL), "the CI system's error"),
        (RedCause(Cause.INHERITED), "red before"),
    ],
)
def test_cause_is_said_in_few_words(found: RedCause, words: str) -> None:
    assert said_of_cause(found) == words

"""What GitHub tells of the commits of a push."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources.github.pushes import MOST_COMMITS
from dashboard.sources.kit.source import Rejected
from storage.model.subjects import CommitPushed
from tests.dashboard.sources.github_bodies import golden, parse

NAME = "push__three_commits_by_a_merge"


def pushed(**changes: Any) -> tuple[CommitPushed, ...]:
    subjects = parse("push", {**golden(NAME), **changes}).subjects
    found = tuple(one for one in subjects if isinstance(one, CommitPushed))
    assert len(found) == len(subjects)
    return found


def commits(*messages: str) -> list[dict[str, Any]]:
    """In the order of their ids."""
    return [{"id": f"{place:040x}", "message": message} for place, message in enumerate(messages)]


def test_each_commit_names_the_head_of_its_push_and_its_place_in_it():
    found = pushed()
    assert {one.head for one in found} == {golden(NAME)["after"]}
    assert [(one.number, one.size) for one in found] == [(1, 3), (2, 3), (3, 3)]
    assert [one.author for one in found] == ["Maya Acme", "Ines Roth", "Maya Acme"]


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("Merge pull request #41 from acme/round-prices\n\nRound prices", "41"),
        ("Round prices half to even (#42)\n\n* as asked (#7)", "42"),
        ("Round prices, see #43", ""),
        ("Merge branch 'main'", ""),
        ("", ""),
    ],
)
def test_the_change_request_is_read_from_how_github_words_merges_and_squashes(message: str, number: str):
    (found,) = pushed(commits=commits(message))
    assert found.change_request == number


def test_of_very_many_commits_the_newest_are_kept_with_their_places():
    found = pushed(commits=commits(*["Fix"] * (MOST_COMMITS + 5)))
    assert len(found) == MOST_COMMITS
    assert [found[0].number, found[-1].number, found[0].size] == [6, MOST_COMMITS + 5, MOST_COMMITS + 5]


def test_a_push_to_another_branch_is_of_another_scope():
    one, other = pushed()[0], pushed(ref="refs/heads/release")[0]
    assert (one.subject, one.branch, other.branch) == (other.subject, "main", "release")
    assert one.scope != other.scope


@pytest.mark.parametrize("changes", [{"ref": "refs/tags/v1"}, {"deleted": True}, {"commits": []}, {"ref": None}])
def test_a_push_that_brings_no_commits_to_a_branch_is_ignored_with_a_reason(changes: dict[str, Any]):
    parsed = parse("push", {**golden(NAME), **changes})
    assert (parsed.subjects, bool(parsed.ignored)) == ((), True)


def test_a_commit_without_an_id_is_refused_by_its_path():
    with pytest.raises(Rejected) as caught:
        pushed(commits=[{"message": "Fix"}])
    assert caught.value.path == "commits.0.id"

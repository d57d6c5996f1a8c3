"""Environments, incidents, change requests and pushed commits: the laws of their join, and what is read from it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.subject_views import ChangeRequest, Environment, Incident, PushedCommit, Subject, read_subject
from storage.model.subjects import (
    MOST_DEPLOYMENTS,
    NOTHING_SAID,
    AnySubjectEvent,
    ChangeRequestChanged,
    ChangeRequestState,
    CommitPushed,
    EnvironmentChanged,
    IncidentChanged,
    StoredSubject,
    SubjectState,
    join_subject,
    kind_of,
    merge_subject,
)
from tests.factories import MINUTE, NOW, SHA

many = settings(max_examples=120 if os.environ.get("CI") else 25)
BEGIN = NOW - 600 * MINUTE
HOME: dict[str, Any] = {"source": "github", "scope": "github.com/1", "repository": "acme/checkout"}
times = st.integers(0, 4).map(lambda minute: BEGIN + minute * MINUTE)
texts = st.sampled_from(["", "a", "b"])


def deployed(number: int, minute: int, status: Status = Status.SUCCEEDED, **said: Any) -> EnvironmentChanged:
    """A word on a deployment, asked for at the minute of its number."""
    told: dict[str, Any] = {"asked_at": BEGIN + number * MINUTE, "at": BEGIN + minute * MINUTE, **HOME, **said}
    known = {"raw_status": status.value, "finished": status.finished, "commit": SHA, **told}
    return EnvironmentChanged(subject="production", deployment=str(number), status=status, **known)


def gone(number: int, minute: int) -> EnvironmentChanged:
    return deployed(number, minute, Status.UNKNOWN, raw_status="inactive", inactive=True)


def incident(minute: int, *, resolved: bool = False, **said: Any) -> IncidentChanged:
    at = BEGIN + minute * MINUTE
    told: dict[str, Any] = {"title": "Cards fail", "opened_at": BEGIN, "resolved_at": at if resolved else None, **said}
    return IncidentChanged(**HOME, subject="401", at=at, resolved=resolved, **told)


def asked(minute: int, state: ChangeRequestState = ChangeRequestState.OPEN, **said: Any) -> ChangeRequestChanged:
    at = BEGIN + minute * MINUTE
    told: dict[str, Any] = {
        "title": "Round prices",
        "opened_at": BEGIN,
        "branch": "round",
        "base_branch": "main",
        **said,
    }
    return ChangeRequestChanged(**HOME, subject="388", at=at, state=state, **told)


def pushed(minute: int, sha: str = SHA, **said: Any) -> CommitPushed:
    told: dict[str, Any] = {"head": SHA, "number": 1, "size": 1, "author": "Ada", **said}
    return CommitPushed(
        **{**HOME, "scope": f"{HOME['scope']}/main"}, subject=sha, at=BEGIN + minute * MINUTE, branch="main", **told
    )


environments = st.builds(
    deployed, st.integers(1, 3), st.integers(1, 4), st.sampled_from(Status), tier=texts, url=texts, by=texts,
    commit=texts, inactive=st.booleans(),
)  # fmt: skip
incidents = st.builds(incident, st.integers(0, 4), resolved=st.booleans(), title=texts, opened_at=times, author=texts)
requests = st.builds(
    asked, st.integers(0, 4), st.sampled_from(ChangeRequestState), title=texts, opened_at=times, commit=texts,
    closed_at=st.none() | times, merge_commit=texts,
)  # fmt: skip
commits = st.builds(
    pushed, st.integers(0, 4), head=texts, number=st.integers(1, 3), size=st.integers(3, 12), author=texts, login=texts,
    message=texts, committed_at=st.none() | times, change_request=texts,
)  # fmt: skip
# Events of one subject.
KINDS: list[st.SearchStrategy[Any]] = [environments, incidents, requests, commits]
told = st.one_of([st.lists(kind, max_size=6) for kind in KINDS])
three = st.one_of([st.lists(st.lists(kind, max_size=4), min_size=3, max_size=3) for kind in KINDS])


def merged(events: list[Any]) -> SubjectState:
    return merge_subject(NOTHING_SAID, events)


def read(events: list[Any]) -> Subject:
    first: AnySubjectEvent = events[0]
    return read_subject(
        StoredSubject(
            "id", kind_of(first), "team", first.source, first.host, first.scope, first.subject, merged(events)
        )
    )


def environment(*events: EnvironmentChanged) -> Environment:
    found = read(list(events))
    assert isinstance(found, Environment)
    return found


def live(*events: EnvironmentChanged) -> str:
    """The deployment whose version is there."""
    found = environment(*events).live
    return found.deployment if found else ""


@many
@given(three)
def test_join_is_commutative_and_associative(parts: list[list[Any]]) -> None:
    a, b, c = map(merged, parts)
    assert join_subject(a, b) == join_subject(b, a)
    assert join_subject(a, join_subject(b, c)) == join_subject(join_subject(a, b), c)


@many
@given(told)
def test_join_is_idempotent_and_nothing_is_its_unit(events: list[Any]) -> None:
    state = merged(events)
    assert join_subject(state, state) == state
    assert join_subject(state, NOTHING_SAID) == state == join_subject(NOTHING_SAID, state)


@many
@given(told.filter(len), st.data())
def test_order_and_repetition_of_events_do_not_matter(events: list[Any], data: st.DataObject) -> None:
    again = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events), max_size=3))]))
    assert merged(again) == merged(events)
    assert read(again) == read(events)


@settings(max_examples=20)
@given(st.randoms())
def test_of_very_many_deployments_the_newest_stay_whatever_the_order(dice: Any) -> None:
    events = [deployed(number, number + 1) for number in range(MOST_DEPLOYMENTS + 9)]
    events += [deployed(number, number, Status.RUNNING) for number in range(MOST_DEPLOYMENTS + 9)]
    mixed = [*events]
    dice.shuffle(mixed)
    assert merged(mixed) == merged(events)
    assert [one.deployment for one in environment(*mixed).deployments] == [
        str(number) for number in range(MOST_DEPLOYMENTS + 8, 8, -1)
    ]


@given(st.permutations([0, 1, 2]))
def test_deployment_is_one_though_some_of_its_events_do_not_know_when_it_was_asked_for(order: list[int]) -> None:
    told = [
        deployed(1, 3, Status.RUNNING, asked_at=BEGIN + 3 * MINUTE),
        deployed(1, 2, Status.QUEUED, execution="5001"),
        deployed(1, 4, asked_at=BEGIN + 4 * MINUTE),
    ]
    found = environment(*(told[place] for place in order))
    (one,) = found.deployments
    assert (one.status, one.asked_at, one.execution) == (Status.SUCCEEDED, BEGIN + MINUTE, "5001")
    assert found.live == one


def test_live_is_what_came_last_not_what_was_asked_for_last() -> None:
    assert live(deployed(1, 1), deployed(2, 2)) == "2"
    assert live(deployed(1, 9), deployed(2, 2)) == "1"


def test_what_failed_or_still_runs_leaves_alone_what_is_live() -> None:
    assert live(deployed(1, 1), deployed(2, 2, Status.FAILED), deployed(3, 3, Status.RUNNING)) == "1"


def test_nothing_is_live_once_the_last_version_went() -> None:
    assert live(deployed(1, 1), deployed(2, 2), gone(1, 2)) == "2"
    assert live(deployed(1, 1), deployed(2, 2), gone(1, 2), gone(2, 5)) == ""


def test_a_version_that_comes_back_is_live() -> None:
    """GitHub takes a success of an older deployment, too."""
    assert live(deployed(1, 1), deployed(2, 2), gone(1, 2), deployed(1, 4), gone(2, 4)) == "1"


def test_a_deployment_is_told_with_where_it_came_from() -> None:
    (one,) = environment(deployed(1, 3, execution="5001", pipeline="github.com/1/2", by="Mara", ref="main")).deployments
    assert (one.execution, one.pipeline, one.by, one.ref) == ("5001", "github.com/1/2", "Mara", "main")
    assert (one.asked_at, one.at, one.live_from) == (BEGIN + MINUTE, BEGIN + 3 * MINUTE, BEGIN + 3 * MINUTE)


@pytest.mark.parametrize(
    ("name", "told", "tier"),
    [("production", "", "production"), ("staging", "", ""), ("eu", "production", "production")],
)
def test_the_tier_is_as_told_or_else_as_the_name_has_it(name: str, told: str, tier: str) -> None:
    assert environment(replace(deployed(1, 1, tier=told), subject=name)).tier == tier


def test_an_incident_ends_with_its_newest_word_and_opens_again() -> None:
    def ended(*events: IncidentChanged) -> int | None:
        found = read(list(events))
        assert isinstance(found, Incident)
        assert found.opened_at == BEGIN
        return found.resolved_at

    assert ended(incident(1)) is None
    assert ended(incident(5, resolved=True), incident(1)) == BEGIN + 5 * MINUTE
    assert ended(incident(1), incident(5, resolved=True), incident(7)) is None
    assert ended(incident(7), incident(9, resolved=True), incident(5, resolved=True)) == BEGIN + 9 * MINUTE


def test_a_change_request_is_merged_even_where_its_closing_has_the_same_time() -> None:
    closed, merged_ = asked(5, ChangeRequestState.CLOSED), asked(5, ChangeRequestState.MERGED, merge_commit=SHA)
    for events in ([closed, merged_], [merged_, closed]):
        found = read(events)
        assert isinstance(found, ChangeRequest)
        assert (found.state, found.closed_at, found.merge_commit) == (
            ChangeRequestState.MERGED,
            BEGIN + 5 * MINUTE,
            SHA,
        )


def test_a_change_request_that_is_opened_again_is_open_and_has_no_end() -> None:
    found = read([asked(5, ChangeRequestState.CLOSED), asked(6)])
    assert isinstance(found, ChangeRequest)
    assert (found.state, found.closed_at) == (ChangeRequestState.OPEN, None)


def test_a_commit_that_is_pushed_again_is_part_of_the_later_push() -> None:
    found = read([pushed(1, head="a" * 40, number=2, size=3), pushed(2, head="b" * 40, number=1, size=1)])
    assert isinstance(found, PushedCommit)
    assert (found.head, found.number, found.size) == ("b" * 40, 1, 1)


def test_a_commit_without_the_name_of_its_author_goes_by_their_login() -> None:
    found = read([pushed(1, author="", login="ada-l")])
    assert isinstance(found, PushedCommit)
    assert found.author == "ada-l"

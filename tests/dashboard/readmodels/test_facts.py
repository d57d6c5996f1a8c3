"""What filters find of a real row, of its summary and of a run; in which order and under which title it stands."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.readmodels.facts import facts_of, facts_of_run
from dashboard.readmodels.filters import parse
from dashboard.readmodels.selections import Group, Selection, Sort, group_of, order_of, selection_of
from storage.codec import documents
from storage.model.board_row import BoardRow
from storage.model.briefs import ExecutionBrief, StageBrief
from storage.model.conditions import condition
from storage.model.document import replace
from storage.model.entities import Condition, Status, Team, Voice
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import Acknowledgement
from storage.model.pipeline_summary import PipelineSummary, row_of, summarise
from tests.factories import MINUTE, NOW
from tests.storage.model.test_board_row import GREEN, HOUR, RED, a_flight, a_row

TEAM = Team("t", "Site Reliability", "sre", NOW, NOW)
ROW = a_row(
    a_flight(Status.RUNNING, branch="feature/x", ref="#41", message="Retry\n once", author="Mara Lindqvist"),
    result=RED,
    repository="Acme/Checkout",
    acknowledged=Acknowledgement("u", "Jo", NOW),
    overrides=PipelineOverrides(labels=("Tier-1", "eu")),
)
CALM = a_row(result=GREEN, ended=a_flight(Status.SUCCEEDED, finished_at=NOW), repository="acme/docs")


def again(row: BoardRow) -> BoardRow:
    """As pages over all teams know it."""
    kept = documents.unpack(PipelineSummary, documents.pack(summarise(row)))
    return row_of(kept, row.id, row.team_id)


def found(query: str, row: BoardRow) -> bool:
    return parse(query).matches(facts_of(row, TEAM, condition(row, NOW)))


@pytest.mark.parametrize("row", [ROW, again(ROW)], ids=["row", "summary"])
@pytest.mark.parametrize(
    "query",
    [
        *("is:failing", "is:taken", "-is:running", "team:reliab", "team:sre", "repo:acme/check", "branch:feature/"),
        *('branch:"#41"', "stage:deploy", "by:mara", "by:jo", "label:tier-1", "label:EU", '"retry once"', "checkout"),
        *("lindqvist", "acme", "-label:tier", "-stage:contract"),
    ],
)
def test_row_and_its_summary_are_found_by_the_same_queries(row: BoardRow, query: str) -> None:
    assert found(query, row)


@pytest.mark.parametrize("row", [CALM, again(CALM)], ids=["row", "summary"])
@pytest.mark.parametrize("query", ["is:passing", "repo:docs", "branch:main", "by:mara", "words", "-stage:deploy"])
def test_quiet_row_and_its_summary_are_found_by_the_same_queries(row: BoardRow, query: str) -> None:
    assert found(query, row)


def test_phrase_does_not_reach_from_one_part_into_the_next() -> None:
    assert found('"acme/checkout"', ROW)
    assert not found('"acme/checkout feature/x"', ROW)


def test_facts_follow_the_condition_the_row_and_the_team() -> None:
    row, waits = again(ROW), a_row(a_flight(Status.WAITING))
    assert facts_of(row, TEAM, Condition.FAILING) is facts_of(row, TEAM, Condition.FAILING)
    assert facts_of(row, TEAM, Condition.RUNNING).states == {"running", "taken"}
    assert facts_of(row, replace(TEAM, slug="ops"), Condition.RUNNING).team == "site reliability\nops"
    assert facts_of(waits, TEAM, Condition.WAITING).states == {"waiting"}


def a_brief(status: Status, *stages: StageBrief, **changes: Any) -> ExecutionBrief:
    words = ("e", "p", "checkout", "t", "17", 17, 1, status, Voice.DEFAULT, "main", "abc", "Retry once", "Mara")
    return replace(ExecutionBrief(*words, NOW, NOW, NOW, stages=stages), **changes)


@pytest.mark.parametrize(
    ("status", "queries"),
    [
        (Status.FAILED, "is:failing|is:failed|stage:test|-stage:build|by:mara|retry|branch:main"),
        (Status.TIMED_OUT, "is:failing|is:timed_out"),
        (Status.ERRORED, "is:failing|is:errored"),
        (Status.SUCCEEDED, "is:passing|is:green|-stage:build"),
        (Status.CANCELLED, "is:cancelled|-is:failing|-stage:test"),
        (Status.RUNNING, "is:running|stage:deploy|-stage:test"),
        (Status.WAITING, "is:waiting"),
        (Status.QUEUED, "is:queued"),
        (Status.SKIPPED, "is:skipped"),
        (Status.SUPERSEDED, "is:superseded"),
        (Status.UNKNOWN, "is:unknown"),
    ],
)
def test_run_is_found_by_its_status(status: Status, queries: str) -> None:
    stages = (
        StageBrief("build", Status.SUCCEEDED),
        StageBrief("test", Status.FAILED),
        StageBrief("deploy", Status.RUNNING),
    )
    run = a_brief(status, *stages)
    assert [query for query in queries.split("|") if not parse(query).matches(facts_of_run(run))] == []


LATE = a_row(result=replace(RED, since=NOW - HOUR), label="beta", id="late")
EARLY = a_row(result=replace(RED, since=NOW - 2 * HOUR), label="Alpha", id="early", repository="x/y")
MOVES = a_row(a_flight(Status.RUNNING, last_event_at=NOW + MINUTE), label="gamma", id="moves", repository="a/b")


@pytest.mark.parametrize(
    ("sort", "group", "expected"),
    [
        (Sort.NEWEST, Group.CONDITION, "late early moves"),
        (Sort.LONGEST, Group.CONDITION, "early late moves"),
        (Sort.NAME, Group.CONDITION, "early late moves"),
        (Sort.NAME, Group.LABEL, "early late moves"),
        (Sort.ACTIVITY, Group.LABEL, "moves early late"),
        (Sort.NEWEST, Group.REPOSITORY, "moves early late"),
    ],
)
def test_rows_stand_in_the_order_that_was_asked_for(sort: Sort, group: Group, expected: str) -> None:
    selection = Selection(sort=sort, group=group)
    ordered = sorted((MOVES, LATE, EARLY), key=lambda row: order_of(row, condition(row, NOW), selection))
    assert [row.id for row in ordered] == expected.split()


def test_group_has_a_title_and_those_without_one_come_last() -> None:
    assert group_of(ROW, Condition.FAILING, Group.CONDITION).title == "failing"
    assert group_of(ROW, Condition.FAILING, Group.LABEL).title == "Tier-1"
    assert group_of(ROW, Condition.FAILING, Group.REPOSITORY).title == "Acme/Checkout"
    without = group_of(LATE, Condition.FAILING, Group.REPOSITORY)
    assert without.title == "No repository"
    assert without.order > group_of(ROW, Condition.FAILING, Group.REPOSITORY).order


def test_selection_has_one_address() -> None:
    asked = {"q": "IS:red  checkout", "sort": "name", "group": "label", "dense": "1"}
    selection = selection_of(asked)
    assert selection.address == "q=is%3Afailing+checkout&sort=name&group=label&dense=1"
    assert selection_of(selection.fields) == selection
    assert selection_of({"sort": "upwards", "group": "", "dense": "yes", "q": "foo:bar"}) == Selection()
    assert Selection().address == ""

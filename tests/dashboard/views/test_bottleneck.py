"""Where the time of a team's pipelines goes: on its health, and as page and files that explain it."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from storage.model.entities import Team
from storage.model.facts import DAY_MS
from storage.store import Store
from storage.table import metered
from tests.dashboard.visiting import Visitor
from tests.factories import NOW, a_run, a_team, record
from tests.storage.recording.tables import fold_facts
from tests.storage.recording.test_steps import run


@pytest.fixture
def team(store: Store) -> Team:
    """One pipeline, the second of whose stages takes longer since run 20; one that ran twice."""
    team = a_team(store)
    for number in range(1, 38):
        store.recorder.apply(team.id, run(number, {"build": 3 + number % 2, "test": 8 if number < 20 else 15}))
    fold_facts(store)
    return team


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_health_names_the_stage_that_holds_up_most_and_what_it_could_save(visitor: Visitor, team: Team) -> None:
    page = visitor.text("/health/payments")
    # 18 of the last 30 days' runs take 15 minutes, 9 the 8 they took: 342 minutes in 30 days.
    assert "checkout: test, 15 min of 18 min on the way to green; could save 1 h 19 min a week" in words_of(page)
    assert 'href="/health/payments/bottleneck?days=30&amp;pipeline=' in page


def test_health_says_that_too_few_are_green(visitor: Visitor, store: Store) -> None:
    quiet = a_team(store, "Quiet", "quiet")
    record(store, a_run("9"), quiet.id)
    fold_facts(store)
    assert "Too few green runs in these days." in visitor.text("/health/quiet")


def test_page_tells_since_which_run_a_stage_is_slower(visitor: Visitor, team: Team) -> None:
    said = words_of(visitor.text("/health/payments/bottleneck?days=30"))
    assert "run 20" in said
    assert f"{20:040x}"[:7] in said
    assert "8 min to 15 min" in said


def test_page_of_one_pipeline_shows_only_that(visitor: Visitor, store: Store, team: Team) -> None:
    (pipeline,) = store.rebuilder.list_pipelines(team.id)
    assert ">checkout, 30 days up to today<" in visitor.text(f"/health/payments/bottleneck?pipeline={pipeline}")
    nothing = visitor.text("/health/payments/bottleneck?pipeline=another")
    assert "Too few runs of these days were green at first attempt" in nothing


def test_page_says_of_which_pipelines_too_few_runs_are_green(visitor: Visitor, store: Store, team: Team) -> None:
    assert "checkout" not in re.findall(
        r"(\S+): too few", words_of(visitor.text("/health/payments/bottleneck?days=30"))
    )
    seven = words_of(visitor.text("/health/payments/bottleneck?days=7"))
    assert "checkout: too few, 4 green runs" in seven


def test_page_reads_each_pipeline_once(visitor: Visitor, team: Team) -> None:
    visitor.get("/health/payments/bottleneck")
    with metered() as meter:
        visitor.get("/health/payments/bottleneck")
    assert meter.calls == 3


def test_files_have_each_stage_on_the_way_and_what_is_left_out(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, a_run("99", began=NOW - DAY_MS, stages=()), team.id)
    fold_facts(store)
    file = b"".join(visitor.get("/health/payments/bottleneck.csv?days=30").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    tests = [row for row in rows if row["stage"] == "test"]
    assert {row["run seconds"] for row in tests} == {"480", "900"}
    assert [row["left out because"] for row in rows if not row["stage"]] == ["its stages are not timed"]
    found = json.loads(visitor.get("/health/payments/bottleneck.json?days=30").content)
    assert [each["stage"] for each in found["items"][0]["path"]] == ["build", "test"]
    assert [each["reason"] for each in found["leftOut"]] == ["its stages are not timed"]
    (first, *_) = found["stages"]
    assert (first["stage"], first["exclusiveSeconds"], first["couldSaveSecondsAWeek"]) == (
        "test", 900, round(sum(int(row["could save seconds"]) for row in tests) * 7 / 30),
    )  # fmt: skip

"""The same execution, told by each tool as that tool tells it, is the same line on the board at every moment of it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import chain
from pathlib import Path

import pytest

from dashboard.sources import SOURCES
from dashboard.webhooks.following import follow
from storage.model.events import by_execution
from storage.store import Store
from tests.dashboard import dialects
from tests.dashboard.dialects.told import Post, Telling
from tests.dashboard.views.rows import Row, plain, read
from tests.dashboard.visiting import Visitor
from tests.factories import a_team

NINE = (
    *("github", "gitlab", "codepipeline", "jenkins", "buildkite"),
    *("circleci", "azuredevops", "cdevents", "generic"),
)
SPOKEN = {path.stem for path in Path(dialects.__file__ or "").parent.glob("*.py")} - {"__init__", "told"}
MOMENTS = tuple(each.name for each in fields(Telling))


@dataclass(frozen=True)
class Line:
    """A row as people read it, all of it: `words` are every word of it, in the order of the page."""

    condition: str
    stops: dict[str, str]
    words: str


CHANGE = "7c3e1fa Mara Round the total once"
BUILT = {"build": "succeeded, 3:00"}
CARRIED = {"build": "succeeded, 3:00, from an earlier attempt"}
GREEN = {"acceptance": "succeeded, 5:00", "deploy production": "succeeded, 4:00"}
EXPECTED = {
    "past_build": Line("running", BUILT, f"tillRunning, past build {CHANGE}build3:00"),
    "failed": Line(
        "failing",
        {**BUILT, "acceptance": "failed, 4:00"},
        f"tillFailed at acceptance 11:37 · Take it (till){CHANGE}build3:00acceptance4:00",
    ),
    "retrying": Line(
        "failing",
        {**CARRIED, "acceptance": "running"},
        "tillFailed at acceptance 11:37 · retrying at acceptance, 11:40 · Take it (till)"
        f"{CHANGE}build3:00running 11:40acceptance",
    ),
    "passed": Line(
        "passing",
        {**CARRIED, **GREEN},
        f"tillPassed 11:49 · green on a re-run{CHANGE}build3:00acceptance5:00deploy production4:00",
    ),
}


@dataclass(frozen=True)
class Apart:
    """What a tool cannot tell, and so the lines that differ, with the reason."""

    why: str
    lines: dict[str, Line] = field(default_factory=dict)


# Of tools that count no attempts of a run.
NEXT, GOES_ON = "deploy production", "tillFailed at acceptance 11:37 · retrying at acceptance, 11:30 · Take it (till)"
PASSED = Line("passing", {**BUILT, **GREEN}, f"tillPassed 11:49 {CHANGE}build3:00acceptance5:00deploy production4:00")
APART = {
    "gitlab": Apart(
        "it counts no attempts of a pipeline, and lists the jobs that are to come from its start",
        {
            "past_build": Line(
                "running",
                {**BUILT, "acceptance": "queued", NEXT: "queued"},
                f"tillRunning acceptance {CHANGE}build3:00acceptance{NEXT}",
            ),
            "failed": Line(
                "failing",
                {**EXPECTED["failed"].stops, NEXT: "skipped"},
                f"{EXPECTED['failed'].words}{NEXT}",
            ),
            "retrying": Line(
                "failing",
                {**BUILT, "acceptance": "running", NEXT: "queued"},
                f"{GOES_ON}{CHANGE}build3:00running 11:40acceptance{NEXT}",
            ),
            "passed": PASSED,
        },
    ),
    "buildkite": Apart(
        "it counts attempts of jobs, not of builds",
        {
            "retrying": Line(
                "failing",
                {**BUILT, "acceptance": "running"},
                f"{GOES_ON}{CHANGE}build3:00running 11:40acceptance",
            ),
            "passed": PASSED,
        },
    ),
    "azuredevops": Apart(
        "a run has no attempts: what is run again goes on, and a stage's time is from its first start; no blank stands"
        " in a stage's identifier",
        {
            "retrying": Line(
                "failing",
                {**BUILT, "acceptance": "running"},
                f"{GOES_ON}{CHANGE}build3:00running 11:33acceptance",
            ),
            "passed": Line(
                "passing",
                {**BUILT, "acceptance": "succeeded, 12:00", "deploy_production": "succeeded, 4:00"},
                f"tillPassed 11:49 {CHANGE}build3:00acceptance12:00deploy_production4:00",
            ),
        },
    ),
    "jenkins": Apart(
        "a run has no stages, tells what it checked out at its end, and is run again as another run",
        {
            "past_build": Line("running", {"till": "running"}, "tillRunning till running 11:30till"),
            "failed": Line(
                "failing", {"till": "failed, 7:00"}, "tillFailed at till 11:37 · Take it (till)7c3e1fa Mara till7:00"
            ),
            "retrying": Line(
                "failing",
                {"till": "running"},
                "tillFailed at till 11:37 · run 813 at till, 11:40 · Take it (till) running 11:40till",
            ),
            "passed": Line("passing", {"till": "succeeded, 9:00"}, "tillPassed 11:49 7c3e1fa Mara till9:00"),
        },
    ),
    "circleci": Apart(
        "it tells ends alone, and what is run again is another workflow, without the jobs that were green before",
        {
            "retrying": EXPECTED["failed"],
            "passed": Line("passing", GREEN, f"tillPassed 11:49 {CHANGE}acceptance5:00deploy production4:00"),
        },
    ),
}


def test_all_nine_are_spoken_once_all_nine_are_sources() -> None:
    if set(NINE) <= set(SOURCES):
        assert set(NINE) == SPOKEN
    assert set(NINE) >= SPOKEN


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("source", [name for name in NINE if name in SOURCES and name in SPOKEN])
def test_execution_told_by_any_tool_is_the_same_line(visitor: Visitor, store: Store, source: str, moment: str) -> None:
    team = a_team(store)
    for headers, body in posts(source, moment):
        parsed = SOURCES[source].parse(headers, body)
        for part in by_execution(parsed.events):
            follow(store, store.recorder.apply(team.id, part))
    apart = APART.get(source, Apart(""))
    assert line(read(visitor.text(f"/teams/{team.slug}"))) == apart.lines.get(moment, EXPECTED[moment]), apart.why


def posts(source: str, moment: str) -> Iterator[Post]:
    """All until then."""
    telling: Telling = importlib.import_module(f"{dialects.__name__}.{source}").telling()
    upto = MOMENTS[: MOMENTS.index(moment) + 1]
    return chain.from_iterable(getattr(telling, name) for name in upto)


def line(row: Row) -> Line:
    return Line(row.condition, row.stops, plain(row.markup))


def test_lines_that_differ_are_only_of_tools_that_are_here_and_say_why() -> None:
    assert set(APART) <= set(NINE)
    assert all(apart.why and apart.lines for apart in APART.values())
    assert all(told != EXPECTED[moment] for apart in APART.values() for moment, told in apart.lines.items())

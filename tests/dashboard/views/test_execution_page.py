"""An execution's page: its sign, its timetable and its facts."""

from __future__ import annotations

import re

import pytest

from dashboard.readmodels.executions import ExecutionPage, build
from storage.keys import execution_id
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.store import Store
from tests.dashboard.views.rows import job, plain, red, run, waits, word
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, NOW, Clock, a_run, a_team, record


class Page:
    """The page of run 210, after six green runs of three minutes."""

    def __init__(self, visitor: Visitor, team_id: str) -> None:
        self.visitor, self._team_id = visitor, team_id
        self.tell(*(run(100 + place, 900 - place * 100) for place in range(6)))

    def tell(self, *told: list[AnyEvent]) -> None:
        for events in told:
            record(self.visitor.store, events, self._team_id)

    @property
    def path(self) -> str:
        return f"/executions/{execution_id(self._team_id, 'github', '210')}"

    def text(self, query: str = "") -> str:
        return self.visitor.text(self.path + query)

    @property
    def built(self) -> ExecutionPage:
        store = self.visitor.store
        stored, _ = store.executions.get_stored(self.path.rpartition("/")[2])
        place = store.pipelines.find_place(stored.team_id, stored.pipeline_id)
        return build(place.read(stored), place, store.now())

    @property
    def title(self) -> str:
        return plain(self.text().partition('class="sign__title">')[2].partition("</h1>")[0])

    @property
    def stops(self) -> dict[str, str]:
        return {stop.label: " ".join(filter(None, (stop.name, stop.note))) for stop in self.built.header.stops}

    @property
    def facts(self) -> dict[str, str]:
        page = self.text().partition('id="facts"')[2].partition("</section>")[0]
        return {name: plain(said) for name, said in re.findall(r"<dt>([^<]*)</dt><dd[^>]*>(.*?)</dd>", page)}

    @property
    def stages(self) -> dict[str, str]:
        return {stage.name: stage.words for stage in self.built.timeline.stages}


@pytest.fixture
def page(visitor: Visitor, store: Store) -> Page:
    return Page(visitor, a_team(store).id)


def test_axis_holds_now_and_all_that_is_drawn(page: Page, clock: Clock) -> None:
    page.tell(run(210, 4, None))
    for later in (0, 7, 40, 300):
        clock.now = NOW + later * MINUTE
        built = page.built
        axis = built.timeline.axis
        assert axis is not None
        assert axis.begin <= NOW - 4 * MINUTE
        assert axis.end > clock.now or later == 300, later
        for stage in built.timeline.stages:
            for bar in filter(None, (stage.bar, stage.expected)):
                assert 0 <= bar.x <= bar.x + bar.width <= 1000


def test_page_is_drawn_anew_before_what_moves_leaves_the_axis(page: Page, clock: Clock) -> None:
    page.tell(run(210, 4, None))
    table = page.built.timeline
    assert table.axis is not None
    assert table.turns_at is not None
    assert NOW < table.turns_at < table.axis.end
    clock.now = table.turns_at + 1
    grown = page.built.timeline.axis
    assert grown is not None
    assert grown.end > table.axis.end


def test_clocks_of_a_lost_run_stop_when_it_was_last_heard_of(page: Page, clock: Clock) -> None:
    page.tell(run(210, 90, None))
    table = page.built.timeline
    assert page.title == "No signal 10:32"
    assert table.stages[-1].words == "no end event"
    assert [stage.began for stage in table.stages] == [None, None, None]
    assert table.axis is not None
    assert table.axis.end < NOW
    assert "data-began" not in page.text()


def test_expected_end_is_told_only_while_it_can_still_be_true(page: Page) -> None:
    page.tell(run(210, 2, None))
    assert page.stops["Due"] == "an estimate"
    assert "data-until" in page.text()
    page.tell([job(210, "lint", Status.FAILED, 1)])
    assert page.stops["Due"] == "No due time"


def test_slow_run_and_run_again_have_no_due_time(page: Page) -> None:
    page.tell(run(210, 9, None))
    assert page.title.startswith("Slow at deploy production")
    assert "Due" not in page.stops
    page.tell(red(210, 9), run(210, 1, None, attempt=2))
    assert "Due" not in page.stops


def test_red_job_of_a_run_that_goes_on_is_said_beside_what_moves(page: Page) -> None:
    page.tell(run(210, 3, None, stages=("build",)), [job(210, "build", Status.SUCCEEDED, 2)])
    page.tell([job(210, "test", Status.FAILED, 1), job(210, "lint", Status.RUNNING, 2)])
    assert page.title.startswith("Running lint, test failed")
    assert page.stops["Still running"] == "lint"
    assert "test failed" in page.text().partition('id="failure"')[2].partition("</section>")[0]
    assert not page.built.can_take, "it may be forgiven yet"


def test_stages_that_an_earlier_attempt_ran_say_so_and_have_no_bar(page: Page) -> None:
    page.tell(red(210, 30))
    page.tell([word(210, Status.RUNNING, 2, attempt=2), job(210, "test", Status.RUNNING, 2, attempt=2)])
    assert page.stages == {
        "build": "from attempt 1",
        "test": "running, attempt 2",
        "deploy production": "pending",
    }
    bars = {stage.name: stage.bar for stage in page.built.timeline.stages}
    assert bars["build"] is bars["deploy production"] is None
    assert bars["test"] is not None


def test_page_of_a_retry_tells_the_red_that_stands_and_who_has_it(page: Page) -> None:
    page.tell(red(210, 30), run(210, 2, None, attempt=2))
    shown = page.text().partition('id="failure"')[2].partition("</section>")[0]
    assert "deploy production failed, attempt 1" in shown
    assert "Nobody yet" in shown
    page.tell(run(210, 4, attempt=2))
    assert re.search(r'id="failure"[^>]* hidden', page.text())


def test_earlier_attempt_is_shown_as_it_was(page: Page) -> None:
    page.tell(red(210, 30), run(210, 5, attempt=2))
    assert page.title.startswith("Succeeded")
    then = page.text("?attempt=1")
    assert "Failed at deploy production" in then


def test_wait_for_people_is_told_apart(page: Page) -> None:
    page.tell(waits(210, 60))
    assert page.title.startswith("Waiting for approval at approve")
    passed = job(210, "approve", Status.SUCCEEDED, 29, started_at=None, queued_at=None)
    page.tell([passed, word(210, Status.SUCCEEDED, 29, queued_at=NOW - 60 * MINUTE)])
    assert page.facts["Waited for people"] == "30:00"


def test_run_that_waited_for_nobody_says_nothing_of_it(page: Page) -> None:
    page.tell(run(210, 30))
    assert "Waited for people" not in page.facts


@pytest.mark.parametrize(
    ("upstream", "said"), [("acme/base #7", "acme/base #7"), ("workflow_run", "another workflow or event"), ("", None)]
)
def test_run_that_another_one_began_says_which_where_that_is_told(page: Page, upstream: str, said: str | None) -> None:
    page.tell([word(210, Status.RUNNING, 0, trigger="workflow_run", upstream=upstream)])
    assert page.facts.get("Begun by") == said


def test_run_that_stands_between_two_stages_for_long_is_queued_since_the_last(page: Page) -> None:
    page.tell(run(210, 70, None, stages=("build",)), [job(210, "build", Status.SUCCEEDED, 68)])
    assert page.title == "Queued, past build 10:52"


@pytest.mark.parametrize(
    ("commit", "href"),
    [
        ("7c3e1fa0", "/commits/7c3e1fa0"),
        ("r 1204", "/commits/r%201204"),
        ("//depot/main@1204", "/search?q=%2F%2Fdepot%2Fmain%401204"),
    ],
)
def test_version_of_any_tool_is_linked_to(visitor: Visitor, store: Store, commit: str, href: str) -> None:
    team = a_team(store)
    told = [replace(event, commit=commit) for event in a_run("7")]
    page = f"/executions/{record(store, told, team.id)}"
    assert f'href="{href}"' in visitor.text(page)
    assert f'href="{href}"' in visitor.text(f"/environments/{team.slug}")


def test_queue_and_wait_for_a_person_are_told_apart_from_each_other_and_from_the_run(
    visitor: Visitor, store: Store
) -> None:
    page = Page(visitor, a_team(store).id)
    asked: list[AnyEvent] = [job(210, "build", Status.WAITING, 99, started_at=None, queued_at=NOW - 100 * MINUTE)]
    let: list[AnyEvent] = [job(210, "build", Status.QUEUED, 39, started_at=None, queued_at=NOW - 100 * MINUTE)]
    begun: list[AnyEvent] = [job(210, "build", Status.RUNNING, 36, queued_at=NOW - 100 * MINUTE)]
    done: list[AnyEvent] = [job(210, "build", Status.SUCCEEDED, 33, started_at=None), word(210, Status.SUCCEEDED, 33)]
    page.tell([word(210, Status.QUEUED, 100)], asked, let, begun, done)
    assert (page.built.queued, page.built.waited, page.built.took) == ("4:00", "1:00:00", "3:00")
    (stage,) = page.built.timeline.stages
    assert stage.remark == "Waited 4:00 to begin. Waited 1:00:00 for a person."
    history = plain(visitor.text(f"/teams/payments/pipelines/{page.built.execution.pipeline_id}"))
    assert "4:00" in history
    assert "1:04:00" not in history


def test_queue_is_not_told_where_nobody_knows_when_a_person_let_the_run_begin(visitor: Visitor, store: Store) -> None:
    page = Page(visitor, a_team(store).id)
    asked: list[AnyEvent] = [job(210, "build", Status.WAITING, 99, started_at=None, queued_at=NOW - 100 * MINUTE)]
    begun: list[AnyEvent] = [job(210, "build", Status.RUNNING, 36)]
    page.tell([word(210, Status.QUEUED, 100)], asked, begun)
    assert (page.built.queued, page.built.waited) == ("", "1:03:00")
    assert ", for" not in page.text().partition("<dt>Queued</dt>")[2].partition("</dd>")[0]

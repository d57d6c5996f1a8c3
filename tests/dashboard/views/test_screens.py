"""What all screens have in common: a tag follows from versions and the time, and nothing is rendered twice."""

from __future__ import annotations

import gzip

import pytest
from django.template import Template

from dashboard.screens import kept as keeping
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.test_pages import tag_on
from tests.dashboard.views.town import Town, workflow_of
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import MINUTE, NOW, Clock, a_run, record
from tests.storage.recording.tables import fold_facts


def live_pages(town: Town) -> list[str]:
    return [*town.live, "/health", "/health/payments"]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of templates, as they are rendered."""
    found: list[str] = []
    render = Template.render

    def noted(self: Template, context: object) -> object:
        found.append(str(self.name))
        return render(self, context)  # type: ignore[arg-type]

    monkeypatch.setattr(Template, "render", noted)
    return found


def test_unchanged_poll_renders_nothing_even_in_a_process_that_never_made_the_page(
    visitor: Visitor, town: Town, rendered: list[str]
) -> None:
    for path in live_pages(town):
        tag = tag_on(visitor.text(path))
        keeping.forget_all()
        del rendered[:]
        assert visitor.poll(path, tag).status_code == 304, path
        assert rendered == [], path


def test_page_is_made_once_for_each_reader(visitor: Visitor, town: Town, rendered: list[str]) -> None:
    for path in live_pages(town):
        first = visitor.text(path)
        del rendered[:]
        assert visitor.text(path) == first, path
        assert rendered == [], path


def test_every_page_is_another_after_its_team_was_renamed(visitor: Visitor, town: Town) -> None:
    before = {path: tag_on(visitor.text(path)) for path in live_pages(town)}
    renamed = visitor.post(f"/manage/teams/{town.team.id}", {"name": "Money", "slug": "payments", "visibility": "open"})
    assert renamed.status_code == 303
    for path, tag in before.items():
        assert visitor.poll(path, tag).status_code == 200, path


def test_pages_over_pipelines_are_others_after_an_event(visitor: Visitor, town: Town, store: Store) -> None:
    pages = ["/", town.board, "/health/payments"]
    before = {path: tag_on(visitor.text(path)) for path in pages}
    record(store, a_run("900", ref=workflow_of("another", 77), began=NOW - MINUTE), town.team.id)
    for path, tag in before.items():
        assert visitor.poll(path, tag).status_code == 200, path


def test_tag_turns_with_the_time_where_the_look_does(visitor: Visitor, town: Town, clock: Clock) -> None:
    before = {path: tag_on(visitor.text(path)) for path in town.live}
    clock.move(3 * 60 * MINUTE)
    for path, tag in before.items():
        assert (visitor.poll(path, tag).status_code == 304) is (tag_on(visitor.text(path)) == tag), path


def test_page_and_poll_are_sent_compressed_to_who_takes_it(visitor: Visitor, town: Town) -> None:
    plain = visitor.get(town.board)
    packed = visitor.get(town.board, **{"Accept-Encoding": "gzip, br"})
    assert (plain.get("Content-Encoding"), packed["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]


def test_page_with_a_form_is_neither_kept_nor_compressed(visitor: Visitor, town: Town) -> None:
    """A token against forged requests stands in it."""
    path = f"/executions/{town.red}?holder=1"
    first, second = (visitor.get(path, **{"Accept-Encoding": "gzip"}) for _ in range(2))
    assert "Content-Encoding" not in first
    assert "csrfmiddlewaretoken" in text_of(first)
    assert first.content != second.content
    for other in town.live:
        assert "csrfmiddlewaretoken" not in visitor.text(other), other


def test_run_has_the_ones_before_and_after_it_at_no_further_call(visitor: Visitor, store: Store, town: Town) -> None:
    ref = workflow_of("beside", 88)
    ids = {}
    for number in (7, 8, 9):
        events = a_run(str(9000 + number), ref=ref, began=NOW - (100 - number) * MINUTE, number=str(number))
        ids[number] = record(store, events, town.team.id)
    page = visitor.text(f"/executions/{ids[8]}")
    assert f'rel="prev" href="/executions/{ids[7]}">Before: run 7</a>' in page
    assert f'rel="next" href="/executions/{ids[9]}">After: run 9</a>' in page
    assert 'rel="next"' not in visitor.text(f"/executions/{ids[9]}")
    with metered() as meter:
        visitor.get(f"/executions/{ids[7]}")
    assert meter.calls == 2


def test_health_is_another_once_what_ended_was_worked_out(visitor: Visitor, town: Town, store: Store) -> None:
    fold_facts(store)
    tag = tag_on(visitor.text("/health"))
    record(store, a_run("900", ref=workflow_of("another", 77), began=NOW - MINUTE), town.team.id)
    assert visitor.poll("/health", tag).status_code == 304
    fold_facts(store)
    assert visitor.poll("/health", tag).status_code == 200

"""The radiator: who has the link sees it and nothing else, until it is revoked."""

from __future__ import annotations

import dataclasses
import re

import pytest

from dashboard.auth.links import make_screen
from dashboard.auth.sessions import hash_secret
from dashboard.readmodels import radiator as model
from storage.errors import Unavailable
from storage.model.board_row import ExecutionRef
from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.test_escaping import PAYLOADS, Elements, hostile
from tests.dashboard.views.test_pages import tag_on
from tests.dashboard.views.town import MOVING, Town, workflow_of
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import BY, MINUTE, NOW, Clock, a_run, a_team, action_changed, execution_changed, record

ROW = re.compile(r'<li class="rad [^>]*data-pipeline="([^"]+)" data-condition="(\w+)"')


def screen(team: Team | None = None) -> str:
    """The path of a new link."""
    return "/radiator/" + make_screen(team.id if team else "", "Kitchen", BY).rpartition("/")[2]


def many(store: Store, team: Team, number: int, outcome: Status = Status.FAILED) -> None:
    for place in range(number):
        ref = workflow_of(f"service {place:02d}", place)
        record(store, a_run(str(1000 + place), began=NOW - (60 - place) * MINUTE, outcome=outcome, ref=ref), team.id)


def close(store: Store, team: Team) -> None:
    entry = store.teams.get(team.id)
    store.teams.update(entry, replace(entry.team, is_open=False), BY)


def operations(visitor: Visitor, path: str, tag: str = "") -> list[str]:
    """Of a visit, or of a poll where a tag is named."""
    with metered() as meter:
        assert (visitor.poll(path, tag) if tag else visitor.get(path)).status_code in (200, 304)
    return meter.operations


# Who sees it


def test_holder_of_the_link_needs_no_sign_in(stranger: Visitor, town: Town) -> None:
    text = stranger.text(screen(town.team))
    assert "<h1" in text
    assert town.team.name in text
    assert town.pipeline in text


def test_screen_sets_no_cookie_and_keeps_its_address_to_itself(stranger: Visitor, town: Town) -> None:
    path = screen(town.team)
    for answer in (stranger.get(path), stranger.poll(path, "old"), stranger.get(path + "x")):
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_what_is_no_screen_is_not_found_and_nothing_tells_why(stranger: Visitor, town: Town, store: Store) -> None:
    gone = a_team(store, "Ledger", "ledger")
    revoked, orphan = screen(town.team), screen(gone)
    found = store.screen_links.find(hash_secret(revoked.rpartition("/")[2]))
    assert found is not None
    store.screen_links.delete(found, BY)
    store.teams.delete(gone, BY)
    paths = [revoked, orphan, "/radiator/never", "/radiator/" + "x" * 900, "/radiator/%23%00%C3", "/radiator/payments"]
    answers = [stranger.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_open_screen_goes_away_when_its_link_is_revoked(stranger: Visitor, town: Town, store: Store) -> None:
    path = screen(town.team)
    tag = tag_on(stranger.text(path))
    found = store.screen_links.find(hash_secret(path.rpartition("/")[2]))
    assert found is not None
    store.screen_links.delete(found, BY)
    answer = stranger.poll(path, tag)
    assert (answer.status_code, answer["HX-Refresh"]) == (404, "true")
    assert "HX-Refresh" not in stranger.get(path)


def test_closed_team_is_shown_to_its_own_link_and_on_no_screen_of_all(
    stranger: Visitor, town: Town, store: Store
) -> None:
    ledger = a_team(store, "Ledger", "ledger")
    record(store, a_run("7001", ref=workflow_of("ledger", 9)), ledger.id)
    network = screen()
    assert "ledger</" in stranger.text(network)
    close(store, ledger)
    assert "ledger</" in stranger.text(screen(ledger))
    for text in (stranger.text(network), text_of(stranger.poll(network, "old"))):
        assert "ledger</" not in text
        assert "Ledger" not in text
        assert town.pipeline in text


def test_screen_only_reads(stranger: Visitor, town: Town) -> None:
    path = screen(town.team)
    assert stranger.post(path).status_code in (403, 405)
    assert stranger.client.head(path).status_code == 200
    assert "href=" not in stranger.text(path).partition("<body")[2].replace('href="#', "")


def test_link_opens_nothing_else(stranger: Visitor, town: Town) -> None:
    stranger.get(screen(town.team))
    assert stranger.get(town.board).status_code == 302
    assert stranger.get("/live/network", **HX).status_code == 401


# What it shows


def test_trouble_comes_first(stranger: Visitor, town: Town) -> None:
    rows = ROW.findall(stranger.text(screen(town.team)))
    assert [condition for _, condition in rows] == ["failing", "waiting", "running", "passing"]


def test_network_screen_says_whose_each_pipeline_is(stranger: Visitor, town: Town) -> None:
    text = stranger.text(screen())
    assert len(ROW.findall(text)) == 4
    assert text.count(f">{town.team.name}</small>") == 4


def test_seven_rows_at_most_newest_trouble_first_and_the_rest_folded(stranger: Visitor, store: Store) -> None:
    team = a_team(store)
    many(store, team, 9)
    for path in (screen(team), screen()):
        text = stranger.text(path)
        assert [f"service {place:02d}" for place in range(8, 1, -1)] == re.findall(
            r'class="trunc">(service \d+)<', text
        )
        assert "9 failing" in text
        assert "<b>2</b><span>more failing</span>" in text


def test_stage_has_its_marker(stranger: Visitor, town: Town) -> None:
    assert re.search(r'data-stage="deploy production" data-status="failed"', stranger.text(screen(town.team)))


def test_hidden_pipeline_is_on_no_screen(stranger: Visitor, town: Town, store: Store) -> None:
    store.override_writer.override(town.team.id, town.pipeline, PipelineOverrides(hidden=True), NO_OVERRIDES, BY)
    assert town.pipeline not in stranger.text(screen(town.team))
    assert town.pipeline not in stranger.text(screen())


def test_screen_says_what_came_into_production_last(town: Town, store: Store) -> None:
    seen = model.of_team(store.pipelines.list_board(town.team.id))
    older = dataclasses.replace(seen[0], row=replace(seen[0].row, production=ExecutionRef("e", "1", NOW - MINUTE)))
    newest = dataclasses.replace(seen[1], row=replace(seen[1].row, production=ExecutionRef("e", "2", NOW)))
    assert model.build("x", "x", [older, newest], NOW).last_deployment == model.LastDeployment(seen[1].row.label, NOW)


def test_stages_side_by_side_are_one_stop_that_shows_the_worst(stranger: Visitor, store: Store) -> None:
    team = a_team(store)
    begun = execution_changed(started_at=NOW - MINUTE)
    lint, unit, e2e = (action_changed(name=name, started_at=NOW - MINUTE) for name in ("lint", "unit", "e2e"))
    failed = replace(e2e, status=Status.FAILED, finished=True, finished_at=NOW)
    record(store, [begun, lint, unit, e2e, failed], team.id)
    text = stranger.text(screen(team))
    assert text.count('<li class="stop ') == 1
    assert 'aria-label="e2e: failed, and 2 beside it"' in text


def test_long_line_shows_the_stages_around_the_one_that_matters(stranger: Visitor, store: Store) -> None:
    team = a_team(store)
    stages = tuple(f"stage {place:02d}" for place in range(30))
    record(store, a_run("1", stages=stages, outcome=Status.FAILED), team.id)
    names = re.findall(r'data-stage="([^"]+)"', stranger.text(screen(team)))
    assert names == list(stages[21:])


def test_team_without_pipelines_says_so(stranger: Visitor, store: Store) -> None:
    team = a_team(store)
    path = screen(team)
    text = stranger.text(path)
    assert "No pipeline has reported yet" in text
    record(store, a_run(), team.id)
    news = text_of(stranger.poll(path, tag_on(text)))
    assert "No pipeline has reported yet" not in news
    assert ROW.search(news)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_markup_of_a_ci_tool_is_text(stranger: Visitor, store: Store, payload: str) -> None:
    town = hostile(store, payload)
    paths = [screen(town.team), screen()]
    for text in [stranger.text(path) for path in paths] + [text_of(stranger.poll(path, "old")) for path in paths]:
        found = Elements(text)
        assert not {"img", "base", "iframe"} & set(found.tags)
        assert not [name for name, _ in found.attributes if re.match(r"on|data-hx|hx-on", name)]
        assert found.tags.count("script") == len(re.findall(r"<script src=", text))


def test_page_has_no_repeated_id_and_one_heading(stranger: Visitor, town: Town) -> None:
    for path in (screen(town.team), screen()):
        text = stranger.text(path)
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert sorted(ids) == sorted(set(ids))
        assert len(re.findall(r"<h1[ >]", text)) == 1


def test_screen_works_without_a_script(stranger: Visitor, town: Town) -> None:
    assert '<noscript><meta http-equiv="refresh"' in stranger.text(screen(town.team))


# News


def test_unchanged_poll_is_304_and_a_change_is_news(stranger: Visitor, town: Town, store: Store, clock: Clock) -> None:
    for path in (screen(town.team), screen()):
        tag = tag_on(stranger.text(path))
        clock.move(37_000)
        same = stranger.poll(path, tag)
        assert (same.status_code, same.content, same["HX-PTag"]) == (304, b"", tag)
    failed = a_run("310", began=NOW - 4 * MINUTE, outcome=Status.FAILED, ref=MOVING)
    tags = {path: tag_on(stranger.text(path)) for path in (screen(town.team), screen())}
    record(store, failed, town.team.id)
    for path, tag in tags.items():
        answer = stranger.poll(path, tag)
        assert (answer.status_code, answer["HX-PTag"] == tag) == (200, False)
        assert "<!doctype" not in text_of(answer)


def test_regions_of_a_poll_are_on_the_page(stranger: Visitor, town: Town) -> None:
    path = screen(town.team)
    page, news = stranger.text(path), text_of(stranger.poll(path, "old"))
    targets = re.findall(r'<hx-partial hx-target="#([^"]+)"', news)
    assert sorted(targets) == ["rad-counts", "rad-foot", "rad-name", "radiator"]
    for target in targets:
        assert f'id="{target}"' in page


def test_new_name_of_the_team_is_news(stranger: Visitor, town: Town, store: Store) -> None:
    path = screen(town.team)
    tag = tag_on(stranger.text(path))
    entry = store.teams.get(town.team.id)
    store.teams.update(entry, replace(entry.team, name="Ledgers"), BY)
    assert "Ledgers" in text_of(stranger.poll(path, tag))


def test_row_turns_by_itself(stranger: Visitor, town: Town, clock: Clock) -> None:
    path = screen(town.team)
    tag = tag_on(stranger.text(path))
    clock.move(7 * 3_600_000)
    assert "No signal" in text_of(stranger.poll(path, tag))


def test_store_out_of_reach_is_said_so_and_asked_again(
    stranger: Visitor, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = screen(town.team)

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(stranger.store.table.engine, "query", refuse)
    for answer in (stranger.get(path), stranger.poll(path, "old")):
        assert answer.status_code == 503
        assert int(answer["Refresh"]) > 0
        assert answer["X-Robots-Tag"] == "noindex"


# What it costs


def test_screen_costs_three_calls_of_a_team_and_two_of_all(stranger: Visitor, town: Town) -> None:
    for path, calls in ((screen(town.team), ["get", "get", "query"]), (screen(), ["get", "query"])):
        assert operations(stranger, path) == calls
        tag = tag_on(stranger.text(path))
        # What all teams have is not read again while nobody writes.
        again = calls if len(calls) == 3 else ["get"]
        assert operations(stranger, path, "old") == operations(stranger, path, tag) == again


def test_unknown_key_costs_one_call(stranger: Visitor, town: Town) -> None:
    with metered() as meter:
        stranger.get("/radiator/never")
        stranger.get("/radiator/" + "x" * 900)
    assert meter.operations == ["get"]

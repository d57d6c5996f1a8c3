"""Each page: what it shows, how it is asked for news, and that its text does not hang on the clock."""

from __future__ import annotations

import re

import pytest

from storage.model.entities import Status
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.views.town import MOVING, RED, WAITING, Town
from tests.dashboard.visiting import HX, Visitor, post_github, text_of
from tests.factories import (
    BY,
    DAY,
    MINUTE,
    NOW,
    REF,
    SHA,
    UNNAMED,
    Clock,
    a_run,
    a_team,
    action_changed,
    execution_changed,
    record,
)

TAG = re.compile(r'(?:hx-ptag|data-tag)="([^"]+)"')


def tag_on(page: str) -> str:
    found = TAG.search(page)
    assert found is not None
    return found.group(1)


def test_every_page_is_there_for_one_who_is_signed_in(visitor: Visitor, town: Town) -> None:
    for path in town.pages:
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        assert answer["Cache-Control"] == "no-store" or "no-store" in answer["Cache-Control"]
        assert "HX-Request" in answer["Vary"], path
        assert text_of(answer).startswith("<!doctype html>"), path


def test_every_page_has_no_repeated_id_and_one_heading(visitor: Visitor, town: Town) -> None:
    for path in town.pages:
        text = visitor.text(path)
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert sorted(ids) == sorted(set(ids)), path
        assert len(re.findall(r"<h1[ >]", text)) == 1, path


def test_live_page_polls_its_own_news(visitor: Visitor, town: Town) -> None:
    for path in town.live:
        tag = tag_on(visitor.text(path))
        same = visitor.poll(path, tag)
        assert (same.status_code, same.content, same["HX-PTag"]) == (304, b"", tag), path
        other = visitor.poll(path, "of long ago")
        assert (other.status_code, other["HX-PTag"]) == (200, tag), path
        assert text_of(other).startswith("<hx-partial"), path
        assert "<!doctype" not in text_of(other), path


def test_regions_of_a_poll_are_on_the_page_as_they_are_in_the_answer(visitor: Visitor, town: Town) -> None:
    for path in town.live:
        page = visitor.text(path)
        targets = re.findall(r'<hx-partial hx-target="#([^"]+)"', text_of(visitor.poll(path, "old")))
        assert targets, path
        for target in targets:
            assert f'id="{target}"' in page, (path, target)


def test_change_is_news_to_every_page_that_shows_it(visitor: Visitor, town: Town) -> None:
    pages = ["/", town.board, f"{town.board}/pipelines/{town.pipeline_of(MOVING.key)}", f"/executions/{town.moving}"]
    before = {path: tag_on(visitor.text(path)) for path in pages}
    record(visitor.store, a_run("310", began=NOW - 4 * MINUTE, outcome=Status.FAILED, ref=MOVING), town.team.id)
    for path in pages:
        answer = visitor.poll(path, before[path])
        assert answer.status_code == 200, path
        assert answer["HX-PTag"] != before[path], path


def test_plain_htmx_request_is_no_poll(visitor: Visitor, town: Town) -> None:
    assert "<!doctype" in text_of(visitor.get(town.board, **HX))


def test_page_text_does_not_depend_on_the_clock(visitor: Visitor, town: Town, clock: Clock) -> None:
    """Twice, in one condition: the clocks tick in the browser."""
    for path in town.pages:
        clock.now = NOW
        first = visitor.text(path)
        clock.now = NOW + 37_000
        assert visitor.text(path) == first, path


def test_row_turns_by_itself_when_its_run_is_not_heard_of_any_more(visitor: Visitor, town: Town, clock: Clock) -> None:
    tag = tag_on(visitor.text(town.board))
    clock.move(7 * 3_600_000)
    answer = visitor.poll(town.board, tag)
    assert answer.status_code == 200
    assert "No signal" in text_of(answer)


# The markers of CONTRACT section 3


def test_board_has_its_markers(visitor: Visitor, town: Town) -> None:
    text = visitor.text(town.board)
    for ref in (REF, RED, MOVING, WAITING):
        assert f'data-pipeline="{town.pipeline_of(ref.key)}"' in text
    assert re.search(r'data-stage="deploy production"[^>]*data-status="failed"', text)
    assert f'data-live="team:{town.team.id}"' in text


def test_network_has_its_markers(visitor: Visitor, town: Town) -> None:
    text = visitor.text("/")
    assert f'data-team="{town.team.slug}"' in text
    assert 'data-live="network:all"' in text


def test_execution_has_its_markers(visitor: Visitor, town: Town) -> None:
    text = visitor.text(f"/executions/{town.red}")
    assert f'data-execution="{town.red}"' in text
    assert f'data-live="execution:{town.red}"' in text
    assert re.search(r'data-stage="build"[^>]*data-status="succeeded"', text)


def test_pipeline_has_its_markers(visitor: Visitor, town: Town) -> None:
    text = visitor.text(f"{town.board}/pipelines/{town.pipeline}")
    assert f'data-live="pipeline:{town.pipeline}"' in text
    assert f'data-execution="{town.green}"' in text


# Each screen's own


def test_trouble_comes_first_on_the_board(visitor: Visitor, town: Town) -> None:
    rows = re.findall(r'data-pipeline="[^"]+" data-condition="(\w+)"', visitor.text(town.board))
    assert rows == ["failing", "waiting", "running", "passing"]


def test_board_can_be_narrowed_to_one_condition(visitor: Visitor, town: Town) -> None:
    assert visitor.get(f"{town.board}?q=is:failing").status_code == 200
    assert visitor.get(f"{town.board}?show=<script>").status_code == 200


def test_empty_board_leads_to_the_first_connection(visitor: Visitor) -> None:
    team = a_team(visitor.store)
    text = visitor.text("/teams/payments")
    assert f"/manage/teams/{team.id}/connect/github" in text
    assert f"/manage/teams/{team.id}/connect/codepipeline" in text


def test_empty_network_leads_to_the_first_team(visitor: Visitor) -> None:
    assert 'href="/manage"' in visitor.text("/").partition("<main")[2]


def test_run_is_shown_at_an_earlier_attempt_when_asked(visitor: Visitor, town: Town) -> None:
    record(visitor.store, a_run("210", began=NOW - MINUTE, attempt=2, ref=RED), town.team.id)
    now = visitor.text(f"/executions/{town.red}")
    then = visitor.text(f"/executions/{town.red}?attempt=1")
    assert "data-live" in now
    assert f'data-live="execution:{town.red}"' not in then
    for odd in ("0", "99", "-1", "abc", "9" * 30):
        assert visitor.get(f"/executions/{town.red}?attempt={odd}").status_code == 200


def test_history_goes_on_page_by_page_and_only_with_its_own_cursor(visitor: Visitor, town: Town) -> None:
    for number in range(30):
        record(visitor.store, a_run(str(120 + number), began=NOW - (30 - number) * MINUTE), town.team.id)
    page = f"{town.board}/pipelines/{town.pipeline}"
    found = re.search(r'href="[^"]*\?before=([^"#&]+)', visitor.text(page))
    assert found is not None
    older = visitor.text(f"{page}?before={found.group(1)}")
    assert f'data-execution="{town.green}"' in older
    assert "data-live" not in older.partition("<main")[2].partition("<dialog")[0]
    assert visitor.get(f"{page}?before={found.group(1)[:-2]}").status_code == 404
    assert visitor.get(f"{page}?before=x").status_code == 404
    other = f"{town.board}/pipelines/{town.pipeline_of(RED.key)}"
    assert visitor.get(f"{other}?before={found.group(1)}").status_code == 404


@pytest.mark.parametrize("prefix", [SHA, SHA[:7], SHA[:7].upper()])
def test_commit_is_found_by_a_prefix(visitor: Visitor, town: Town, prefix: str) -> None:
    assert town.red in visitor.text(f"/commits/{prefix}")


def test_prefix_of_two_commits_says_so(visitor: Visitor, town: Town) -> None:
    record(visitor.store, [execution_changed("900", commit=SHA[:8] + "f" * 32)], town.team.id)
    assert SHA[:8] + "f" in visitor.text(f"/commits/{SHA[:7]}")


def test_search_finds_what_just_came_was_renamed_hidden_or_moved(visitor: Visitor, town: Town, store: Store) -> None:
    def found(query: str) -> bool:
        return town.pipeline in visitor.text(f"/search?q={query}")

    path = f"/manage/teams/{town.team.id}/pipelines/{town.pipeline}"
    places = {f"stage-{number}-place": str(number + 1) for number in range(3)}
    assert visitor.post(path, {**places, "name": "Till"}).status_code == 303
    assert (found("till"), found("checkout")) == (True, False)
    assert visitor.post(path, {**places, "name": "Till", "hidden": "on"}).status_code == 303
    assert not found("till")
    assert visitor.post(path, {**places, "name": "Till"}).status_code == 303
    other = a_team(store, "Ledger", "ledger")
    assert visitor.post(f"{path}/move", {"to": other.id}).status_code == 303
    assert "/teams/ledger/pipelines/" in visitor.text("/search?q=till")
    assert f"/teams/{town.team.slug}/pipelines/{town.pipeline}" not in visitor.text("/search?q=till")
    post_github(town.connection, workflow_run())
    assert "checkout" in visitor.text("/search?q=checkout")


def test_search_finds_teams_pipelines_and_commits(visitor: Visitor, town: Town) -> None:
    assert town.pipeline in visitor.text("/search?q=check")
    assert town.board in visitor.text("/search?q=pay")
    assert f"/commits/{SHA[:9]}" in visitor.text(f"/search?q={SHA[:9]}")
    fragment = text_of(visitor.get("/search?q=check", **HX))
    assert town.pipeline in fragment
    assert "<!doctype" not in fragment
    for odd in ("", "%20", "%00", "x" * 5000, "<b>"):
        assert visitor.get(f"/search?q={odd}").status_code == 200


def test_health_shows_each_sample_size(visitor: Visitor, town: Town) -> None:
    overview = visitor.text("/health")
    assert town.team.name in overview
    assert re.search(r"\b8\b", overview)
    assert ">checkout</a>" in visitor.text(f"/health/{town.team.slug}")


def test_execution_of_a_removed_team_is_not_found(visitor: Visitor, town: Town) -> None:
    visitor.store.teams.delete(town.team, BY)
    assert visitor.get(f"/executions/{town.green}").status_code == 404
    assert visitor.get(town.board).status_code == 404


def test_execution_that_waits_for_its_pipelines_name_can_be_opened(visitor: Visitor, store: Store) -> None:
    team = a_team(store)
    execution_id = record(store, [action_changed(pipeline=UNNAMED)], team.id)
    assert f'data-execution="{execution_id}"' in visitor.text(f"/executions/{execution_id}")


def test_run_of_long_ago_is_gone_after_its_retention(visitor: Visitor, town: Town, clock: Clock) -> None:
    clock.move(399 * DAY)
    visitor.sign_in(visitor.user)  # type: ignore[arg-type]
    assert visitor.get(f"/executions/{town.green}").status_code == 200
    clock.move(2 * DAY)
    visitor.sign_in(visitor.user)  # type: ignore[arg-type]
    assert visitor.get(f"/executions/{town.green}").status_code == 404
    assert visitor.get(f"{town.board}/pipelines/{town.pipeline}").status_code == 200

"""A connection's history on its page: asked for, begun by itself, watched, stopped."""

from __future__ import annotations

import pytest

from dashboard.history.working import begin, work_on
from storage.model.accounts import Role
from storage.model.backfill import Backfill, BackfillState
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Team
from storage.store import Store
from tests.dashboard.history.fake_organisation import FakeOrganisation
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, DAY, MINUTE, Clock, a_connection, a_member


def kept(store: Store, connection: Connection) -> Backfill:
    found = store.backfills.find(connection.id)
    assert found is not None
    return found


def test_first_token_begins_it_and_later_ones_do_not(
    visitor: Visitor, store: Store, team: Team, tool: FakeTool, organisation: FakeOrganisation
) -> None:
    connection = a_connection(store, team.id)
    path = f"/manage/connections/{connection.id}"
    assert "Read history" not in visitor.text(path), "nothing can be read without a token"
    visitor.post(f"{path}/api", {"token": "ghp_a-token", "address": tool.address})
    begun = kept(store, connection)
    assert (begun.state, begun.since) == (BackfillState.LISTING, store.now() - 90 * DAY)
    organisation.fill(repositories=2, days=3, runs_a_day=2)
    work_on(store, begun, lambda: True)
    page = visitor.text(path)
    assert "All read" in page
    assert "2 projects, 12 runs" in page
    visitor.post(f"{path}/api", {"token": "ghp_another", "address": tool.address})
    assert kept(store, connection).state is BackfillState.DONE


def test_none_begins_by_itself_where_the_settings_say_so(
    visitor: Visitor, store: Store, team: Team, settings: object
) -> None:
    settings.BACKFILL_DAYS = 0  # type: ignore[attr-defined]
    connection = a_connection(store, team.id)
    visitor.post(f"/manage/connections/{connection.id}/api", {"token": "ghp_a-token"})
    assert store.backfills.find(connection.id) is None


def test_it_is_asked_for_with_days_and_patterns_and_audited(
    visitor: Visitor, store: Store, team: Team, connection: Connection
) -> None:
    path = f"/manage/connections/{connection.id}"
    answer = visitor.post(f"{path}/history/start", {"days": "30", "only": "acme/*"})
    assert answer["Location"] == path
    assert (kept(store, connection).since, kept(store, connection).only) == (store.now() - 30 * DAY, "acme/*")
    (entry,) = [one for one in store.audit.list_of_team(team.id).items if one.action == "history.asked_for"]
    assert (entry.action, dict(entry.after)["only"]) == ("history.asked_for", "acme/*")


@pytest.mark.parametrize("days", ["0", "401", "many", ""])
def test_days_that_cannot_be_are_refused_in_words(
    visitor: Visitor, store: Store, connection: Connection, days: str
) -> None:
    answer = visitor.post(f"/manage/connections/{connection.id}/history/start", {"days": days})
    assert answer.status_code == 400
    assert 'role="alert"' in text_of(answer)
    assert store.backfills.find(connection.id) is None


def test_stopped_it_says_so_and_can_be_begun_again(visitor: Visitor, store: Store, connection: Connection) -> None:
    begin(store, connection, BY)
    path = f"/manage/connections/{connection.id}"
    assert ">Stop</button>" in visitor.text(path)
    visitor.post(f"{path}/history/stop", {})
    assert kept(store, connection).state is BackfillState.STOPPED
    page = visitor.text(path)
    assert "Stopped" in page
    assert ">Stop</button>" not in page
    assert "Read again" in page


def test_fragment_tells_how_far_it_is_and_what_it_waits_for(
    visitor: Visitor, store: Store, connection: Connection, clock: Clock
) -> None:
    fragment = f"/manage/connections/{connection.id}/history"
    assert "<li" not in visitor.text(fragment)
    begun = begin(store, connection, BY)
    moved = replace(begun, state=BackfillState.NEWEST, projects=300, finished=41, runs=4100, calls=55)
    moved = store.backfills.put(begun, moved)
    told = visitor.text(fragment)
    assert "Reading the newest runs" in told
    assert '<progress max="300" value="41"' in told
    assert "300 projects, 4 100 runs, 55 requests" in told
    assert 'hx-trigger="every 2s"' in told
    store.backfills.put(moved, replace(moved, resumes_at=clock() + 20 * MINUTE))
    assert "our share of the tool's calls is used up" in visitor.text(fragment)


def test_tool_without_history_and_who_may_not_change_it_are_shown_no_form(
    visitor: Visitor, store: Store, team: Team, connection: Connection
) -> None:
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    assert "Read history" in visitor.text(f"/manage/connections/{connection.id}")
    assert "Read history" not in member.text(f"/manage/connections/{connection.id}")
    other = a_connection(store, team.id, source="cdevents")
    other = store.connections.put(other, replace(other, api=ApiAccess(token="x")), BY, "connection.api_changed")
    assert "Read history" not in visitor.text(f"/manage/connections/{other.id}")
    assert visitor.get(f"/manage/connections/{other.id}/history").status_code == 404

"""Administrators write the rules by which pipelines go to teams, see what they take, and move what waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from dashboard.forms.team_rules import NOTHING, drafts_sent, forms_of, rearranged
from dashboard.readmodels.team_rules import ReceivedPipeline
from storage import keys
from storage.errors import Conflict
from storage.model.accounts import Role
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord, Placed
from storage.model.team_rules import UNASSIGNED, RuledSource, TeamRule
from storage.store import Store
from tests.dashboard.views.offices import PAY, board, waiting
from tests.dashboard.views.test_bottleneck import words_of
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, NOW, a_connection, a_member
from tests.office import Office, changed

RULES = "/manage/team-rules"
PREVIEWED = re.compile(r'name="previewed" value="([0-9a-f]*)"')


@pytest.fixture
def office(store: Store) -> Office:
    return waiting(store)


def sent(rules: list[Mapping[str, str]], do: str = "preview", **more: str) -> dict[str, str]:
    fields = {f"rule-{at}-{name}": value for at, rule in enumerate(rules) for name, value in rule.items()}
    return {"count": str(len(rules)), "do": do, "based_on": "1", **fields, **more}


def to_pay(office: Office, **looks_at: str) -> dict[str, str]:
    return {"team_id": office.pay.id, **looks_at}


def test_rules_are_previewed_then_saved_then_move_what_waits(visitor: Visitor, store: Store, office: Office) -> None:
    rules: list[Mapping[str, str]] = [to_pay(office, repository="acme/pay-*")]
    first = visitor.post(RULES, sent(rules, "save"))
    text = text_of(first)
    assert store.team_rule_sets.find().rules == ()
    assert "Pipelines with repository acme/pay-* go to Pay Takes 1 of 2 received: pay-api · CI" in words_of(text)
    assert "No rule fits 1: site · CI." in words_of(text)
    assert "/manage/team-rules/move" not in text
    (previewed,) = set(PREVIEWED.findall(text))
    assert visitor.post(RULES, sent(rules, "save", previewed=previewed)).status_code == 303
    assert [rule.repository for rule in store.team_rule_sets.find().rules] == ["acme/pay-*"]
    assert board(store, UNASSIGNED) == ["pay-api", "site"]
    (entry,) = [one for one in store.audit.list_all().items if one.action == "team_rules.changed" and one.user_id]
    assert entry.after == (("rule 1", f"repository acme/pay-* to {office.pay.id}"),)
    moved = visitor.post("/manage/team-rules/move", {"previewed": previewed})
    assert "1 moved." in text_of(moved)
    assert (board(store, office.pay.id), board(store, UNASSIGNED)) == (["pay-api"], ["site"])
    assert "Nothing: all stand where these rules would have them." in text_of(moved)
    assert [one.target for one in store.audit.list_all().items if one.action == "pipeline.moved"] == ["pay-api · CI"]
    # Its history went with it.
    execution = keys.execution_id(office.platform.id, "github", "1")
    assert "Pay" in visitor.text(f"/executions/{execution}")
    assert office.record(PAY).placed is Placed.RULES


def test_rules_that_changed_since_they_were_shown_move_nothing(visitor: Visitor, store: Store, office: Office) -> None:
    office.write([office.rule(office.pay, name="*")])
    answer = visitor.post("/manage/team-rules/move", {"previewed": "0" * 32})
    assert answer.status_code == 409
    assert len(board(store, UNASSIGNED)) == 2


@pytest.mark.parametrize(
    ("do", "order"),
    [
        ("up-1", "bac"),
        ("down-1", "acb"),
        ("up-0", "abc"),
        ("down-2", "abc"),
        ("remove-1", "ac"),
        ("add", "abc-"),
        ("up-9", "abc"),
        ("up--1", "abc"),
        ("down-1x", "abc"),
        ("", "abc"),
    ],
)
def test_buttons_put_rules_in_order(do: str, order: str) -> None:
    found = rearranged([{"name": name} for name in "abc"], do)
    assert "".join(draft.get("name", "-") for draft in found or [{"name": "abc"}]) == order


def test_button_saves_nothing_and_says_nothing_of_what_is_not_filled_in(
    visitor: Visitor, store: Store, office: Office
) -> None:
    rules = [to_pay(office, name=name) for name in "ab"]
    text = text_of(visitor.post(RULES, sent([*rules, {}], "up-1")))
    assert re.findall(r'name="rule-\d-name"(?: value="(\w)")?', text) == ["b", "a", ""]
    assert 'class="error"' not in text
    assert store.team_rule_sets.find().rules == ()


def test_rule_that_never_counts_and_one_of_a_team_that_is_gone_say_so(
    visitor: Visitor, store: Store, office: Office
) -> None:
    office.write(
        [
            office.rule(office.web, repository="acme/*"),
            office.rule(office.pay, repository="acme/pay-*"),
            office.rule(office.pay, project="pay-api"),
        ]
    )
    told = words_of(visitor.text(RULES))
    assert "It never counts: rule 1 takes all that it fits." in told
    assert "It takes none: rules before it have all that it fits." in told
    assert "Takes 2 of 2 received" in told
    store.teams.delete(office.web, BY)
    told = words_of(visitor.text(RULES))
    assert "go to a team that is gone It fits nothing until you choose another team." in told
    assert "It never counts" not in told
    # Others may be changed and saved without it.
    rules: list[Mapping[str, str]] = [{"team_id": office.web.id, "name": "x"}, to_pay(office, name="y")]
    previewed = PREVIEWED.findall(text_of(visitor.post(RULES, sent(rules))))[0]
    assert visitor.post(RULES, sent(rules, "save", previewed=previewed, based_on="2")).status_code == 303


def test_pipeline_that_somebody_moved_stays_and_is_told(visitor: Visitor, store: Store, office: Office) -> None:
    unassigned = store.teams.get(UNASSIGNED).team
    store.override_writer.move(office.record(PAY).id, unassigned, office.web, BY)
    office.write([office.rule(office.pay, name="*")])
    told = words_of(visitor.text(RULES))
    assert "1 stays where somebody moved them: pay-api · CI" in told
    previewed = PREVIEWED.findall(visitor.text(RULES))[0]
    visitor.post("/manage/team-rules/move", {"previewed": previewed})
    assert (board(store, office.web.id), board(store, office.pay.id)) == (["pay-api"], ["site"])
    # Back in Unassigned it waits for rules again.
    store.override_writer.move(office.record(PAY).id, office.web, unassigned, BY)
    visitor.post("/manage/team-rules/move", {"previewed": previewed})
    assert board(store, office.pay.id) == ["pay-api", "site"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, NOTHING),
        ({"name": " , ,"}, NOTHING),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"name": "x\x00"}, "Null characters are not allowed"),
        ({"name": "x", "source": "<script>"}, "Select a valid choice"),
        ({"name": "x", "team_id": UNASSIGNED}, "Select a valid choice"),
        ({"name": "x", "team_id": "0" * 32}, "Select a valid choice"),
        ({"name": "x", "team_id": ""}, "This field is required"),
    ],
)
def test_rule_that_cannot_be_says_why(rule: dict[str, str], said: str) -> None:
    team = Team("6f1d3c0a-8d1e-4f0e-9a51-0f4b6a0f9d11", "Pay", "pay", NOW, NOW)
    (form,) = forms_of([{"team_id": team.id} | rule], [team], [])
    assert not form.is_valid()
    assert said in str(form.errors)


def test_rule_that_cannot_be_is_refused_where_it_stands(visitor: Visitor, store: Store, office: Office) -> None:
    answer = visitor.post(RULES, sent([to_pay(office, name="x", source="<script>")], "save"))
    assert answer.status_code == 400
    assert "Select a valid choice. &lt;script&gt;" in text_of(answer)
    assert store.team_rule_sets.find().rules == ()


@pytest.mark.parametrize("count", ["", "-1", "x", "99999", "²", "1e3"])
def test_number_of_rules_that_is_none_is_taken_as_none(count: str) -> None:
    assert len(drafts_sent({"count": count, "rule-0-name": "a" * 9999})) == 0


def test_most_rules_there_may_be_are_shown_and_no_more(visitor: Visitor, office: Office) -> None:
    answer = visitor.post(RULES, {"count": "999", "do": "preview"})
    assert text_of(answer).count("<fieldset>") == 100
    assert 'value="add"' not in text_of(answer)


def test_rules_that_somebody_changed_meanwhile_are_not_written_over(
    visitor: Visitor, store: Store, office: Office
) -> None:
    rules: list[Mapping[str, str]] = [to_pay(office, name="mine")]
    previewed = PREVIEWED.findall(text_of(visitor.post(RULES, sent(rules))))[0]
    office.write([office.rule(office.web, name="theirs")])
    answer = visitor.post(RULES, sent(rules, "save", previewed=previewed))
    assert answer.status_code == 409
    assert "Somebody changed the rules meanwhile" in text_of(answer)
    assert 'value="mine"' in text_of(answer)
    assert [rule.name for rule in store.team_rule_sets.find().rules] == ["theirs"]


def test_patterns_are_kept_as_they_are_read(visitor: Visitor, store: Store, office: Office) -> None:
    rules: list[Mapping[str, str]] = [to_pay(office, name=" a  b ,, c* ,<b>", source="github")]
    previewed = PREVIEWED.findall(text_of(visitor.post(RULES, sent(rules))))[0]
    visitor.post(RULES, sent(rules, "save", previewed=previewed))
    assert store.team_rule_sets.find().rules == (TeamRule(office.pay.id, "github", name="a b, c*, <b>"),)
    text = visitor.text(RULES)
    assert "Pipelines of GitHub Actions with name a b or c* or &lt;b&gt; go to Pay" in words_of(text)
    assert "<b></code>" not in text


# Where a connection's pipelines go


def test_administrator_sends_a_connections_new_pipelines_by_rules_and_back(visitor: Visitor, store: Store) -> None:
    office = Office(store, [])
    office.write([], sources=[])
    connection = a_connection(store, office.platform.id)
    page = f"/manage/connections/{connection.id}"
    assert "To Platform" in words_of(visitor.text(page))
    for _ in range(2):
        assert visitor.post(f"{page}/destination", {"by_rules": "1"}).status_code == 303
    assert store.team_rule_sets.find().ruled == (RuledSource(office.platform.id, "github"),)
    assert "To teams by rules" in words_of(visitor.text(page))
    assert "Platform: all connections of GitHub Actions" in words_of(visitor.text(RULES))
    visitor.post(f"{page}/destination")
    assert store.team_rule_sets.find().ruled == ()
    told = [one for one in store.audit.list_all().items if one.action == "team_rules.changed" and one.user_id]
    assert len(told) == 2


def test_first_connection_by_rules_makes_unassigned(visitor: Visitor, store: Store) -> None:
    connection = a_connection(store, store.teams.create("Platform", "platform", BY).id)
    visitor.post(f"/manage/connections/{connection.id}/destination", {"by_rules": "1"})
    assert store.teams.get(UNASSIGNED).team.slug == "unassigned"


def test_manager_is_told_where_pipelines_go_and_cannot_say_so(store: Store, office: Office) -> None:
    connection = a_connection(store, office.platform.id)
    visitor = Visitor(store, a_member(store, office.platform, Role.MANAGER, "platform@example.com"))
    page = f"/manage/connections/{connection.id}"
    assert "To teams by rules" in words_of(visitor.text(page))
    assert "/destination" not in visitor.text(page)
    assert visitor.post(f"{page}/destination").status_code == 403
    assert store.team_rule_sets.find().decide_for(office.platform.id, "github")


def test_preview_has_what_the_connections_told_and_nothing_of_others(
    visitor: Visitor, store: Store, office: Office
) -> None:
    """A pipeline of Web's own connection is Web's, whatever rules say."""
    store.recorder.apply(office.web.id, [changed("9", PAY)])
    office.write([office.rule(office.pay, name="*")])
    assert "Takes 2 of 2 received" in words_of(visitor.text(RULES))


def test_rules_that_others_keep_changing_are_not_toggled(
    visitor: Visitor, store: Store, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **more: Any) -> None:
        raise Conflict("somebody else")

    connection = a_connection(store, office.platform.id)
    monkeypatch.setattr("storage.repositories.team_rule_sets.TeamRuleSets.put", refuse)
    answer = visitor.post(f"/manage/connections/{connection.id}/destination")
    assert answer.status_code == 409


def test_record_before_there_were_rules_is_by_hand_where_it_is_not_its_connections(store: Store) -> None:
    moved = PipelineRecord("p", "web", "github", "k")
    assert ReceivedPipeline(moved, "x", "platform").is_by_hand
    assert not ReceivedPipeline(moved, "x", "web").is_by_hand

"""Rules about stages, as people edit them: arranged, previewed, then saved, on each of three levels."""

from __future__ import annotations

import re
from html import unescape

import pytest

from dashboard.forms.stage_rules import Draft, digest_of
from dashboard.jobs.apply_conventions import JOB
from dashboard.readmodels.stage_rules import apply_line
from storage.model.apply_progress import INSTALLATION, ApplyProgress
from storage.model.entities import StageKind, Team
from storage.model.stage_rules import MOST_RULES, NO_CONVENTIONS, Budget, Conventions, StageRule
from storage.store import Store
from tests.dashboard.jobs.doing import do
from tests.dashboard.views.test_bottleneck import words_of
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, NOW, REF, a_run, a_team, pipeline_id_of, record, stored_items

OF_ALL = "/manage/stage-rules"
SHIPS = {"rule-0-pattern": "ship it", "rule-0-kind": "production"}
RULES = Conventions((StageRule("ship it", StageKind.PRODUCTION),))
DEPLOYS = StageKind.DEPLOY


@pytest.fixture
def team(store: Store) -> Team:
    """`ship it` is a deployment by its words."""
    team = a_team(store)
    for number in range(3):
        record(store, a_run(str(5001 + number), stages=("build", "ship it")), team.id)
    store.rebuilder.rename(team.id)
    return team


def of_team(team: Team) -> str:
    return f"/manage/teams/{team.id}/stage-rules"


def of_pipeline(team: Team) -> str:
    return f"/manage/teams/{team.id}/pipelines/{pipeline_id_of(team.id, REF)}/stage-rules"


def preview(page: str) -> str:
    section = page.partition('id="preview">')[2].partition("</section>")[0]
    return words_of(section.replace("</t", " </t")).strip()


def typed(page: str) -> list[tuple[str, str]]:
    """Pattern and chosen kind of each line of the form, the empty one at the end left out."""
    patterns = [
        unescape(value.group(1)) if (value := re.search(r'value="([^"]*)"', tag)) else ""
        for tag in re.findall(r'<input[^>]*name="rule-\d+-pattern"[^>]*>', page)
    ]
    kinds = re.findall(r'<select[^>]*name="rule-\d+-kind".*?</select>', page, re.DOTALL)
    chosen = [(re.search(r'value="(\w*)" selected', kind) or ["", ""])[1] for kind in kinds]
    return [*zip(patterns, chosen, strict=True)][:-1]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found.group(1)


def save(visitor: Visitor, path: str, data: dict[str, str]) -> None:
    """As a person does: preview, then save what was previewed."""
    page = text_of(visitor.post(path, {**data, "based_on": hidden(visitor.text(path), "based_on")}))
    told = {name: hidden(page, name) for name in ("based_on", "previewed")}
    assert visitor.post(path, {**data, **told, "do": "save"}).status_code == 303


def kind_of_shipping(store: Store, team: Team) -> StageKind:
    row = store.pipelines.find_row(team.id, pipeline_id_of(team.id, REF))
    assert row is not None
    return {cell.name: cell.kind for cell in row.row().stages}["ship it"]


@pytest.mark.parametrize("level", ["all", "team", "pipeline"])
def test_preview_says_what_would_change_and_saves_nothing(
    store: Store, visitor: Visitor, team: Team, level: str
) -> None:
    path = {"all": OF_ALL, "team": of_team(team), "pipeline": of_pipeline(team)}[level]
    visitor.get(path)
    before = stored_items(store)
    page = text_of(visitor.post(path, {**SHIPS, "rule-1-pattern": "no such *", "rule-1-kind": "other"}))
    assert stored_items(store) == before
    said = preview(page)
    assert "Names of stages in 1 pipeline, and 3 runs in full" in said
    assert "ship it checkout deploy production 3" in said
    assert "Deployments to production: 0 now, 3 then" in said
    assert "“no such *” matches no stage that is known" in unescape(said)
    assert typed(page) == [("ship it", "production"), ("no such *", "other")]


def test_rules_of_all_teams_are_saved_once_they_were_previewed_and_come_into_all(
    store: Store, visitor: Visitor, team: Team
) -> None:
    save(visitor, OF_ALL, {**SHIPS, "budget-acceptance": "45"})
    stored = store.stage_conventions.find(INSTALLATION)
    assert stored.conventions == Conventions(RULES.rules, (Budget(StageKind.ACCEPTANCE, 45),))
    page = visitor.text(f"{OF_ALL}?saved=1")
    assert "Saved." in page
    assert "About to be applied" in page
    assert typed(page) == [("ship it", "production")]
    assert kind_of_shipping(store, team) is DEPLOYS
    do(JOB, store)
    assert "Applied to 1 pipeline" in visitor.text(OF_ALL)
    assert kind_of_shipping(store, team) is StageKind.PRODUCTION
    said = visitor.text(of_team(team))
    assert words_of(said).count("Stages named ship it are production") == 1
    assert "45 min, as all teams have it" in words_of(said)
    assert ("stage_rules.changed", "All teams") in [(one.action, one.target) for one in store.audit.list_all().items]


def test_pipelines_own_rules_are_read_at_once_and_shown_with_its_settings(
    store: Store, visitor: Visitor, team: Team
) -> None:
    save(visitor, of_pipeline(team), SHIPS)
    assert kind_of_shipping(store, team) is StageKind.PRODUCTION
    settings = of_pipeline(team).removesuffix("/stage-rules")
    assert "Stages named ship it are production" in words_of(visitor.text(settings))
    # What is said on that page leaves them alone.
    assert visitor.post(settings, {"name": "Shop", "stage-0-place": "1", "stage-1-place": "2"}).status_code == 303
    found = store.pipelines.find(pipeline_id_of(team.id, REF))
    assert found is not None
    assert (found.overrides.name, found.overrides.conventions) == ("Shop", RULES)


def test_what_was_not_previewed_is_previewed_instead_of_saved(store: Store, visitor: Visitor, team: Team) -> None:
    other = digest_of(Conventions((StageRule("build", DEPLOYS),)))
    for previewed in ("", other):
        page = text_of(visitor.post(of_team(team), {**SHIPS, "do": "save", "previewed": previewed}))
        assert "ship it checkout deploy production 3" in preview(page)
    assert store.stage_conventions.find(team.id).version == 0


def test_saving_what_stands_writes_nothing(store: Store, visitor: Visitor, team: Team) -> None:
    save(visitor, of_team(team), {})
    assert store.stage_conventions.find(team.id).version == 0


def test_rules_that_somebody_changed_meanwhile_are_looked_at_first(
    store: Store, visitor: Visitor, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = of_team(team)
    based_on = hidden(visitor.text(path), "based_on")
    others = Conventions((StageRule("build", DEPLOYS),))
    store.stage_conventions.put(team.id, store.stage_conventions.find(team.id), others, BY, team.name)
    sent = {**SHIPS, "do": "save", "previewed": digest_of(RULES), "based_on": based_on}
    answer = visitor.post(path, sent)
    assert answer.status_code == 400
    assert "Somebody changed these rules meanwhile" in text_of(answer)
    assert store.stage_conventions.find(team.id).conventions == others
    # Between reading and writing.
    find = store.stage_conventions.find
    stale = find(team.id)
    store.stage_conventions.put(team.id, stale, NO_CONVENTIONS, BY, team.name)
    monkeypatch.setattr(store.stage_conventions, "find", lambda scope: stale if scope == team.id else find(scope))
    again = visitor.post(path, {**sent, "based_on": hidden(text_of(answer), "based_on")})
    assert (again.status_code, find(team.id).conventions) == (400, NO_CONVENTIONS)


THREE = {
    "rule-0-pattern": "a", "rule-0-kind": "commit", "rule-1-pattern": "b", "rule-1-kind": "deploy",
    "rule-2-pattern": "c", "rule-2-kind": "other",
}  # fmt: skip


@pytest.mark.parametrize(
    ("action", "left"),
    [("up-1", "bac"), ("down-1", "acb"), ("remove-0", "bc"), ("add", "abc"), ("up-0", "abc"), ("down-2", "abc"),
     ("up-99999", "abc"), ("remove-x", "abc"), ("nonsense", "abc")],
)  # fmt: skip
def test_rules_are_arranged_without_being_saved(
    store: Store, visitor: Visitor, team: Team, action: str, left: str
) -> None:
    page = text_of(visitor.post(of_team(team), {**THREE, "do": action}))
    assert "".join(pattern for pattern, _ in typed(page)) == left
    assert dict(typed(page)).get("b") == "deploy"
    assert (preview(page), store.stage_conventions.find(team.id).version) == ("", 0)


def test_emptied_rule_goes_and_the_button_beside_another_means_that_one() -> None:
    draft = Draft((("a", "commit"), ("", "other"), ("c", "other")), ())
    assert draft.arranged("remove-2").rules == (("a", "commit"),)
    assert draft.arranged("preview").rules == (("a", "commit"), ("c", "other"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"rule-0-pattern": "()", "rule-0-kind": "other"}, "A pattern has a letter, a digit or *."),
        ({"rule-0-pattern": "a"}, "Say which kind they are."),
        ({"rule-0-pattern": "a", "rule-0-kind": "secret"}, "Select a valid choice"),
        ({**THREE, "rule-2-pattern": "A"}, "It stands above already."),
        ({"rule-0-pattern": "a" * 61, "rule-0-kind": "other"}, "at most 60 characters"),
        ({"budget-commit": "-1"}, "greater than or equal to 0"),
        ({"budget-commit": "soon"}, "Enter a whole number."),
        ({f"rule-{n}-{of}": f"a{n}" if of == "pattern" else "other" for n in range(MOST_RULES + 1)
          for of in ("pattern", "kind")}, "No more than 40 rules."),
    ],
)  # fmt: skip
def test_what_cannot_be_a_rule_is_told(visitor: Visitor, team: Team, data: dict[str, str], said: str) -> None:
    answer = visitor.post(of_team(team), {**data, "do": "save"})
    assert answer.status_code == 400
    assert said in unescape(text_of(answer))


def test_page_shows_every_level_in_its_order_and_the_words_at_last(store: Store, visitor: Visitor, team: Team) -> None:
    for scope, pattern in ((INSTALLATION, "third"), (team.id, "second")):
        wanted = Conventions((StageRule(pattern, DEPLOYS),), (Budget(StageKind.COMMIT, 0),))
        store.stage_conventions.put(scope, store.stage_conventions.find(scope), wanted, BY, "x")
    words = words_of(visitor.text(of_pipeline(team)))
    places = [words.index(said) for said in ("Then: Payments", "second", "Then: All teams", "third", "soak", "staging")]
    assert places == sorted(places)
    assert "Commit, minutes no limit" in words
    assert "10 min, the standard" in words_of(visitor.text(OF_ALL))


def test_what_takes_longer_than_its_budget_says_so_where_it_is_looked_at(
    store: Store, visitor: Visitor, team: Team
) -> None:
    for number in range(5):
        execution_id = record(store, a_run(str(5101 + number), stages=("build", "lint")), team.id)
    over = "2:00 together and may take 1 min, this pipeline"
    assert "over budget" not in visitor.text(f"/executions/{execution_id}")
    save(visitor, of_pipeline(team), {"budget-commit": "1"})
    assert over in words_of(visitor.text(f"/executions/{execution_id}"))
    details = visitor.text(f"/teams/payments/pipelines/{pipeline_id_of(team.id, REF)}/details")
    assert "Over budget commit stages usually take 2:00 and may take 1 min" in words_of(details.replace("</d", " </d"))


def test_pipeline_of_another_team_is_not_found(store: Store, visitor: Visitor, team: Team) -> None:
    other = a_team(store, "Other", "other")
    assert visitor.get(of_pipeline(team).replace(team.id, other.id)).status_code == 404
    assert visitor.get(of_team(team).replace("stage-rules", "pipelines/nonsense/stage-rules")).status_code == 404


def test_progress_is_told_in_words() -> None:
    def said(**known: int | tuple[str, ...] | None) -> str:
        line = apply_line(ApplyProgress("t", NOW, "Ada", **known))  # type: ignore[arg-type]
        assert line is not None
        return f"{line.words} ({line.sign})"

    assert apply_line(None) is None
    assert said() == "About to be applied (running)"
    assert said(total=200, applied=41) == "Applied to 41 of 200 pipelines (running)"
    failed = said(total=200, applied=198, failed=("a", "b"))
    assert failed == "Applied to 198 of 200 pipelines; 2 could not be read and are tried again (failed)"
    assert said(total=200, applied=200, ended_at=NOW) == "Applied to all 200 pipelines (succeeded)"

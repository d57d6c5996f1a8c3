"""Which new pipelines go to which team: the rules, what they take of what was received, and for which tools they
decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.auth.policy import MANAGE, authorize_admin
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.team_rules import RuleForm, drafts_of, drafts_sent, forms_of, rearranged
from dashboard.links import see_other
from dashboard.readmodels.team_rules import ReceivedPipeline, TeamRulesPreview, preview, received, words_of
from dashboard.store import get_store
from dashboard.views.manage.connections import MEANWHILE, connection_page, found_connection
from dashboard.views.manage.moving import MOST_AT_ONCE, Moving, move_all
from dashboard.views.pages import page
from storage.errors import Conflict
from storage.model.accounts import Actor
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.model.pipeline_record import Placed
from storage.model.team_rules import (
    MOST_RULES,
    UNASSIGNED,
    RuledSource,
    TeamRule,
    TeamRuleSet,
    fingerprint,
)
from storage.repositories.teams import TeamEntry
from storage.store import Store

LOOK = "This is what the rules do as you changed them. Look, then save."
SOMEBODY = "Somebody changed the rules meanwhile. What you typed stands below: look at what it does, then save."
CHANGED = "The rules have changed since this was shown. This is what they do now."
TRIES = 3


def received_pipelines(
    store: Store, ruled: Sequence[RuledSource], entries: Sequence[TeamEntry]
) -> tuple[ReceivedPipeline, ...]:
    """Of boards with their rows; a hundred records a read, and only of tools that count."""
    own = [RuledSource(UNASSIGNED, one.source) for one in store.connections.list_of_team(UNASSIGNED)]
    counting = [*ruled, *own]
    sources = {one.source for one in counting}
    rows = (row for entry in entries for row in entry.rows if row.source in sources or row.team_id == UNASSIGNED)
    names = {row.id: row.name for row in rows}
    records = store.pipelines.list_without_histories(list(names))
    return received([(record, names[record.id]) for record in records], counting)


def _preview(store: Store, rules: Sequence[TeamRule], ruled: Sequence[RuledSource]) -> TeamRulesPreview:
    entries = store.teams.list_boards()
    return preview(rules, received_pipelines(store, ruled, entries), {entry.team.id: entry.team for entry in entries})


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    stands = get_store().team_rule_sets.find()
    if request.method != "POST":
        return _page(request, stands, drafts_of(stands.rules))
    drafts, wanted = drafts_sent(request.POST), request.POST.get("do", "")
    changed = rearranged(drafts, wanted)
    if changed is not None:
        return _page(request, stands, changed, is_checked=False)
    found = _forms(drafts, stands)
    if wanted != "save" or not all(form.is_valid() for form in found):
        return _page(request, stands, drafts)
    rules = tuple(form.rule() for form in found)
    if request.POST.get("previewed") != fingerprint(rules):
        return _page(request, stands, drafts, said=LOOK)
    try:
        if request.POST.get("based_on") != str(stands.version):
            raise Conflict("the rules have changed")
        get_store().team_rule_sets.put(stands, replace(stands, rules=rules), actor_of(request))
    except Conflict:
        return _page(request, get_store().team_rule_sets.find(), drafts, said=SOMEBODY, status=409)
    return see_other("team_rules", "?saved=1")


def _teams() -> list[Team]:
    """That a rule may send pipelines to."""
    return [entry.team for entry in get_store().teams.list_all() if entry.team.id != UNASSIGNED]


def _forms(drafts: Sequence[Mapping[str, str]], stands: TeamRuleSet) -> list[RuleForm]:
    return forms_of(drafts, _teams(), stands.rules)


def _page(
    request: SignedInRequest,
    stands: TeamRuleSet,
    drafts: Sequence[Mapping[str, str]],
    *,
    said: str = "",
    moved: str = "",
    is_checked: bool = True,
    status: int = 200,
) -> HttpResponse:
    """`is_checked`: whether what is wrong in a rule is told. What the rules do is told where nothing is wrong."""
    store, found = get_store(), _forms(drafts, stands)
    is_right = all(form.is_valid() for form in found)
    rules = tuple(form.rule() for form in found) if is_right else ()
    teams = {entry.team.id: entry.team for entry in store.teams.list_all()}
    told = _preview(store, rules, stands.ruled) if is_right else None
    findings = told.findings if told else [None] * len(found)
    words = [words_of(form.rule(), teams) if form.is_valid() else None for form in found]
    shown = found if is_right or is_checked else [form.unchecked() for form in found]
    is_wrong = is_checked and not is_right
    context = {
        "rules": list(zip(shown, words, findings, strict=True)),
        "is_wrong": is_wrong,
        "preview": told,
        "previewed": fingerprint(rules) if is_right else "",
        "is_saved": is_right and rules == stands.rules,
        "may_add": len(found) < MOST_RULES,
        "stands": stands,
        "ruled": [(teams[one.team_id], one.source) for one in stands.ruled if one.team_id in teams],
        "has_teams": any(team_id != UNASSIGNED for team_id in teams),
        "unassigned": UNASSIGNED in teams,
        "most": MOST_AT_ONCE,
        "said": said,
        "moved": moved,
        "saved": "saved" in request.GET and request.method == "GET",
        "nav": "manage",
    }
    return page(request, "manage/team_rules.html", context, 400 if is_wrong and status == 200 else status)


@for_people
@require_POST
def move(request: SignedInRequest) -> HttpResponse:
    """What the saved rules would have elsewhere, as it was shown."""
    authorize_admin(request.user)
    store = get_store()
    stands = store.team_rule_sets.find()
    if request.POST.get("previewed") != fingerprint(stands.rules):
        return _page(request, stands, drafts_of(stands.rules), said=CHANGED, status=409)
    moves = _preview(store, stands.rules, stands.ruled).moves
    wanted = [Moving(one.pipeline_id, one.home, one.to) for one in moves]
    told = move_all(store, wanted, actor_of(request), Placed.RULES)
    return _page(request, stands, drafts_of(stands.rules), moved=told.words)


@for_people
@require_POST
def set_destination(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """Whether new pipelines of a team's connections of this tool go by the rules: `by_rules` says so."""
    team, found = found_connection(request, connection_id, MANAGE)
    authorize_admin(request.user)
    try:
        _decide(get_store(), found, request.POST.get("by_rules") == "1", actor_of(request))
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    return see_other("connection", connection_id=connection_id)


def _decide(store: Store, connection: Connection, by_rules: bool, by: Actor) -> None:
    """Begins again where somebody else changed the rules first. Raises Conflict when others do so again and again."""
    one = RuledSource(connection.team_id, connection.source)
    for left in reversed(range(TRIES)):
        stands = store.team_rule_sets.find()
        if by_rules == (one in stands.ruled):
            return
        if by_rules:
            store.teams.create_unassigned(by)
        others = tuple(each for each in stands.ruled if each != one)
        ruled = (*others, one) if by_rules else others
        try:
            store.team_rule_sets.put(stands, replace(stands, ruled=ruled), by)
        except Conflict:
            if not left:
                raise
        else:
            return

"""Rules that give stages a kind, and budgets: of all teams, of one, of one pipeline. Looked at on what was received
before they are saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.auth.policy import ADMINISTER, MANAGE, authorize_admin, may
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.stage_rules import StageRulesForm, digest_of, draft_of, typed
from dashboard.readmodels.stage_rules import WORDS, RuleLevel, StageRulesPreview, apply_line, budget_words, preview_of
from dashboard.store import get_store
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.pages import page, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.errors import Conflict
from storage.model.accounts import Actor
from storage.model.apply_progress import INSTALLATION, ApplyProgress
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord
from storage.model.stage_rules import NO_CONVENTIONS, Conventions, Inherited, budget_of, budgets_of

MEANWHILE = "Somebody changed these rules meanwhile. What you typed stands below; look at what it would do, then save."
SAVE, PREVIEW = "save", "preview"
ALL_TEAMS = "All teams"
Render = Callable[[dict[str, Any], int], HttpResponse]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose rules are edited.

    title: as people call it. conventions: what stands. inherited: what counts below. below: the same as lists.
    teams: those whose pipelines they are for. only: the one pipeline they are for. progress: how far they have come.
    """

    title: str
    href: str
    conventions: Conventions
    inherited: Inherited
    below: tuple[RuleLevel, ...]
    teams: tuple[Team, ...]
    edit: Callable[[PipelineRecord, Conventions], PipelineRecord]
    save: Callable[[Conventions, Actor], None]
    render: Render
    only: str = ""
    progress: ApplyProgress | None = None


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def of_installation(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    store = get_store()
    stored = store.stage_conventions.find(INSTALLATION)

    def edit(record: PipelineRecord, wanted: Conventions) -> PipelineRecord:
        return replace(record, inherited=replace(record.inherited, installation=wanted))

    def save(wanted: Conventions, by: Actor) -> None:
        store.stage_conventions.put(INSTALLATION, stored, wanted, by, ALL_TEAMS)
        wakeups.send(WakeUp.STAGE_RULES_WERE_CHANGED)

    subject = Subject(
        title=ALL_TEAMS,
        href=reverse("stage_rules"),
        conventions=stored.conventions,
        inherited=Inherited(),
        below=(),
        teams=tuple(entry.team for entry in store.teams.list_all()),
        edit=edit,
        save=save,
        render=lambda context, status: page(request, "manage/stage_rules.html", {**context, "nav": "manage"}, status),
        progress=store.stage_conventions.find_progress(INSTALLATION),
    )
    return _answer(request, subject)


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def of_team(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MANAGE).team
    store = get_store()
    stored = store.stage_conventions.find(team.id)
    below = store.stage_conventions.find(INSTALLATION).conventions

    def edit(record: PipelineRecord, wanted: Conventions) -> PipelineRecord:
        return replace(record, inherited=replace(record.inherited, team=wanted))

    def save(wanted: Conventions, by: Actor) -> None:
        store.stage_conventions.put(team.id, stored, wanted, by, team.name)
        wakeups.send(WakeUp.STAGE_RULES_WERE_CHANGED)

    subject = Subject(
        title=team.name,
        href=reverse("team_stage_rules", args=[team.id]),
        conventions=stored.conventions,
        inherited=Inherited(installation=below),
        below=(_installation(request, below),),
        teams=(team,),
        edit=edit,
        save=save,
        render=_in_settings(request, team, "stage_rules", "manage/team_stage_rules.html"),
        progress=store.stage_conventions.find_progress(team.id),
    )
    return _answer(request, subject)


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def of_pipeline(request: SignedInRequest, team_id: str, pipeline_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MANAGE).team
    store = get_store()
    record = store.pipelines.find(pipeline_id) if keys.is_id(pipeline_id) else None
    if record is None or record.team_id != team.id:
        raise Http404("No such pipeline")
    own, inherited = record.overrides.conventions, store.stage_conventions.find_inherited(team.id)

    def edit(one: PipelineRecord, wanted: Conventions) -> PipelineRecord:
        return replace(one, overrides=replace(one.overrides, conventions=wanted))

    def save(wanted: Conventions, by: Actor) -> None:
        store.override_writer.set_conventions(team.id, record.id, wanted, own, by)
        wakeups.send(WakeUp.PIPELINE_IS_STALE, record.id)
        wakeups.send(WakeUp.STORE_CHANGED)

    of_team = RuleLevel(team.name, inherited.team.rules, reverse("team_stage_rules", args=[team.id]))
    subject = Subject(
        title=record.full_name,
        href=reverse("pipeline_stage_rules", args=[team.id, record.id]),
        conventions=own,
        inherited=inherited,
        below=(of_team, _installation(request, inherited.installation)),
        teams=(team,),
        edit=edit,
        save=save,
        render=_in_settings(request, team, "pipelines", "manage/pipeline_stage_rules.html", record),
        only=record.id,
    )
    return _answer(request, subject)


def _installation(request: SignedInRequest, conventions: Conventions) -> RuleLevel:
    return RuleLevel(ALL_TEAMS, conventions.rules, reverse("stage_rules") if may(request.user, ADMINISTER) else "")


def _in_settings(
    request: SignedInRequest, team: Team, section: str, template: str, record: PipelineRecord | None = None
) -> Render:
    def render(context: dict[str, Any], status: int) -> HttpResponse:
        return settings_page(request, team, section, template, {**context, "record": record}, status)

    return render


def _answer(request: SignedInRequest, subject: Subject) -> HttpResponse:
    stands = digest_of(subject.conventions)
    action = request.POST.get("do", PREVIEW) if request.method == "POST" else ""
    if not action:
        return _shown(request, subject, StageRulesForm(draft_of(subject.conventions), based_on=stands, check=False))
    checks = action in (SAVE, PREVIEW)
    form = StageRulesForm(typed(request.POST).arranged(action), based_on=request.POST.get("based_on", ""), check=checks)
    if not checks or not form.is_valid():
        return _shown(request, subject, form)
    wanted = form.conventions()
    if form.cleaned_data["based_on"] not in ("", stands):
        form.add_error(None, MEANWHILE)
        form.rebase(stands)
    elif action == SAVE and request.POST.get("previewed") == digest_of(wanted):
        try:
            if wanted != subject.conventions:
                subject.save(wanted, actor_of(request))
        except Conflict:
            form.add_error(None, MEANWHILE)
        else:
            return HttpResponseRedirect(f"{subject.href}?saved=1", status=303)
    return _shown(request, subject, form, wanted)


def _shown(
    request: SignedInRequest, subject: Subject, form: StageRulesForm, wanted: Conventions | None = None
) -> HttpResponse:
    below = budgets_of(NO_CONVENTIONS, subject.inherited)
    context = {
        "subject": subject,
        "form": form,
        "budgets": [(field, budget_words(budget_of(kind, below))) for kind, field in form.budgets()],
        "words": WORDS,
        "applied": apply_line(subject.progress),
        "saved": "saved" in request.GET,
        "preview": _preview(subject, wanted) if wanted is not None else None,
        "previewed": digest_of(wanted) if wanted is not None else "",
    }
    return subject.render(context, status_of(form))


def _preview(subject: Subject, wanted: Conventions) -> StageRulesPreview:
    names = {team.id: team.name for team in subject.teams}

    def edit(record: PipelineRecord) -> PipelineRecord:
        return subject.edit(record, wanted)

    effects = get_store().rules_preview.of(names, wanted.rules, edit, subject.only)
    slugs = {team.id: team.slug for team in subject.teams}
    return preview_of(effects, slugs, names if len(subject.teams) > 1 else {})

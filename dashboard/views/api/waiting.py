"""What waits for people, over all teams the token may see."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from dashboard.auth.policy import authorize_reading, sees
from dashboard.formats import waiting as format_waiting
from dashboard.readmodels.waiting import asked_of
from dashboard.screens.overview import read_overview
from dashboard.store import get_store
from dashboard.views.api.bodies import bearer
from dashboard.views.api.paging import page_of
from dashboard.wakeups import WakeUp, wakeups

router = Router()


@router.get("/waiting", summary="Everything that waits for a person, oldest first")
def waiting(request: HttpRequest, team: str = "", limit: int = 100, cursor: str = "") -> dict[str, Any]:
    """Jobs, stages and runs that somebody has to let go on, whatever branch or change request they are of. `team`: the
    slug of one. `since` is when the person was asked, `deciders` who may decide, null where the tool does not tell,
    `url` where to do so, `lastToldAt` up to when it is known how the run stands: it may have gone on since; `checkedAt`
    when its tool was last asked, null where it never was."""
    reader = bearer(request)
    authorize_reading(reader)
    wakeups.send(WakeUp.WAITS_ARE_LOOKED_AT)
    store = get_store()
    now = store.now()
    teams = [one for one in read_overview(store).teams(now) if sees(reader, one.team) and team in ("", one.team.slug)]
    if team and not teams:
        raise Http404("Team not found")
    page, following = page_of(asked_of(teams, now), limit, cursor)
    told = [format_waiting.wait(one.team, one.row, one.tool, one.run, one.wait, one.more) for one in page]
    return {"items": told, "next": following}

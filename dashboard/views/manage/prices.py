"""What minutes on runners cost, for the estimates of all teams."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from dashboard.auth.policy import authorize_admin
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.prices import PricesForm
from dashboard.links import see_other
from dashboard.store import get_store
from dashboard.views.pages import page, status_of
from storage.errors import Conflict
from storage.model.document import replace
from storage.model.prices import READ, SOURCE, as_text

MEANWHILE = "Somebody changed the prices meanwhile. Look again, then save."


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    store = get_store()
    table = store.prices.find()
    standing = {"prices": as_text(table), "based_on": table.version}
    form = PricesForm(request.POST) if request.method == "POST" else PricesForm(initial=standing)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if (data["based_on"] or 0) != table.version:
                raise Conflict("the prices have changed")
            store.prices.put(table, replace(table, prices=data["prices"]), actor_of(request))
        except Conflict:
            form.add_error(None, MEANWHILE)
            form.rebase(str(store.prices.find().version))
        else:
            return see_other("prices")
    context = {"form": form, "table": table, "read": READ, "source": SOURCE, "nav": "manage"}
    return page(request, "manage/prices.html", context, status_of(form))

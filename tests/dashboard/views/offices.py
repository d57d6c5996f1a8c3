"""An organisation of which two pipelines wait in Unassigned."""

from __future__ import annotations

from storage.model.document import replace
from storage.model.team_rules import UNASSIGNED
from storage.store import Store
from tests.factories import REF, a_run
from tests.office import Office

PAY = replace(REF, key="github.com/1/1", repository="acme/pay-api", project="pay-api")
SITE = replace(REF, key="github.com/2/2", repository="acme/site", project="site")


def waiting(store: Store) -> Office:
    """Both came before there was a rule."""
    office = Office(store, [])
    for number, ref in enumerate((PAY, SITE)):
        office.tell(*a_run(str(number + 1), ref=ref))
    store.rebuilder.rename(UNASSIGNED)
    return office


def board(store: Store, team_id: str) -> list[str]:
    return sorted(stored.row().label for stored in store.pipelines.list_board(team_id))

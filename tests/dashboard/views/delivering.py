"""A team whose pipelines go into production, for tests of what it delivers."""

from __future__ import annotations

from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.store import Store
from tests.dashboard.views.town import workflow_of
from tests.factories import MINUTE, NOW, a_run, a_team, record
from tests.storage.recording.tables import fold_facts

HOUR, DAY = 60 * MINUTE, 86_400_000
STAGES = ("build", "production")


def delivering_team(store: Store) -> Team:
    """Two pipelines that deploy daily; now and then a change is taken back."""
    team = a_team(store)
    for place in range(2):
        for number in range(1, 13):
            began = NOW - (13 - number) * DAY - place * HOUR
            message = 'Revert "it"' if number % 4 == 0 else "Add it"
            events = a_run(
                f"{place}{number:02d}", ref=workflow_of(f"service-{place}", place + 1), stages=STAGES, began=began,
                number=str(number), outcome=Status.FAILED if number == 6 else Status.SUCCEEDED,
            )  # fmt: skip
            sha = f"{place}{number:x}".ljust(40, "a")
            made = began - number * MINUTE
            record(
                store,
                [replace(each, message=message, commit=sha, committed_at=made) for each in events],
                team.id,
            )
    fold_facts(store)
    return team

"""Every call of who gets a weekly report, for tests of access patterns."""

from __future__ import annotations

from collections.abc import Callable

from storage.model.document import replace
from storage.model.report_readers import ReportReader
from storage.store import Store
from tests.factories import BY, NOW


def calls_of_report_readers(store: Store, team_id: str, user_id: str, other_id: str) -> dict[str, Callable[[], object]]:
    found, reader = store.report_readers, ReportReader(team_id, user_id, NOW)
    found.add(reader, "", BY)
    return {
        "ReportReaders.find": lambda: found.find(team_id, user_id),
        "ReportReaders.list_of_team": lambda: found.list_of_team(team_id),
        "ReportReaders.add": lambda: found.add(replace(reader, user_id=other_id), "", BY),
        "ReportReaders.replace": lambda: found.replace(reader, replace(reader, version=2), "report.sent", "", BY),
        "ReportReaders.delete": lambda: found.delete(reader, "", BY),
    }

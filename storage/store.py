"""The store: all repositories over one table."""

from __future__ import annotations

from collections.abc import Callable

from storage.arranger import Arranger
from storage.audit import Audit
from storage.changes import Changes
from storage.connections import Connections
from storage.deliveries import Deliveries
from storage.engines import open_engine
from storage.executions import Executions
from storage.members import Members
from storage.pipelines import Pipelines
from storage.record import Recorder
from storage.removals import Removals
from storage.screen_links import ScreenLinks
from storage.table import Table, clock
from storage.teams import Teams
from storage.throttles import Throttles
from storage.tokens import Tokens
from storage.users import Sessions, Users


class Store:
    """Every repository over one table and its clock."""

    def __init__(self, table: Table, *, retention_days: int = 400) -> None:
        self.table = table
        self.now = now = table.now
        self.teams = Teams(table, now)
        self.pipelines = Pipelines(table, now)
        self.executions = Executions(table)
        self.connections = Connections(table, now)
        self.deliveries = Deliveries(table, now)
        self.users = Users(table, now)
        self.sessions = Sessions(table, now)
        self.members = Members(table, now, self.users)
        self.tokens = Tokens(table, now)
        self.screen_links = ScreenLinks(table, now)
        self.throttles = Throttles(table, now)
        self.audit = Audit(table, now)
        self.changes = Changes(table)
        self.arranger = Arranger(table, now)
        self.removals = Removals(table, now)
        self.recorder = Recorder(table, retention_days=retention_days, now=now)


def open_store(url: str, *, retention_days: int = 400, now: Callable[[], int] = clock) -> Store:
    """The store at a URL: `sqlite:///PATH`, `dynamodb://REGION/TABLE` or `dynamodb+http://HOST:PORT/TABLE`."""
    return Store(Table(open_engine(url), now), retention_days=retention_days)

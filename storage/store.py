"""The store: all repositories over one table."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys
from storage.engines import open_engine
from storage.recording.fact_folder import FactFolder
from storage.recording.mark_writer import MarkWriter
from storage.recording.override_writer import OverrideWriter
from storage.recording.rebuild import Rebuilder
from storage.recording.recorder import Recorder
from storage.recording.removals import Removals
from storage.recording.rules_preview import RulesPreview
from storage.repositories.audit import Audit
from storage.repositories.backfills import Backfills
from storage.repositories.changes import Changes
from storage.repositories.connection_states import ConnectionStates
from storage.repositories.connections import Connections
from storage.repositories.deliveries import Deliveries
from storage.repositories.executions import Executions
from storage.repositories.factor_sets import FactorSets, SignInPolicies
from storage.repositories.failures import Failures
from storage.repositories.job_runs import JobRuns, Leases
from storage.repositories.members import Members
from storage.repositories.pipelines import Pipelines
from storage.repositories.prices import Prices
from storage.repositories.proxies import Proxies
from storage.repositories.report_readers import ReportReaders
from storage.repositories.runners import Runners
from storage.repositories.saved_views import ViewSets
from storage.repositories.screen_links import ScreenLinks
from storage.repositories.sessions import Sessions
from storage.repositories.stage_conventions import StageConventions
from storage.repositories.subjects import Subjects
from storage.repositories.team_rule_sets import TeamRuleSets
from storage.repositories.teams import Teams
from storage.repositories.throttles import Throttles
from storage.repositories.timekeepers import Timekeepers
from storage.repositories.tokens import Tokens
from storage.repositories.users import Users
from storage.repositories.windows import Windows
from storage.table import Cursor, Table, clock, metered


class Store:
    """Every repository over one table and its clock."""

    def __init__(self, table: Table, *, retention_days: int = 400) -> None:
        self.table = table
        self.now = now = table.now
        self.teams = Teams(table, now)
        self.pipelines = Pipelines(table, now)
        self.executions = Executions(table)
        self.subjects = Subjects(table)
        self.connections = Connections(table, now)
        self.connection_states = ConnectionStates(table, now)
        self.failures = Failures(table, now)
        self.backfills = Backfills(table, now)
        self.deliveries = Deliveries(table, now)
        self.users = Users(table, now)
        self.sessions = Sessions(table, now)
        self.factor_sets = FactorSets(table, now)
        self.sign_in_policies = SignInPolicies(table, now)
        self.view_sets = ViewSets(table)
        self.members = Members(table, now, self.users)
        self.report_readers = ReportReaders(table, now)
        self.tokens = Tokens(table, now)
        self.screen_links = ScreenLinks(table, now)
        self.throttles = Throttles(table, now)
        self.proxies = Proxies(table, now)
        self.timekeepers = Timekeepers(table, now)
        self.job_runs = JobRuns(table)
        self.leases = Leases(table, now)
        self.audit = Audit(table, now)
        self.changes = Changes(table)
        self.windows = Windows(table)
        self.prices = Prices(table, now)
        self.team_rule_sets = TeamRuleSets(table, now)
        self.stage_conventions = StageConventions(table, now)
        self.runners = Runners(table, now)
        self.fact_folder = FactFolder(table, now)
        self.rebuilder = Rebuilder(table, now)
        self.override_writer = OverrideWriter(table, now, self.rebuilder)
        self.rules_preview = RulesPreview(table, self.rebuilder)
        self.mark_writer = MarkWriter(table, now)
        self.removals = Removals(table, now)
        self.recorder = Recorder(table, retention_days=retention_days, now=now)

    def probe(self) -> None:
        """That a write would succeed and the table is right. Raises what the engine raises where not."""
        self.table.engine.check()
        self.table.put({"pk": keys.probe(), "sk": "PROBE", "at": self.now()})


def open_store(url: str, *, retention_days: int = 400, now: Callable[[], int] = clock) -> Store:
    """The store at a URL: `sqlite:///PATH`, `dynamodb://REGION/TABLE` or `dynamodb+http://HOST:PORT/TABLE`."""
    return Store(Table(open_engine(url), now), retention_days=retention_days)


__all__ = ["Cursor", "Store", "metered", "open_store"]

"""A small organisation with something in every condition, for tests of pages."""

from __future__ import annotations

from dataclasses import dataclass

from storage import keys
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.model.events import PipelineRef
from storage.store import Store
from tests.factories import (
    MINUTE,
    NOW,
    REF,
    SHA,
    a_connection,
    a_run,
    a_team,
    action_changed,
    execution_changed,
    record,
)


def workflow_of(project: str, number: int) -> PipelineRef:
    """The workflow CI of another repository, as REF is of checkout."""
    home = f"acme/{project}"
    url = f"https://github.com/{home}/actions/workflows/ci.yml"
    return replace(REF, key=f"github.com/{number}/{number}1", project=project, repository=home, url=url)


RED = workflow_of("gift", 2)
MOVING = workflow_of("tax", 3)
WAITING = workflow_of("cart", 4)


@dataclass(frozen=True)
class Town:
    team: Team
    connection: Connection
    green: str
    red: str
    moving: str

    @property
    def pipeline(self) -> str:
        return self.pipeline_of(REF.key)

    def pipeline_of(self, key: str) -> str:
        return keys.pipeline_id(self.team.id, "github", key)

    @property
    def board(self) -> str:
        return f"/teams/{self.team.slug}"

    @property
    def live(self) -> list[str]:
        """Every page that follows a topic."""
        pipelines = [f"{self.board}/pipelines/{self.pipeline_of(ref.key)}" for ref in (REF, RED, MOVING, WAITING)]
        runs = [f"/executions/{run}" for run in (self.green, self.red, self.moving)]
        return ["/", "/waiting", "/queues", self.board, *pipelines, *runs]

    @property
    def pages(self) -> list[str]:
        """Every page that shows what a CI tool said."""
        more = ["/health", f"/health/{self.team.slug}", f"/commits/{SHA}", "/search?q=c", f"{self.live[-1]}?attempt=1"]
        manage = ["/manage", f"/manage/teams/{self.team.id}", f"/manage/connections/{self.connection.id}"]
        return [*self.live, *more, *manage, f"/manage/teams/{self.team.id}/connect/github"]


def build(store: Store, name: str = "Payments", slug: str = "payments") -> Town:
    team = a_team(store, name, slug)
    for number in range(6):
        record(store, a_run(str(100 + number), began=NOW - (20 - number) * 10 * MINUTE), team.id)
    green = record(store, a_run("110", began=NOW - 30 * MINUTE), team.id)
    red = record(store, a_run("210", began=NOW - 20 * MINUTE, outcome=Status.FAILED, ref=RED), team.id)
    moving = record(store, a_run("310", began=NOW - 4 * MINUTE, outcome=None, ref=MOVING), team.id)
    waiting = action_changed("410", "approve", status=Status.WAITING, started_at=NOW, pipeline=WAITING)
    record(store, [execution_changed("410", pipeline=WAITING, started_at=NOW), waiting], team.id)
    store.rebuilder.rename(team.id)
    return Town(team, a_connection(store, team.id), green, red, moving)

"""Every live page, by the first part of its topics."""

from __future__ import annotations

from typing import Any

from dashboard.screens.board import BoardScreen
from dashboard.screens.commit import CommitScreen
from dashboard.screens.environments import EnvironmentsScreen, PlacesScreen
from dashboard.screens.execution import ExecutionScreen
from dashboard.screens.health import HealthScreen, TeamHealthScreen
from dashboard.screens.network import NetworkScreen
from dashboard.screens.pipeline import PipelineScreen
from dashboard.screens.queues import QueuesScreen
from dashboard.screens.radiator import RadiatorScreen
from dashboard.screens.screen import Screen
from dashboard.screens.waiting import WaitingScreen

BOARD, EXECUTION, PIPELINE = BoardScreen(), ExecutionScreen(), PipelineScreen()
NETWORK, HEALTH, TEAM_HEALTH = NetworkScreen(), HealthScreen(), TeamHealthScreen()
ENVIRONMENTS, PLACES, RADIATOR = EnvironmentsScreen(), PlacesScreen(), RadiatorScreen()
COMMIT, WAITING, QUEUES = CommitScreen(), WaitingScreen(), QueuesScreen()
# Those that a stream can be opened on.
STREAMED: dict[str, Screen[Any, Any]] = {
    screen.kind: screen
    for screen in (
        *(BOARD, EXECUTION, PIPELINE, NETWORK, HEALTH, TEAM_HEALTH, ENVIRONMENTS, PLACES, COMMIT),
        *(WAITING, QUEUES),
    )
}

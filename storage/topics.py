"""What a change notice names: what open pages show, and what ends their streams. Topics are made here alone."""

from __future__ import annotations

NETWORK = "network"
# What any team delivered.
HEALTH = "health"
# What any tool says it has put into an environment by no run that is known here.
SERVICES = "services"
# How many runners are online.
RUNNERS = "runners"


def team(team_id: str) -> str:
    return f"team:{team_id}"


def pipeline(pipeline_id: str) -> str:
    return f"pipeline:{pipeline_id}"


def execution(execution_id: str) -> str:
    return f"execution:{execution_id}"


def health(team_id: str) -> str:
    """What a team and its pipelines delivered."""
    return f"health:{team_id}"


def gate(team_id: str) -> str:
    """Who may see the team, or where it stands, has changed: its readers' streams end and ask again."""
    return f"gate:{team_id}"


def session(key_hash: str) -> str:
    return f"session:{key_hash}"


def reader(user_id: str) -> str:
    return f"reader:{user_id}"

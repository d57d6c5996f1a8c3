"""A run's plan as the posts its CI tool would send, in the order of time."""

from __future__ import annotations

from dashboard.simulator.codepipeline_posts import codepipeline
from dashboard.simulator.github_posts import github
from dashboard.simulator.plans import FOREVER, Plan
from dashboard.simulator.post import Post


def posts(plan: Plan) -> list[Post]:
    """All that will ever be sent of this run, by time. What never happens is left out."""
    made = github(plan) if plan.blueprint.source == "github" else codepipeline(plan)
    return sorted((post for post in made if post.at < FOREVER), key=lambda post: post.at)

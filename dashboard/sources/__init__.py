"""The CI systems whose webhooks are understood, by the word they have in a webhook's address.

A source is pure: headers and a body in, events out. No clock, no network, no settings, no logging.
"""

from __future__ import annotations

from dashboard.sources import azuredevops, buildkite, cdevents, circleci, codepipeline, generic, github, gitlab, jenkins
from dashboard.sources.kit.source import Source

SOURCES: dict[str, Source] = {
    "github": github.SOURCE,
    "codepipeline": codepipeline.SOURCE,
    "buildkite": buildkite.SOURCE,
    "circleci": circleci.SOURCE,
    "gitlab": gitlab.SOURCE,
    "cdevents": cdevents.SOURCE,
    "generic": generic.SOURCE,
    "azuredevops": azuredevops.SOURCE,
    "jenkins": jenkins.SOURCE,
}

__all__ = ["SOURCES", "Source"]

"""Where a CodePipeline event tells the commit an execution is of: it has three places for it, and most events none."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from dashboard.sources.base import Rejected
from dashboard.sources.payload import Payload, clean, first_line, load, name

# Sources whose versions are not commits.
NOT_COMMITS = frozenset({"S3", "ECR"})


class Origin(NamedTuple):
    """The commit an execution is of."""

    branch: str
    commit: str
    message: str
    author: str


def origin_of(document: Payload, detail: Payload) -> Origin:
    """From the trigger, else from the result of a source action, else from what notification rules say of those."""
    trigger, source, variables = detail.obj("execution-trigger"), _source_result(detail), _variables(document)
    return Origin(
        branch=trigger.name("branch-name", "tag-name") or variables.name("BranchName"),
        commit=trigger.name("commit-id") or source.name("external-execution-id") or variables.name("CommitId"),
        message=trigger.line("commit-message") or _summary(source) or variables.line("CommitMessage"),
        author=trigger.name("author-display-name") or variables.name("AuthorDisplayName"),
    )


def repository_of(document: Payload, detail: Payload) -> str:
    told = detail.name("execution-trigger.full-repository-name")
    address = _source_result(detail).link("external-execution-url")
    linked = parse_qs(urlsplit(address).query).get("FullRepositoryId", [""])[0]
    return told or _variables(document).name("FullRepositoryName", "RepositoryName") or name(linked)


def _source_result(detail: Payload) -> Payload:
    """What a source action found; empty for other actions, and for sources whose versions are not commits."""
    found = detail.name("type.category") == "Source" and detail.name("state") == "SUCCEEDED"
    known = found and detail.name("type.provider") not in NOT_COMMITS
    return detail.obj("execution-result") if known else Payload({})


def _variables(document: Payload) -> Payload:
    actions = document.items("additionalAttributes.sourceActions")
    found = (action.obj("sourceActionVariables") for action in actions)
    return next((variables for variables in found if variables), Payload({}))


def _summary(result: Payload) -> str:
    """The commit message: plain, or for connections inside a JSON object."""
    raw = result.raw("external-execution-summary")
    try:
        return Payload(load(raw.encode(errors="replace"))).line("CommitMessage")
    except Rejected:
        return clean(first_line(raw))

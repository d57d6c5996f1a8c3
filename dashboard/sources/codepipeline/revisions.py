"""Where a CodePipeline event tells the commit an execution is of: it has three places for it, and most events none."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from dashboard.sources.kit.payload import Payload, clean, first_line, load, name
from dashboard.sources.kit.source import Rejected

# Sources whose versions are not commits.
NOT_COMMITS = frozenset({"S3", "ECR"})


class Revision(NamedTuple):
    """The commit an execution is of. A tag stands in for the branch."""

    branch: str
    commit: str
    message: str
    author: str
    committed_at: int | None


def revision_of(document: Payload, detail: Payload) -> Revision:
    """From the trigger, else from the result of a source action, else from what notification rules say of those."""
    trigger, source, variables = detail.obj("execution-trigger"), _source_result(detail), variables_of(document)
    return Revision(
        branch=trigger.name("branch-name", "tag-name") or variables.name("BranchName"),
        commit=trigger.name("commit-id") or source.name("external-execution-id") or variables.name("CommitId"),
        message=trigger.line("commit-message") or _summary(source) or variables.line("CommitMessage"),
        author=trigger.person("author-display-name") or variables.person("AuthorDisplayName"),
        committed_at=_first(trigger.moment("author-date"), variables.moment("AuthorDate", "CommitterDate")),
    )


def repository_of(document: Payload, detail: Payload) -> str:
    told = detail.name("execution-trigger.full-repository-name")
    address = _source_result(detail).link("external-execution-url")
    linked = parse_qs(urlsplit(address).query).get("FullRepositoryId", [""])[0]
    return told or variables_of(document).name("FullRepositoryName", "RepositoryName") or name(linked)


def variables_of(document: Payload) -> Payload:
    """What notification rules say of the source actions: of the first that says something."""
    actions = document.items("additionalAttributes.sourceActions")
    found = (action.obj("sourceActionVariables") for action in actions)
    return next((variables for variables in found if variables), Payload({}))


def _source_result(detail: Payload) -> Payload:
    """What a source action found; empty for other actions, and for sources whose versions are not commits."""
    found = detail.name("type.category") == "Source" and detail.name("state") == "SUCCEEDED"
    known = found and detail.name("type.provider") not in NOT_COMMITS
    return detail.obj("execution-result") if known else Payload({})


def _summary(result: Payload) -> str:
    """The commit message: plain, or for connections inside a JSON object."""
    raw = result.raw("external-execution-summary")
    try:
        return Payload(load(raw.encode(errors="replace"))).line("CommitMessage")
    except Rejected:
        return clean(first_line(raw))


def _first(*moments: int | None) -> int | None:
    return next((moment for moment in moments if moment is not None), None)

"""Which pipeline a GitHub event is about: a workflow of a repository on a host.

The workflow's id is what stays: its name, its file's name and the repository's name may change. Only runs, and
deployments that runs make, tell it; jobs name their run.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dashboard.sources.kit.payload import Payload, name
from storage.model.document import replace
from storage.model.events import PipelineRef

PUBLIC_HOST = "github.com"
# GitHub's own workflows (pages, code scanning, Dependabot) have no file, but a path like one.
DYNAMIC = "dynamic/"
_FOLDERS = (".github/", DYNAMIC)


def repository_pipeline(document: Payload) -> PipelineRef:
    """What an event knows that names a repository and no workflow."""
    repository = document.need_obj("repository")
    repository.identifier("id")
    owner, _, called = repository.name("full_name").rpartition("/")
    host = _host(repository)
    return PipelineRef(
        source="github",
        key="",
        name="",
        repository=repository.name("full_name"),
        default_branch=repository.name("default_branch"),
        host="" if host == PUBLIC_HOST else host,
        project=repository.name("name") or called,
        owner=repository.name("owner.login") or owner,
        place=host,
    )


def workflow_pipeline(document: Payload, run: Payload, page: str = "") -> PipelineRef:
    """The pipeline of a run. `page` is where to look where the workflow's own page is not known; an event that knows
    none says none, so as not to replace another's."""
    known, repository = repository_pipeline(document), document.obj("repository")
    number, home, path = repository.identifier("id"), repository.link("html_url"), _path(document, run)
    workflow, found = run.number("workflow_id") or document.number("workflow.id"), _page(path) or page
    return replace(
        known,
        key=f"{known.place}/{number}/{workflow}" if workflow else "",
        name=_workflow_name(document, run, path),
        url=f"{home}/{found}" if home and found else "",
        path=path,
        aliases=tuple(f"{number}/{called}" for called in _former_names(document, run, path)),
    )


def _host(repository: Payload) -> str:
    return name(urlsplit(repository.link("html_url")).hostname or "") or PUBLIC_HOST


def _page(path: str) -> str:
    """GitHub's own workflows have their page at the path without `dynamic/`, a repository's by the file's name."""
    file = path.removeprefix(DYNAMIC).removeprefix(".github/workflows/")
    return f"actions/workflows/{file}" if re.fullmatch(r"[\w.-]+(/[\w.-]+)*", file) else ""


def _path(document: Payload, run: Payload) -> str:
    return (run.name("path") or document.name("workflow.path")).partition("@")[0]


def _workflow_name(document: Payload, run: Payload, path: str) -> str:
    """The workflow's own name; empty where it is not said, so that nothing renames a pipeline for the time of one run.

    A run's name is its workflow's, except where `run-name` titles each run anew: it then equals the run's title. Of
    GitHub's own workflows, Dependabot's has titles alone. A file that is broken, or has no name, goes by its path.
    """
    told = document.name("workflow.name")
    if told and not _is_path(told, path):
        return told
    own = run.name("name")
    titled = own == run.name("display_title") or path.startswith(DYNAMIC)
    return "" if titled or _is_path(own, path) else own


def _is_path(told: str, path: str) -> bool:
    return told == path or told.startswith(_FOLDERS)


def _former_names(document: Payload, run: Payload, path: str) -> tuple[str, ...]:
    """Pipelines were once known by their repository and one of these names."""
    own, told = run.name("name"), document.name("workflow.name")
    titled = own == run.name("display_title") and not path.startswith(DYNAMIC)
    names = (told, "" if told and titled else own, path)
    return tuple(dict.fromkeys(_file_name(one) for one in names if one))


def _file_name(workflow: str) -> str:
    return workflow.rpartition("/")[2] or workflow if workflow.startswith(_FOLDERS) else workflow

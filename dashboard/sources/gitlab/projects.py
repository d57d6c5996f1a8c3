"""Which pipeline a GitLab event is about: that of a project on a host.

A project has one .gitlab-ci.yml, and so one pipeline; child pipelines, which run other files beside it, are another.
A pipeline's own `name` (workflow:name) may be made anew for each run, and is not read.
"""

from __future__ import annotations

from typing import TypedDict
from urllib.parse import urlsplit

from dashboard.sources.kit.payload import Payload, name
from storage.model.events import PipelineRef

SOURCE = "gitlab"
PUBLIC_HOST = "gitlab.com"
CHILDREN = "child pipelines"


class Home(TypedDict):
    """Whose something is. `scope`: the host and the project's id, within which numbers and names are unique."""

    source: str
    host: str
    scope: str
    repository: str


def home_of(document: Payload) -> Home:
    project = document.need_obj("project")
    return _home(project.identifier("id"), project.link("web_url"), project)


def home_of_job(document: Payload) -> Home:
    """A job hook of older versions has no project, but its id and its page."""
    page = document.link("repository.homepage", "project.web_url")
    return _home(document.identifier("project_id"), page, document.obj("project"))


def _home(number: int, page: str, project: Payload) -> Home:
    host = _host(page)
    return {
        "source": SOURCE,
        "host": "" if host == PUBLIC_HOST else host,
        "scope": f"{host}/{number}",
        "repository": project.name("path_with_namespace"),
    }


def _host(page: str) -> str:
    return name(urlsplit(page).hostname or "") or PUBLIC_HOST


def pipeline_of(document: Payload) -> PipelineRef:
    """The pipeline of a pipeline hook."""
    home, project = home_of(document), document.obj("project")
    owner, _, called = home["repository"].rpartition("/")
    page, called = project.link("web_url"), project.name("name") or called
    child = is_child(document)
    return PipelineRef(
        source=SOURCE,
        key=f"{home['scope']}/child" if child else home["scope"],
        name=f"{called} · {CHILDREN}" if child and called else CHILDREN if child else called,
        url=f"{page}/-/pipelines" if page else "",
        repository=home["repository"],
        default_branch=project.name("default_branch"),
        host=home["host"],
        owner=owner,
        place=home["scope"].rpartition("/")[0],
        path="" if child else project.name("ci_config_path"),
    )


def is_child(document: Payload) -> bool:
    """Whether another pipeline of the same project began it. What one of another project began is a run like others."""
    upstream = document.number("source_pipeline.project.id")
    return document.name("object_attributes.source") == "parent_pipeline" or (
        upstream is not None and upstream == document.number("project.id")
    )


def unnamed(home: Home, key: str = "") -> PipelineRef:
    """What an event knows of its pipeline that names no more than the run."""
    return PipelineRef(source=SOURCE, key=key, name="", host=home["host"])

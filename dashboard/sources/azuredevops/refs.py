"""What Azure DevOps calls the ref a run is of, and the repository it is in."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from dashboard.sources.kit.payload import Payload, link, name
from storage.model.events import Origin

_PULL = re.compile(r"refs/pull/([0-9]{1,18})/(?:merge|head)")
_GITHUB = "api.github.com"


class Ref(NamedTuple):
    """branch: a tag stands in for it; empty for a pull request, which only its number names."""

    branch: str
    origin: Origin | None
    change_request: str


def ref_of(full: str) -> Ref:
    """From the full name of a ref ("refs/heads/main"). A path of TFVC ("$/Shop/Main") is a branch."""
    if pull := _PULL.fullmatch(full):
        return Ref("", Origin.CHANGE_REQUEST, pull[1])
    if full.startswith("refs/tags/"):
        return Ref(full.removeprefix("refs/tags/"), Origin.TAG, "")
    return Ref(full.removeprefix("refs/heads/"), Origin.BRANCH if full else None, "")


class Repository(NamedTuple):
    """project: of Azure DevOps, empty for a repository elsewhere. web: its page, without who asks for it."""

    name: str = ""
    project: str = ""
    web: str = ""

    def pull_request(self, number: str) -> str:
        """The page of one; empty where it is not known."""
        if not self.web or not number:
            return ""
        return f"{self.web}/{'pullrequest' if self.project else 'pull'}/{number}"


def repository_at(address: str) -> Repository:
    """By its address: `https://somebody@dev.azure.com/org/project/_git/repository`, where a repository named as its
    project leaves the project out, or that of GitHub's API."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return Repository()
    if host == _GITHUB and parts.path.startswith("/repos/"):
        return github_repository(parts.path.removeprefix("/repos/"))
    before, git, after = parts.path.partition("/_git/")
    if not git or not host:
        return Repository()
    called = name(unquote(after.partition("/")[0]))
    above = [name(unquote(part)) for part in before.split("/") if part]
    # https://dev.azure.com/org/_git/shop
    project = called if not above or (host == "dev.azure.com" and len(above) == 1) else above[-1]
    return Repository(f"{project}/{called}", project, link(f"{parts.scheme}://{host}{before}/_git/{after}"))


def github_repository(full_name: str) -> Repository:
    return Repository(name(full_name), "", link(f"https://github.com/{full_name}"))


def repository_of(run: Payload, listed: Payload) -> Repository:
    """The one that has the pipeline: `run` tells GitHub's by name, `listed` any by its address."""
    told = run.obj("resources.repositories.self.repository")
    if (full := told.name("fullName")) and told.name("type") == "gitHub":
        return github_repository(full)
    return Repository(full) if full else repository_at(listed.raw("url"))


def listed_repository(resource: Payload) -> Payload:
    """Of the repositories of a run the one that has its pipeline; the only one where none is named so."""
    every = resource.items("repositories")
    own = next((one for one in every if one.name("alias") == "self"), None)
    return own or (every[0] if len(every) == 1 and not every[0].name("alias") else Payload({}))

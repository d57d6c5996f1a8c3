"""Which pipeline a run of Jenkins is of: a job by its path through folders, or the multibranch project that a job is a
branch of.

Nothing says of a job that it is a branch. What says so: a name that no other job may have, the names that pull requests
and main branches have, or that it checked out the branch it is named for.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from dashboard.sources.jenkins.checkouts import Checkout
from dashboard.sources.kit.payload import Payload, clean, link, name
from dashboard.sources.kit.source import Rejected
from storage.model.events import PipelineRef

LONGEST = 400
MAIN = frozenset({"main", "master", "trunk"})
_BRANCHES = MAIN | {"develop"}
_REQUEST = re.compile(r"(?:PR|MR)-([0-9]{1,18})(?:-(?:merge|head))?")


class Job(NamedTuple):
    """path: as its address has it (`job/shop/job/feature%252Fstock`). names: of its folders and itself."""

    path: str
    names: tuple[str, ...]

    @property
    def parent(self) -> Job:
        return Job(self.path.rpartition("/job/")[0], self.names[:-1])

    @property
    def name(self) -> str:
        return name(self.names[-1])

    @property
    def request(self) -> str:
        """The number of the pull request it is named for."""
        found = _REQUEST.fullmatch(self.names[-1])
        return found[1] if found else ""

    @property
    def branch(self) -> str:
        """The branch, were it one: a slash of it is escaped in the job's name."""
        return name(unquote(self.names[-1]))

    @property
    def is_branch(self) -> bool:
        """Whether its name alone says so. No other job may have a percent sign in its name."""
        nested = len(self.names) > 1 and "/job/" in self.path
        told = "%" in self.names[-1] or self.names[-1] in _BRANCHES or bool(self.request)
        return nested and told

    @property
    def stage(self) -> str:
        """Jenkins tells no stages: the job is the one there is, and goes by its name."""
        return self.parent.name if self.is_branch else self.name

    def is_of(self, checkout: Checkout) -> bool:
        """Whether it is a branch that was checked out here."""
        nested = len(self.names) > 1 and "/job/" in self.path
        return self.is_branch or (nested and checkout.branch == self.branch != "")


def job_at(payload: Payload, member: str) -> Job:
    """The job of an address, with or without the server's. Raises Rejected where there is none."""
    path = address_of(payload.raw(member))
    if not path:
        raise Rejected("The address of a job is needed", payload.where(member))
    return job_of(path)


def job_of(path: str) -> Job:
    return Job(path, tuple(_names(path.split("/"))))


def address_of(raw: str) -> str:
    """Within its server: from the first `job/` on, without what may follow."""
    told = re.split(r"[?#]", clean(raw, LONGEST), maxsplit=1)[0].strip("/")
    before, job, path = f"/{told}".partition("/job/")
    return f"job/{path}" if job else before.strip("/")


def _names(parts: list[str]) -> list[str]:
    """A folder or a job may be called `job`, too."""
    found, at = [], 0
    while at < len(parts):
        at += parts[at] == "job" and at + 1 < len(parts)
        found.append(unquote(parts[at]))
        at += 1
    return found


def server_of(full_url: str) -> str:
    """The address of the server, from that of a run; empty where Jenkins does not know its own."""
    server, job, _ = full_url.partition("/job/")
    return link(server) if job else ""


def pipeline_of(job: Job, checkout: Checkout, full_url: str, shown: str = "") -> PipelineRef:
    """`shown`: what people call the job, where told."""
    is_branch, server = job.is_of(checkout), server_of(full_url)
    of = job.parent if is_branch else job
    host = name(server.partition("://")[2])
    return PipelineRef(
        source="jenkins",
        key=f"{host}/{of.path}" if host else of.path,
        name=of.name if is_branch else name(shown) or of.name,
        url=link(f"{server}/{of.path}/") if server else "",
        repository=checkout.repository,
        # A project's branches have one row, which its main branch speaks for; no event says which that is.
        default_branch=(job.branch if job.branch in MAIN else "main") if is_branch else "",
        host=host,
        owner=name("/".join(of.names[:-1])),
        place=host,
    )

"""What a run of Jenkins checked out: the branch as Git's plugin names it, and the repository of an address."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.kit.git_remotes import remote
from dashboard.sources.kit.payload import Payload, link, person

_PREFIXES = ("refs/heads/", "refs/remotes/", "remotes/", "origin/", "*/")
# What Git says where no branch is checked out.
NO_BRANCH = frozenset({"detached", "HEAD"})
MOST_CULPRITS = 3


class Checkout(NamedTuple):
    """culprits: who changed something since the last success, as Jenkins calls them."""

    branch: str = ""
    commit: str = ""
    repository: str = ""
    host: str = ""
    culprits: str = ""

    def pull_request(self, number: str) -> str:
        """The page of one, where the repository is GitHub's."""
        if self.host != "github.com" or not number:
            return ""
        return link(f"https://github.com/{self.repository}/pull/{number}")


def checkout_of(scm: Payload) -> Checkout:
    branch = scm.name("branch")
    for prefix in _PREFIXES:
        branch = branch.removeprefix(prefix)
    at = remote(scm.raw("url"))
    culprits = ", ".join(filter(None, map(person, scm.names("culprits", MOST_CULPRITS))))
    return Checkout("" if branch in NO_BRANCH else branch, scm.name("commit"), at.path, at.host, culprits)

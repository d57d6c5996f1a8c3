"""GitHub's push events: the commits that came to a branch, those in the middle of a push, too, which no run names.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
"""

from __future__ import annotations

import re

from dashboard.sources.github.subjects import home
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.subjects import CommitPushed

BRANCH = "refs/heads/"
# GitHub lists up to 2048; of more than this the newest.
MOST_COMMITS = 500
MAX_MESSAGE = 200
# How GitHub words merges and squashes.
_MERGED = re.compile(r"Merge pull request #(?P<number>[0-9]{1,9}) ")
_SQUASHED = re.compile(r"\(#(?P<number>[0-9]{1,9})\)$")


def push(document: Payload) -> tuple[CommitPushed, ...]:
    ref, head = document.name("ref"), document.name("after")
    if not ref.startswith(BRANCH):
        raise NothingForUs("a push, but not to a branch")
    listed = document.items("commits")
    if document.is_true("deleted") or not listed:
        raise NothingForUs("a push without commits")
    branch, of = ref.removeprefix(BRANCH), home(document)
    of["scope"] = f"{of['scope']}/{branch}"
    # Whole seconds, by GitHub's own clock; authors' clocks say anything.
    at = document.need_moment("repository.pushed_at", "head_commit.timestamp")
    first = max(0, len(listed) - MOST_COMMITS)
    return tuple(
        CommitPushed(
            **of,
            subject=commit.need("id").lower(),
            at=at,
            url=commit.link("url"),
            branch=branch,
            head=head,
            number=place + 1,
            size=len(listed),
            committed_at=commit.moment("timestamp"),
            message=commit.line("message")[:MAX_MESSAGE],
            author=commit.person("author.name"),
            login=commit.person("author.username"),
            change_request=_request(commit.line("message")),
        )
        for place, commit in enumerate(listed)
        if place >= first
    )


def _request(message: str) -> str:
    found = _MERGED.match(message) or _SQUASHED.search(message)
    return found["number"] if found else ""

"""Making the webhooks of a GitLab connection with its token: of a group, or of each of some projects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dashboard.tool_apis.errors import NothingThere, NotPermitted, NotTaken
from dashboard.tool_apis.gitlab_hooks import GitLabHooksApi, of_group, of_project
from dashboard.tool_apis.patterns import fits
from dashboard.tool_apis.session import Budget
from dashboard.webhooks.connecting import webhook_url
from storage.model.entities import Connection

# Somebody waits for the page.
SECONDS, MOST_PROJECTS, MOST_NAMED = 20.0, 1000, 3
OF_GROUP = (
    "GitLab makes no hook of this group with this token: hooks of groups take the Premium plan, and a token with the"
    " scope api and the role Owner. Make hooks of projects instead"
)
OF_PROJECT = "the token may not: it takes the scope api and the role Maintainer"
URL = "GitLab does not take the URL: it sends to no private address unless its administrator allows that"


@dataclass
class HooksMade:
    """made, renewed: names of groups or projects. refused: with the reason, in words. left: for how many projects there
    was no time."""

    made: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left: int = 0

    @property
    def works(self) -> bool:
        return bool(self.made or self.renewed) and not self.refused

    @property
    def words(self) -> str:
        told = [
            *([f"Made: {_named(self.made)}."] if self.made else []),
            *([f"There already, and brought up to date: {_named(self.renewed)}."] if self.renewed else []),
            *[f"{name}: {why}." for name, why in self.refused[:MOST_NAMED]],
        ]
        if len(self.refused) > MOST_NAMED:
            told.append(f"{len(self.refused) - MOST_NAMED} more were refused.")
        if self.left:
            told.append(f"There was no time for {self.left} more: ask again, with fewer projects.")
        return " ".join(told) or "No project fits."


def make_of_group(api: GitLabHooksApi, connection: Connection, secret: str, path: str) -> HooksMade:
    """Raises ApiError where GitLab is out of reach or does not accept the token."""
    done = HooksMade()
    try:
        _make(api, of_group(path), path, webhook_url(connection), secret, done)
    except (NothingThere, NotPermitted):
        done.refused.append((path, OF_GROUP))
    return done


def make_of_projects(api: GitLabHooksApi, connection: Connection, secret: str, only: str) -> HooksMade:
    """Of those that the patterns name. Raises ApiError where GitLab is out of reach or does not accept the token."""
    done, budget = HooksMade(), Budget(SECONDS)
    for number, name in _projects(api, only):
        if budget.left() <= 0:
            done.left += 1
            continue
        try:
            _make(api, of_project(number), name, webhook_url(connection), secret, done)
        except (NothingThere, NotPermitted):
            done.refused.append((name, OF_PROJECT))
    return done


def _make(api: GitLabHooksApi, place: str, name: str, url: str, secret: str, done: HooksMade) -> None:
    """A hook that sends to our URL is ours: it gets the secret and the events anew."""
    try:
        found = api.find(place, url)
        if found is None:
            api.make(place, url, secret)
            done.made.append(name)
        else:
            api.renew(place, found, url, secret)
            done.renewed.append(name)
    except NotTaken:
        done.refused.append((name, URL))


def _projects(api: GitLabHooksApi, only: str) -> Iterator[tuple[int, str]]:
    before, seen = 0, 0
    while seen < MOST_PROJECTS:
        page = api.projects(before)
        known = [one for one in page.found if isinstance(one.get("id"), int)]
        for one in known:
            name = str(one.get("path_with_namespace", ""))
            if fits(name, only) and one.get("archived") is not True:
                yield one["id"], name
        seen += len(known)
        if not page.full or not known:
            return
        before = min(one["id"] for one in known)


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown

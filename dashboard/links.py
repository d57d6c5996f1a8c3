"""Addresses of pages as rows link to them, by the names of dashboard.urls. What is asked once a row is looked up once a
process: resolving a name takes some 15 µs, and a board has hundreds of links."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote, urlencode

from django.http import HttpResponseRedirect
from django.urls import reverse


def team_href(slug: str) -> str:
    return _form("board", "slug").format(slug)


def pipeline_href(slug: str, pipeline_id: str) -> str:
    return _form("pipeline", "slug", "pipeline_id").format(slug, pipeline_id)


def health_href(slug: str) -> str:
    return _form("team_health", "slug").format(slug)


def deployments_href(slug: str) -> str:
    return _form("deployments", "slug").format(slug)


def evidence_href(slug: str, measure: str) -> str:
    return _form("evidence", "slug", "measure").format(slug, measure)


def bottleneck_href(slug: str) -> str:
    return _form("bottleneck", "slug").format(slug)


def take_href(slug: str, pipeline_id: str) -> str:
    return _form("take", "slug", "pipeline_id").format(slug, pipeline_id)


def execution_href(execution_id: str) -> str:
    return _form("execution", "execution_id").format(execution_id)


def commit_href(commit: str) -> str:
    """Where it is. Not every tool's versions are hashes: one that is no part of an address is searched for."""
    if "/" in commit:
        return f"{reverse('search')}?{urlencode({'q': commit})}"
    return _form("commit", "sha").format(quote(commit, safe=""))


def see_other(name: str, query: str = "", /, **parameters: str) -> HttpResponseRedirect:
    """303: what a form did is done, and this is where to look. `query` begins with a question mark."""
    return HttpResponseRedirect(reverse(name, kwargs=parameters) + query, status=303)


@cache
def _form(name: str, *parameters: str) -> str:
    """The address with {} for each parameter. No slug and no id needs quoting."""
    found = reverse(name, kwargs={parameter: f"_{parameter}_" for parameter in parameters})
    for parameter in parameters:
        found = found.replace(f"_{parameter}_", "{}")
    return found

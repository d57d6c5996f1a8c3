"""Which pipeline a Buildkite body is about, and where its pages are: EventBridge tells no addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dashboard.sources.buildkite.bodies import Body, identity
from dashboard.sources.kit.git_remotes import remote
from storage.model.events import PipelineRef

SITE = "https://buildkite.com"
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def pipeline_of(body: Body) -> PipelineRef:
    """EventBridge tells its slug and no name: that is kept as its path, so as not to rename it."""
    pipeline = body.pipeline
    return PipelineRef(
        source="buildkite",
        key=identity(pipeline),
        name=pipeline.name("name"),
        url=page_of(body),
        repository=remote(pipeline.text("repository", "repo")).path,
        default_branch=pipeline.name("default_branch"),
        owner=_organization(body),
        path=pipeline.name("slug"),
    )


def page_of(body: Body) -> str:
    organization, slug = body.organization, body.pipeline.name("slug")
    made = f"{SITE}/{organization}/{slug}" if _SLUG.fullmatch(organization) and _SLUG.fullmatch(slug) else ""
    return body.pipeline.link("web_url") or made


def build_page(body: Body) -> str:
    page, number = page_of(body), body.build.number("number")
    return body.build.link("web_url") or (f"{page}/builds/{number}" if page and number else "")


def job_page(body: Body) -> str:
    page = build_page(body)
    return body.job.link("web_url") or (f"{page}#{identity(body.job)}" if page else "")


def _organization(body: Body) -> str:
    """A webhook names it in addresses alone."""
    first = urlsplit(body.pipeline.link("web_url") or body.build.link("web_url")).path.split("/")[1:2]
    return body.organization or next(iter(first), "")

"""Which pipeline a GitHub event is about."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from storage.model.events import PipelineRef
from tests.dashboard.sources.github_bodies import golden, job, parse, run

FILE = ".github/workflows/ci.yml"


def pipeline(recorded: str = "workflow_run__succeeded", /, **parts: Mapping[str, object] | None) -> PipelineRef:
    """Of a recorded run with some members of its parts changed; None takes a part away."""
    body = golden(recorded)
    for part, changes in parts.items():
        if changes is None:
            del body[part]
        else:
            body[part].update(changes)
    found: PipelineRef = parse("workflow_run", body).events[0].pipeline
    return found


def test_run_and_deployment_tell_the_workflow_and_a_job_only_its_repository():
    made = parse("deployment", golden("deployment__created_by_run")).events[0]
    known = job().pipeline

    assert run().pipeline.key == made.pipeline.key == "github.com/734120981/61803377"
    assert (run().tells_run, made.tells_run, job().tells_run) == (True, False, False)
    assert (known.key, known.name, known.path, known.aliases) == ("", "", "", ())
    assert (known.repository, known.default_branch, known.project) == ("acme/checkout-api", "main", "checkout-api")


def test_a_pipeline_outlives_every_rename():
    renamed = {"name": "till-api", "full_name": "acme/till-api"}
    other = {"name": "Checks", "path": ".github/workflows/checks.yml"}

    assert pipeline(repository=renamed, workflow=other, workflow_run=other).key == pipeline().key


def test_a_workflow_without_its_id_has_no_key():
    assert pipeline(workflow_run={"workflow_id": None}).key == pipeline().key
    assert pipeline(workflow_run={"workflow_id": None}, workflow={"id": 0}).key == ""


def test_two_hosts_may_have_the_same_numbers():
    server = pipeline(repository={"html_url": "https://Git.acme.example:8443/acme/checkout-api"})

    assert (pipeline().host, pipeline().place) == ("", "github.com")
    assert (server.host, server.place) == ("git.acme.example", "git.acme.example")
    assert server.key == "git.acme.example/734120981/61803377"
    assert pipeline(repository={"html_url": "no address"}).key == pipeline().key


@pytest.mark.parametrize("kind", ["workflow_run", "workflow_job", "deployment", "deployment_status"])
def test_every_event_tells_its_host(kind: str):
    recorded = {"deployment": "created_by_run", "deployment_status": "succeeded"}
    body = golden(f"{kind}__{recorded.get(kind, 'succeeded')}")
    body["repository"]["html_url"] = "https://git.acme.example/acme/checkout-api"

    assert parse(kind, body).events[0].pipeline.host == "git.acme.example"


@pytest.mark.parametrize(
    ("workflow", "run_name", "title", "path", "name"),
    [
        ("CI", "CI", "Round prices", FILE, "CI"),
        ("CI", "CI", "CI", FILE, "CI"),
        ("CI", "Deploy 7", "Deploy 7", FILE, "CI"),
        (None, "CI", "Round prices", FILE, "CI"),
        (None, "Deploy 7", "Deploy 7", FILE, ""),
        (None, "", "Round prices", FILE, ""),
        (FILE, FILE, "Round prices", FILE, ""),
        (FILE, "CI", "Round prices", FILE, "CI"),
        ("BuildFailed", "BuildFailed", "Round prices", "BuildFailed", ""),
        ("Dependabot Updates", "vite in /web", "vite in /web", "dynamic/dependabot/dependabot-updates", None),
        (None, "vite in /web", "Update vite", "dynamic/dependabot/dependabot-updates", ""),
    ],
)
def test_a_pipelines_name_is_its_workflows_or_not_said(
    workflow: str | None, run_name: str, title: str, path: str, name: str | None
):
    told = pipeline(
        workflow_run={"name": run_name, "display_title": title, "path": f"{path}@refs/heads/main"},
        workflow={"name": workflow, "path": path},
    )

    assert told.name == (workflow if name is None else name)
    assert told.path == path


def test_what_tells_pipelines_of_one_name_apart_is_there_in_any_body():
    told = pipeline(repository={"owner": None, "name": ""}, workflow=None)

    assert (told.project, told.owner, told.place, told.path) == ("checkout-api", "acme", "github.com", FILE)
    bare = pipeline(repository={"owner": None, "name": "", "full_name": "checkout-api"})
    assert (bare.project, bare.owner) == ("checkout-api", "")


@pytest.mark.parametrize(
    ("run_name", "title", "path", "former"),
    [
        ("CI", "Round prices", FILE, ("CI", "ci.yml")),
        ("Deploy 7", "Deploy 7", FILE, ("CI", "ci.yml")),
        (FILE, "Round prices", FILE, ("CI", "ci.yml")),
        ("pages build", "pages build", "dynamic/pages/pages-build", ("CI", "pages build", "pages-build")),
        ("", "Round prices", "", ("CI",)),
    ],
)
def test_a_pipeline_tells_by_which_names_it_was_once_known(
    run_name: str, title: str, path: str, former: tuple[str, ...]
):
    told = pipeline(workflow_run={"name": run_name, "display_title": title, "path": path}, workflow={"path": path})

    assert told.aliases == tuple(f"734120981/{name}" for name in former)


def test_a_title_was_a_name_where_no_workflow_was_told():
    told = pipeline(workflow_run={"name": "Deploy 7", "display_title": "Deploy 7"}, workflow=None)

    assert told.aliases == ("734120981/Deploy 7", "734120981/ci.yml")


def test_a_pipeline_links_to_its_workflow():
    home = "https://github.com/acme/checkout-api/actions"
    own = {"path": "dynamic/pages/pages-build-deployment"}

    assert pipeline().url == f"{home}/workflows/ci.yml"
    assert pipeline(workflow_run=own).url == f"{home}/workflows/pages/pages-build-deployment"
    assert pipeline(workflow_run={"path": "../../evil?x"}).url == home
    assert job().pipeline.url == ""

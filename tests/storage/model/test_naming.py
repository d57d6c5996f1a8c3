"""What pipelines are called: in full, and on pages by the least that tells them apart."""

from __future__ import annotations

import itertools
from typing import Any

from storage.model.document import replace
from storage.model.naming import Name, names_of, retired
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import PipelineRecord, Said


def a_record(id_: str, **texts: str) -> PipelineRecord:
    """A workflow of acme/checkout, unless told otherwise."""
    told = {
        "name": "CI",
        "project": "checkout",
        "owner": "acme",
        "place": "github.com",
        "path": ".github/workflows/ci.yml",
        **texts,
    }
    said = {name: Said(1, text) for name, text in told.items() if text}
    return PipelineRecord(id_, "t", "github", f"key of {id_}", said, first_order=1, last_order=1)


def aws(id_: str, **texts: str) -> PipelineRecord:
    told = {"name": "ledger", "project": "", "owner": "210987654321", "place": "eu-west-1", "path": "", **texts}
    return replace(a_record(id_, **told), source="codepipeline")


def called(name: str, **changes: Any) -> PipelineOverrides:
    return PipelineOverrides(name=name, **changes)


def labels(*records: PipelineRecord) -> list[str]:
    """In whatever order they are given, the same."""
    found = [names_of(some) for some in itertools.permutations(records)]
    assert all(names == found[0] for names in found)
    return [found[0][record.id].label for record in records]


def test_only_workflow_of_its_repository_is_shown_without_its_name() -> None:
    assert names_of([a_record("a")]) == {"a": Name("checkout", "checkout · CI")}
    assert labels(a_record("a"), a_record("b", project="ledger")) == ["checkout", "ledger"]


def test_workflows_of_one_repository_are_shown_with_their_names() -> None:
    assert labels(a_record("a"), a_record("b", name="Deploy")) == ["checkout · CI", "checkout · Deploy"]


def test_pipeline_that_is_of_no_project_goes_by_its_own_name() -> None:
    assert names_of([aws("a")]) == {"a": Name("ledger", "ledger")}


def test_workflow_that_has_no_name_goes_by_its_file() -> None:
    assert labels(a_record("a"), a_record("b", name="", path=".github/workflows/nightly.yml")) == [
        "checkout · CI",
        "checkout · nightly.yml",
    ]


def test_pipeline_of_which_nothing_was_told_goes_by_its_key() -> None:
    assert labels(PipelineRecord("a", "t", "github", "github.com/1/2")) == ["github.com/1/2"]


def test_repositories_of_one_name_are_told_apart_by_their_owners() -> None:
    assert labels(a_record("a"), a_record("b", owner="zeta")) == ["acme/checkout", "zeta/checkout"]


def test_full_names_of_two_owners_are_told_apart_too() -> None:
    names = names_of([a_record("a"), a_record("b", owner="zeta")])
    assert [names[id_].full for id_ in "ab"] == ["acme/checkout · CI", "zeta/checkout · CI"]


def test_workflows_of_one_name_in_two_crowded_repositories_are_told_apart() -> None:
    records = [
        a_record(f"{owner}{name}", owner=owner, name=name) for owner in ("acme", "zeta") for name in ("CI", "Deploy")
    ]
    assert labels(*records) == [
        "acme/checkout · CI",
        "acme/checkout · Deploy",
        "zeta/checkout · CI",
        "zeta/checkout · Deploy",
    ]


def test_repositories_of_one_owner_on_two_hosts_are_told_apart_by_host() -> None:
    assert labels(a_record("a"), a_record("b", place="git.acme.example")) == [
        "checkout (github.com)",
        "checkout (git.acme.example)",
    ]


def test_pipelines_of_one_name_are_told_apart_by_account_or_region() -> None:
    assert labels(aws("a"), aws("b", owner="111111111111")) == ["ledger (210987654321)", "ledger (111111111111)"]
    assert labels(aws("a"), aws("b", place="us-east-1")) == ["ledger (eu-west-1)", "ledger (us-east-1)"]


def test_pipelines_that_neither_account_nor_region_tells_apart_need_both() -> None:
    told = [aws("a"), aws("b", place="us-east-1"), aws("c", owner="111111111111")]
    assert labels(*told) == [
        "ledger (210987654321, eu-west-1)",
        "ledger (210987654321, us-east-1)",
        "ledger (111111111111, eu-west-1)",
    ]


def test_workflows_of_one_name_in_one_repository_are_told_apart_by_file() -> None:
    other = a_record("b", path=".github/workflows/other.yml")
    assert labels(a_record("a"), other) == ["checkout · CI (ci.yml)", "checkout · CI (other.yml)"]


def test_pipelines_that_nothing_tells_apart_are_by_their_ids() -> None:
    assert labels(a_record("abcdefgh"), a_record("ijklmnop")) == ["checkout · CI (abcdef)", "checkout · CI (ijklmn)"]


def test_name_that_people_gave_is_shown_as_it_is() -> None:
    named = replace(a_record("a"), overrides=called("The shop"))
    assert names_of([named]) == {"a": Name("The shop", "The shop")}
    assert labels(named, a_record("b", name="Deploy")) == ["The shop", "checkout · Deploy"]


def test_name_that_people_gave_twice_is_told_apart() -> None:
    given = [replace(record, overrides=called("Shop")) for record in (a_record("a"), a_record("b", owner="zeta"))]
    assert labels(*given) == ["Shop (acme)", "Shop (zeta)"]


# Those another has taken the place of.


def ran(record: PipelineRecord, first: int, last: int) -> PipelineRecord:
    return replace(record, first_order=first, last_order=last)


def test_workflow_whose_file_was_renamed_is_retired() -> None:
    old, new = ran(a_record("a"), 1, 5), ran(a_record("b", path=".github/workflows/new.yml"), 6, 9)
    assert retired([old, new]) == {"a"}


def test_workflow_that_still_runs_beside_its_namesake_is_not_retired() -> None:
    old, new = ran(a_record("a"), 1, 7), ran(a_record("b", path=".github/workflows/new.yml"), 6, 9)
    assert retired([old, new]) == set()


def test_namesake_of_another_repository_retires_nothing() -> None:
    old = ran(a_record("a"), 1, 5)
    assert retired([old, ran(a_record("b", owner="zeta"), 6, 9), ran(a_record("c", name="Deploy"), 6, 9)]) == set()


def test_pipeline_that_never_ran_is_not_retired() -> None:
    assert retired([ran(a_record("a"), -1, -1), ran(a_record("b"), 6, 9)]) == set()


def test_retired_workflow_does_not_lengthen_the_name_of_the_one_in_its_place() -> None:
    old, new = ran(a_record("a"), 1, 5), ran(a_record("b", path=".github/workflows/new.yml"), 6, 9)
    assert labels(old, new) == ["checkout · CI (ci.yml)", "checkout"]

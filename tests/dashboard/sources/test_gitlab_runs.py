"""GitLab's pipelines as runs: what started one, its stages, and what is later than what."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from storage.model.events import ActionChanged, ExecutionChanged, Origin
from tests.dashboard.sources.gitlab_bodies import golden, listed, parse, pipeline

REQUEST: dict[str, Any] = golden("Pipeline Hook__of_a_merge_request")["merge_request"]
PAGE = "https://gitlab.com/acme/web/storefront/-/merge_requests/57"


@pytest.mark.parametrize(
    ("said", "origin", "branch", "number"),
    [
        ({"ref": "main"}, Origin.BRANCH, "main", ""),
        ({"ref": "main", "source": "schedule"}, Origin.BRANCH, "main", ""),
        ({"ref": "v2.4.0", "tag": True}, Origin.TAG, "v2.4.0", ""),
        ({"ref": "v2.4.0", "tag": False}, Origin.BRANCH, "v2.4.0", ""),
        ({"ref": "price", "source": "merge_request_event"}, Origin.CHANGE_REQUEST, "price", ""),
        ({"ref": "price", "source": "external_pull_request_event"}, Origin.CHANGE_REQUEST, "price", ""),
        ({"ref": "price", "merge_request": REQUEST}, Origin.CHANGE_REQUEST, "price", "57"),
        ({"ref": "main", "merge_request": REQUEST}, Origin.CHANGE_REQUEST, "main", "57"),
        ({"ref": "refs/merge-requests/57/head"}, Origin.CHANGE_REQUEST, "refs/merge-requests/57/head", "57"),
        (
            {"ref": "refs/merge-requests/57/train", "merge_request": REQUEST},
            Origin.CHANGE_REQUEST,
            "price-with-tax",
            "57",
        ),
        (
            {"ref": "refs/merge-requests/57/merge", "merge_request": REQUEST},
            Origin.CHANGE_REQUEST,
            "price-with-tax",
            "57",
        ),
        ({"ref": "main", "merge_request": {**REQUEST, "source_project_id": 5}}, Origin.FORK, "main", "57"),
        ({"ref": "main", "merge_request": {**REQUEST, "source_project_id": None}}, Origin.CHANGE_REQUEST, "main", "57"),
        ({"ref": "refs/merge-requests"}, Origin.BRANCH, "refs/merge-requests", ""),
    ],
    ids=str,
)
def test_a_run_tells_what_it_is_for(said: dict[str, object], origin: Origin, branch: str, number: str):
    event = pipeline(**said)

    assert (event.origin, event.branch, event.change_request) == (origin, branch, number)


def test_a_run_of_a_merge_request_tells_where_it_is_to_go():
    event = pipeline("Pipeline Hook__of_a_merge_request")

    assert (event.change_request_url, event.base_branch) == (PAGE, "main")


def test_a_run_of_a_job_that_takes_a_merge_requests_ref_leaves_the_branch_to_the_pipeline():
    body = golden("Job Hook__of_a_merge_request_in_an_older_shape")
    (event,) = parse("Job Hook", body).events

    assert (event.branch, event.execution) == ("", "1912004417")


def test_stages_stand_as_the_project_names_them_whatever_the_order_of_jobs():
    body = golden("Pipeline Hook__failed")
    body["builds"].reverse()
    event = parse("Pipeline Hook", body).events[0]

    assert isinstance(event, ExecutionChanged)
    assert event.stages == ("build", "test", "deploy")
    assert pipeline(stages=[".pre", "coordinated:tag", "a/b", 7, "", ".post"]).stages == (
        ".pre", "coordinated:tag", "a/b", ".post",
    )  # fmt: skip


def test_a_run_begins_with_its_first_job():
    assert pipeline().queued_at == 1772442600000
    assert pipeline().started_at == 1772442604000
    assert pipeline("Pipeline Hook__pending_for_a_runner").started_at is None


def test_only_what_has_ended_has_an_end():
    """A pipeline that runs again still tells when it ended before."""
    body = golden("Pipeline Hook__run_again")

    assert body["object_attributes"]["finished_at"]
    assert pipeline("Pipeline Hook__run_again").finished_at is None
    assert pipeline().finished_at == 1772442786000
    assert pipeline("Pipeline Hook__skipped_by_its_message").finished_at == 1772442600000


def test_people_are_not_shown_with_their_addresses():
    event = pipeline(user={"username": "maya@acme.example"}, commit={"author": {"name": "Ines <ines@acme.example>"}})

    assert (event.actor, event.author) == ("maya", "Ines ines")


def test_a_first_line_of_zeros_and_nulls_says_nothing():
    event = pipeline(before_sha="0" * 40, name=None, merge_request=None, user=None, commit=None)

    assert (event.actor, event.message, event.author, event.change_request) == ("", "", "", "")


LIFE = (
    "Pipeline Hook__created",
    "Pipeline Hook__pending_for_a_runner",
    "Pipeline Hook__running_a_matrix",
    "Pipeline Hook__waits_for_a_person",
    "Pipeline Hook__let_begin_by_a_person",
    "Pipeline Hook__let_begin_and_succeeded",
)


def test_each_word_of_a_pipelines_life_is_later_than_the_one_before():
    times = [pipeline(name).at for name in LIFE]

    assert all(before < after for before, after in pairwise(times))


def test_what_runs_again_is_later_than_its_end_though_nothing_new_has_begun():
    """A manual job let begin after a success: its being pending has no time of its own."""
    ended = golden("Pipeline Hook__succeeded_with_an_optional_manual_job")
    begun = golden("Pipeline Hook__succeeded_with_an_optional_manual_job")
    begun["object_attributes"]["status"] = "running"
    begun["builds"][0]["status"] = "pending"
    first, then = (parse("Pipeline Hook", body).events[0] for body in (ended, begun))

    assert first.at < then.at < first.at + 1000


def test_a_late_word_that_contradicts_its_own_end_is_earlier_than_the_end():
    """Captured: pending, finished_at set, and every job ended."""
    name = "Pipeline Hook__pending_though_all_has_ended"
    pending = pipeline(name)
    ended = pipeline(name, status="success")

    assert (pending.finished, pending.finished_at) == (False, None)
    assert pending.at < ended.at


def actions(name: str) -> dict[str, ActionChanged]:
    events = parse("Pipeline Hook", golden(name)).events
    return {event.name: event for event in reversed(events) if isinstance(event, ActionChanged)}


def test_a_job_left_out_and_made_ready_again_is_later_though_it_has_no_time_of_its_own():
    left_out, ready = actions("Pipeline Hook__failed")["staging"], actions("Pipeline Hook__run_again")["staging"]

    assert left_out.action == ready.action
    assert (left_out.absorbing, left_out.at < ready.at) == (False, True)


def test_a_job_that_ended_stays_so_whatever_comes_after():
    assert actions("Pipeline Hook__failed")["unit"].absorbing
    assert not actions("Pipeline Hook__succeeded_with_an_optional_manual_job")["seed demo data"].absorbing


def test_a_job_run_again_is_a_new_one_of_the_same_name_with_a_greater_number():
    before, after = actions("Pipeline Hook__failed")["unit"], actions("Pipeline Hook__run_again")["unit"]

    assert before.action != after.action
    assert (before.own_attempt or 0) < (after.own_attempt or 0)


def test_times_of_every_form_are_read_alike():
    told = {
        "2026-03-02 09:11:35 UTC",
        "2026-03-02T09:11:35.000Z",
        "2026-03-02 10:11:35 +0100",
        "2026-03-02T10:11:35+01:00",
        "2026-03-02T09:11:35.000+00:00",
    }

    assert {listed("running", started_at=time)[0].started_at for time in told} == {1772442695000}


def test_fractions_of_a_second_do_not_decide_what_is_later():
    whole, exact = listed("running", started_at="2026-03-02 09:11:35 UTC")[0], "2026-03-02T09:11:35.886Z"

    assert listed("running", started_at=exact)[0].at == whole.at

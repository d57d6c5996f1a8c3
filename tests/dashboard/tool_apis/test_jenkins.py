"""Jenkins' API against a server that answers as it does."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from dashboard.tool_apis import jenkins as module
from dashboard.tool_apis.errors import NothingThere, NotPermitted, OutOfReach
from dashboard.tool_apis.jenkins import LONGEST_PAUSE_SECONDS, JenkinsApi
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, as_json
from tests.factories import Clock

RELEASE = "job/acme/job/feature%252Fstock"


def an_api(tool: FakeTool, **changes: Any) -> JenkinsApi:
    return JenkinsApi("bigtransit:11aa", f"{tool.address}/ci", now=Clock(), **changes)


def test_user_and_token_are_basic_and_paths_stay_escaped(tool: FakeTool) -> None:
    tool.answers[f"/ci/{RELEASE}/api/json"] = as_json({"allBuilds": [{"number": 7}, None]})
    assert an_api(tool).builds(RELEASE, 50) == [{"number": 7}]
    (asked,) = tool.asked
    assert b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"bigtransit:11aa"
    assert asked.query["tree"].endswith("{50,100}")


def test_jobs_of_the_top_and_of_folders_are_asked_for_by_ranges(tool: FakeTool) -> None:
    tool.answers["/ci/api/json"] = as_json({"jobs": [{"name": "a"}]})
    tool.answers["/ci/job/a/api/json"] = as_json({"jobs": [{"name": "b"}]})
    api = an_api(tool)
    assert [api.jobs("", 0), api.jobs("job/a", 100)] == [[{"name": "a"}], [{"name": "b"}]]
    assert [asked.query["tree"].rpartition("]")[2] for asked in tool.asked] == ["{0,100}", "{100,200}"]


def test_what_is_not_there_is_none(tool: FakeTool) -> None:
    api = an_api(tool)
    assert (api.job(RELEASE), api.build(RELEASE, "7"), api.described(RELEASE, "7")) == (None, None, None)
    tool.answers[f"/ci/{RELEASE}/7/wfapi/describe"] = as_json({"stages": []})
    assert api.described(RELEASE, "7") == {"stages": []}
    tool.answers[f"/ci/{RELEASE}/api/json"] = Answer(403)
    with pytest.raises(NotPermitted):
        api.job(RELEASE)


def test_console_is_read_to_its_end_and_no_more_is_held(tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LOG_BYTES", 100)
    tool.answers[f"/ci/{RELEASE}/7/consoleText"] = Answer(200, b"line\n" * 50 + b"Finished: FAILURE\n")
    log = an_api(tool).console(RELEASE, "7")
    assert (log.cut, log.text.endswith("Finished: FAILURE\n"), len(log.text) <= 100) == (True, True, True)


def test_page_of_a_proxy_is_no_answer(tool: FakeTool) -> None:
    tool.answers["/ci/api/json"] = Answer(200, b"<html>Log in</html>")
    with pytest.raises(OutOfReach, match="made no sense"):
        an_api(tool).jobs("", 0)


@pytest.mark.parametrize(
    "path", ["", "job/", "job/a/job/..", "job/./x", "a/job/b", "job/a?x", "job/a/b", "job/a\n", "job/a b", "/job/a"]
)
def test_what_is_no_job_is_not_asked_for(tool: FakeTool, path: str) -> None:
    api = an_api(tool)
    with pytest.raises(NothingThere, match="no job of Jenkins"):
        api.builds(path, 0)
    with pytest.raises(NothingThere, match="no run of Jenkins"):
        api.console(RELEASE, "7/../8")
    assert tool.asked == []


def test_jenkins_is_left_alone_for_as_long_as_its_share_takes(tool: FakeTool) -> None:
    """A quarter of its time: after a second it has three to itself, of which no more than two are waited."""
    seconds = [0.0]
    waited: list[float] = []

    def pause(wait: float) -> None:
        waited.append(round(wait, 3))
        seconds[0] += wait

    api = an_api(tool, share=0.25, pause=pause, timer=lambda: seconds[0])
    took = {"a": 1.0, "b": 0.1, "c": 0.1}

    def answer(asked: Any) -> Answer:
        seconds[0] += took[asked.path[-10]]
        return as_json({"jobs": []})

    for name in took:
        tool.answers[f"/ci/job/{name}/api/json"] = answer
    api.jobs("job/a", 0)
    assert waited == []
    api.jobs("job/b", 0)
    assert waited == [LONGEST_PAUSE_SECONDS]
    api.jobs("job/c", 0)
    assert waited == [LONGEST_PAUSE_SECONDS, 0.3]
    seconds[0] += 10
    api.jobs("job/c", 0)
    assert len(waited) == 2, "it had enough time meanwhile"

"""Asking a tool: retries, time, size, redirects, quotas, and what is never sent along."""

from __future__ import annotations

import gzip
from email.utils import formatdate
from typing import Any

import pytest

from dashboard.tool_apis import session as module
from dashboard.tool_apis.errors import HostRefused, NothingThere, NotPermitted, OutOfReach, OverQuota, TokenRefused
from dashboard.tool_apis.session import ApiSession, Budget
from storage.model.entities import ApiQuota
from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json, served
from tests.factories import NOW, Clock

TOKEN = "ghp_a-token-of-this-test"
LEFT = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": str(NOW // 1000 + 60)}
USED_UP = {**LEFT, "X-RateLimit-Remaining": "0"}


def a_session(tool: FakeTool, **changes: Any) -> ApiSession:
    options = {"label": "GitHub", "named_host": "127.0.0.1", "now": Clock(), **changes}
    return ApiSession(tool.address, {"Authorization": f"Bearer {TOKEN}"}, **options)


def test_answer_is_read_with_the_token_and_tells_the_quota(tool: FakeTool) -> None:
    heard: list[ApiQuota] = []
    tool.answers["/x"] = Answer(200, b'{"a": 1}', LEFT)
    assert a_session(tool, heard=heard.append).get_json("/x", Budget(), page=2) == {"a": 1}
    assert tool.asked[0].query == {"page": "2"}
    assert tool.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert heard == [ApiQuota(5000, 4999, (NOW // 1000 + 60) * 1000, NOW)]


@pytest.mark.parametrize(
    "broken",
    [
        Answer(500), Answer(502, b"<html>"), Answer(200, b'{"a":'), Answer(200, b'{"a": 1', length=900),
        Answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
    ],
    ids=["500", "502", "no JSON", "breaks off", "no gzip"],
)  # fmt: skip
def test_what_is_broken_is_asked_again(tool: FakeTool, broken: Answer) -> None:
    tool.answers["/x"] = [broken, broken, as_json({"a": 1})]
    assert a_session(tool).get_json("/x", Budget()) == {"a": 1}
    assert len(tool.asked) == 3


def test_what_stays_broken_is_out_of_reach_after_four_tries(tool: FakeTool) -> None:
    tool.answers["/x"] = Answer(503)
    with pytest.raises(OutOfReach, match="GitHub answered 503"):
        a_session(tool).get_json("/x", Budget())
    assert len(tool.asked) == 4


def test_nothing_is_asked_again_once_the_time_is_up(tool: FakeTool) -> None:
    tool.answers["/x"] = Answer(503)
    with pytest.raises(OutOfReach):
        a_session(tool).get_json("/x", Budget(1.0))
    assert len(tool.asked) == 1
    with pytest.raises(OutOfReach, match="took too long"):
        a_session(tool).get_json("/x", Budget(0.0))
    assert len(tool.asked) == 1


def test_next_page_is_where_the_answer_says_and_nowhere_else(tool: FakeTool) -> None:
    link = f'<{tool.address}/x?cursor=b%2F2>; rel="next", <{tool.address}/x?cursor=0>; rel="prev"'
    tool.answers["/x"] = as_json([1], Link=link)
    assert a_session(tool).get_linked("/x", Budget(), per_page=1) == ([1], "/x?cursor=b%2F2")
    assert tool.asked[0].query == {"per_page": "1"}
    tool.answers["/x"] = as_json([2], Link='<https://elsewhere.example/x>; rel="next"')
    assert a_session(tool).get_linked("/x?cursor=b%2F2", Budget()) == ([2], "")
    assert tool.asked[1].query == {"cursor": "b/2"}


def test_nobody_listening_is_out_of_reach() -> None:
    with served() as tool:
        pass
    with pytest.raises(OutOfReach, match=r"127\.0\.0\.1 cannot be reached"):
        a_session(tool).get_json("/x", Budget())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(401), TokenRefused),
        (Answer(403, b"{}", LEFT), NotPermitted),
        (Answer(404), NothingThere),
        (Answer(410), NothingThere),
        (Answer(422), OutOfReach),
    ],
    ids=["401", "403", "404", "410", "422"],
)
def test_refusals_are_told_apart_and_not_tried_again(tool: FakeTool, answer: Answer, error: type[Exception]) -> None:
    tool.answers["/x"] = answer
    with pytest.raises(error) as raised:
        a_session(tool).get_json("/x", Budget())
    assert TOKEN not in str(raised.value)
    assert len(tool.asked) == 1


@pytest.mark.parametrize(
    ("answer", "until"),
    [
        (Answer(403, b"{}", USED_UP), NOW + 60_000),
        (Answer(429, b"{}", USED_UP), NOW + 60_000),
        (Answer(403, b"{}", {**LEFT, "Retry-After": "120"}), NOW + 120_000),
        (Answer(429, b"{}", {"Retry-After": formatdate(NOW / 1000 + 90, usegmt=True)}), NOW + 90_000),
        (Answer(429), NOW + 60_000),
        (Answer(429, b"{}", {"Retry-After": "soon"}), NOW + 60_000),
    ],
    ids=["used up", "429", "retry-after", "a date", "nothing said", "nonsense"],
)
def test_pause_longer_than_the_time_is_told_until_when(tool: FakeTool, answer: Answer, until: int) -> None:
    tool.answers["/x"] = answer
    with pytest.raises(OverQuota) as raised:
        a_session(tool).get_json("/x", Budget())
    assert raised.value.until == until
    assert len(tool.asked) == 1


def test_pause_that_fits_in_the_time_is_waited_for(tool: FakeTool) -> None:
    tool.answers["/x"] = [Answer(429, b"{}", {"Retry-After": "3"}), as_json({"a": 1})]
    assert a_session(tool).get_json("/x", Budget()) == {"a": 1}


def test_what_is_sent_goes_along_and_is_tried_as_often_as_the_call_says(tool: FakeTool) -> None:
    tool.answers["/x"] = [Answer(500), as_json({"a": 1}, 201)]
    assert a_session(tool).send_json("PATCH", "/x", {"secret": "s"}, Budget()) == {"a": 1}
    sent = tool.asked[-1]
    assert (sent.method, sent.json, sent.headers["content-type"]) == ("PATCH", {"secret": "s"}, "application/json")
    tool.answers["/once"] = Answer(500)
    with pytest.raises(OutOfReach):
        a_session(tool).send_json("POST", "/once", {}, Budget(), tries=1)
    assert len(tool.asked) == 3


def test_what_is_sent_is_not_sent_on_where_the_tool_redirects(tool: FakeTool) -> None:
    tool.answers["/x"] = Answer(307, b"", {"Location": "/y"})
    with pytest.raises(OutOfReach, match="redirects"):
        a_session(tool).send_json("POST", "/x", {"secret": "s"}, Budget())
    assert [each.path for each in tool.asked] == ["/x"]


class Passes:
    """Another one each time; once there is a better one."""

    def __init__(self) -> None:
        self.made, self.forgotten = 0, 0

    def header(self) -> str:
        self.made += 1
        return f"Bearer {self.made}"

    def forget(self) -> bool:
        self.forgotten += 1
        return self.forgotten == 1


def test_way_in_is_asked_for_with_each_call_and_again_where_the_tool_refuses_it(tool: FakeTool) -> None:
    passes = Passes()
    tool.answers["/x"] = [Answer(401), as_json({}), Answer(401)]
    session = a_session(tool, authorization=passes)
    assert session.get_json("/x", Budget()) == {}
    assert [each.headers["authorization"] for each in tool.asked] == ["Bearer 1", "Bearer 2"]
    with pytest.raises(TokenRefused):
        session.get_json("/x", Budget())
    assert len(tool.asked) == 3


def test_answer_that_is_too_long_is_not_read_to_its_end(tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    tool.answers["/x"] = Answer(200, gzip.compress(b"[" + b" " * 100_000 + b"]"), {"Content-Encoding": "gzip"})
    with pytest.raises(OutOfReach, match="more than"):
        a_session(tool).get_json("/x", Budget())


def test_redirect_is_followed_where_the_call_says_so_and_without_the_token(tool: FakeTool) -> None:
    with served() as storage:
        tool.answers["/log"] = Answer(302, b"", {"Location": f"{storage.address}/blob?sig=1", "Set-Cookie": "a=b"})
        storage.answers["/blob"] = Answer(200, b"one\ntwo\n")
        session = a_session(tool)
        assert session.get_tail("/log", 1000, Budget()).text == "one\ntwo\n"
        assert "authorization" not in storage.asked[0].headers
        assert session.get_tail("/log", 1000, Budget()).text == "one\ntwo\n"
        assert not any("cookie" in asked.headers for asked in (*tool.asked, *storage.asked))
        with pytest.raises(OutOfReach, match="redirects, which is not followed"):
            session.get_json("/log", Budget())


@pytest.mark.parametrize(
    "target", ["http://localhost:1/x", "https://10.0.0.1/x", "http://169.254.169.254/latest", "file:///x"]
)
def test_redirect_to_where_nobody_may_go_is_refused(tool: FakeTool, target: str) -> None:
    tool.answers["/log"] = Answer(302, b"", {"Location": target})
    with pytest.raises(HostRefused):
        a_session(tool).get_tail("/log", 1000, Budget())


def test_redirects_in_circles_end(tool: FakeTool) -> None:
    tool.answers["/log"] = Answer(302, b"", {"Location": "/log"})
    with pytest.raises(OutOfReach, match="in circles"):
        a_session(tool).get_tail("/log", 1000, Budget())
    assert len(tool.asked) == 4


def test_blob_whose_link_has_expired_is_asked_for_anew(tool: FakeTool) -> None:
    tool.answers["/log"] = Answer(302, b"", {"Location": "/blob"})
    tool.answers["/blob"] = [Answer(403), Answer(200, b"one\n")]
    assert a_session(tool).get_tail("/log", 1000, Budget()).text == "one\n"


def test_of_a_long_log_the_end_alone_is_held(tool: FakeTool) -> None:
    lines = b"".join(b"line %06d\n" % number for number in range(200_000))
    tool.answers["/log"] = Answer(200, lines)
    tail = a_session(tool).get_tail("/log", 1000, Budget())
    assert tail.cut
    assert tail.bytes_read == len(lines)
    assert tail.text.startswith("line 199")
    assert tail.text.endswith("line 199999\n")
    assert len(tail.text) <= 1000


def test_whole_log_is_not_cut(tool: FakeTool) -> None:
    tool.answers["/log"] = Answer(200, b"one\n\xff\n")
    tail = a_session(tool).get_tail("/log", 1000, Budget())
    assert (tail.text, tail.cut, tail.bytes_read) == ("one\n�\n", False, 6)


def test_private_host_that_nobody_named_is_not_asked(tool: FakeTool) -> None:
    with pytest.raises(HostRefused):
        a_session(tool, named_host="").get_json("/x", Budget())
    assert tool.asked == []


def test_neither_proxies_nor_passwords_of_the_machine_are_used(tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    tool.answers["/x"] = as_json({})
    assert a_session(tool).get_json("/x", Budget()) == {}


def test_slow_answer_is_given_up_when_the_time_is_over(tool: FakeTool) -> None:
    seconds = iter([0.0, *([0.1] * 4), *([30.0] * 50)])

    def slow(asked: Asked) -> Answer:
        return Answer(200, b"x" * 300_000)

    tool.answers["/log"] = slow
    with pytest.raises(OutOfReach, match="too long"):
        a_session(tool).get_tail("/log", 1000, Budget(timer=lambda: next(seconds)))

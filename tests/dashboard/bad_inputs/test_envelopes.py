"""Numbers 14 to 26: the HTTP around a body. What is in it does not matter here."""

from __future__ import annotations

import gzip
import io
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from storage.model.entities import Connection, Status
from tests.dashboard.bad_inputs.scene import CODEPIPELINE, GITHUB, Scene, every_item, is_clean, through_wsgi
from tests.dashboard.visiting import HX, Visitor, signature
from tests.factories import SECRET

FORM = "application/x-www-form-urlencoded"
PROVEN = {"X-GitHub-Event": "workflow_run", "X-Hub-Signature-256": signature(GITHUB)}


def nothing_came_in(scene: Scene) -> bool:
    return scene.executions() == {} and scene.board() == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "TRACE", "CONNECT", "PROPFIND"])
def test_14_other_method_is_refused_though_proven(scene: Scene, method: str) -> None:
    reply = through_wsgi(scene.path("github"), GITHUB, PROVEN, method)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert nothing_came_in(scene)
    assert scene.noted() == []


@pytest.mark.parametrize("source", ["github", "codepipeline"])
@pytest.mark.parametrize("length", ["", "9"])
def test_15_chunked_body_is_refused_not_read_as_empty(scene: Scene, source: str, length: str) -> None:
    reply = through_wsgi(scene.path(source), GITHUB, {**PROVEN, "Transfer-Encoding": "chunked"}, CONTENT_LENGTH=length)
    assert reply.status == 411
    assert nothing_came_in(scene)


@pytest.mark.parametrize(
    ("length", "code"),
    [
        pytest.param("-1", 411, id="16-negative"),
        pytest.param("1e3", 411, id="16-exponent"),
        pytest.param("0x10", 411, id="16-hexadecimal"),
        pytest.param("+5", 411, id="16-sign"),
        pytest.param("5, 5", 411, id="16-twice"),
        pytest.param("9" * 20, 413, id="16-20-digits"),
        pytest.param("9" * 5000, 413, id="16-5000-digits"),
        pytest.param("\xb2", 411, id="16-superscript"),
        pytest.param(str(len(GITHUB) - 1), 401, id="16-less-than-is-sent"),
        pytest.param("0", 401, id="16-nothing"),
    ],
)
def test_length_that_lies_is_refused(scene: Scene, length: str, code: int) -> None:
    assert through_wsgi(scene.path("github"), GITHUB, PROVEN, CONTENT_LENGTH=length).status == code
    assert nothing_came_in(scene)


class Broken(io.BytesIO):
    """A sender that goes away in the middle."""

    def read(self, size: int | None = -1) -> bytes:
        raise ConnectionResetError


def test_body_that_breaks_off_is_refused(scene: Scene) -> None:
    environ: dict[str, Any] = {"wsgi.input": Broken()}
    assert through_wsgi(scene.path("github"), GITHUB, PROVEN, **environ).status == 400
    assert nothing_came_in(scene)


@pytest.mark.parametrize("sent", [len(GITHUB) - 1, 40, 0], ids=lambda sent: f"16-{sent}-of-{len(GITHUB)}-bytes")
def test_body_that_ends_before_its_length_is_refused(scene: Scene, sent: int) -> None:
    length = str(len(GITHUB))
    assert through_wsgi(scene.path("github"), GITHUB[:sent], PROVEN, CONTENT_LENGTH=length).status == 401
    unsigned = through_wsgi(scene.path("codepipeline"), CODEPIPELINE[:sent], {"X-Api-Key": SECRET}, CONTENT_LENGTH="99")
    assert unsigned.status == 400
    assert nothing_came_in(scene)


def test_16_length_beyond_a_whole_and_proven_body_means_nothing(scene: Scene) -> None:
    longer = str(len(GITHUB) + 5000)
    assert through_wsgi(scene.path("github"), GITHUB, PROVEN, CONTENT_LENGTH=longer).status == 202


BOMB = gzip.compress(b'{"a": "' + b"0" * 20_000_000 + b'"}', 9)


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param("gzip", id="17-gzip"),
        pytest.param("GZIP", id="17-upper-case"),
        pytest.param("gzip, gzip", id="17-twice"),
        pytest.param("br", id="17-br"),
        pytest.param("odd\x00", id="17-unknown"),
    ],
)
def test_packed_body_is_refused_unpacked_by_nobody(scene: Scene, encoding: str) -> None:
    assert scene.post("github", BOMB, **{"Content-Encoding": encoding}).status_code == 415
    assert nothing_came_in(scene)


@pytest.mark.parametrize("source", ["github", "codepipeline"])
def test_17_packed_body_that_does_not_say_so_is_no_json(scene: Scene, source: str) -> None:
    answer = scene.post(source, BOMB)
    assert (answer.status_code, answer.json()["path"]) == (400, "$")


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("", id="18-absent"),
        pytest.param("text/html", id="18-html"),
        pytest.param("application/json; charset=utf-16", id="18-utf-16"),
        pytest.param("application/json; charset=utf-8; charset=utf-16", id="18-two-charsets"),
        pytest.param("application/json; charset=undefined", id="18-no-charset"),
        pytest.param("application/" + "x" * 8192, id="18-8-kb"),
        pytest.param("application/json, text/html", id="18-two-types"),
        # Django itself answers 500 to these two.
        pytest.param("application/json; x*=odd''y", id="18-parameter-in-an-unknown-encoding"),
        pytest.param("application/json; charset=a\x00b", id="18-nul"),
        pytest.param("application/json; charset=\xe9", id="18-latin"),
        pytest.param("multipart/form-data", id="20-without-boundary"),
    ],
)
def test_wrong_content_type_is_refused(scene: Scene, content_type: str) -> None:
    reply = through_wsgi(scene.path("github"), GITHUB, PROVEN, CONTENT_TYPE=content_type)
    assert reply.status == 415
    assert nothing_came_in(scene)


@pytest.mark.parametrize("content_type", ["text/plain; x*=odd''y", "text/plain; charset=hex", "a; charset=a\x00b"])
def test_18_page_asked_for_with_a_wrong_content_type_is_shown(scene: Scene, content_type: str) -> None:
    reply = through_wsgi("/login", b"", {}, "GET", CONTENT_TYPE=content_type, QUERY_STRING="next=%ff%2Fhealth")
    assert reply.status in (200, 302, 303)


def test_18_long_parameters_of_the_right_type_are_passed_over(scene: Scene) -> None:
    told = "application/json; " + "a=b; " * 1600 + "x=" + "y" * 200
    assert through_wsgi(scene.path("github"), GITHUB, PROVEN, CONTENT_TYPE=told).status == 202


def form(*fields: tuple[str, str]) -> bytes:
    return urlencode(fields).encode()


PAYLOAD = ("payload", GITHUB.decode())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(form(PAYLOAD, PAYLOAD), 400, id="19-twice"),
        pytest.param(form(PAYLOAD, ("payload", "{}")), 400, id="19-two"),
        pytest.param(form(PAYLOAD, *((f"f{n}", "") for n in range(5000))), 400, id="19-five-thousand-fields"),
        pytest.param(form(("payload[]", GITHUB.decode())), 400, id="19-another-name"),
        pytest.param(b"payload=%FF%FE", 400, id="19-no-utf-8"),
        pytest.param(GITHUB, 400, id="19-json"),
        pytest.param(form(PAYLOAD), 202, id="19-once"),
    ],
)
def test_form_holds_its_payload_exactly_once(scene: Scene, body: bytes, code: int) -> None:
    answer = scene.post("github", body, **{"Content-Type": FORM})
    assert answer.status_code == code
    assert is_clean(answer)
    assert nothing_came_in(scene) == (code == 400)


@pytest.mark.parametrize("named", ['name="payload"', 'name="payload"; filename="payload.json"'])
@pytest.mark.parametrize("source", ["github", "codepipeline"])
def test_20_multipart_body_is_refused_with_and_without_a_file(scene: Scene, source: str, named: str) -> None:
    head = f"--x\r\nContent-Disposition: form-data; {named}\r\nContent-Type: application/json\r\n\r\n"
    body = head.encode() + GITHUB + b"\r\n--x--\r\n"
    answer = scene.post(source, body, **{"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 415
    assert nothing_came_in(scene)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("evil.example", id="21-foreign"),
        pytest.param("testserver.evil.example", id="21-longer"),
        pytest.param("testserver@evil.example", id="21-at"),
        pytest.param("evil.example:80@testserver", id="21-at-ours"),
        pytest.param("testserver:port", id="21-no-port"),
        pytest.param("testserver/x", id="21-slash"),
        pytest.param("[::1", id="21-half-an-address"),
        pytest.param("é", id="21-latin"),
    ],
)
def test_foreign_host_is_refused_everywhere(scene: Scene, host: str) -> None:
    reply = through_wsgi(scene.path("github"), GITHUB, {**PROVEN, "Host": host})
    assert (reply.status, reply.headers["Content-Type"]) == (400, "application/json")
    assert through_wsgi("/login", b"", {"Host": host}, "GET").status == 400
    assert nothing_came_in(scene)


def test_21_port_there_is_none_of_means_nothing(scene: Scene) -> None:
    assert through_wsgi(scene.path("github"), GITHUB, {**PROVEN, "Host": "testserver:99999"}).status == 202


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(", ".join(f"10.0.{n % 250}.7" for n in range(500)), id="22-five-hundred"),
        pytest.param("unknown", id="22-unknown"),
        pytest.param("fe80::1%eth0", id="22-zone"),
        pytest.param("127.0.0.1", id="22-spoofed"),
        pytest.param("'\"><script>\x00", id="22-nonsense"),
    ],
)
def test_address_that_a_client_claims_changes_nothing(scene: Scene, sent: str) -> None:
    claims = {"X-Forwarded-For": sent, "X-Real-Ip": sent, "Forwarded": f"for={sent}", "X-Forwarded-Host": sent}
    assert scene.post("github", GITHUB, **claims).status_code == 202
    assert scene.post("github", GITHUB, **claims, **{"X-Hub-Signature-256": "sha256="}).status_code == 401
    told = [text for text in every_item(scene.store).values() if "UNBELIEVED_PROXY" not in text]
    assert not [text for text in told if "X-Forwarded" in text]
    assert not [text for text in every_item(scene.store).values() if "10.0.249.7" in text]


def swapped(connection: Connection, old: str, new: str) -> str:
    """The id with one letter that only looks the same."""
    return connection.id.replace(next(letter for letter in old if letter in connection.id), new, 1)


PATHS = {
    "23-nul": "/hooks/github/{0}\x00",
    "23-nul-first": "/hooks/github/\x00{0}",
    "23-dots": "/hooks/github/../github/{0}",
    "23-dots-last": "/hooks/github/{0}/..",
    "23-two-slashes": "//hooks/github/{0}",
    "23-two-slashes-inside": "/hooks//github/{0}",
    "23-slash-last": "/hooks/github/{0}/",
    "23-4-kb": "/hooks/github/{0}" + "a" * 4096,
    "23-4-kb-of-path": "/hooks" + "/github" * 600 + "/{0}",
    "23-short": "/hooks/github/{1}",
    "23-long": "/hooks/github/{0}0",
    "23-none": "/hooks/github/",
    "23-upper-case": "/hooks/github/{2}",
    "23-newline": "/hooks/github/{0}\n",
    "23-separator": "/hooks/github/x#{0}",
    "23-upper-case-source": "/hooks/GitHub/{0}",
    "23-another-source": "/hooks/codepipeline/{0}",
    "23-source-there-is-none-of": "/hooks/__proto__/{0}",
    "23-full-width": "/hooks/github/{3}",
    "23-half-a-letter": "/hooks/github/{0}\xc3",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_address_that_is_almost_a_connections_is_not_found(scene: Scene, path: str) -> None:
    own = scene.github.id
    # WSGI passes the bytes of a path on as latin-1.
    wide = "".join(chr(0xFEE0 + ord(letter)) for letter in own[:1]) + own[1:]
    told = path.format(own, own[:-1], own.upper(), wide.encode().decode("latin-1"))
    if told == scene.path("github"):
        pytest.skip("an id of digits alone")
    reply = through_wsgi(told, GITHUB, PROVEN)
    assert reply.status == 404
    assert (reply.headers["Content-Type"] == "application/json") == told.startswith("/hooks/")
    assert nothing_came_in(scene)


@pytest.mark.parametrize("path", ["/hooks/github/%00", "/hooks/%2e%2e/healthz", "/hooks/github/%2e%2e%2f%2e%2e"])
def test_23_quoted_address_is_not_found(scene: Scene, path: str) -> None:
    answer = Client().generic("POST", path, GITHUB, "application/json", headers=PROVEN)
    assert answer.status_code == 404
    assert answer.json()["message"]


def test_24_team_in_the_query_and_a_session_are_passed_over(visitor: Visitor, scene: Scene) -> None:
    path = f"{scene.path('github')}?team={scene.neighbours.id}&team_id={scene.neighbours.slug}"
    answer = visitor.client.post(path, GITHUB, content_type="application/json", headers=PROVEN)
    assert answer.status_code == 202
    assert not answer.cookies
    assert [row.team_id for row in scene.board()] == [scene.team.id]


FORGED = {
    "HX-Request": "true",
    "HX-Target": "#board\x00",
    "HX-Current-URL": "https://evil.example/" + "x" * 4096,
    "HX-Trigger-Name": "%C3%28",
    "HX-Boosted": "true",
    "HX-History-Restore-Request": "true",
    "X-HTTP-Method-Override": "DELETE",
    "X-Method-Override": "GET",
}


def test_25_forged_headers_and_methods_are_passed_over(scene: Scene) -> None:
    reply = through_wsgi(scene.path("github"), GITHUB, {**PROVEN, **FORGED}, QUERY_STRING="_method=DELETE")
    assert reply.status == 202
    assert scene.execution().status is Status.RUNNING
    post = {**PROVEN, "X-HTTP-Method-Override": "POST"}
    assert through_wsgi(scene.path("github"), GITHUB, post, "GET", QUERY_STRING="_method=POST").status == 405


@pytest.mark.parametrize("path", ["/", "/teams/payments", "/health", "/search?q=check"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(FORGED, id="25-forged"),
        pytest.param({"HX-PTag": "x" * 8192}, id="25-forged-tag"),
        pytest.param({"If-None-Match": '"' + "x" * 8192 + '"'}, id="26-etag-of-8-kb"),
        pytest.param({"If-None-Match": '"' * 8192}, id="26-broken-etag"),
        pytest.param({"Accept": "*/*;q=nan"}, id="26-accept-nan"),
        pytest.param({"Accept": ",;/;q=1e400" * 500}, id="26-broken-accept"),
        pytest.param({"Range": "bytes=0-0"}, id="26-range"),
        pytest.param({**HX, "Range": "bytes=5-1, -0"}, id="26-range-of-a-fragment"),
    ],
)
def test_page_asked_for_with_odd_headers_is_shown(
    visitor: Visitor, scene: Scene, path: str, headers: dict[str, str]
) -> None:
    scene.post("codepipeline", CODEPIPELINE)
    answer: Any = visitor.get(path, **headers)
    assert answer.status_code == 200
    assert "Content-Range" not in answer.headers
    assert b"evil.example" not in answer.content


def test_26_api_asked_for_what_it_has_not_answers_json(visitor: Visitor, scene: Scene) -> None:
    answer: Any = visitor.get("/api/v1/teams", Accept="*/*;q=nan", Range="bytes=0-0", **{"If-None-Match": "x" * 8192})
    assert answer.status_code in (200, 401)
    assert answer.headers["Content-Type"].startswith("application/json")

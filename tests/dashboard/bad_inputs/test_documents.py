"""Numbers 27 to 41: bodies that are no JSON, hardly JSON, or JSON of the wrong shape. All of them are proven."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.sources import SOURCES as TOOLS
from tests.dashboard.bad_inputs.scene import BODIES, CODEPIPELINE, GITHUB, Scene, all_shown, every_item, is_clean
from tests.dashboard.bodies import pipeline_changed, workflow_run
from tests.dashboard.sources.golden import Golden, goldens
from tests.dashboard.sources.test_totality import holder, places
from tests.dashboard.views import test_sns_webhook as by_sns
from tests.dashboard.views.test_sns_webhook import Amazon
from tests.dashboard.visiting import Visitor

SOURCES = ("github", "codepipeline")


def within(member: str, source: str = "github") -> bytes:
    """A right body with one member more: `"name": value`, as text, since no serialiser would write some of these."""
    return BODIES[source][:-1] + f", {member}}}".encode(errors="surrogatepass")


def written(body: dict[str, Any], was: str, now: str) -> bytes:
    return json.dumps(body).replace(was, now).encode()


NO_JSON = {
    "27-empty": b"",
    "27-spaces": b" \t\r\n ",
    "27-byte-order-mark": b"\xef\xbb\xbf",
    "29-deep-arrays": b"[" * 100_000,
    "29-deep-objects": b'{"a":' * 100_000,
    "29-deep-and-closed": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "29-depth-65": within('"ignored": ' + "[" * 64 + "]" * 64),
    "31-nan": within('"ignored": NaN'),
    "31-infinity": within('"ignored": Infinity'),
    "31-minus-infinity": within('"ignored": -Infinity'),
    "31-1e400": within('"ignored": 1e400'),
    "32-5000-digits": within('"ignored": ' + "9" * 5000),
    "32-39-digits": within('"ignored": ' + "9" * 39),
    "33-large-exponent": within('"ignored": 1E+999999999'),
    "35-utf-16": GITHUB.decode().encode("utf-16"),
    "35-utf-32": GITHUB.decode().encode("utf-32"),
    "35-utf-16-without-mark": GITHUB.decode().encode("utf-16-be"),
    "35-latin-1": within('"ignored": "é"').decode().encode("latin-1"),
    "36-two-documents": GITHUB + b" {}",
    "36-lines": GITHUB + b"\n" + GITHUB,
    "36-comment": GITHUB + b" // so",
    "36-comment-inside": within('"a": 1 /* so */'),
    "36-single-quotes": GITHUB.replace(b'"', b"'"),
    "36-comma-too-many": GITHUB[:-1] + b",}",
    "36-hexadecimal": within('"a": 0x1F'),
    "36-leading-zero": within('"a": 007'),
    "36-nul-after": GITHUB + b"\x00",
    "37-200000-keys": within('"ignored": ' + json.dumps(dict.fromkeys(map(str, range(200_000))))),
    "38-100000-steps": within('"steps": ' + json.dumps([0] * 100_000)),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_sane_json_is_refused_and_noted(scene: Scene, source: str, body: bytes) -> None:
    answer = scene.post(source, body)
    assert (answer.status_code, answer.json()["path"]) == (400, "$")
    assert scene.executions() == {}
    # GitHub says in a header what kind of event it is.
    event = "workflow_run" if source == "github" else ""
    assert [(noted.outcome, noted.event) for noted in scene.noted(source)] == [("rejected", event)]


@pytest.mark.parametrize(
    "body", [b"null", b"true", b"3", b'"x"', b"[]", b"{}", b"[{}]"], ids=lambda body: f"28-{body.decode()}"
)
@pytest.mark.parametrize("source", SOURCES)
def test_other_json_than_an_event_is_refused_or_ignored(scene: Scene, source: str, body: bytes) -> None:
    answer = scene.post(source, body)
    # To CodePipeline's connection, words and objects of other kinds are no mistakes: an SNS topic may carry them.
    ignored = source == "codepipeline" and body in (b'"x"', b"{}")
    assert answer.status_code == (200 if ignored else 400)
    assert is_clean(answer)
    assert scene.executions() == {}


HARMLESS = {
    "29-depth-64": '"ignored": ' + "[" * 63 + "]" * 63,
    "31-minus-zero": '"ignored": -0',
    "33-float": '"ignored": 1.5',
    "33-small-exponent": '"ignored": 1E-999',
    "34-escaped-surrogate": '"ignored": "\\ud800"',
    "37-64-kb-key": f'"{"k" * 65_536}": 1',
    "37-prototype": '"__proto__": {"status": "x"}, "constructor": {"prototype": {}}',
    "37-empty-key": '"": {"": ""}',
    "37-dotted-key": '"workflow_run.id": 7, "detail.state": "FAILED"',
    "37-key-that-is-half-a-letter": '"\\udfff": 1',
    "38-20000-steps": '"steps": ' + json.dumps([0] * 20_000),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("member", HARMLESS.values(), ids=HARMLESS)
def test_odd_member_that_nobody_reads_is_passed_over(scene: Scene, source: str, member: str) -> None:
    assert scene.post(source, within(member, source)).status_code == 202
    (execution,) = scene.executions().values()
    assert execution.status.value == "running"


@pytest.mark.parametrize(
    ("source", "was", "now"),
    [
        ("github", '"status": "in_progress"', '"status": "queued", "status": "waiting"'),
        ("codepipeline", '"state": "STARTED"', '"state": "SUCCEEDED", "state": "FAILED"'),
    ],
)
def test_30_of_a_key_given_twice_the_last_holds(scene: Scene, source: str, was: str, now: str) -> None:
    body = workflow_run() if source == "github" else pipeline_changed()
    assert scene.post(source, written(body, was, now)).status_code == 202
    (execution,) = scene.executions().values()
    assert execution.raw_status == ("waiting" if source == "github" else "FAILED")


def test_30_of_a_key_given_twice_the_last_holds_inside_a_message_too(
    scene: Scene, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    told = written(pipeline_changed(), '"state": "STARTED"', '"state": "SUCCEEDED", "state": "FAILED"').decode()
    assert by_sns.post(scene.codepipeline, by_sns.message(key, Message=told)).status_code == 202
    (execution,) = scene.executions().values()
    assert execution.raw_status == "FAILED"


NUMBERS = {
    "31-minus-zero": ("-0", "workflow_run.id"),
    "32-20-digits": ("9" * 20, "workflow_run.id"),
    "32-two-to-the-63": (str(2**63), "workflow_run.id"),
    "33-fraction": ("5001.5", "workflow_run.id"),
    "33-exponent": ("5.001e3", "workflow_run.id"),
}


@pytest.mark.parametrize(("number", "path"), NUMBERS.values(), ids=NUMBERS)
def test_odd_number_for_an_id_is_refused_by_its_place(scene: Scene, number: str, path: str) -> None:
    answer = scene.post("github", written(workflow_run(), '"id": 5001', f'"id": {number}'))
    assert (answer.status_code, answer.json()["path"]) == (400, path)


@pytest.mark.parametrize("number", ["-0", "1.5", "1E5", "99999999999999999999", "1e300"], ids=lambda n: f"33-{n}")
@pytest.mark.parametrize("field", ["run_attempt", "run_number", "updated_at", "created_at"])
def test_odd_number_elsewhere_is_refused_or_read_as_none(scene: Scene, field: str, number: str) -> None:
    body = {**workflow_run(), "workflow_run": {**workflow_run()["workflow_run"], field: "@"}}
    assert is_clean(scene.post("github", written(body, '"@"', number)))


def texts(document: Any) -> list[tuple[str | int, ...]]:
    return [path for path in places(document) if isinstance(holder(document, path)[path[-1]], str)]


LETTERS = {
    "34-lone-surrogate": "\ud800",
    "34-nul": "\x00",
    "34-del": "\x7f",
    "34-escape": "\x1b[31m",
    "34-line-separator": "\u2028",
    "34-right-to-left": "\u202e",
}
SAID = {"github": workflow_run(), "codepipeline": pipeline_changed()}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)
def test_odd_letter_in_any_text_is_answered_and_stored_harmless(
    visitor: Visitor, scene: Scene, source: str, letter: str
) -> None:
    for path in texts(SAID[source]):
        for text in (letter, f"a{letter}b"):
            body = copy.deepcopy(SAID[source])
            holder(body, path)[path[-1]] = text
            assert is_clean(scene.post(source, body)), path
    assert all_shown(visitor, scene)
    escaped = json.dumps(letter).strip('"')
    assert not [item for item in every_item(scene.store).values() if escaped in json.dumps(item)]


RECORDED = [golden for golden in goldens() if "deployment" not in str(golden)][::4]


@settings(max_examples=60)
@given(data=st.data())
def test_39_body_cut_anywhere_is_refused(scene: Scene, data: st.DataObject) -> None:
    golden = data.draw(st.sampled_from(RECORDED))
    body = golden.body.read_bytes().strip()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    answer = scene.post(golden.source, cut, golden.event)
    if TOOLS[golden.source].ignores_unusable:
        assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    else:
        assert (answer.status_code, answer.json()["path"]) == (400, "$")


@pytest.mark.parametrize("source", SOURCES)
def test_39_body_cut_at_every_third_byte_is_refused(scene: Scene, source: str) -> None:
    body = CODEPIPELINE if source == "codepipeline" else GITHUB
    assert {scene.post(source, body[:end]).status_code for end in range(0, len(body), 3)} == {400}


TYPES: tuple[object, ...] = (None, True, -1.5, "x", [{}], {})


def changed(golden: Golden) -> Iterator[tuple[str, Any]]:
    """The body with each member removed, and with each made each type of JSON."""
    document = json.loads(golden.body.read_text())
    for path in places(document):
        removed = copy.deepcopy(document)
        del holder(removed, path)[path[-1]]
        yield f"{path} removed", removed
        for value in TYPES:
            other = copy.deepcopy(document)
            holder(other, path)[path[-1]] = value
            yield f"{path} is {value!r}", other


@settings(max_examples=60)
@given(golden=st.sampled_from(goldens()), data=st.data())
def test_40_41_recorded_body_with_any_member_removed_or_of_another_type_is_answered(
    scene: Scene, golden: Golden, data: st.DataObject
) -> None:
    document = json.loads(golden.body.read_text())
    path = data.draw(st.sampled_from(list(places(document))))
    if data.draw(st.booleans()):
        holder(document, path)[path[-1]] = data.draw(st.sampled_from(TYPES))
    else:
        del holder(document, path)[path[-1]]
    assert is_clean(scene.post(golden.source, document, golden.event))


@pytest.mark.parametrize(
    "name",
    ["github/workflow_run__succeeded", "github/workflow_job__failed", "codepipeline/action__build_failed"],
    ids=lambda name: f"40-41-{name}",
)
def test_board_shows_whatever_became_of_a_body_with_a_member_changed(visitor: Visitor, scene: Scene, name: str) -> None:
    (golden,) = (found for found in goldens() if str(found) == name)
    for what, document in changed(golden):
        assert is_clean(scene.post(golden.source, document, golden.event)), what
    assert all_shown(visitor, scene)

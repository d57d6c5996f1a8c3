"""Faults of DynamoDB, put in at botocore's before-send event, so that the SDK's own retries and parsers take part."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError

from storage.engines.dynamodb import DynamoEngine

Answer = tuple[int, Mapping[str, Any]]


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def response(url: str, status: int, body: Mapping[str, Any]) -> AWSResponse:
    return AWSResponse(url, status, HTTPHeaders(), _Raw(json.dumps(body).encode()))


def register(engine: DynamoEngine, operation: str, handler: Callable[..., AWSResponse | None]) -> None:
    events: Any = engine.client.meta.events
    events.register_first(f"before-send.dynamodb.{operation}", handler)


def answering(engine: DynamoEngine, operation: str, answers: Sequence[Answer]) -> list[Answer]:
    """Answer the next requests so, then let them through. The list holds what was not asked for yet."""
    left = list(answers)

    def answer(request: Any, **_: object) -> AWSResponse | None:
        if not left:
            return None
        status, body = left.pop(0)
        # Every handler of this event is called, so moto must not take the request for its own and carry it out.
        request.url = "http://answered.invalid/"
        return response(request.url, status, body)

    register(engine, operation, answer)
    return left


def losing_the_reply(engine: DynamoEngine, operation: str) -> list[str]:
    """The next request arrives, but its answer does not. Each request's token is noted."""
    tokens: list[str] = []

    def send_and_lose(request: Any, **_: object) -> None:
        tokens.append(json.loads(request.body).get("ClientRequestToken", ""))
        if len(tokens) == 1:
            engine.client._endpoint.http_session.send(request)  # type: ignore[attr-defined]
            raise ReadTimeoutError(endpoint_url=request.url)

    register(engine, operation, send_and_lose)
    return tokens


def cut_in_its_head(engine: DynamoEngine, operation: str) -> None:
    """Of each answer only the status line comes."""

    def answer(request: Any, **_: object) -> AWSResponse:
        request.url = "http://answered.invalid/"
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw())

    register(engine, operation, answer)

"""The webhook endpoints. Everything that can be refused cheaply is refused before the body is read, and nothing of the
body is looked at before its signature holds.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from dashboard.auth.requests import public
from dashboard.sources import SOURCES, Source
from dashboard.store import get_store
from dashboard.webhooks import ingest
from dashboard.webhooks.connecting import secrets_of
from dashboard.webhooks.sns_delivery import SnsRefused, SnsUnreachable, unwrap
from storage import keys
from storage.errors import StorageError
from storage.model.entities import Connection

logger = logging.getLogger(__name__)

CONNECTION_SECONDS = 10


def _answer(code: int, message: str, **headers: str) -> JsonResponse:
    response = JsonResponse({"message": message}, status=code)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


@csrf_exempt
@public
def receive(request: HttpRequest, source: str, connection_id: str) -> HttpResponse:
    if request.method != "POST":
        return _answer(405, "Only POST is taken here", Allow="POST")
    if refused := _check_envelope(request):
        return refused
    try:
        return _receive(request, source, connection_id)
    except UnreadablePostError:
        return _answer(400, "The body broke off")
    except StorageError as error:
        logger.warning("webhook put off: %s", error)
        return _answer(503, "The store is out of reach; please send this again", Retry_After="5")


def _check_envelope(request: HttpRequest) -> HttpResponse | None:
    """A body without a length reads as empty under WSGI, so it is refused; one too long is not read at all."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.META.get("HTTP_TRANSFER_ENCODING") or not (length.isascii() and length.isdigit()):
        return _answer(411, "A Content-Length is needed")
    if len(length) > 18 or int(length) > settings.MAX_BODY:
        return _answer(413, f"The body is longer than {settings.MAX_BODY} bytes", Connection="close")
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        return _answer(415, "Content-Encoding is not taken")
    return None


def _receive(request: HttpRequest, source_name: str, connection_id: str) -> HttpResponse:
    source = SOURCES.get(source_name)
    connection = _find_connection(connection_id, int(time.monotonic() // CONNECTION_SECONDS)) if source else None
    if source is None or connection is None or connection.source != source_name:
        return _answer(404, "No such connection")
    if request.content_type not in source.content_types or not _is_utf8(request):
        return _answer(415, f"Content-Type must be one of: {', '.join(sorted(source.content_types))}")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        connection, body = _checked(source, connection, headers, request.body)
    except SnsRefused as refused:
        ingest.refuse(get_store(), connection, 401, str(refused))
        return _answer(401, "The signature is missing or wrong")
    except SnsUnreachable as unreachable:
        ingest.put_off(get_store(), connection, 503, str(unreachable))
        return _answer(503, "What verifies this is out of reach; please send this again", Retry_After="5")
    if body is None:
        return JsonResponse({"status": "ignored", "reason": "subscription confirmed"})
    answer = ingest.ingest(get_store(), connection, source, headers, body)
    return JsonResponse(answer.body, status=answer.code)


def _checked(
    source: Source, connection: Connection, headers: dict[str, str], body: bytes
) -> tuple[Connection, bytes | None]:
    """As `_verified`. A secret may have been rotated since the connection was last read, so a refusal looks again, once
    a second at most. Raises SnsRefused and SnsUnreachable."""
    try:
        return connection, _verified(source, connection, headers, body)
    except SnsRefused:
        fresh = _find_connection(connection.id, -int(time.monotonic()))
        if fresh is None or fresh == connection:
            raise
        return fresh, _verified(source, fresh, headers, body)


def _verified(source: Source, connection: Connection, headers: dict[str, str], body: bytes) -> bytes | None:
    """The body, once it is known to come from the real sender. None when it was a message about the subscription only.
    Raises SnsRefused, and SnsUnreachable where that cannot be told now."""
    now = get_store().now()
    knows_secret = any(source.verify(headers, body, secret) for secret in secrets_of(connection, now))
    if source.name == "codepipeline" and headers.get("x-amz-sns-message-type") and not _is_raw(headers):
        return unwrap(body, connection.topic_arn, now, any_topic=knows_secret)
    if knows_secret:
        return body
    raise SnsRefused("the signature is missing or wrong")


def _is_raw(headers: dict[str, str]) -> bool:
    """SNS sends the bare event, unsigned, where a subscription asks for that."""
    return headers.get("x-amz-sns-rawdelivery", "").lower() == "true"


def _is_utf8(request: HttpRequest) -> bool:
    charset = (request.content_params or {}).get("charset", "utf-8")
    return charset.strip('"').lower() in ("utf-8", "utf8", "us-ascii")


@lru_cache(maxsize=1024)
def _find_connection(connection_id: str, period: int) -> Connection | None:
    """Remembered for a few seconds, unknown ids as well. `period` is what makes it forget."""
    del period
    if not keys.is_id(connection_id):
        return None
    return get_store().connections.find(connection_id)

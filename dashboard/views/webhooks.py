"""The webhook endpoints. Everything that can be refused cheaply is refused before the body is read, and nothing of the
body is looked at before its signature holds.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from types import MappingProxyType

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from dashboard.auth.requests import for_senders
from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Rejected
from dashboard.webhooks import receive as receiving
from storage.errors import StorageError

logger = logging.getLogger(__name__)

# Of the header that says what kind of event it is, in the log.
MOST_OF_EVENT = 80
RETRY_SECONDS = "5"


class Unusable(Rejected):
    """What the headers alone rule out. `code`: what to answer, unless the tool is to be spared; `headers`: with it."""

    def __init__(self, code: int, message: str, header: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(message, header)
        self.code, self.headers = code, headers


def _answer(code: int, message: str, **headers: str) -> JsonResponse:
    response = JsonResponse({"message": message}, status=code)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


@csrf_exempt
@for_senders
def receive(request: HttpRequest, source: str, connection_id: str) -> HttpResponse:
    if request.method == "OPTIONS":
        return _handshake(request, source, connection_id)
    if request.method != "POST":
        return _answer(405, "Only POST is taken here", Allow="POST")
    if too_long := refused_size(request):
        return _answer(too_long.code, too_long.message, **too_long.headers)
    try:
        return _receive(request, source, connection_id)
    except UnreadablePostError:
        return _answer(400, "The body broke off")
    except StorageError as error:
        logger.warning("webhook put off: %s", error)
        return _answer(503, "The store is out of reach; please send this again", Retry_After=RETRY_SECONDS)


# A DNS expression: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#41-validation-request
_ORIGIN = re.compile(r"[A-Za-z0-9.*:/_-]{1,255}")


def _handshake(request: HttpRequest, source: str, connection_id: str) -> HttpResponse:
    """A sender asks if it may post here: anyone may ask, for it is the post that has to be proven."""
    origin = request.headers.get("WebHook-Request-Origin", "")
    try:
        found = receiving.find(source, connection_id)
    except StorageError as error:
        logger.warning("handshake put off: %s", error)
        return _answer(503, "The store is out of reach; please ask again", Retry_After=RETRY_SECONDS)
    if found is None or not found[0].handshake:
        return _answer(405, "Only POST is taken here", Allow="POST")
    if not _ORIGIN.fullmatch(origin):
        return _answer(400, "WebHook-Request-Origin is to name the sender")
    allowed = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*", "Allow": "POST, OPTIONS"}
    return HttpResponse(headers=allowed, content_type="text/plain; charset=utf-8")


def _length(request: HttpRequest) -> str:
    """Empty where there is none: such a body reads as empty under WSGI."""
    length = request.META.get("CONTENT_LENGTH") or ""
    known = not request.META.get("HTTP_TRANSFER_ENCODING") and length.isascii() and length.isdigit()
    return length if known else ""


def refused_size(request: HttpRequest) -> Unusable | None:
    """One too long is not read at all."""
    length = _length(request)
    if len(length) > 18 or (length and int(length) > settings.MAX_BODY):
        words = f"The body is longer than {settings.MAX_BODY} bytes"
        return Unusable(413, words, "Content-Length", {"Connection": "close"})
    return None


def refused_form(request: HttpRequest) -> Unusable | None:
    if not _length(request):
        return Unusable(411, "A Content-Length is needed", "Content-Length")
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        return Unusable(415, "Content-Encoding is not taken", "Content-Encoding")
    return None


def refused_content_type(request: HttpRequest, taken: frozenset[str]) -> Unusable | None:
    if request.content_type in taken and _is_utf8(request):
        return None
    return Unusable(415, f"Content-Type must be one of: {', '.join(sorted(taken))}", "Content-Type")


def _receive(request: HttpRequest, source_name: str, connection_id: str) -> HttpResponse:
    """What cannot be used is refused before it is read, but for tools that are to be spared: there it has to be shown
    to be theirs first."""
    known, unusable = SOURCES.get(source_name), refused_form(request)
    if unusable and not (known and known.ignores_unusable):
        return _answer(unusable.code, unusable.message)
    found = receiving.find(source_name, connection_id)
    if found is None:
        return _answer(404, "No such connection")
    source, connection = found
    unusable = unusable or refused_content_type(request, source.content_types)
    if unusable and not source.ignores_unusable:
        receiving.note_content_type(source, connection, request.headers.get("Content-Type", ""))
        return _answer(unusable.code, unusable.message)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        answer = receiving.receive(source, connection, headers, request.body, unusable)
    except StorageError as error:
        told = headers.get(source.event_header, "")[:MOST_OF_EVENT] or "post"
        logger.warning("webhook put off, %s %s: %s", source.name, told, error)
        return _answer(503, "The store is out of reach; please send this again", Retry_After=RETRY_SECONDS)
    response = JsonResponse(answer.body, status=answer.code)
    if answer.code == 503:
        response["Retry-After"] = RETRY_SECONDS
    return response


def _is_utf8(request: HttpRequest) -> bool:
    charset = (request.content_params or {}).get("charset", "utf-8")
    return charset.strip('"').lower() in ("utf-8", "utf8", "us-ascii")

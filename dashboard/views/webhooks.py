"""The webhook endpoints. Everything that can be refused cheaply is refused before the body is read, and nothing of the
body is looked at before its signature holds.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from dashboard.auth.requests import for_senders
from dashboard.webhooks import receive as receiving
from storage.errors import StorageError

logger = logging.getLogger(__name__)

# Of the header that says what kind of event it is, in the log.
MOST_OF_EVENT = 80
RETRY_SECONDS = "5"


def _answer(code: int, message: str, **headers: str) -> JsonResponse:
    response = JsonResponse({"message": message}, status=code)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


@csrf_exempt
@for_senders
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
        return _answer(503, "The store is out of reach; please send this again", Retry_After=RETRY_SECONDS)


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
    found = receiving.find(source_name, connection_id)
    if found is None:
        return _answer(404, "No such connection")
    source, connection = found
    if request.content_type not in source.content_types or not _is_utf8(request):
        return _answer(415, f"Content-Type must be one of: {', '.join(sorted(source.content_types))}")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        answer = receiving.receive(source, connection, headers, request.body)
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

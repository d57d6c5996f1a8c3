"""The API's one error shape, also for what its router refuses by itself."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse


class OneShape:
    """Middleware. A method that a path does not take is answered by the router in bare text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code != 405 or not request.path.startswith("/api/"):
            return response
        allowed = response.headers.get("Allow", "")
        words = {"message": f"Only {allowed} is taken here", "code": "method_not_allowed"}
        return JsonResponse(words, status=405, headers={"Allow": allowed})

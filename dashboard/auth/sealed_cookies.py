"""What must be remembered of a browser between two requests of its: sealed in a cookie, for some minutes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashboard.auth.sealing import seal, unseal

LONGEST = 4096


@dataclass(frozen=True, slots=True)
class SealedCookie:
    """`setting`: of its name. `purpose`: has keys of its own, so that nothing sealed for another passes for it."""

    setting: str
    purpose: str
    seconds: int

    def read(self, request: HttpRequest) -> dict[str, Any]:
        """Empty where there is none, or it is too old, or not ours."""
        sealed = request.COOKIES.get(getattr(settings, self.setting), "")[:LONGEST]
        known = unseal(sealed, self.purpose, self.seconds)
        return dict(json.loads(known)) if known else {}

    def keep(self, response: HttpResponse, state: dict[str, Any]) -> None:
        response.set_cookie(
            getattr(settings, self.setting),
            seal(json.dumps(state), self.purpose),
            max_age=self.seconds,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
            path="/",
        )

    def forget(self, response: HttpResponse) -> None:
        response.delete_cookie(getattr(settings, self.setting), path="/", samesite="Lax")

"""What a tool says remains of the calls it takes, as it says so in headers of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from storage.model.entities import ApiQuota

# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
LIMIT, REMAINING, RESET = "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"
# What a tool that says "later" and not when is given.
UNTOLD_SECONDS = 60.0


def quota_of(headers: Mapping[str, str], now: int) -> ApiQuota | None:
    """`now` in milliseconds."""
    try:
        limit, remaining, reset = (int(headers[name]) for name in (LIMIT, REMAINING, RESET))
    except (KeyError, ValueError):
        return None
    return ApiQuota(limit, remaining, reset * 1000, now) if 0 <= remaining <= limit and reset > 0 else None


def is_limited(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer refuses because there were too many calls: GitHub says so by 403 as well as 429."""
    return status == 429 or (status == 403 and (headers.get(REMAINING) == "0" or "retry-after" in headers))


def pause_seconds(headers: Mapping[str, str], now: int) -> float:
    """How long to wait as such an answer asks. `now` in milliseconds."""
    if asked := headers.get("retry-after", ""):
        return max(0.0, _seconds(asked, now))
    quota = quota_of(headers, now)
    return max(0.0, (quota.resets_at - now) / 1000) if quota is not None and not quota.remaining else UNTOLD_SECONDS


def _seconds(asked: str, now: int) -> float:
    """RFC 9110, 10.2.3: seconds, or a date."""
    if asked.isascii() and asked.isdigit() and len(asked) < 7:
        return float(asked)
    try:
        return parsedate_to_datetime(asked).timestamp() - now / 1000
    except ValueError:
        return UNTOLD_SECONDS

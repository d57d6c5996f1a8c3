"""What a tool says remains of the calls it takes, as it says so in headers of its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from storage.model.entities import ApiQuota


class Told(NamedTuple):
    """The headers that tell one limit."""

    limit: str
    remaining: str
    reset: str


# Where a tool tells several, the one that is used up first counts.
TOLD = (
    # https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
    Told("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    # Buildkite's of the organisation and of the token's owner: https://buildkite.com/docs/apis/rest-api/limits
    Told("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
    Told("ratelimit-user-limit", "ratelimit-user-remaining", "ratelimit-user-reset"),
)
# A reset below this is so many seconds from now, else a time since the epoch: three years of seconds.
MOST_SECONDS_AHEAD = 100_000_000
# What a tool that says "later" and not when is given.
UNTOLD_SECONDS = 60.0


def quota_of(headers: Mapping[str, str], now: int) -> ApiQuota | None:
    """`now` in milliseconds."""
    return min(_quotas(headers, now), key=lambda one: (_share_left(one), -one.resets_at), default=None)


def _quotas(headers: Mapping[str, str], now: int) -> Iterator[ApiQuota]:
    for told in TOLD:
        try:
            limit, remaining, reset = (int(headers[name]) for name in told)
        except (KeyError, ValueError):
            continue
        resets_at = reset * 1000 + (now if reset < MOST_SECONDS_AHEAD else 0)
        if 0 <= remaining <= limit and reset >= 0:
            yield ApiQuota(limit, remaining, resets_at, now)


def _share_left(quota: ApiQuota) -> float:
    return quota.remaining / quota.limit if quota.limit else 0.0


def is_limited(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer refuses because there were too many calls: GitHub says so by 403 as well as 429."""
    used_up = any(headers.get(told.remaining) == "0" for told in TOLD)
    return status == 429 or (status == 403 and (used_up or "retry-after" in headers))


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

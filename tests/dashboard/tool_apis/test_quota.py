"""What tools say of their quotas, in the headers that each has."""

from __future__ import annotations

import pytest
from requests.structures import CaseInsensitiveDict

from dashboard.tool_apis.quota import is_limited, pause_seconds, quota_of
from storage.model.entities import ApiQuota
from tests.factories import MINUTE, NOW

GITHUB = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": str(NOW // 1000 + 60)}
ORGANISATION = {"RateLimit-Limit": "200", "RateLimit-Remaining": "80", "RateLimit-Reset": "42"}
USER = {"RateLimit-User-Limit": "50", "RateLimit-User-Remaining": "35", "RateLimit-User-Reset": "30"}
OF_USER_USED_UP = {**USER, "RateLimit-User-Remaining": "0"}


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        (GITHUB, ApiQuota(5000, 4999, NOW + MINUTE, NOW)),
        (ORGANISATION, ApiQuota(200, 80, NOW + 42_000, NOW)),
        ({**ORGANISATION, **USER}, ApiQuota(200, 80, NOW + 42_000, NOW)),
        ({**ORGANISATION, **OF_USER_USED_UP}, ApiQuota(50, 0, NOW + 30_000, NOW)),
        ({**ORGANISATION, "RateLimit-Reset": str(NOW // 1000 + 60)}, ApiQuota(200, 80, NOW + MINUTE, NOW)),
        ({**ORGANISATION, "RateLimit-Remaining": "0", **OF_USER_USED_UP}, ApiQuota(200, 0, NOW + 42_000, NOW)),
        ({**ORGANISATION, "RateLimit-Limit": "0", "RateLimit-Remaining": "0"}, ApiQuota(0, 0, NOW + 42_000, NOW)),
        ({**ORGANISATION, "RateLimit-Remaining": "201"}, None),
        ({**ORGANISATION, "RateLimit-Reset": "soon"}, None),
        ({"RateLimit-Limit": "200"}, None),
        ({}, None),
    ],
    ids=["time", "seconds", "least", "of user", "seconds or time", "both", "none", "more", "word", "part", "nothing"],
)
def test_quota_is_the_one_that_is_used_up_first(headers: dict[str, str], quota: ApiQuota | None) -> None:
    assert quota_of(CaseInsensitiveDict(headers), NOW) == quota


def test_who_used_up_one_of_two_waits_for_that_one() -> None:
    headers = CaseInsensitiveDict({**ORGANISATION, **OF_USER_USED_UP})
    assert is_limited(429, headers)
    assert pause_seconds(headers, NOW) == 30.0

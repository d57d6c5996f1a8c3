"""Which threads work on a request: nothing that takes its time on purpose keeps a page waiting."""

from __future__ import annotations

import pytest
from django.conf import settings

from dashboard.http.body_limits import EVENTS, most_body
from dashboard.http.lanes import LARGE_BYTES, Lane, lane_of

SNS = [("X-AMZ-SNS-MESSAGE-TYPE", "Notification")]


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("GET", "/", Lane.PAGES),
        ("GET", "/login", Lane.PAGES),
        ("POST", "/login", Lane.PASSWORDS),
        ("POST", "/login/second-factor", Lane.PAGES),
        ("POST", "/login/passkey", Lane.PAGES),
        ("POST", "/login/passkey/options", Lane.PAGES),
        ("POST", "/account/second-factor/app/remove", Lane.PASSWORDS),
        ("POST", "/setup", Lane.PASSWORDS),
        ("POST", "/join/team/secret", Lane.PASSWORDS),
        ("POST", "/reset/token", Lane.PASSWORDS),
        ("POST", "/account/password", Lane.PASSWORDS),
        ("POST", "/reset", Lane.OUTSIDE),
        ("GET", "/reset", Lane.PAGES),
        ("GET", "/login/with/oidc", Lane.OUTSIDE),
        ("GET", "/login/with/github/callback", Lane.OUTSIDE),
        ("POST", "/manage/teams/1/members", Lane.OUTSIDE),
        ("POST", "/manage/teams/1/members/role", Lane.PAGES),
        ("GET", "/manage/teams/1/connect/github", Lane.PAGES),
        ("GET", "/manage/teams/1/connect/github/app/registered", Lane.OUTSIDE),
        ("GET", "/manage/connections/1/app/installed", Lane.OUTSIDE),
        ("POST", "/manage/connections/1/app/choose", Lane.OUTSIDE),
        ("POST", "/manage/connections/1/api/try", Lane.OUTSIDE),
        ("POST", "/manage/connections/1/rotate", Lane.OUTSIDE),
        ("POST", "/manage/connections/1/api", Lane.PAGES),
        ("GET", "/teams/a/app/b", Lane.PAGES),
        ("POST", "/hooks/github/1", Lane.PAGES),
    ],
)
def test_lane_follows_from_what_a_request_makes_us_do(method: str, path: str, lane: Lane) -> None:
    assert lane_of(method, path, []) is lane


def test_bodies_that_take_much_memory_are_read_one_by_one() -> None:
    for path in ("/hooks/github/1", EVENTS):
        assert lane_of("POST", path, [("CONTENT-LENGTH", str(LARGE_BYTES + 1))]) is Lane.LARGE
    assert lane_of("POST", "/hooks/github/1", [("CONTENT-LENGTH", str(LARGE_BYTES))]) is Lane.PAGES


def test_post_through_sns_may_need_a_certificate() -> None:
    assert lane_of("POST", "/hooks/codepipeline/1", SNS) is Lane.OUTSIDE


def test_events_by_token_may_be_as_long_as_a_webhooks_and_no_other_call() -> None:
    assert most_body("POST", EVENTS) == most_body("POST", "/hooks/cdevents/1") == settings.MAX_BODY
    assert most_body("POST", "/api/v1/teams") == most_body("POST", f"{EVENTS}/more") == 65_536

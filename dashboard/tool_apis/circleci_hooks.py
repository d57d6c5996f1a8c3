"""CircleCI's outbound webhooks of projects, looked at and made.

https://circleci.com/docs/api/v2/#tag/Webhook. A token has to be of an administrator of the organisation.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.tool_apis.circleci import CircleCiApi, checked_id
from dashboard.tool_apis.session import Budget

PATH = "/api/v2/webhook"
# Both: jobs alone never end a run, workflows alone have no stages.
EVENTS = ("workflow-completed", "job-completed")


class CircleCiHooksApi(CircleCiApi):
    """All raise ApiError, NotTaken where CircleCI does not like the URL, or a project has as many as it may."""

    def put(self, slug: str, url: str, secret: str) -> bool:
        """One of a project that sends to this URL, with this secret and these events. Whether it was made: one that
        sends there already is changed."""
        project = checked_id(str(self.project(slug).get("id")))
        query = {"scope-id": project, "scope-type": "project"}
        hooks = self.all_items(PATH, **query)
        found = next((one for one in hooks if one.get("url") == url and isinstance(one.get("id"), str)), None)
        if found is not None:
            self.session.send_json("PUT", f"{PATH}/{checked_id(found['id'])}", _wanted(url, secret), Budget())
            return False
        scope = {"scope": {"id": project, "type": "project"}}
        # Once: another try might make a second one.
        self.session.send_json("POST", PATH, {**_wanted(url, secret), **scope}, Budget(), tries=1)
        return True


def _wanted(url: str, secret: str) -> Mapping[str, object]:
    return {"name": "Big Transit", "url": url, "events": EVENTS, "signing-secret": secret, "verify-tls": True}

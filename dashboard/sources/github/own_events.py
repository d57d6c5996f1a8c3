"""What GitHub says of its own webhooks and Apps: that one was made, which events it sends, where an App is installed.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping, #installation
"""

from __future__ import annotations

from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import Ending

EVERYTHING = "*"
MOST_KINDS = 100
# What is asked for, and how GitHub's pages call it.
LABELS = {
    "workflow_run": "“Workflow runs”",
    "workflow_job": "“Workflow jobs”",
    "deployment": "“Deployments”",
    "deployment_status": "“Deployment statuses”",
    "deployment_review": "“Deployment reviews”",
    "push": "“Pushes”",
    "pull_request": "“Pull requests”",
    "issues": "“Issues”",
}
INSTALLED = {
    "created": "was installed at",
    "deleted": "was uninstalled from",
    "suspend": "was suspended at",
    "unsuspend": "is not suspended any more at",
    "new_permissions_accepted": "was given its new permissions at",
}
ENDINGS = (
    Ending(
        "installation.deleted",
        "installation.created",
        "The App was uninstalled at GitHub: nothing comes from there until somebody installs it again",
    ),
    Ending(
        "installation.suspend",
        "installation.unsuspend",
        "The App is suspended at GitHub: nothing comes from there until whoever installed it lifts that",
    ),
)


def about_ping(document: Payload) -> str:
    """That it arrived, and what the hook does not send though it was asked for."""
    sent = document.names("hook.events", MOST_KINDS)
    missing = [label for kind, label in LABELS.items() if kind not in sent]
    if not sent or EVERYTHING in sent or not missing:
        return "a ping: the connection works"
    return f"a ping: the connection works. Not ticked in GitHub: {', '.join(missing)}"


def about_installation(document: Payload) -> str:
    done = INSTALLED.get(document.name("action"), "was changed at")
    return f"the App {done} {document.name('installation.account.login') or 'an account'}"


def about_repositories(document: Payload) -> str:
    account = document.name("installation.account.login") or "an account"
    return f"the App sees other repositories of {account} from now on"

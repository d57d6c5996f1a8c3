"""Why a CodePipeline execution, stage or action ended as it did, and who decided so, in words that people may see.

Of an ARN only the last part is kept: the rest tells about the account, and more people look here than at the console.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.kit.payload import Payload, clean, person

MAX_ACTIONS = 10
_ARN = re.compile(r"arn:aws[a-z-]*:\S+")
_AFTER_AN_ARN = "/:,;.)]}\"'"
# The summary of an approval that was answered without a comment; a comment takes its place.
_ANSWERED = re.compile(r"(?:Approved|Rejected) by (arn:aws\S+)(?:\s+(.*))?")


class Outcome(NamedTuple):
    note: str
    by: str


def outcome_of(document: Payload, detail: Payload) -> Outcome:
    """Why an action failed, or what was said when an approval was answered, and by whom. The attributes that
    notification rules add stand in for a missing result."""
    result = detail.obj("execution-result")
    told = result.line("external-execution-summary") or document.line("additionalAttributes.additionalInformation")
    answered = _ANSWERED.fullmatch(told) if detail.name("type.category") == "Approval" else None
    by, words = (last_part(answered[1]), answered[2] or "") if answered else ("", told)
    return Outcome(_shown(": ".join(part for part in (result.name("error-code"), words) if part)), by)


def reason_of(document: Payload, detail: Payload) -> str:
    """Why an execution or a stage was stopped or failed."""
    stopped = detail.line("stop-execution-comments")
    more = document.obj("additionalAttributes")
    failed = more.items("failedActions")[:MAX_ACTIONS]
    actions = "; ".join(dict.fromkeys(said for action in failed if (said := _failure(action))))
    told = actions or more.line("additionalInformation")
    return _shown(stopped or " / ".join(part for part in (more.name("failedStage"), told) if part))


def _failure(action: Payload) -> str:
    return ": ".join(part for part in (action.name("action"), action.line("additionalInformation")) if part)


def last_part(arn: str) -> str:
    """Of a user's or a session's ARN the name, which may be an e-mail address."""
    return person(re.split("[/:]", arn.rstrip(_AFTER_AN_ARN))[-1])


def _shown(text: str) -> str:
    return clean(_ARN.sub(_shortened, text))


def _shortened(match: re.Match[str]) -> str:
    told = match[0]
    return last_part(told) + told[len(told.rstrip(_AFTER_AN_ARN)) :]

"""AWS CodePipeline: state changes as EventBridge emits them and as notification rules publish them.

A CodePipeline pipeline, execution, stage and action are what they are called here too. A failed or stopped execution
may be resumed within one attempt number, so nothing absorbs.
https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
"""

from __future__ import annotations

from collections.abc import Callable

from dashboard.sources.codepipeline.cloudformation import template
from dashboard.sources.codepipeline.facts import Facts, execution_url, facts_of
from dashboard.sources.codepipeline.reasons import Outcome, outcome_of, reason_of
from dashboard.sources.codepipeline.revisions import Revision, revision_of
from dashboard.sources.codepipeline.sample import sample
from dashboard.sources.codepipeline.triggers import Trigger, trigger_of
from dashboard.sources.kit import sns
from dashboard.sources.kit.payload import ROOT, Payload, load, load_any, name
from dashboard.sources.kit.source import Headers, NothingForUs, Parsed, Rejected, SetupFile, Source
from dashboard.sources.kit.verifiers import SharedSecret
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, StageChanged
from storage.model.subjects import EnvironmentChanged

LEVELS = {
    "CodePipeline Pipeline Execution State Change": "pipeline",
    "CodePipeline Stage Execution State Change": "stage",
    "CodePipeline Action Execution State Change": "action",
}


def parse(headers: Headers, body: bytes) -> Parsed:
    if _is_prose(headers, body):
        return _words("")
    value = load_any(body)
    if isinstance(value, str):
        return _words("")
    if not isinstance(value, dict):
        raise Rejected("A JSON object is needed", ROOT)
    if "TopicArn" in value and "Message" in value:
        return _parse_envelope(body)
    return _parse_event(Payload(value))


def _words(key: str) -> Parsed:
    return Parsed((), "message", key, "a message in words, not an event")


def _is_prose(headers: Headers, body: bytes) -> bool:
    """An input transformer may reduce an event to a sentence, and people publish to topics by hand. Only what AWS
    delivered is taken for such; from anyone else, what is not JSON is a mistake worth telling."""
    by_aws = "x-amz-sns-message-type" in headers or headers.get("user-agent", "").startswith("Amazon/EventBridge")
    return by_aws and body.decode(errors="ignore").lstrip()[:1].isalpha()


def _parse_envelope(body: bytes) -> Parsed:
    """An envelope comes here unopened where the sender proved itself by the shared secret instead of its signature."""
    envelope = sns.parse_envelope(body)
    if envelope.type != "Notification":
        return Parsed((), name(envelope.type), name(envelope.message_id), "a message about the SNS subscription")
    inner = sns.inner_body(envelope)
    if not inner.lstrip().startswith(b"{"):
        return _words(name(envelope.message_id))
    return _parse_event(Payload(load(inner)))


def _parse_event(document: Payload) -> Parsed:
    told = document.name("detail-type", "detailType")
    level = LEVELS.get(told)
    if level is None or document.name("source") not in ("aws.codepipeline", ""):
        return Parsed((), told or "message", document.name("id"), _why_not(document, told))
    event = f"{level}.{document.name('detail.state')}"
    key = document.name("id") or _composite_key(document, level)
    try:
        detail = document.need_obj("detail")
        return Parsed(READERS[level](document, detail), event, key, subjects=_environments(document, detail, level))
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _why_not(document: Payload, told: str) -> str:
    if document.obj("approval"):
        return "a request for approval: the event of the waiting action says the same"
    return f"{told} carries nothing for us" if told else "no detail-type: not an event"


def _composite_key(document: Payload, level: str) -> str:
    """Events of notification rules have no id, so what they say is their id."""
    inside = ("pipeline", "execution-id", "stage", "action", "action-execution-id", "state")
    said = [document.name(f"detail.{part}") for part in inside]
    attempt = document.attempt("detail.pipeline-execution-attempt")
    own = [document.name("account"), document.name("region"), document.name("time")]
    return "|".join([level, *own, str(attempt), *said])


def _pipeline_event(document: Payload, detail: Payload) -> tuple[AnyEvent, ...]:
    facts = facts_of(document, detail)
    changed = ExecutionChanged(
        pipeline=facts.pipeline,
        execution=facts.execution,
        attempt=facts.attempt,
        at=facts.at,
        status=facts.status,
        raw_status=facts.raw,
        finished=facts.status.finished,
        absorbing=False,
        started_at=_execution_start(detail, facts),
        finished_at=facts.ended,
        url=execution_url(document, detail),
        reason=reason_of(document, detail),
        **revision_of(document, detail)._asdict(),
        **trigger_of(document, detail)._asdict(),
    )
    return (changed,)


def _execution_start(detail: Payload, facts: Facts) -> int | None:
    """The start-time is the first attempt's, and to the millisecond. One after the event itself is a slip."""
    told = detail.moment("start-time")
    return told if told is not None and told <= facts.at and facts.attempt == 1 else facts.began


def _stage_event(document: Payload, detail: Payload) -> tuple[AnyEvent, ...]:
    facts, stage = facts_of(document, detail), detail.name("stage")
    if not stage:
        raise NothingForUs("the event does not say which stage")
    changed = StageChanged(
        pipeline=facts.pipeline,
        execution=facts.execution,
        attempt=facts.attempt,
        at=facts.at,
        status=facts.status,
        raw_status=facts.raw,
        finished=facts.status.finished,
        absorbing=False,
        started_at=facts.began,
        finished_at=facts.ended,
        stage=stage,
        # No stage may fail: the execution ends with it.
        decisive=True,
        reason=reason_of(document, detail),
    )
    return (changed, *_of_execution(facts, revision_of(document, detail), trigger_of(document, detail)))


def _of_execution(facts: Facts, revision: Revision, trigger: Trigger) -> tuple[ExecutionChanged, ...]:
    """Stage events of notification rules tell the commit, which is the execution's to know."""
    if not any(revision) and not any(trigger):
        return ()
    told = ExecutionChanged(
        pipeline=facts.pipeline,
        execution=facts.execution,
        attempt=facts.attempt,
        at=facts.at,
        absorbing=False,
        **revision._asdict(),
        **trigger._asdict(),
    )
    return (told,)


def _action_event(document: Payload, detail: Payload) -> tuple[AnyEvent, ...]:
    facts = facts_of(document, detail)
    stage, action = detail.need("stage"), detail.need("action")
    approval = detail.name("type.category") == "Approval"
    tells = facts.status in (Status.FAILED, Status.CANCELLED) or (approval and facts.status.finished)
    outcome = outcome_of(document, detail) if tells else Outcome("", "")
    changed = ActionChanged(
        pipeline=facts.pipeline,
        execution=facts.execution,
        attempt=facts.attempt,
        at=facts.at,
        status=Status.WAITING if approval and facts.status is Status.RUNNING else facts.status,
        raw_status=facts.raw,
        finished=facts.status.finished,
        absorbing=False,
        started_at=facts.began,
        finished_at=facts.ended,
        url=detail.link("execution-result.external-execution-url"),
        stage=stage,
        action=f"{stage}/{action}",
        name=action,
        note=outcome.note,
        by=outcome.by,
        **revision_of(document, detail)._asdict(),
    )
    return (changed,)


def _environments(document: Payload, detail: Payload, level: str) -> tuple[EnvironmentChanged, ...]:
    """CodePipeline knows no environments: a stage with an action that deploys stands for one. That is told once the
    action has ended."""
    if level != "action" or detail.name("type.category") != "Deploy":
        return ()
    facts, stage, action = facts_of(document, detail), detail.need("stage"), detail.need("action")
    if not facts.status.finished:
        return ()
    told = EnvironmentChanged(
        source="codepipeline",
        scope=facts.pipeline.key,
        subject=stage,
        at=facts.at,
        repository=facts.pipeline.repository,
        deployment=f"{facts.execution}/{action}",
        asked_at=facts.at,
        status=facts.status,
        raw_status=facts.raw,
        finished=True,
        pipeline=facts.pipeline.key,
        execution=facts.execution,
        commit=revision_of(document, detail).commit,
        link=execution_url(document, detail),
    )
    return (told,)


READERS: dict[str, Callable[[Payload, Payload], tuple[AnyEvent, ...]]] = {
    "pipeline": _pipeline_event,
    "stage": _stage_event,
    "action": _action_event,
}

SOURCE = Source(
    name="codepipeline",
    label="AWS CodePipeline",
    # EventBridge signs nothing: the secret itself travels.
    verifier=SharedSecret(),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json", "text/plain"}),
    never=frozenset({Status.QUEUED, Status.ERRORED, Status.TIMED_OUT, Status.SKIPPED}),
    options=(sns.TOPIC,),
    envelope=sns.SnsEnvelope(),
    # The longest timeout that an approval may be given; it has seven days otherwise.
    longest_wait_days=60,
    setup=(
        "Make a CloudFormation stack of the template below, in each account and region that has pipelines: it asks for "
        "the secret of this connection, makes all that follows, and keeps for two weeks what could not be delivered. "
        "It needs the capability CAPABILITY_IAM, for the role by which EventBridge posts.",
        "By hand instead: in Amazon EventBridge, open API destinations, then Connections, and create one: "
        "authorization type API key, key name X-Api-Key, value the secret of this connection.",
        "Create an API destination with that connection: endpoint the webhook URL of this connection, method POST.",
        'Create a rule on the default event bus with the event pattern {"source": ["aws.codepipeline"]} and the API '
        "destination as its target. Leave the target's input at “Matched events”.",
        "Or, by SNS: let the rule or a CodePipeline notification rule publish to a standard topic, enter the topic's "
        "ARN at this connection, and subscribe the webhook URL to it over HTTPS without raw message delivery. "
        "The subscription is confirmed by itself.",
        "Start an execution. Its events appear among this connection's deliveries within seconds.",
    ),
    setup_file=SetupFile(
        name="bigtransit-codepipeline.yaml",
        label="CloudFormation template",
        hint="For one account and region; a stack set takes it to all of them. It holds no secret: that is asked for.",
        content=lambda url: template(url, LEVELS),
    ),
    signature="the secret in X-Api-Key, as bearer token or as basic password; by SNS, Amazon's RSA signature and the "
    "connection's topic",
)

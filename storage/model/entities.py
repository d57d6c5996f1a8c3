"""The product's words as types. Times are integers: milliseconds since 1970-01-01T00:00:00Z. Durations are seconds."""

from __future__ import annotations

import enum

from storage.model.document import Document, replace
from storage.model.quiet import QuietConnection


class Status(enum.StrEnum):
    """Every status there is. `FINISHED` are the ones that end something; `unknown` may be either."""

    QUEUED = "queued"
    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERRORED = "errored"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"

    @property
    def finished(self) -> bool:
        return self in FINISHED

    @property
    def red(self) -> bool:
        return self in RED


FINISHED = frozenset(Status) - {Status.QUEUED, Status.WAITING, Status.RUNNING, Status.UNKNOWN}
RED = frozenset({Status.FAILED, Status.ERRORED, Status.TIMED_OUT})


class StageKind(enum.StrEnum):
    COMMIT = "commit"
    ACCEPTANCE = "acceptance"
    CAPACITY = "capacity"
    DEPLOY = "deploy"
    PRODUCTION = "production"
    OTHER = "other"


class Condition(enum.StrEnum):
    """What a pipeline is in as a whole, in the order screens show it."""

    FAILING = "failing"
    WAITING = "waiting"
    SLOW = "slow"
    NO_SIGNAL = "no_signal"
    RUNNING = "running"
    QUEUED = "queued"
    PASSING = "passing"
    IDLE = "idle"


CONDITION_ORDER = {condition: place for place, condition in enumerate(Condition)}


class Voice(enum.StrEnum):
    """For whom an execution speaks: the default branch, a tag, something else (another branch, a change request, a
    fork), or nobody while no event told."""

    DEFAULT = "default"
    TAG = "tag"
    OTHER = "other"
    UNDECIDED = ""


class Action(Document, frozen=True):
    """A unit inside a stage. `key` is the tool's own id of it where it has one. `attempt`: of the execution; its own
    where the tool counts it is `own_attempt`. `carried`: it stands as an earlier attempt left it. `deciders`: who may
    let it begin, while it waits for that. `runner_at`: from when on it waited for nothing but a runner, None where that
    is not told. `environment`: where it deploys, where told."""

    key: str
    name: str
    status: Status
    raw_status: str
    attempt: int
    queued_at: int | None
    started_at: int | None
    finished_at: int | None
    url: str = ""
    note: str = ""
    own_attempt: int = 0
    carried: bool = False
    waiting_at: int | None = None
    waited_until: int | None = None
    by: str = ""
    allowed_to_fail: bool | None = None
    runner: str = ""
    leg: str = ""
    weight: int = 1
    deciders: str = ""
    runner_at: int | None = None
    environment: str = ""


class Stage(Document, frozen=True):
    """`carried`: the attempt shown did not run it, and it stands as an earlier one left it; `pending`: it may still.
    `wait_seconds`: for people,
    within its time. Stages of one `group` ran side by side."""

    name: str
    kind: StageKind
    status: Status
    raw_status: str
    attempt: int
    queued_at: int | None
    started_at: int | None
    finished_at: int | None
    url: str = ""
    actions: tuple[Action, ...] = ()
    carried: bool = False
    wait_seconds: int = 0
    group: int = 0
    pending: bool = False


class Attempt(Document, frozen=True):
    """One attempt at an execution, as its tool numbers them from 1."""

    number: int
    status: Status
    started_at: int | None
    finished_at: int | None


class Deployment(Document, frozen=True):
    """A version put into an environment by an execution."""

    environment: str
    status: Status
    at: int
    url: str = ""


class Execution(Document, frozen=True):
    """One run of a pipeline as read from its merged state, for its newest attempt unless another was asked for.

    ref:     what it is for, as people say it: a branch, a tag, "#41", "somebody:branch" of a fork.
    checked_at: when its tool was last asked for it.
    wait_ms: how long it waited for people while nothing else of it ran, milliseconds; wait_before_ms: of that, before
             it began. queue_seconds: until it began, without waits for people; None where it is not known.
    waiting_at: when a person was first asked to let all of it go on.
    """

    id: str
    pipeline_id: str
    team_id: str
    pipeline_name: str
    source: str
    external_id: str
    number: str
    order: int
    voice: Voice
    attempt: int
    status: Status
    raw_status: str
    branch: str
    commit: str
    message: str
    author: str
    actor: str
    trigger: str
    url: str
    queued_at: int | None
    started_at: int | None
    finished_at: int | None
    last_event_at: int
    stages: tuple[Stage, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    ref: str = ""
    ref_url: str = ""
    ended: bool = False
    told_to_wait: bool = False
    rollback: bool = False
    rollback_to: str = ""
    upstream: str = ""
    reason: str = ""
    by: str = ""
    wait_ms: int = 0
    committed_at: int | None = None
    checked_at: int | None = None
    wait_before_ms: int = 0
    queue_seconds: int | None = None
    waiting_at: int | None = None


class Team(Document, frozen=True):
    """`quiet`: connections of which nothing is taken, so that what its boards show may be old."""

    id: str
    name: str
    slug: str
    created_at: int
    updated_at: int
    created_by: str = ""
    version: int = 1
    description: str = ""
    is_open: bool = True
    updated_by: str = ""
    quiet: tuple[QuietConnection, ...] = ()


class ToolApp(Document, frozen=True):
    """An App that was registered at a tool for one connection alone; there is none where `id` is empty. `key`: its
    private key, sealed. `page`: where it stands at the tool. `owner`, `account`: names of accounts there, of the one it
    belongs to and of the one it was let in by, as `installation`. `is_public`: others than its owner may install it."""

    id: str = ""
    slug: str = ""
    client_id: str = ""
    key: str = ""
    page: str = ""
    owner: str = ""
    is_public: bool = False
    installation: str = ""
    account: str = ""


class ApiAccess(Document, frozen=True):
    """How a connection reads from its tool's API. `token` is sealed. `address`: where that is, empty for the one that
    all have. `role`: to assume at AWS. `reads_logs`: of jobs that failed. `app`: as which it reads, instead of a
    token. `reads_runs`: by this server's own credentials, where there is no token; `regions`: of AWS, empty for those
    that events come from."""

    token: str = ""
    address: str = ""
    role: str = ""
    reads_logs: bool = False
    app: ToolApp = ToolApp()
    reads_runs: bool = False
    regions: tuple[str, ...] = ()

    @property
    def is_let_in(self) -> bool:
        """Whether there is a token, an App with a key that somebody installed, or this server lends its credentials."""
        return bool(self.token or (self.app.key and self.app.installation) or self.reads_runs)

    def without_secrets(self) -> ApiAccess:
        return replace(self, token="", app=replace(self.app, key=""))


class ApiQuota(Document, frozen=True):
    """What a tool says remains of the calls it takes within an hour or so, as of `told_at`."""

    limit: int
    remaining: int
    resets_at: int
    told_at: int


class Connection(Document, frozen=True):
    """A configured event source. Secrets are sealed: only the dashboard holds the key that opens them. After a rotation
    the `previous_secret` is believed until `previous_until`. `options`: what its tool asks for beside, by the names it
    declares. `only_option`: always empty; the value of the one there was before, see storage.codec.upgrade."""

    id: str
    team_id: str
    source: str
    secret: str
    created_at: int
    name: str = ""
    only_option: str = ""
    paused: bool = False
    previous_secret: str = ""
    previous_until: int = 0
    rotated_at: int = 0
    version: int = 1
    options: tuple[tuple[str, str], ...] = ()
    api: ApiAccess = ApiAccess()


class Change(Document, frozen=True):
    """A notice that something the named topics show has changed."""

    id: str
    at: int
    topics: tuple[str, ...] = ()

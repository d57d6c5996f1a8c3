"""Every key and prefix of the table, and the ids that are part of them. Keys are made here and nowhere else."""

from __future__ import annotations

import hashlib
import re
import uuid
from urllib.parse import quote

from storage.errors import BadKey

SEPARATOR = "#"
INBOX_SHARDS = 8
# What sort keys of one kind begin with, for queries.
TEAMS, PIPELINES, CONNECTIONS, MEMBERS, SERVICES = "TEAM#", "PIPELINE#", "CONNECTION#", "MEMBER#", "SERVICES"
INVITATIONS, SESSIONS, TOKENS, FAILURE, WANTED_LOGS = "INVITATION#", "SESSION#", "TOKEN#", "FAILURE#", "WANTED_LOGS"
BACKFILLS, PROJECTS, ALL_CONNECTIONS, APPLYING = "BACKFILLS", "PROJECT#", "CONNECTIONS", "APPLYING"
REPORT_READERS = "MAIL#"  # before the rows of pipelines, which health pages read with what stands behind them
_ID = re.compile(r"[0-9a-f]{32}")
_TEAM_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def part(value: str) -> str:
    """A value as part of a key: never empty, never holding the separator, short enough for any engine."""
    if not value or SEPARATOR in value or len(value) > 512:
        raise BadKey(f"cannot be part of a key: {value[:40]!r}")
    return value


def teams() -> str:
    return "TEAMS"


def team(team_id: str) -> str:
    return f"TEAM#{part(team_id)}"


def summary_sort(team_id: str, pipeline_id: str) -> str:
    """A pipeline's summary stands beside the teams."""
    return f"PIPELINE#{part(team_id)}#{part(pipeline_id)}"


def summaries_of(team_id: str) -> str:
    """What sort keys of summaries of one team's pipelines begin with."""
    return f"PIPELINE#{part(team_id)}#"


def names() -> str:
    """The names of all teams' pipelines, an item a team."""
    return "NAMES"


def slug(name: str) -> str:
    return f"SLUG#{part(name)}"


def pipeline(pipeline_id: str) -> str:
    return f"PIPELINE#{part(pipeline_id)}"


def execution(execution_id: str) -> str:
    return f"EXECUTION#{part(execution_id)}"


def execution_part(number: int) -> str:
    return f"PART#{number:05d}"


# What sort keys of buckets of jobs begin with.
JOBS = "JOBS#"


def jobs(bucket: int) -> str:
    """A bucket of the jobs of a long execution."""
    return f"JOBS#{bucket:03d}"


def facts(pipeline_id: str) -> str:
    """The facts of a pipeline's executions."""
    return f"FACTS#{part(pipeline_id)}"


def fact_sort(day: int, execution_id: str) -> str:
    return f"{day_sort(day)}#{part(execution_id)}"


def day_sort(day: int) -> str:
    """Sorts by day: whole days since the epoch."""
    return f"{max(0, day):06d}"


def stale_days() -> str:
    """Days of pipelines whose facts have changed since they were put together, each fact that did by itself."""
    return "STALE_DAYS"


def stale_day_sort(pipeline_id: str, day: int, execution_id: str) -> str:
    return f"{stale_days_of(pipeline_id)}{day_sort(day)}#{part(execution_id)}"


def stale_days_of(pipeline_id: str) -> str:
    """What sort keys of one pipeline's begin with."""
    return f"{part(pipeline_id)}#"


def parts(pipeline_id: str) -> str:
    """The days of a pipeline, each with its facts in short."""
    return f"PARTS#{part(pipeline_id)}"


def part_sort(day: int, number: int) -> str:
    """Of very many facts of a day so many lie together."""
    return f"{day_sort(day)}#{number:03d}"


def stale_teams() -> str:
    """Teams whose windows are to be worked out again, whatever the days of their pipelines say."""
    return "STALE_TEAMS"


def health() -> str:
    """All teams once more, each with what it delivered in the days up to now."""
    return "HEALTH"


# What the sort keys of windows begin with. Those of its pipelines stand with a team, behind their rows.
WINDOWS = "WINDOW#"


def window_sort(days: int, subject_id: str) -> str:
    """Of a team, or of a pipeline."""
    return f"WINDOW#{part(subject_id)}#{days}"


def failures(kind: str, value: str) -> str:
    return f"{part(kind)}#{part(value)}"


def subject(kind: str, subject_id: str) -> str:
    """An environment, an incident or a change request."""
    return f"{part(kind.upper())}#{part(subject_id)}"


def subjects_of(kind: str, team_id: str) -> str:
    return f"{part(kind.upper())}S#{part(team_id)}"


def order(number: int, execution_id: str) -> str:
    """Sorts executions of one pipeline by their order, then id."""
    return f"{number:020d}#{part(execution_id)}"


COMMIT_PREFIX = 7


def commit(sha: str) -> str:
    return f"COMMIT#{part(sha[:COMMIT_PREFIX])}"


def commit_sort(sha: str, number: int, execution_id: str) -> str:
    return f"{part(sha)}#{number:020d}#{part(execution_id)}"


def pushed_commit_sort(sha: str, subject_id: str) -> str:
    """Before the executions of the commit."""
    return commit_sort(sha, 0, subject_id)


def commits_of_author(name: str) -> str:
    """Of all teams; whoever reads them looks at whose they are."""
    return f"AUTHOR#{part(quote(name.strip().casefold()[:100], safe='@'))}"


def change_requests_numbered(number: str) -> str:
    """Of all repositories; whoever reads them looks at whose they are."""
    return f"REQUEST#{part(number)}"


def connection(connection_id: str) -> str:
    return f"CONNECTION#{part(connection_id)}"


def connection_sort(created_at: int, connection_id: str) -> str:
    return f"CONNECTION#{created_at:015d}#{part(connection_id)}"


def delivery(connection_id: str, key: str) -> str:
    """The tool's delivery id may hold anything, so its hash is the key."""
    return f"DELIVERY#{part(connection_id)}#{_digest(key)}"


def inbox(shard: int) -> str:
    return f"INBOX#{shard}"


def inbox_shard(key: str) -> int:
    return int(_digest(key)[:4], 16) % INBOX_SHARDS


def dead_letters(team_id: str) -> str:
    return f"DEAD#{part(team_id)}"


def dead_letters_of(connection_id: str) -> str:
    """What the sort keys of one connection's dead letters begin with."""
    return f"{part(connection_id)}#"


def user(user_id: str) -> str:
    return f"USER#{part(user_id)}"


def users() -> str:
    return "USERS"


def email(address: str) -> str:
    return f"EMAIL#{part(quote(address.strip().lower(), safe='@'))}"


def session(key_hash: str) -> str:
    return f"SESSION#{part(key_hash)}"


def member(user_id: str) -> str:
    return f"MEMBER#{part(user_id)}"


def report_reader(user_id: str) -> str:
    """Somebody who gets a team's weekly report by e-mail."""
    return f"{REPORT_READERS}{part(user_id)}"


def invitation(key_hash: str) -> str:
    return f"INVITATION#{part(key_hash)}"


def identity(issuer: str, subject: str) -> str:
    """Who an identity provider says somebody is may hold anything, so its hash is the key."""
    return f"IDENTITY#{_digest('identity', issuer, subject)}"


def screen(key_hash: str) -> str:
    return f"SCREEN#{part(key_hash)}"


def screens_of(team_id: str) -> str:
    """An empty id: screens that show all open teams."""
    return f"SCREENS#{part(team_id or 'network')}"


def throttle(name: str, subject: str) -> str:
    """What is limited and who tries it: an address or an account, which may hold anything."""
    return f"THROTTLE#{part(name)}#{_digest(subject)}"


def audit() -> str:
    """One partition: people change settings some times a minute, a partition takes 1,000 writes a second."""
    return "AUDIT"


def audit_of(team_id: str) -> str:
    return f"AUDIT#{part(team_id)}"


def removals() -> str:
    return "REMOVALS"


def token(token_hash: str) -> str:
    return f"TOKEN#{part(token_hash)}"


def probe() -> str:
    return "PROBE"


def unbelieved_proxy() -> str:
    return "UNBELIEVED_PROXY"


def clock() -> str:
    return "CLOCK"


def job_runs() -> str:
    """The latest run of each background job, by its name."""
    return "JOB_RUNS"


def lease(name: str) -> str:
    """Leave to do a background job alone."""
    return f"LEASE#{part(name)}"


def settings() -> str:
    """What holds for the whole installation."""
    return "SETTINGS"


def challenge(digest: str) -> str:
    """A challenge that was answered, by its digest."""
    return f"CHALLENGE#{part(digest)}"


def setup() -> str:
    return "SETUP"


def changes(at: int) -> str:
    """Notices of one minute share a partition. `at` in milliseconds."""
    return f"CHANGES#{at // 60_000}"


def moment(at: int, nonce: str) -> str:
    """Sorts by time, then by a nonce that keeps equal times apart. `at` in milliseconds."""
    return f"{at:015d}#{part(nonce)}"


def pipeline_id(team_id: str, source: str, key: str) -> str:
    """A pipeline's id follows from whose it is and what its tool calls it, so no look-up is needed to find it and no
    body posted to one team's connection can name another team's pipeline."""
    return _digest("pipeline", team_id, source, key)


def execution_id(team_id: str, source: str, external_id: str, host: str = "") -> str:
    """`host`: of a tool's server that is not the public one: its executions may have the numbers of others."""
    return _digest("execution", team_id, source, external_id, *([host] if host else []))


def subject_id(kind: str, team_id: str, source: str, host: str, scope: str, name: str) -> str:
    """As of pipelines and executions: whose it is, and what its tool calls it."""
    return _digest("subject", kind, team_id, source, host, scope, name)


def new_id() -> str:
    return uuid.uuid4().hex


def is_id(text: str) -> bool:
    """Whether this can be the id of anything but a team."""
    return _ID.fullmatch(text) is not None


def is_team_id(text: str) -> bool:
    return _TEAM_ID.fullmatch(text) is not None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]

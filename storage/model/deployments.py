"""Which versions went into production, what became of each, and what each brought, from one pipeline's facts. Pure.

Definitions and their sources: docs/metrics.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.model.entities import Voice
from storage.model.facts import Fact
from storage.model.subject_views import Incident


@dataclass(slots=True)
class ProductionDeployment:
    """A version that came into production.

    version: the order of the run that made it: its own, or of an earlier one that it puts back. spans: each commit that
    it brought, with the seconds from when it was made until then, None where that is not known. failed_by: why it
    counts as failed, empty where it does not. recovered_at: when that was over, None while it lasts. unplanned_by: why
    it counts as unplanned.
    """

    fact: Fact
    at: int
    version: int
    spans: tuple[tuple[str, int | None], ...] = ()
    failed_by: str = ""
    recovered_at: int | None = None
    unplanned_by: str = ""

    @property
    def lead_seconds(self) -> tuple[int, ...]:
        """Of the commits that count, shortest first."""
        return tuple(sorted(seconds for _, seconds in self.spans if seconds is not None and seconds > 0))

    @property
    def recovery_seconds(self) -> int | None:
        return round((self.recovered_at - self.at) / 1000) if self.failed_by and self.recovered_at is not None else None


def deployments_of(facts: Iterable[Fact], incidents: Sequence[Incident] = ()) -> list[ProductionDeployment]:
    """All that these facts of one pipeline tell of, oldest first. `incidents`: of what it deploys."""
    known = sorted(facts, key=lambda fact: (fact.order, fact.id))
    found = sorted(
        (ProductionDeployment(fact, at, fact.order) for fact in known for at in fact.deployed),
        key=lambda deployment: (deployment.at, deployment.fact.order, deployment.fact.id),
    )
    _bring(found, known)
    for place, (deployment, target) in enumerate(zip(found, _versions_before(found), strict=True)):
        if target is not None:
            deployment.version = found[target].version
        _judge(found, place, deployment, target)
    for place, deployment in enumerate(found):
        _blame_incidents(found, place, deployment, incidents)
        _mark(found, place, deployment)
    return found


def _bring(deployments: Sequence[ProductionDeployment], facts: Sequence[Fact]) -> None:
    """A commit arrives with the first deployment that contains it: those of the runs of the default branch after the
    newest one that was in production before. Where nothing was, only its own commit is known to arrive."""
    main = [fact for fact in facts if fact.voice is Voice.DEFAULT]
    orders = [fact.order for fact in main]
    reached: int | None = None
    arrived: set[str] = set()
    for deployment in deployments:
        fact = deployment.fact
        brought = [fact]
        if reached is not None and fact.voice is Voice.DEFAULT:
            brought = main[bisect_right(orders, reached) : bisect_right(orders, fact.order)]
        new = {one.commit: one.committed_at for one in brought if one.commit and one.commit not in arrived}
        arrived |= new.keys()
        deployment.spans = tuple(
            (commit, round((deployment.at - made) / 1000) if made is not None else None)
            for commit, made in sorted(new.items())
        )
        if fact.voice is Voice.DEFAULT:
            reached = max(fact.order, reached if reached is not None else fact.order)


def _judge(
    deployments: Sequence[ProductionDeployment], place: int, deployment: ProductionDeployment, target: int | None
) -> None:
    """What a deployment says of the ones before it: one that puts back an earlier version, that the first after that
    version failed; one that repairs, that the one before it failed."""
    fact = deployment.fact
    if target is not None or fact.rollback:
        deployment.unplanned_by = "rolled back"
        blamed = deployments[target + 1] if target is not None else deployments[place - 1] if place else None
        reason = "rolled back"
    elif fact.repair:
        deployment.unplanned_by = "repairs an earlier change"
        blamed, reason = deployments[place - 1] if place else None, "repaired by the next"
    else:
        return
    if blamed is not None and blamed is not deployment and not blamed.failed_by:
        blamed.failed_by, blamed.recovered_at = reason, deployment.at


def _versions_before(deployments: Sequence[ProductionDeployment]) -> list[int | None]:
    """For each where the version it puts back was in production last. The one just before is no earlier version."""
    last: dict[str, int] = {}
    found: list[int | None] = []
    for place, deployment in enumerate(deployments):
        fact = deployment.fact
        known = [last[name] for name in (fact.id, fact.puts_back, f"commit {fact.commit}") if name in last]
        found.append(max(known) if known and max(known) < place - 1 else None)
        last[fact.id] = place
        if fact.commit:
            last[f"commit {fact.commit}"] = place
    return found


def _blame_incidents(
    deployments: Sequence[ProductionDeployment],
    place: int,
    deployment: ProductionDeployment,
    incidents: Sequence[Incident],
) -> None:
    """An incident is laid to the deployment it was opened after, before the next."""
    until = deployments[place + 1].at if place + 1 < len(deployments) else None
    mine = [one for one in incidents if deployment.at <= one.opened_at and (until is None or one.opened_at < until)]
    if mine:
        ends = [one.resolved_at for one in mine]
        deployment.failed_by = f"incident {min(one.number for one in mine)}"
        deployment.recovered_at = None if None in ends else max(end for end in ends if end is not None)


def _mark(deployments: Sequence[ProductionDeployment], place: int, deployment: ProductionDeployment) -> None:
    """People have the last word."""
    mark = deployment.fact.mark
    if mark is None:
        return
    if mark.failed is False:
        deployment.failed_by, deployment.recovered_at = "", None
    elif mark.failed and not deployment.failed_by:
        deployment.failed_by = f"marked by {mark.by}"
        deployment.recovered_at = deployments[place + 1].at if place + 1 < len(deployments) else None
    if mark.unplanned is not None:
        deployment.unplanned_by = f"marked by {mark.by}" if mark.unplanned else ""

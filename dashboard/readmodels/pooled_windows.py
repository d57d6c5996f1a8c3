"""The windows of several teams or pipelines as one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low

from storage.model.measures import Measures, Spread
from storage.model.windows import TrendPoint, Window


def pooled(found: Sequence[Window]) -> Window | None:
    """Deployments together, rates of all of them, spans as the middle one of the medians. `found`: of one length."""
    if not found:
        return None
    return Window(
        team_id="",
        days=found[0].days,
        last_day=found[0].last_day,
        now=_together([window.now for window in found]),
        before=_together([window.before for window in found]),
        known_from=max((window.known_from for window in found if window.known_from is not None), default=None),
        trend=tuple(_points_together(points) for points in zip(*(window.trend for window in found), strict=False)),
    )


def _together(found: Sequence[Measures]) -> Measures:
    return Measures(
        deployments=sum(each.deployments for each in found),
        deploy_days=max(each.deploy_days for each in found),
        lead=_middle([each.lead for each in found]),
        failed=sum(each.failed for each in found),
        recovery=_middle([each.recovery for each in found]),
        unplanned=sum(each.unplanned for each in found),
        runs=sum(each.runs for each in found),
        green=sum(each.green for each in found),
    )


def _middle(spreads: Sequence[Spread]) -> Spread:
    medians = [each.median for each in spreads if each.median is not None]
    if not medians:
        return Spread()
    return Spread(sum(each.count for each in spreads), median_low(medians))


def _points_together(found: Sequence[TrendPoint]) -> TrendPoint:
    lead = [point.lead for point in found if point.lead is not None]
    recovery = [point.recovery for point in found if point.recovery is not None]
    return TrendPoint(
        deployments=sum(point.deployments for point in found),
        lead=median_low(lead) if lead else None,
        failed=sum(point.failed for point in found),
        recovery=median_low(recovery) if recovery else None,
        unplanned=sum(point.unplanned for point in found),
        runs=sum(point.runs for point in found),
        green=sum(point.green for point in found),
    )

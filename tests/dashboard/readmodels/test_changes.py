"""What changed for good, in words."""

from __future__ import annotations

from dashboard.readmodels.changes import ChangeLine, changes_of
from storage.model.evidence import Measure
from storage.model.steps import StepChange
from storage.model.windows import Window


def window(measure: Measure, before: float, after: float, **told: object) -> Window:
    step = StepChange(measure, before, after, 1, "p", "e", "7", "3fa9c0ffee12", sure=True, pipeline="shop", **told)  # type: ignore[arg-type]
    return Window("t", 30, 20_000, steps=(step,))


def said(*found: tuple[str, Window | None]) -> list[ChangeLine]:
    return list(changes_of((name, f"/{name}", each) for name, each in found))


def test_rates_move_by_points_and_times_by_how_long() -> None:
    (rate,) = said(("Shop", window(Measure.CHANGE_FAIL_RATE, 0.05, 0.29)))
    assert (rate.said, rate.range) == ("change fail rate 24 points worse", "5 % to 29 %")
    (time,) = said(("Shop", window(Measure.DURATION_P50, 600, 960, stage="test", stage_before=60, stage_after=420)))
    assert (time.said, time.range) == ("runs take 6 min longer", "10 min to 16 min")
    assert (time.stage, time.commit, time.run) == ("; stage test 6 min longer", "3fa9c0f", "shop run 7")


def test_worst_comes_first_and_better_only_where_nothing_is_worse() -> None:
    slower, failing = window(Measure.DURATION_P50, 600, 960), window(Measure.CHANGE_FAIL_RATE, 0.05, 0.2)
    better = window(Measure.CHANGE_LEAD_TIME, 900, 300)
    found = said(("Slow", slower), ("Good", better), ("Red", failing), ("New", None))
    assert [line.name for line in found] == ["Red", "Slow"]
    (line,) = said(("Good", better))
    assert line.said == "change lead time 10 min shorter"
    assert not line.worse

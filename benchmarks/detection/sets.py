"""What is measured on which data set: dates, horizon, who is at risk, and what may be learnt from.

A cut is the end of its day. By `silence` the model learns from steps of `STEP_DAYS`, by `closed`
from landmarks. The time split learns only from what was known at the earliest date tested.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.churn_settings import ChurnLabel
from pipeline.units import DAY_MS

STEP_DAYS = 28  # the default of `churn_model.step_days`


def end_of(day: str) -> int:
    """Return the last millisecond of a day."""
    return (
        round((datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(1)).timestamp() * 1000)
        - 1
    )


def every(step_days: int, first: str, last: str) -> tuple[int, ...]:
    """Return dates from the first on, to the last at most."""
    return tuple(range(end_of(first), end_of(last) + 1, step_days * DAY_MS))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """How one data set is measured."""

    name: str
    label: ChurnLabel
    horizon_days: int
    tested: tuple[int, ...]  # dates of the customer split
    tested_later: tuple[int, ...]  # and of the split by customer and time
    learnt: tuple[int, ...]  # dates that are learnt from: steps, or landmarks
    at_risk_days: int = 0  # known for at least so long
    only_due: bool = False  # only who had something to hand in
    customer_of: Callable[[str], str] = field(default=lambda name: name)
    source: str = ""  # if not the name
    cohort: Callable[[str], tuple[int, ...]] | None = None  # by customer, when it is seen
    within_dates: bool = False  # ranked within each date: the share of leavers drifts
    floors: str = ""

    @property
    def dates(self) -> tuple[int, ...]:
        """Return all dates that a snapshot is taken at."""
        dates = {*self.tested, *self.tested_later, *self.learnt}
        if self.label is ChurnLabel.SILENCE:
            # One horizon earlier: the newest whose whole horizon lies before the cut.
            first = min(self.learnt)
            dates |= {
                at for at in (min(self.tested_later) - self.horizon_days * DAY_MS,) if at >= first
            }
        return tuple(sorted(dates))


def _student(name: str) -> str:
    return name.split("-", maxsplit=1)[0]


OULAD_STARTS = {
    "2013B": end_of("2013-02-01"),
    "2013J": end_of("2013-10-01"),
    "2014B": end_of("2014-02-01"),
    "2014J": end_of("2014-10-01"),
}


def _on_days(days: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the dates, by presentation, of some days of the module."""
    return {name: tuple(at + day * DAY_MS for day in days) for name, at in OULAD_STARTS.items()}


def _oulad(name: str, horizon_days: int, days: tuple[int, ...]) -> "DataSet":
    dates = _on_days(days)
    every_date = tuple(sorted(at for some in dates.values() for at in some))
    return DataSet(
        name=name,
        label=ChurnLabel.CLOSED,
        horizon_days=horizon_days,
        tested=every_date,
        tested_later=dates["2014J"],
        learnt=every_date,
        source="oulad",
        only_due=True,
        customer_of=_student,
        cohort=lambda customer: dates[customer.rsplit("-", 1)[1]],
        floors=".735",
    )


SETS = {
    each.name: each
    for each in (
        DataSet(
            name="online_retail",
            label=ChurnLabel.SILENCE,
            horizon_days=183,
            tested=(end_of("2011-06-09"),),
            tested_later=(end_of("2011-06-09"),),
            learnt=tuple(
                sorted(end_of("2011-06-09") + k * STEP_DAYS * DAY_MS for k in range(-16, 6))
            ),
            floors=".816/.797",
        ),
        DataSet(
            name="cdnow",
            label=ChurnLabel.SILENCE,
            horizon_days=273,
            tested=(end_of("1997-09-30"),),
            tested_later=(end_of("1997-09-30"),),
            learnt=tuple(
                sorted(end_of("1997-09-30") + k * STEP_DAYS * DAY_MS for k in range(-7, 9))
            ),
            floors=".771/.737",
        ),
        _oulad("oulad", 250, (60,)),
        _oulad("oulad_60_days", 60, (60,)),
        _oulad("oulad_every_28_days", 60, tuple(range(28, 225, 28))),
        DataSet(
            name="udacity_students",
            label=ChurnLabel.CLOSED,
            horizon_days=28,
            tested=every(14, "2014-12-01", "2015-07-29"),
            tested_later=every(14, "2015-05-18", "2015-07-29"),
            learnt=every(14, "2014-12-01", "2015-07-29"),
            at_risk_days=14,
            customer_of=_student,
            floors=".73",
        ),
        DataSet(
            name="ravenstack",
            label=ChurnLabel.CLOSED,
            horizon_days=90,
            tested=every(30, "2023-07-01", "2024-09-30"),
            tested_later=every(30, "2024-06-25", "2024-09-30"),
            learnt=every(30, "2023-07-01", "2024-09-30"),
            within_dates=True,
            floors=".5",
        ),
    )
}

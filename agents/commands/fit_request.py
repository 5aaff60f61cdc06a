"""What `churnwatch fit` is asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from agents.commands.outputs import check_apart, check_writable
from agents.files.blocks import check_readable
from agents.offline.history import Files
from agents.problems import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to learn from, and what is wanted."""

    files: Files = field(default_factory=dict)
    activity: Path | None = None
    from_log: bool = False
    until_ms: int | None = None
    out: Path | None = None
    only_intercept: bool = False
    alerts_per_day: float | None = None
    precision: float | None = None

    @property
    def inputs(self) -> list[Path]:
        """Return the files to read."""
        dump = [] if self.activity is None else [self.activity]
        return [path for paths in self.files.values() for path in paths] + dump

    @property
    def wants_level(self) -> bool:
        """Return whether a level is to be chosen."""
        return self.alerts_per_day is not None or self.precision is not None

    def check(self) -> None:
        """Raise UserError or FileError for what cannot be done, before anything is."""
        given = [any(self.files.values()), self.activity is not None, self.from_log]
        if sum(given) != 1:
            raise UserError(
                f"{sum(given)} histories are given; accepted is one: files by --orders, --tickets "
                "and --touchpoints, a dump of the log by --activity, or --log"
            )
        if self.alerts_per_day is not None and self.precision is not None:
            raise UserError("--alerts-per-day and --precision are both given; accepted is one")
        for name, value, most in (
            ("--alerts-per-day", self.alerts_per_day, float("inf")),
            ("--precision", self.precision, 1.0),
        ):
            if value is not None and not 0 < value <= most:
                limit = "" if most > 1 else ", at most 1"
                raise UserError(f"{name} is {value:g}; accepted is a number above 0{limit}")
        for path in self.inputs:
            check_readable(path)
        check_apart(self.inputs, (self.out,))
        if self.out is not None:
            check_writable(self.out)

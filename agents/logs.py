"""Log lines on standard error: JSON where a machine reads them, plain where a person does.

A JSON line has `time`, `level`, `logger` and `message`, and whatever a report adds to it.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

LogFormat: TypeAlias = Literal["json", "plain"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]

_USUAL: Final = frozenset(
    (*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", "stack_info")
)
PLAIN: Final = "%(asctime)s %(levelname)-8s %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _USUAL}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logs(form: LogFormat | None, level: LogLevel) -> None:
    """Send log lines to standard error.

    Args:
        form: None takes plain lines on a terminal, else JSON.
        level: the lowest that is shown.
    """
    if form is None:
        form = "plain" if sys.stderr.isatty() else "json"
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter(PLAIN))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)

"""Log lines that a machine can read."""

import json
import logging

from agents.logs import JsonFormatter


def as_json(**extra):
    record = logging.makeLogRecord({"name": "churnwatch", "levelname": "WARNING", **extra})
    return json.loads(JsonFormatter().format(record))


def test_a_line_has_what_a_report_adds():
    line = as_json(msg="Lag is %d.", args=(7,), created=1.5, topic="orders", partition=3)
    assert line == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "warning",
        "logger": "churnwatch",
        "message": "Lag is 7.",
        "topic": "orders",
        "partition": 3,
    }


def test_a_line_stays_one_line():
    error = ValueError("first\nsecond")
    record = logging.makeLogRecord({"msg": "a\nb", "exc_info": (ValueError, error, None)})
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert "ValueError: first\nsecond" in json.loads(text)["exception"]

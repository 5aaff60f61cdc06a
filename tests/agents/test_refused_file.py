"""What was refused is written with its place and reason, and its bytes can be had back."""

import base64
import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agents.files.blocks import Refused
from agents.files.refused_file import write_dead_letters
from schemas.rejection import Reason


def written(*refused):
    file = io.BytesIO()
    assert write_dead_letters(refused, file) == len(refused)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def refused(raw, path="orders.jsonl"):
    return Refused(Path(path), 7, Reason.MALFORMED, "not JSON", raw)


def test_the_fields_of_a_line():
    place = {"file": "orders.jsonl", "line": 7, "reason": "malformed", "detail": "not JSON"}
    assert written(refused(b'{"a": "\xc3\xa9\n'), refused(b"\xff"), refused(None)) == [
        {**place, "value": '{"a": "é\n'},
        {**place, "value_base64": "/w=="},
        {**place, "value_omitted": True},
    ]


def test_a_file_name_that_is_not_utf8_does_no_harm():
    assert written(refused(b"", "a\udcff.jsonl"))[0]["file"] == "a\ufffd.jsonl"


@given(st.binary())
def test_the_original_bytes_can_be_had_back(raw):
    (line,) = written(refused(raw))
    encoded = line.get("value_base64")
    assert raw == (line["value"].encode() if encoded is None else base64.b64decode(encoded))

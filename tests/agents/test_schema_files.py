"""The JSON Schemas in the repository are those of the records."""

from pathlib import Path

import pytest

from agents.files.schema_files import schema_text, write_schemas
from schemas.export import EXPORTED, json_schema

FOLDER = Path(__file__).parents[2] / "schemas" / "json"


@pytest.mark.parametrize("name", EXPORTED)
def test_the_file_is_in_step_with_the_record(name):
    path = FOLDER / f"{name}.json"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text != schema_text(name):
        pytest.fail(f"{path} is out of step with schemas/; run `churnwatch schemas --write`")


def test_no_file_is_left_of_a_record_that_is_gone():
    assert {path.stem for path in FOLDER.iterdir()} == set(EXPORTED)


def test_what_is_written_is_what_is_compared(tmp_path):
    paths = write_schemas(tmp_path / "new")
    assert [path.name for path in paths] == [f"{name}.json" for name in EXPORTED]
    assert all(path.read_text(encoding="utf-8") == schema_text(path.stem) for path in paths)


def test_the_schema_of_an_order_says_what_is_required():
    schema = json_schema("order")
    order = schema["$defs"]["Order"]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert order["required"] == ["event_id", "order_id", "customer_id", "status", "occurred_at"]
    assert order["properties"]["event_id"] == {"type": "string", "minLength": 1, "maxLength": 256}

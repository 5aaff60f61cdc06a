"""The JSON Schemas as files, for those who write our sources and read our alerts."""

import json
from pathlib import Path

from schemas.export import EXPORTED, json_schema


def schema_text(name: str) -> str:
    """Return the text of the file of one schema."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write `<name>.json` for each exported record, and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in EXPORTED:
        path = folder / f"{name}.json"
        path.write_text(schema_text(name), encoding="utf-8")
        paths.append(path)
    return paths

"""The shop as files."""

import gzip
import json
import math
from collections import Counter
from dataclasses import replace

import pytest

from agents.shop.problems import ShopSettingError
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop
from agents.shop.write import write_shop

SHOP = ShopSettings(customers=60, days=40)
NAMES = {"orders", "tickets", "touchpoints", "truth"}


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_hold_the_events_and_the_truth(tmp_path):
    counts = write_shop(SHOP, tmp_path / "new" / "shop")
    shop = Shop(SHOP)
    events = list(shop.events())
    files = {"orders": "orders", "support-tickets": "tickets", "touchpoints": "touchpoints"}
    for source, name in files.items():
        expected = [event.record for event in events if event.source == source]
        assert read(tmp_path / "new" / "shop" / f"{name}.jsonl") == expected
        assert counts.events[source] == len(expected) > 0
    truths = read(tmp_path / "new" / "shop" / "truth.jsonl")
    assert truths == [truth.record() for truth in shop.truth()]
    assert counts.kinds == Counter(truth["kind"] for truth in truths)
    assert {path.stem for path in (tmp_path / "new" / "shop").iterdir()} == NAMES


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_the_same_settings_give_the_same_bytes(tmp_path, suffix):
    """Compressed too: no name and no time of writing gets in."""
    for name in ("one", "two"):
        write_shop(SHOP, tmp_path / name, suffix)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    write_shop(replace(SHOP, seed=2), tmp_path / "other", suffix)
    assert bytes_of(tmp_path / "one") != bytes_of(tmp_path / "other")


def test_compressed_files_hold_the_same(tmp_path):
    write_shop(SHOP, tmp_path / "plain")
    write_shop(SHOP, tmp_path / "packed", ".jsonl.gz")
    for name in NAMES:
        packed = (tmp_path / "packed" / f"{name}.jsonl.gz").read_bytes()
        assert gzip.decompress(packed) == (tmp_path / "plain" / f"{name}.jsonl").read_bytes()


def test_a_shop_without_end_is_not_written(tmp_path):
    with pytest.raises(ShopSettingError, match="`days` is inf; accepted: a finite number"):
        write_shop(replace(SHOP, days=math.inf), tmp_path)
    assert not list(tmp_path.iterdir())

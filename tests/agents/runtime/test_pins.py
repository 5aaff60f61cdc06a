"""An upgrade of Faust, mode or aiokafka is read before it is run."""

import pytest

from agents.runtime import pins
from agents.runtime.errors import VersionUnpinned


def test_what_is_overridden_is_as_it_was_read():
    assert pins.changed() == {}


def test_a_changed_function_is_named(monkeypatch):
    monkeypatch.setitem(pins.DIGESTS, "mode.threads", {"QueueServiceThread.call_thread": "0" * 16})
    assert list(pins.changed()) == ["mode.threads:QueueServiceThread.call_thread"]


def test_another_version_is_refused(monkeypatch):
    monkeypatch.setitem(pins.VERSIONS, "aiokafka", "0.13.0")
    with pytest.raises(VersionUnpinned, match=r"aiokafka is 0\.14\.0; this release runs on 0\.13"):
        pins.check_versions()

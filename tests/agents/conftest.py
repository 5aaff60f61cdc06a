"""What every test of the outside world starts from: no settings in the environment."""

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch):
    for name in os.environ:
        if name.upper().startswith("CHURNWATCH_"):
            monkeypatch.delenv(name)

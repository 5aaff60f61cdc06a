"""Three short chaos runs; the longer ones are `python -m tests.faults.chaos --seeds 1-25`."""

import pytest

from tests.faults.chaos.__main__ import run_in_a_folder
from tests.faults.chaos.scenario import scenario

SEEDS = (6, 9, 12)  # between them they have every kind of fault


@pytest.mark.usefixtures("needs_kafka")
@pytest.mark.parametrize("seed", SEEDS)
def test_state_and_alerts_are_the_fold_of_the_log_after_any_faults(seed, tmp_path):
    result = run_in_a_folder(scenario(seed, short=True), tmp_path)
    assert result.failures == []
    assert result.events == 6_000

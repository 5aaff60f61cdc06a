"""The control group: who is in it, and that nothing but salt and id decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detector_settings import ControlSettings
from pipeline.experiment import in_control

IDS = [f"customer-{number}" for number in range(20_000)]


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_share_is_drawn(share):
    drawn = in_control(IDS, ControlSettings(share=share, salt="spring")).mean()
    assert drawn == pytest.approx(share, abs=4 * (share * (1 - share) / len(IDS)) ** 0.5)


def test_a_share_of_nothing_draws_nobody():
    assert not in_control(IDS, ControlSettings()).any()


def test_another_salt_draws_independently():
    spring = in_control(IDS, ControlSettings(share=0.5, salt="spring"))
    autumn = in_control(IDS, ControlSettings(share=0.5, salt="autumn"))
    assert (spring == autumn).mean() == pytest.approx(0.5, abs=4 * 0.5 / len(IDS) ** 0.5)


def test_a_larger_share_keeps_who_was_drawn():
    small = in_control(IDS, ControlSettings(share=0.1))
    large = in_control(IDS, ControlSettings(share=0.3))
    assert not (small & ~large).any()


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=9), st.data())
def test_company_and_order_change_nothing(ids, data):
    settings = ControlSettings(share=0.5, salt="spring")
    shuffled = data.draw(st.permutations(ids))
    together = dict(zip(shuffled, in_control(shuffled, settings), strict=True))
    alone = np.array([in_control([each], settings)[0] for each in ids])
    assert [together[each] for each in ids] == alone.tolist()

"""The header says where a partition goes on, and whether the settings still fit."""

from pipeline.header import fingerprint
from pipeline.settings import ItemSettings, PipelineSettings, WindowSettings


def test_settings_that_shape_state_change_the_fingerprint_and_others_do_not():
    assert fingerprint(PipelineSettings()) == fingerprint(PipelineSettings(live_clock=False))
    assert fingerprint(PipelineSettings()) != fingerprint(
        PipelineSettings(windows=WindowSettings(buckets=8))
    )
    assert fingerprint(PipelineSettings()) != fingerprint(
        PipelineSettings(items=ItemSettings(closed_days=3))
    )

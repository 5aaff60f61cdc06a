"""The table of detectors: a kind of alert more is a file more, and a line here."""

from pipeline.detectors.frustration import Frustration
from pipeline.detectors.handover import Handover
from pipeline.detectors.inactivity import Inactivity
from pipeline.detectors.neglect import Neglect
from pipeline.detectors.quiet_after_trouble import QuietAfterTrouble
from pipeline.detectors.remorse import Remorse
from pipeline.detectors.second_order import SecondOrder
from pipeline.detectors.stalled import Stalled
from pipeline.detectors.view import Detector
from pipeline.kinds import (
    FRUSTRATION,
    HANDOVER,
    INACTIVITY,
    LEADERS,
    NEGLECT,
    QUIET_AFTER_TROUBLE,
    REMORSE,
    SECOND_ORDER,
    STALLED,
)
from pipeline.prospects import Prospects
from pipeline.settings import PipelineSettings


def detectors(
    settings: PipelineSettings, frustration: Frustration, prospects: Prospects
) -> list[Detector]:
    """Return the detectors that the settings enable, in the order of who leads."""
    has_touchpoints = settings.touchpoints_topic in settings.sources
    of_kind: dict[int, tuple[bool, Detector]] = {
        FRUSTRATION: (True, frustration),
        QUIET_AFTER_TROUBLE: (
            settings.quiet_after_trouble.enabled,
            QuietAfterTrouble(settings.quiet_after_trouble),
        ),
        REMORSE: (settings.remorse.enabled, Remorse(settings.remorse, settings.frustration)),
        HANDOVER: (settings.handover.enabled, Handover(settings.handover)),
        NEGLECT: (
            settings.neglect.enabled,
            Neglect(settings.neglect, has_touchpoints=has_touchpoints),
        ),
        INACTIVITY: (True, Inactivity(settings.inactivity, settings.order_model, prospects)),
        SECOND_ORDER: (settings.second_order.enabled, SecondOrder(settings.second_order)),
        STALLED: (settings.stalled.enabled, Stalled(settings.stalled, settings.stages)),
    }
    return [detector for kind in LEADERS for enabled, detector in [of_kind[kind]] if enabled]

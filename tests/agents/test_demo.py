"""The demo on a small shop: it runs to its end, and its figures are those of the truth."""

from agents.commands.demo import demo
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop


def test_the_demo_shows_settings_alerts_and_a_score():
    settings = ShopSettings(customers=150, days=60)
    shop = Shop(settings)
    events = sum(1 for _ in shop.events())
    truths = list(shop.truth())
    left = sum(truth.left_at is not None for truth in truths)
    lines = list(demo(settings))
    shown = "\n".join(lines)
    assert f"{len(truths):,} customers, {events:,} records in 60 days." in lines[0]
    assert "  order_model: {r: 3.8, alpha_days: 39, a: 1.3, b: 58}" in lines
    assert f"  {left:,} of {len(truths):,} customers left." in lines
    assert f"{events:,} read, {events:,} applied" in shown
    assert "has had enough: " in shown
    assert sum(line.startswith("  2026-") for line in lines) > 12


def test_the_same_seed_tells_the_same():
    def told():
        lines = demo(ShopSettings(customers=60, days=40))
        return [line for line in lines if not line.startswith("Speed")]

    assert told() == told()

"""A dossier agrees with the table of its whole partition, though it folds one customer only."""

import pytest

from agents.commands.customer import told, unknown
from agents.live.dossier import Dossier
from pipeline.census import census
from pipeline.inactivity_settings import InactivitySettings
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import DAY_MS
from schemas import log
from schemas.activity import Activity, Kind
from schemas.progress import Progress, SourceProgress

START_MS = 1_750_000_000_000
SETTINGS = PipelineSettings(inactivity=InactivitySettings(horizon_days=30.0))
TOPICS = ("orders", "support-tickets", "touchpoints")


def activity(offset, customer, kind, day, **rest):
    at_ms = START_MS + round(day * DAY_MS)
    return Activity(customer, kind, at_ms, f"e-{offset}", "orders", 0, offset, **rest)


def history():
    """Two who order every five days; one of them waits for an order from day 30 on."""
    records = []
    for n in range(12):
        for customer in ("anna", "bert"):
            rest = {"item": f"{customer}-{n}", "amount": 10.0, "currency": "EUR"}
            rest["due_at"] = START_MS + (5 * n + 3) * DAY_MS
            placed = activity(len(records), customer, Kind.ORDER_PLACED, 5 * n, **rest)
            records.append(placed)
            if customer == "bert" or n < 6:
                kind = Kind.ORDER_DELIVERED
                records.append(activity(len(records), customer, kind, 5 * n + 1, **rest))
    now_ms = START_MS + 70 * DAY_MS
    sources = [SourceProgress(topic, 0, 1, len(records), now_ms, now_ms, []) for topic in TOPICS]
    return [*records, Progress(sources)]


def dossier_of(customer, records):
    found = Dossier.of(customer, SETTINGS, "customer-activity", 3)
    values = [log.encode(record) for record in records]
    for begin in range(0, len(values), 7):
        found.fold(values[begin : begin + 7], range(begin, min(begin + 7, len(values))))
    return found


@pytest.mark.parametrize("customer", ["anna", "bert"])
def test_it_is_the_customers_row_of_the_whole_table(customer):
    records = history()
    table = ActivityTable(SETTINGS, "customer-activity", 3)
    table.step(records, range(len(records)))
    whole = census(table, table.clock.now_ms)
    place = whole.customer_id.index(customer)
    found = dossier_of(customer, records)
    own = found.census()
    assert found.now_ms == table.clock.now_ms
    for name in ("orders", "last_order_ms", "frustration", "endurance", "churn_probability"):
        assert getattr(own, name)[0] == getattr(whole, name)[place]
    assert own.stage[0] == whole.stage[place]
    assert own.open_alerts[0] == whole.open_alerts[place]


def test_causes_sum_to_the_frustration():
    found = dossier_of("anna", history())
    parts = [part for _, part in found.causes()]
    assert sum(parts) == pytest.approx(float(found.census().frustration[0]))
    assert parts == sorted(parts, reverse=True)


def test_what_stands_open_is_told():
    """Six orders of hers, from day 30 on, were promised within three days and never came."""
    waits = dossier_of("anna", history())
    assert [m.what for m in waits.open_matters()] == ["order"] * 6
    first = waits.open_matters()[0]
    assert first.opened_ms == START_MS + 30 * DAY_MS
    assert waits.overdue_days(first) == 70 - 33
    assert dossier_of("bert", history()).open_matters() == []


def test_the_text_has_it_all():
    text = "\n".join(told(dossier_of("anna", history())))
    assert "anna, as of 2025-08-24" in text  # 1750000000 s is 2025-06-15; 70 days on
    assert "orders       12, the last 2025-08-09" in text
    assert text.count("open since") == 6
    assert "37.0 days overdue" in text


def test_an_unknown_customer():
    found = dossier_of("Anna", history())  # ids are compared as they are
    assert not found.is_known
    assert unknown(found).startswith("customer 'Anna' is not known: nothing of that id in ")


def test_a_forgotten_customer():
    records = history()[:-1]
    records.append(activity(len(records), "anna", Kind.FORGET, 61))
    found = dossier_of("anna", records)
    assert not found.is_known
    assert "was forgotten" in unknown(found)

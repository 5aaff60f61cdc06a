"""Small histories in days, written as files, for tests that count on their fingers."""

import json

from pipeline.units import DAY_MS
from schemas.base import rfc3339

START_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z


def at(day):
    """Return the time of a day, counted from 0."""
    return rfc3339(START_MS + round(day * DAY_MS))


def order(customer, day, **fields):
    return {
        "event_id": f"{customer}/{day}/{fields.get('status', 'placed')}",
        "order_id": f"{customer}/{day}",
        "customer_id": customer,
        "status": "placed",
        "occurred_at": at(day),
        **fields,
    }


def ticket(customer, day, status="opened", **fields):
    return {
        "event_id": f"{customer}/{day}/{status}",
        "ticket_id": f"{customer}-t",
        "customer_id": customer,
        "status": status,
        "occurred_at": at(day),
        **fields,
    }


def regulars(*days, absent=()):
    """Return orders of three customers on each day, two hours apart: a feed that is alive."""
    return [
        order(f"regular-{n}", day + n / 12) for day in days for n in range(3) if day not in absent
    ]


def plain_shop():
    """Return orders of 48 customers, one every four days to day 100; 16 of them stop on day 60.

    No two are of one time, and the last is of day 100.
    """
    return [
        order(f"stays-{n}" if n < 32 else f"leaves-{n - 32}", day + n % 4 + n / 384)
        for n in range(48)
        for day in range(0, 101 if n < 32 else 61, 4)
        if day + n % 4 <= 100
    ]


def write_lines(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path

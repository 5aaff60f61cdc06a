"""Shops: online_retail, cdnow and olist.

* online_retail: a cancelling invoice may name goods of several orders, so it is `returned`, an
  order of its own with a positive amount. No delivery is known. `segment` is the country.
* cdnow: several purchases on one day are several orders. USD.
* olist: `amount` is the sum of the payments. `promised_at` is the end of the estimated day.
  Cancellations have no date in the data, so they are left out: such an order is only placed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.realdata.convert import reading


def online_retail(data: Path) -> Iterator[reading.Record]:
    """Orders and returns of a wholesaler of gifts."""
    for row in reading.rows(data / "online_retail" / "orders.csv.gz"):
        returned = row["is_cancel"] == "True"
        at = reading.time(row["timestamp"])
        event_id = f"{row['customer_id']}-{at:%Y%m%d%H%M}-{'return' if returned else 'order'}"
        yield {
            "event_id": event_id,
            # From December 2010 on, cancelling invoices have no number.
            "order_id": row["invoice"] or event_id,
            "customer_id": row["customer_id"],
            "status": "returned" if returned else "placed",
            "occurred_at": reading.rfc3339(at),
            "amount": abs(float(row["amount"])),
            "currency": "GBP",
            "segment": row["country"],
        }


def cdnow(data: Path) -> Iterator[reading.Record]:
    """Purchases at a shop for music."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in reading.rows(data / "cdnow" / "transactions.csv.gz"):
        day = row["customer_id"], row["date"]
        seen[day] += 1
        order_id = "-".join((*day, str(seen[day])))
        yield {
            "event_id": order_id,
            "order_id": order_id,
            "customer_id": row["customer_id"],
            "status": "placed",
            "occurred_at": reading.rfc3339(reading.time(row["date"])),
            "amount": float(row["dollar_value"]),
            "currency": "USD",
        }


def olist(data: Path) -> Iterator[reading.Record]:
    """Orders of a marketplace, and their deliveries."""
    paid: defaultdict[str, float] = defaultdict(float)
    for row in reading.rows(data / "olist" / "order_payments.csv.gz"):
        paid[row["order_id"]] += float(row["payment_value"])
    events: list[reading.Record] = []
    for row in reading.rows(data / "olist" / "orders.csv.gz"):
        order = {"order_id": row["order_id"], "customer_id": row["customer_unique_id"]}
        promised_at = reading.day_end(reading.time(row["order_estimated_delivery_date"]))
        placed = {
            "event_id": f"{row['order_id']}-placed",
            "status": "placed",
            "occurred_at": reading.rfc3339(reading.time(row["order_purchase_timestamp"])),
            "amount": round(paid[row["order_id"]], 2),
            "currency": "BRL",
            "promised_at": reading.rfc3339(promised_at),
        }
        events.append(order | placed)
        if row["order_delivered_customer_date"]:
            delivered = {
                "event_id": f"{row['order_id']}-delivered",
                "status": "delivered",
                "occurred_at": reading.rfc3339(reading.time(row["order_delivered_customer_date"])),
            }
            events.append(order | delivered)
    yield from reading.in_order(events)

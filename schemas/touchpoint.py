"""Touchpoint: anything else between a company and a customer, on the topic `touchpoints`."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from schemas.base import Id, Instant, Label


class TouchpointKind(StrEnum):
    """What happened."""

    FOLLOW_UP = "follow_up"  # a word that is not a promotion
    PROMOTED = "promoted"
    OWNER_CHANGED = "owner_changed"
    PRICE_RAISED = "price_raised"
    PROMISE_MADE = "promise_made"
    PROMISE_KEPT = "promise_kept"
    HINDERED = "hindered"  # friction that kept someone from buying
    PAYMENT_OVERDUE = "payment_overdue"
    RENEGOTIATED = "renegotiated"
    REVIEWED = "reviewed"
    SURVEY_ANSWERED = "survey_answered"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    FEEDBACK = "feedback"
    CLOSED = "closed"  # the customer left
    FORGET = "forget"  # erases the past


class Touchpoint(Struct, frozen=True, gc=False):
    """One touch between a company and a customer.

    `ref` names what it is about (a promise, an alert), `due_at` when a promise falls due,
    `score` an answer from 0 to 10.
    """

    event_id: Id
    customer_id: Id
    kind: TouchpointKind
    occurred_at: Instant
    ref: Label | None = None
    due_at: Instant | None = None
    score: Annotated[float, Meta(ge=0, le=10)] | None = None
    reason: Label | None = None
    owner: Label | None = None
    segment: Label | None = None
    channel: Label | None = None

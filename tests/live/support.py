"""Helpers for tests against a broker that runs."""

import time
import uuid
from collections.abc import Callable
from typing import TypeVar

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

T = TypeVar("T")


def eventually(condition: Callable[[], T], deadline_seconds: float = 15.0) -> T:
    """Return the condition's first true value; fail if there is none by the deadline."""
    deadline = time.monotonic() + deadline_seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not so within {deadline_seconds:g} s: {condition}")
        time.sleep(0.02)  # meant: between two looks, until the deadline above
    return value


def unique(word: str) -> str:
    """Return a name that no other test has, for a topic, a group or an id."""
    return f"{word}-{uuid.uuid4().hex[:8]}"


def create_topic(bootstrap: str, name: str, partitions: int = 1, **configs: str) -> str:
    """Create a topic with one replica, its settings given as `cleanup_policy="compact"`."""
    settings = {key.replace("_", "."): value for key, value in configs.items()}
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
    finally:
        admin.close()
    return name

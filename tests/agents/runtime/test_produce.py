"""Where a key goes, and what is refused before anything is sent."""

import asyncio

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from agents.runtime.errors import RecordTooLarge
from agents.runtime.produce import Outbox, SendSettings
from agents.runtime.rows import Row, partition_for


@pytest.mark.parametrize(
    ("key", "murmur2"),
    [  # testMurmur2 of Kafka's own UtilsTest.java
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_keys_go_where_java_sends_them(key, murmur2):
    for partitions in (1, 7, 12, 1000):
        assert partition_for(key, partitions) == (murmur2 & 0x7FFFFFFF) % partitions


@given(st.binary(min_size=1, max_size=64), st.integers(1, 100))
def test_keys_go_where_aiokafka_sends_them(key, partitions):
    everywhere = list(range(partitions))
    assert partition_for(key, partitions) == DefaultPartitioner()(key, everywhere, everywhere)


def test_a_record_too_large_is_named_before_anything_is_sent():
    settings = SendSettings(brokers=("127.0.0.1:9",), record_bytes_max={"orders": 200})
    rows = [Row("orders", 0, b"k", b"fine"), Row("orders", 0, b"k", bytes(300))]
    with pytest.raises(
        RecordTooLarge, match=r"record 1 for orders takes 3[0-9]{2} bytes"
    ) as caught:
        asyncio.run(Outbox(settings).send(rows))  # never connected: nothing can have been sent
    assert caught.value.index == 1

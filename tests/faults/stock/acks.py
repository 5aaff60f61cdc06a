"""Acks: is only what was done committed, when an agent raises or works out of order?"""

import asyncio

from aiokafka import AIOKafkaProducer

from tests.faults.stock.finding import Finding, scenario
from tests.faults.stock.scene import PARTITIONS, Scene, settled
from tests.live.kafka import unique, wait_for


@scenario("7a", "a batch whose handling raises is not committed: take()")
def raise_in_take(scene: Scene) -> Finding:
    """The agent takes 100 events at a time, and raises at the first batch."""
    topic = scene.source(25)
    plan = {"id": unique("stock"), "topic": topic, "take": 100}
    with scene.working(**plan) as worker:
        wait_for("a batch", lambda: worker.notes("took"))
        [[size], *_] = worker.notes("took")
        committed = _committed(scene, plan["id"], topic)
    return Finding(not sum(committed), f"{size} events raised in hand; committed {committed}")


@scenario("7b", "an event whose handling raises is not committed: async for")
def raise_in_loop(scene: Scene) -> Finding:
    """The agent raises at offset 10 of partition 1."""
    topic = scene.source(25)
    plan = {"id": unique("stock"), "topic": topic, "raise_at": [1, 10]}
    with scene.working(**plan) as worker:
        wait_for("the rest", lambda: len(worker.done()) == 25 * PARTITIONS - 1)
        committed = _committed(scene, plan["id"], topic)
    done = (1, 10) in worker.done()
    seen = f"offset 10 {'done' if done else 'not done'}; committed {committed[1]}"
    return Finding(done or committed[1] <= 10, seen)


@scenario("8", "no commit passes an event in hand, where markers leave gaps and agents overtake")
def overtaking(scene: Scene) -> Finding:
    """Offsets 0-5, a transaction's marker at 6, then 7 in hand and 8-10 done by another actor."""
    topic = scene.kafka.make_topic(unique("events"), 1)
    scene.kafka.run(_transactions(scene.kafka.address, topic, (6, 4)))
    plan = {"id": unique("stock"), "topic": topic, "partitions": 1, "concurrency": 2}
    plan["settings"] = {"consumer_group_instance_id": "one"}
    with scene.working(**plan, hang_at=[0, 7]) as worker:
        wait_for("the others", lambda: len(worker.done()) == 9)
        wait_for("the one in hand", lambda: [0, 7] in worker.notes("begun"))
        committed = _committed(scene, plan["id"], topic, 1)[0]
    with scene.working(**plan) as second:
        wait_for("the next worker", second.is_restored)
        _committed(scene, plan["id"], topic, 1)
        again = [offset for _, offset in second.done()]
    seen = f"7 in hand, committed {committed}; the next worker did {again or 'nothing'}"
    return Finding(committed <= 7, seen)


def _committed(scene: Scene, app_id: str, topic: str, partitions: int = PARTITIONS) -> list[int]:
    return settled(lambda: list(scene.committed(app_id, topic, partitions).values()))


async def _transactions(address: str, topic: str, sizes: tuple[int, ...]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=address, transactional_id=unique("tx")
    ) as producer:
        for size in sizes:
            async with producer.transaction():
                sent = [
                    await producer.send(topic, b"event", b"0-%d" % number, partition=0)
                    for number in range(size)
                ]
                await asyncio.gather(*sent)

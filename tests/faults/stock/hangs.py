"""Hangs: does a worker that cannot go on get ready in the end, or end?"""

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
)

from tests.faults.proxy import LIST_OFFSETS
from tests.faults.stock.finding import Finding, scenario
from tests.faults.stock.scene import Scene, Worker
from tests.live.kafka import unique, wait_for

PATIENCE_SECONDS = 60.0  # a worker does nothing for so long: taken for ever
TRIES = 5
TIMEOUT_SECONDS = 7  # Faust's broker_request_timeout, 90 s unless set


@scenario("4a", "a broker call slower than its timeout during recovery: ready, or an end")
def slow_recovery(scene: Scene) -> Finding:
    """ListOffsets takes twice the timeout until the worker has asked, then no time."""
    topic = scene.source(100)
    plan = {"id": unique("stock"), "topic": topic, "table": True}
    plan["settings"] = {"broker_session_timeout": 6, "broker_request_timeout": TIMEOUT_SECONDS}
    scene.changelog(plan["id"])
    scene.proxy.request_delay_seconds[LIST_OFFSETS] = 2.0 * TIMEOUT_SECONDS
    with scene.working(by_proxy=True, **plan) as worker:
        wait_for("an assignment", lambda: "generation id" in worker.said.read_text())
        given_up = worker.ends(3.0 * TIMEOUT_SECONDS)  # long enough for the call to fail
        scene.proxy.reset()
        what = (
            f"calls of {2 * TIMEOUT_SECONDS} s, a timeout of {TIMEOUT_SECONDS} s, then quick calls"
        )
        return Finding(*watch(worker, what, given_up))


@scenario("4b", "an undecodable last row of the changelog: ready, or an end")
def poison_row(scene: Scene) -> Finding:
    """One row that is no JSON, as another program or a broken disk may leave it."""
    topic = scene.source(100)
    plan = {"id": unique("stock"), "topic": topic, "table": True}
    changelog = scene.changelog(plan["id"])
    scene.append(changelog, 0, [(b'"0-1"', b'{"count":1}'), (b'"0-1"', b"\xff{")])
    with scene.working(**plan) as worker:
        return Finding(*watch(worker, "one poison row"))


@scenario("5", "a commit that raises: the process ends")
def commit_raises(scene: Scene) -> Finding:
    """Whether the crash stops the consumer's thread before the last commit is a race: so tries."""
    for number in range(1, TRIES + 1):
        ends, what = _without_the_right(scene)
        seen = f"crash {number}, {what}"
        if not ends:
            break
    return Finding(ends, seen)


def _without_the_right(scene: Scene) -> tuple[bool, str]:
    """The right to read the topic is withdrawn, and given back when the worker has had time."""
    topic = scene.source(2_000)
    plan = {"id": unique("stock"), "topic": topic, "event_seconds": 0.005}
    with scene.working(**plan) as worker:
        wait_for("commits", lambda: any(scene.committed(plan["id"], topic).values()))
        admin = KafkaAdminClient(bootstrap_servers=scene.kafka.address)
        try:
            admin.create_acls([forbid_reading(topic)])
            ended = worker.ends(PATIENCE_SECONDS / 2)
            admin.delete_acls([forbid_reading(topic)])
        finally:
            admin.close()
        said = worker.said.read_text()
        assert "TopicAuthorizationFailedError" in said, "no commit raised"
        assert "Crashed reason=" in said, "no crash"
        return watch(worker, f"{PATIENCE_SECONDS / 2:.0f} s without the right, then with it", ended)


def forbid_reading(topic: str) -> ACL:
    """Return the rule that nobody may read this topic."""
    return ACL(
        principal="User:ANONYMOUS",
        host="*",
        operation=ACLOperation.READ,
        permission_type=ACLPermissionType.DENY,
        resource_pattern=ResourcePattern(ResourceType.TOPIC, topic),
    )


def watch(worker: Worker, what: str, ended: bool = False) -> tuple[bool, str]:
    """Watch a worker until it ends or does something new; say whether it did, and what was seen."""
    before = len(worker.done())

    def goes_on() -> bool:
        return worker.process.has_ended() or len(worker.done()) > before

    try:
        if not ended:  # a hang shows only as nothing happening for long
            wait_for("anything", goes_on, PATIENCE_SECONDS)
    except AssertionError:
        new = len(worker.done()) - before
        return False, f"{what}: {PATIENCE_SECONDS:.0f} s later the process is up, {new} events done"
    how = "ended" if worker.process.has_ended() else "went on"
    return True, f"{what}: {how}"

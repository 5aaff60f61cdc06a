"""What was read before it was overridden or relied on: versions, and digests of its source.

An upgrade of Faust cannot slip under us: the versions are checked at start, the digests by a
test. After an upgrade read each of these again, then run `python -m agents.runtime.pins`.
"""

import hashlib
import importlib
import inspect
import sys
from importlib.metadata import version

from agents.runtime.errors import VersionUnpinned

VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}

DIGESTS = {
    "faust.transport.consumer:Consumer._drain_messages": "44a2500309e83c63",
    "faust.transport.consumer:Consumer.commit": "a354437baaa08bf8",
    "faust.transport.consumer:Consumer.perform_seek": "0e8c130ff4b0afd8",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "d04b7ae72c6fc206",
    "faust.transport.consumer:Consumer.on_partitions_assigned": "29ce96596f05a18c",
    "faust.transport.consumer:Consumer.wait_empty": "e4662fe24f094819",
    "faust.transport.consumer:Consumer.on_stop": "45b1d2210ce2b526",
    "faust.transport.consumer:Consumer.verify_all_partitions_active": "4e0e46f5c297305d",
    "faust.transport.consumer:Consumer._commit_handler": "4e5da5df073082d6",
    "faust.transport.consumer:Fetcher._fetcher": "68f894f0b577d810",
    "faust.transport.consumer:ConsumerThread.on_partitions_revoked": "c44013f1259ca964",
    "faust.transport.consumer:ThreadDelegateConsumer.threadsafe_partitions_revoked": "6c55d67e9eb06ca5",
    "faust.transport.conductor:Conductor._update_tp_index": "e8e3ac9025ef44f7",
    "faust.transport.drivers.aiokafka:ConsumerRebalanceListener.on_partitions_revoked": "348c3aec879faf80",
    "faust.transport.drivers.aiokafka:ConsumerRebalanceListener.on_partitions_assigned": "1c1f8406ad3698a6",
    "faust.transport.drivers.aiokafka:Consumer._new_consumer_thread": "0870ec53dea75083",
    "faust.transport.drivers.aiokafka:Consumer.on_stop": "173f86b366f3608e",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer": "c2701bfc3e6f6cad",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records": "39a2c6c79fc1455a",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_thread_stop": "8dfc004e258b6c25",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.close": "d22efc59a1df0c7a",
    "faust.tables.recovery:Recovery._restart_recovery": "6bd8a8558a2dffe4",
    "faust.tables.recovery:Recovery._resume_streams": "d986a6710c1aca98",
    "faust.tables.recovery:Recovery.on_recovery_completed": "6ef567acf072e46d",
    "faust.tables.recovery:Recovery.on_rebalance": "aa4d997a1795ceae",
    "faust.tables.manager:TableManager.recovery": "f0bf5de78b4c3d23",
    "faust.app.base:App._new_transport": "42db531312dd776f",
    "faust.app.base:App._new_producer_transport": "eb3b4aa6a8961275",
    "faust.app.base:App._producer_flush": "35c92baa028d57bd",
    "faust.app.base:App._stop_consumer": "55854a5de12c3f52",
    "faust.app.base:App._on_partitions_revoked": "d5c895bbe57dc73a",
    "faust.app.base:App._on_partitions_assigned": "de932b7927db85b3",
    "mode.threads:QueueServiceThread.call_thread": "479edda75b54734b",
    "mode.threads:ServiceThread.on_crash": "d1b1624686ba5fee",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records": "be4348896b9b66af",
    "aiokafka.consumer.fetcher:FetchResult.check_assignment": "b5340df67e3f330f",
    "aiokafka.consumer.fetcher:FetchResult.getall": "3e717e30de5068d5",
    "aiokafka.consumer.fetcher:PartitionRecords._unpack_records": "b803e6d46480732c",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.fetch_committed_offsets": "6c049c7379165952",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.commit_offsets": "5cbe31af28d6cc06",
    "aiokafka.producer.message_accumulator:BatchBuilder.append": "657d76f55157d9ca",
    "aiokafka.producer.message_accumulator:MessageAccumulator.add_batch": "5ed1c5b1367ad854",
    "aiokafka.producer.message_accumulator:MessageAccumulator._pop_batch": "41cc98a298ef2628",
}


def check_versions() -> None:
    """Refuse to start on a library this package was not read against.

    Raises:
        VersionUnpinned: a version differs, or Faust's compiled stream loop is missing.
    """
    for name, wanted in VERSIONS.items():
        found = version(name)
        if found != wanted:
            raise VersionUnpinned(f"{name} is {found}; this release runs on {wanted}")
    if importlib.import_module("faust.streams")._CStreamIterator is None:
        # The pure Python loop acknowledges events of a former assignment unprocessed.
        raise VersionUnpinned("faust's compiled streams are missing; unset NO_CYTHON")


def digest(path: str) -> str:
    """Return the digest of the source text of a function, by `module:qualified.name`."""
    module, _, name = path.partition(":")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    source = inspect.getsource(inspect.unwrap(getattr(found, "fget", None) or _plain(found)))
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def _plain(found: object) -> object:
    """Return the function inside mode's `@Service.task`."""
    return getattr(found, "fun", found)


if __name__ == "__main__":
    for pinned in DIGESTS:
        sys.stdout.write(f'    "{pinned}": "{digest(pinned)}",\n')

"""What was read before it was overridden or relied on: versions, and digests of its source.

An upgrade of Faust cannot slip under us: the versions are checked at start, the digests by a
test. After an upgrade read each of these again, then run `python -m agents.runtime.pins`.
"""

import hashlib
import importlib
import inspect
import sys
from importlib.metadata import version
from typing import Any

from agents.runtime.errors import VersionUnpinned

VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}

DIGESTS = {
    "faust.transport.consumer": {
        "Consumer._drain_messages": "44a2500309e83c63",
        "Consumer.commit": "a354437baaa08bf8",
        "Consumer.perform_seek": "0e8c130ff4b0afd8",
        "Consumer.on_partitions_revoked": "d04b7ae72c6fc206",
        "Consumer.on_partitions_assigned": "29ce96596f05a18c",
        "Consumer.wait_empty": "e4662fe24f094819",
        "Consumer.on_stop": "45b1d2210ce2b526",
        "Consumer.verify_all_partitions_active": "4e0e46f5c297305d",
        "Consumer._commit_handler": "4e5da5df073082d6",
        "Fetcher._fetcher": "68f894f0b577d810",
        "ConsumerThread.on_partitions_revoked": "c44013f1259ca964",
        "ThreadDelegateConsumer.threadsafe_partitions_revoked": "6c55d67e9eb06ca5",
    },
    "faust.transport.conductor": {
        "Conductor._update_tp_index": "e8e3ac9025ef44f7",
    },
    "faust.transport.drivers.aiokafka": {
        "ConsumerRebalanceListener.on_partitions_revoked": "348c3aec879faf80",
        "ConsumerRebalanceListener.on_partitions_assigned": "1c1f8406ad3698a6",
        "Consumer._new_consumer_thread": "0870ec53dea75083",
        "Consumer.on_stop": "173f86b366f3608e",
        "AIOKafkaConsumerThread.on_start": "38b4e8bd1e10723a",
        "AIOKafkaConsumerThread._create_worker_consumer": "c2701bfc3e6f6cad",
        "AIOKafkaConsumerThread._fetch_records": "39a2c6c79fc1455a",
        "AIOKafkaConsumerThread.on_thread_stop": "8dfc004e258b6c25",
        "AIOKafkaConsumerThread.close": "d22efc59a1df0c7a",
    },
    "faust.tables.recovery": {
        "Recovery._restart_recovery": "6bd8a8558a2dffe4",
        "Recovery._resume_streams": "d986a6710c1aca98",
        "Recovery.on_recovery_completed": "6ef567acf072e46d",
        "Recovery.on_rebalance": "aa4d997a1795ceae",
    },
    "faust.tables.manager": {
        "TableManager.recovery": "f0bf5de78b4c3d23",
    },
    "faust.app.base": {
        "App._new_transport": "42db531312dd776f",
        "App._new_producer_transport": "eb3b4aa6a8961275",
        "App._producer_flush": "35c92baa028d57bd",
        "App._create_directories": "a9f571c3b04abec3",
        "App._stop_consumer": "55854a5de12c3f52",
        "App._on_partitions_revoked": "d5c895bbe57dc73a",
        "App._on_partitions_assigned": "de932b7927db85b3",
    },
    "mode.threads": {
        "QueueServiceThread.call_thread": "479edda75b54734b",
        "ServiceThread.on_crash": "d1b1624686ba5fee",
    },
    "aiokafka.consumer.fetcher": {
        "Fetcher.fetched_records": "be4348896b9b66af",
        "FetchResult.check_assignment": "b5340df67e3f330f",
        "FetchResult.getall": "3e717e30de5068d5",
        "PartitionRecords._unpack_records": "b803e6d46480732c",
    },
    "aiokafka.consumer.group_coordinator": {
        "GroupCoordinator.fetch_committed_offsets": "6c049c7379165952",
        "GroupCoordinator._do_heartbeat": "dc1d6632aaa68e96",
        "GroupCoordinator.reset_generation": "537aa37c531b4de9",
        "GroupCoordinator.close": "f30d831089456312",
        "GroupCoordinator._GroupCoordinator__coordination_routine": "f814463c6b44a195",
        "GroupCoordinator.commit_offsets": "5cbe31af28d6cc06",
    },
    "aiokafka.producer.message_accumulator": {
        "BatchBuilder.append": "657d76f55157d9ca",
        "MessageAccumulator.add_batch": "5ed1c5b1367ad854",
        "MessageAccumulator._pop_batch": "41cc98a298ef2628",
    },
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


def digest(module: str, name: str) -> str:
    """Return the digest of the source text of a function, by module and qualified name."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    function = getattr(found, "fget", None) or getattr(found, "fun", None) or found
    source = inspect.getsource(inspect.unwrap(function))
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def changed() -> dict[str, str]:
    """Return what is not as it was read, with its digest of today."""
    return {
        f"{module}:{name}": now
        for module, names in DIGESTS.items()
        for name, then in names.items()
        if (now := digest(module, name)) != then
    }


if __name__ == "__main__":
    for path, today in changed().items():
        sys.stdout.write(f"{path} {today}\n")

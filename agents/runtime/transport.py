"""The transport: which classes of ours stand where Faust's would."""

import logging
from typing import ClassVar

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers.aiokafka import Transport

from agents.runtime.consumer import BatchConsumer
from agents.runtime.fetch import BatchFetcher

log = logging.getLogger(__name__)
MODE_LOG = logging.getLogger("faust.runtime")


class BatchTransport(Transport):
    """Faust's aiokafka transport, delivering batches."""

    Consumer: ClassVar[type[BatchConsumer]] = BatchConsumer
    Fetcher: ClassVar[type[BatchFetcher]] = BatchFetcher


class ResumeOnly(Recovery):
    """The end of a rebalance: nothing to recover, as there is no Faust table.

    Faust resumes the partitions, then seeks, then clears the queues: what comes in between is
    lost. Here partitions seek before they run, and the queues are cleared before any flows.
    """

    logger = MODE_LOG

    async def _resume_streams(self, generation_id: int = 0) -> None:
        app = self.app
        await app.on_rebalance_complete.send()
        if app.consumer_generation_id != generation_id:
            log.info("Another rebalance has begun.")
            return
        if not app.flow_control.is_active():
            app.flow_control.resume()
        app.consumer.resume_flow()
        self.completed.set()
        await app._fetcher.maybe_start()  # type: ignore[attr-defined]
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Go on in the same way, should a table ever bring us here."""
        self._set_recovery_ended()
        await self._resume_streams(generation_id)


class NoTables(TableManager):
    """A table manager that only resumes."""

    logger = MODE_LOG

    @property
    def recovery(self) -> Recovery:
        """The recovery service, made when first asked for."""
        if self._recovery is None:
            self._recovery = ResumeOnly(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

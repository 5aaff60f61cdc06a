"""What every local broker offers, and how it fails."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self


class BrokerError(RuntimeError):
    """A local broker cannot be had; one line that says what is missing."""


class Broker(ABC):
    """A broker on the loopback interface that lives as long as its `with` block."""

    kind: ClassVar[str]
    limits: ClassVar[str]  # one line: what it cannot do that a Kafka cluster can

    @property
    @abstractmethod
    def bootstrap(self) -> str:
        """Where clients connect, as `127.0.0.1:PORT`."""

    @abstractmethod
    def start(self) -> None:
        """Start, and return when clients are served; raises `BrokerError`."""

    @abstractmethod
    def stop(self) -> None:
        """End it, in bounded time. Stopping twice is stopping once."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

"""Ports, and the question whether a Kafka broker behind one serves clients.

Ports are taken from below the range the system gives to outgoing connections. From
inside it, a client that keeps calling while its broker is down may be given that very
port, be connected to itself, and keep the broker from coming back.
"""

import itertools
import random
import socket
import struct

from agents.broker.base import BrokerError

PORT_MIN, PORT_MAX = 20_000, 32_000  # Linux hands out 32768 and up, others higher still
PROBE_SECONDS_MAX = 1.0

_METADATA, _VERSION, _CORRELATION = 3, 1, 7
# Size, api key, version, correlation id, client id "probe", no topics.
_REQUEST = struct.pack(">hhih5si", _METADATA, _VERSION, _CORRELATION, 5, b"probe", 0)


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return `count` different free loopback ports."""
    candidates = random.sample(range(PORT_MIN, PORT_MAX), k=1000)
    free = list(itertools.islice(filter(is_free, candidates), count))
    if len(free) < count:
        raise BrokerError(f"no free port between {PORT_MIN} and {PORT_MAX}")
    return free


def serves_clients(port: int) -> bool:
    """Say whether a broker answers here and counts itself among the live brokers.

    A KRaft broker answers before the controller has let it in; until then the list of
    brokers in a Metadata answer is empty and no topic can be created.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), PROBE_SECONDS_MAX) as link:
            link.sendall(struct.pack(">i", len(_REQUEST)) + _REQUEST)
            answer = _read(link, 4 + 4 + 4)
    except OSError:
        return False
    _, correlation, brokers = struct.unpack(">iii", answer)
    return bool(correlation == _CORRELATION and brokers > 0)


def _read(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more:
            raise ConnectionResetError("the broker hung up")
        data += more
    return data

"""The proxy, before a server that sends back what it gets: what it does to time and connections."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import FETCH, PRODUCE, Proxy

NOTHING_SECONDS = 0.3  # long enough for a loopback answer that should not come


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65_536):
            self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A connection cut by the proxy is no news."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with Proxy() as proxy:
            proxy.start(server.server_address[1])
            yield proxy
        server.shutdown()
        thread.join()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def frame(kind: int, size: int = 20) -> bytes:
    return size.to_bytes(4) + kind.to_bytes(2) + bytes(size - 2)


def receive(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := link.recv(count - len(data))):
        data += more
    return data


def round_trip_seconds(link: socket.socket, kind: int = FETCH) -> float:
    began = time.monotonic()
    link.sendall(frame(kind))
    assert receive(link, 24) == frame(kind)
    return time.monotonic() - began


def says_nothing(link: socket.socket) -> bool:
    link.settimeout(NOTHING_SECONDS)
    try:
        return not link.recv(1)
    except TimeoutError:
        return True
    finally:
        link.settimeout(10)


def is_cut(link: socket.socket) -> bool:
    try:
        return not link.recv(1)
    except ConnectionResetError:
        return True


def test_bytes_arrive_whole_and_in_order(proxy):
    """Many frames at once, one larger than any buffer, come back as they went."""
    sent = b"".join(frame(FETCH, size) for size in (2, 100, 3_000_000, 7))
    with connect(proxy) as link:
        sender = threading.Thread(target=link.sendall, args=(sent,))
        sender.start()
        assert receive(link, len(sent)) == sent
        sender.join()


def test_a_delay_counts_each_way_and_does_not_add_up(proxy):
    """Frames sent together are delayed together: it is a long line, not a narrow one."""
    proxy.delay_seconds = 0.1
    with connect(proxy) as link:
        assert round_trip_seconds(link) >= 0.2
        began = time.monotonic()
        link.sendall(frame(FETCH) * 50)
        receive(link, 24 * 50)
        assert 0.2 <= time.monotonic() - began < 2.0


def test_one_kind_of_request_can_be_slow_alone(proxy):
    proxy.request_delay_seconds[PRODUCE] = 1.0
    with connect(proxy) as slow, connect(proxy) as quick:
        slow.sendall(frame(PRODUCE))
        assert round_trip_seconds(quick, FETCH) < 1.0
        assert receive(slow, 24) == frame(PRODUCE)
        assert round_trip_seconds(slow, PRODUCE) >= 1.0


def test_what_is_paused_arrives_after_all(proxy):
    with connect(proxy) as before:
        round_trip_seconds(before)
        proxy.pause()
        with connect(proxy) as during:
            for link in (before, during):
                link.sendall(frame(FETCH))
            assert says_nothing(before)
            assert says_nothing(during)
            proxy.resume()
            assert receive(before, 24) == receive(during, 24) == frame(FETCH)


def test_cut_connections_can_be_made_again(proxy):
    with connect(proxy) as link:
        round_trip_seconds(link)
        proxy.close_all()
        assert is_cut(link)
    with connect(proxy) as link:
        round_trip_seconds(link)


def test_refused_until_resumed(proxy):
    with connect(proxy) as link:
        round_trip_seconds(link)
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    proxy.resume()
    with connect(proxy) as link:
        round_trip_seconds(link)

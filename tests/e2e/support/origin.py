"""A scripted origin: does what no real S3 server does on command, and records what reached it.

A script is a function of one Exchange, run in the thread of its connection: it sends exact bytes,
waits for events, cuts, resets or never answers. When it returns without having closed, the
connection takes the next request. The proxy's own probes (HEAD on the bucket) are answered apart
and are not in `requests`.
"""

import ctypes
import dataclasses
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable

from support import answers, waiting


@dataclasses.dataclass
class Request:
    method: str
    target: str
    version: str
    headers: list[tuple[str, str]]
    raw: bytes
    connection: int  # which connection brought it, from 1

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"{name} reached the origin more than once: {values}"
        return values[0] if values else None

    @property
    def names(self) -> set[str]:
        return {key.lower() for key, _ in self.headers}


class Exchange:
    """One request and the means to answer it."""

    def __init__(self, request: Request, connection: socket.socket):
        self.request = request
        self._socket = connection
        self.ended = False  # by the script: no further request is read
        self.peer_closed = threading.Event()  # seen by wait_for_close()

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            self.peer_closed.set()
            self.ended = True

    def close(self) -> None:
        """FIN after what was sent."""
        self.ended = True

    def reset(self) -> None:
        """RST."""
        self.ended = True
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def wait_for_close(self, within: float = 60.0) -> bool:
        """Until the proxy closes this connection; True when it did."""
        self._socket.settimeout(within)
        try:
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            self._socket.settimeout(None)
            return False
        except OSError:
            pass
        self.peer_closed.set()
        self.ended = True
        return True


Script = Callable[[Exchange], None]


def say(data: bytes) -> Script:
    return lambda exchange: exchange.send(data)


def say_and_close(data: bytes) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.close()

    return script


def never_answer(exchange: Exchange) -> None:
    exchange.wait_for_close()


class InTurn:
    """Each request gets the next script; the last one goes on."""

    def __init__(self, *scripts: Script):
        self._scripts = list(scripts)
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        script(exchange)


class Held:
    """Sends `first`, and `rest` when it is let go on."""

    def __init__(self, rest: bytes, first: bytes = b""):
        self.go_on = threading.Event()
        self._first = first
        self._rest = rest

    def __call__(self, exchange: Exchange) -> None:
        exchange.send(self._first)
        self.go_on.wait(60)
        exchange.send(self._rest)


class Origin:
    def __init__(
        self, script: Script | None = None, address: str = "127.0.0.1", port: int = 0
    ):
        self.address = address
        self.script: Script = script or say(answers.ok())
        self.probe: Script = say(answers.bodiless("200 OK"))
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._exchanges: list[Exchange] = []
        self._probes = 0
        self._accepted = 0
        self._open: set[socket.socket] = set()
        self._stopped = False
        self._listener: socket.socket | None = None
        self.port = port
        self.listen()

    # What the tests ask.

    @property
    def endpoint(self) -> str:
        return f"http://{self.address}:{self.port}"

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    @property
    def exchanges(self) -> list[Exchange]:
        with self._lock:
            return list(self._exchanges)

    @property
    def probes(self) -> int:
        with self._lock:
            return self._probes

    @property
    def accepted(self) -> int:
        """Connections taken so far."""
        with self._lock:
            return self._accepted

    @property
    def open_connections(self) -> int:
        with self._lock:
            return len(self._open)

    def forget(self) -> None:
        with self._lock:
            self._requests.clear()
            self._exchanges.clear()

    def only_request(self) -> Request:
        requests = self.requests
        assert len(requests) == 1, [request.target for request in requests]
        return requests[0]

    def wait_for_requests(self, number: int, within: float = 20.0) -> list[Request]:
        waiting.eventually(
            lambda: len(self.requests) >= number, f"{number} requests at the origin", within
        )
        return self.requests

    # What it does.

    def listen(self) -> None:
        """Opens the port (the same as before, after refuse())."""
        self._stopped = False
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        listener.listen(1024)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self) -> None:
        """Closes the port and every connection: the origin is down."""
        self._stopped = True
        assert self._listener is not None
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.drop_connections()

    def drop_connections(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reset_connections(self) -> None:
        """RST on every connection, whatever it is doing."""
        nobody = (ctypes.c_char * 16)()  # AF_UNSPEC: connect() then means the opposite.
        with self._lock:
            for connection in self._open:
                ctypes.CDLL(None).connect(connection.fileno(), nobody, 16)

    end = refuse

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopped:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._accepted += 1
                number = self._accepted
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            buffer = bytearray()
            while True:
                connection.settimeout(None)
                while (end := buffer.find(b"\r\n\r\n")) < 0:
                    data = connection.recv(65536)
                    if not data:
                        return
                    buffer += data
                head = bytes(buffer[: end + 4])
                del buffer[: end + 4]
                exchange = Exchange(_parse(head, number), connection)
                self._script_for(exchange)(exchange)
                if exchange.ended:
                    return
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _script_for(self, exchange: Exchange) -> Script:
        request = exchange.request
        path = urllib.parse.urlsplit(request.target).path
        probe = request.method == "HEAD" and path.strip("/").count("/") == 0
        with self._lock:
            if probe:
                self._probes += 1
                return self.probe
            self._requests.append(request)
            self._exchanges.append(exchange)
            return self.script


def _parse(head: bytes, connection: int) -> Request:
    first, *rest = head[:-4].decode("latin-1").split("\r\n")
    method, target, version = first.split(" ")
    headers = []
    for line in rest:
        name, _, value = line.partition(":")
        headers.append((name, value.strip(" \t")))
    return Request(method, target, version, headers, head, connection)

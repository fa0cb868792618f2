"""A raw HTTP/1 client for tests that care about exact bytes, with a strict reader of answers.

It never repairs anything: a body that ends before its promised length is `complete == False`, and
one that only the close ends says so (`framing == "close"`), since a cut body framed like that
would look whole.
"""

import dataclasses
import socket
import ssl
import struct
from collections.abc import Iterable

Headers = Iterable[tuple[str, str]]


class Malformed(AssertionError):
    """The proxy sent something that is no HTTP/1.1 answer."""


@dataclasses.dataclass
class Answer:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    framing: str  # none, length, chunked or close
    body: bytes = b""
    complete: bool = True
    interim: list[int] = dataclasses.field(default_factory=list)  # 1xx answers before this one

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The header's only value; None without one. Several are an error of the proxy."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} more than once: {values}"
        return values[0] if values else None

    @property
    def length(self) -> int | None:
        value = self.header("Content-Length")
        return None if value is None else int(value)

    @property
    def names(self) -> set[str]:
        return {key.lower() for key, _ in self.headers}

    @property
    def looks_whole(self) -> bool:
        """What a client that trusts the framing believes."""
        return self.complete


class Conversation:
    """Requests and their answers, in whatever version of HTTP: for connections, which have send(),
    read_head() and chunks_of()."""

    def request(
        self, method: str, target: str | bytes, headers: Headers = (), body: bytes = b""
    ) -> Answer:
        self.send(request_bytes(method, target, headers, body))
        return self.read_answer(head=method == "HEAD")

    def get(self, target: str | bytes, headers: Headers = ()) -> Answer:
        return self.request("GET", target, headers)

    def read_answer(self, head: bool = False) -> Answer:
        answer = self.read_head(head)
        if answer is None:
            raise Malformed("the connection ended without an answer")
        answer.body = b"".join(self.chunks_of(answer))
        return answer


class Connection(Conversation):
    """One connection to the proxy: TCP, or TLS where a context is given."""

    def __init__(
        self,
        address: tuple[str, int],
        timeout: float = 30.0,
        receive_buffer: int = 0,
        tls: ssl.SSLContext | None = None,
        server_name: str = "localhost",
        session: ssl.SSLSession | None = None,
    ):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(address)
        if tls is not None:
            self.socket = tls.wrap_socket(
                self.socket, server_hostname=server_name, session=session
            )
        self._buffer = bytearray()
        self.ended = False  # the proxy has closed its side

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self) -> None:
        half_close(self.socket)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_bytewise(self, data: bytes) -> None:
        """One byte per write."""
        for index in range(len(data)):
            self.socket.sendall(data[index : index + 1])

    # Reading. A reset by the proxy counts as its close.

    def receive(self) -> bool:
        """Waits for more bytes; False at the end."""
        if self.ended:
            return False
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        if not data:
            self.ended = True
            return False
        self._buffer += data
        return True

    def read_until(self, mark: bytes) -> bytes | None:
        """Up to and with `mark`; None when the connection ends before it."""
        start = 0
        while (at := self._buffer.find(mark, start)) < 0:
            start = max(0, len(self._buffer) - len(mark) + 1)
            if not self.receive():
                return None
        found = bytes(self._buffer[: at + len(mark)])
        del self._buffer[: at + len(mark)]
        return found

    def take(self, most: int) -> bytes:
        """Up to `most` bytes; empty at the end."""
        if not self._buffer:
            self.receive()
        taken = bytes(self._buffer[:most])
        del self._buffer[:most]
        return taken

    def read_head(self, head: bool = False) -> Answer | None:
        """The next answer up to its body; None when the connection ended cleanly before it."""
        interim: list[int] = []
        while True:
            block = self.read_until(b"\r\n\r\n")
            if block is None:
                if self._buffer:
                    raise Malformed(f"the connection ended inside a head: {bytes(self._buffer)!r}")
                return None
            answer = parse_head(block, head)
            if answer.status >= 200:
                answer.interim = interim
                return answer
            interim.append(answer.status)

    def chunks_of(self, answer: Answer) -> Iterable[bytes]:
        """The body in pieces as they come; sets answer.complete at its end."""
        if answer.framing == "none":
            return
        answer.complete = False
        if answer.framing == "length":
            missing = answer.length or 0
            while missing:
                piece = self.take(missing)
                if not piece:
                    return
                missing -= len(piece)
                yield piece
            answer.complete = True
        elif answer.framing == "chunked":
            yield from self._chunked(answer)
        else:
            while piece := self.take(1 << 18):
                yield piece
            answer.complete = True

    def _chunked(self, answer: Answer) -> Iterable[bytes]:
        while True:
            line = self.read_until(b"\r\n")
            if line is None:
                return
            missing = int(line.split(b";")[0], 16)
            if missing == 0:
                while (line := self.read_until(b"\r\n")) not in (None, b"\r\n"):
                    pass
                answer.complete = line == b"\r\n"
                return
            while missing:
                piece = self.take(missing)
                if not piece:
                    return
                missing -= len(piece)
                yield piece
            if self.read_until(b"\r\n") != b"\r\n":
                return

    def read_rest(self) -> bytes:
        """Everything up to the proxy's close."""
        while self.receive():
            pass
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def is_closed_by_peer(self, within: float = 10.0) -> bool:
        """Waits for the proxy's close; False when it sent something or `within` passed."""
        if self._buffer:
            return False
        self.socket.settimeout(within)
        try:
            return not self.receive()
        except TimeoutError:
            return False


def half_close(connection: socket.socket) -> None:
    """Ends our side in order, and goes on reading."""
    if not isinstance(connection, ssl.SSLSocket):
        connection.shutdown(socket.SHUT_WR)
        return
    timeout = connection.gettimeout()
    connection.settimeout(0)
    try:
        connection.unwrap()  # sends close_notify; the peer's is not there yet
    except ssl.SSLError:
        pass
    finally:
        connection.settimeout(timeout)


def request_bytes(
    method: str, target: str | bytes, headers: Headers = (), body: bytes = b""
) -> bytes:
    raw_target = target if isinstance(target, bytes) else target.encode("latin-1")
    lines = [method.encode() + b" " + raw_target + b" HTTP/1.1"]
    fields = list(headers)
    if not any(name.lower() == "host" for name, _ in fields):
        lines.append(b"Host: client.test")
    if body and not any(name.lower() == "content-length" for name, _ in fields):
        fields.append(("Content-Length", str(len(body))))
    lines += [f"{name}: {value}".encode("latin-1") for name, value in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def parse_head(block: bytes, head: bool = False) -> Answer:
    first, *rest = block[:-4].split(b"\r\n")
    parts = first.split(b" ", 2)
    if len(parts) < 2 or parts[0] != b"HTTP/1.1" or not parts[1].isdigit() or len(parts[1]) != 3:
        raise Malformed(f"no status line: {first!r}")
    headers = []
    for line in rest:
        name, colon, value = line.partition(b":")
        if not colon or not name or name.strip() != name or b"\r" in line or b"\n" in line:
            raise Malformed(f"no header line: {line!r}")
        headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    answer = Answer(int(parts[1]), b" ".join(parts[2:]).decode("latin-1"), headers, "close")
    coding = answer.header("Transfer-Encoding")
    if answer.status < 200 or answer.status in (204, 304) or head:
        answer.framing = "none"
    elif coding is not None:
        if coding.lower() != "chunked" or answer.length is not None:
            raise Malformed(f"bad framing: {headers}")
        answer.framing = "chunked"
    elif answer.length is not None:
        answer.framing = "length"
    return answer

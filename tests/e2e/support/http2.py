"""A client of HTTP/2 for exact frames: sends what it is told and records every frame that comes."""

import dataclasses
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable

import hpack

from support.tls_socket import TlsSocket

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = range(9)
CONTINUATION = 9
PRIORITY_UPDATE = 16
END_STREAM, ACK, END_HEADERS = 0x1, 0x1, 0x4
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_LIST = range(1, 7)
LARGEST = 16384  # a frame that everybody takes

ERRORS = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED "
    "FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM "
    "INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()

Fields = list[tuple[str, str]]


@dataclasses.dataclass
class Frame:
    type: int
    flags: int
    stream: int
    payload: bytes
    fields: Fields | None = None  # of HEADERS

    @property
    def error(self) -> str:
        """Of RST_STREAM and GOAWAY."""
        offset = 0 if self.type == RST_STREAM else 4
        return ERRORS[int.from_bytes(self.payload[offset : offset + 4])]

    @property
    def ends_stream(self) -> bool:
        return self.type in (DATA, HEADERS) and bool(self.flags & END_STREAM)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def settings(*entries: tuple[int, int]) -> bytes:
    payload = b"".join(struct.pack("!HI", key, value) for key, value in entries)
    return frame(SETTINGS, 0, 0, payload)


def window_update(stream: int, bytes_more: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack("!I", bytes_more))


def rst_stream(stream: int, code: str = "CANCEL") -> bytes:
    return frame(RST_STREAM, 0, stream, struct.pack("!I", ERRORS.index(code)))


class Http2:
    """One connection. A thread of its own reads; everything else waits for what it saw."""

    def __init__(
        self,
        address: tuple[str, int],
        *entries: tuple[int, int],
        greet: bool = True,
        ack: bool = True,
        replenish: bool = True,
        timeout: float = 20.0,
        tls: ssl.SSLContext | None = None,
    ):
        """`tls`: offers h2, which must be agreed on."""
        transport = socket.create_connection(address, timeout)
        transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = transport if tls is None else TlsSocket(transport, tls, "localhost")
        if tls is not None:
            assert self.socket.protocol == "h2", self.socket.protocol
        self._scheme = "http" if tls is None else "https"
        self.timeout = timeout
        self._ack = ack
        self._replenish = replenish
        self._decoder = hpack.Decoder()
        self._encoder = hpack.Encoder()
        self._encoder.header_table_size = 0  # Frames do not depend on one another.
        self._changed = threading.Condition(threading.RLock())
        self._frames: list[Frame] = []
        self._closed = False
        self._writing = threading.Lock()
        # A server that knows of HTTP/2 by ALPN may speak first: no reply goes before the preface.
        self._begun = threading.Event()
        self._next_stream = 1
        self._pings = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if greet:
            self.send(PREFACE + settings(*entries))
            self.wait(lambda: any(f.type == SETTINGS for f in self._frames), "the server's SETTINGS")

    def __enter__(self) -> "Http2":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._reader.join(10)
        self.socket.close()

    # Sending.

    def send(self, data: bytes) -> bool:
        """False when the server has closed."""
        try:
            with self._writing:
                self.socket.sendall(data)
        except OSError:
            return False
        finally:
            self._begun.set()
        return True

    def head(
        self, method: str, path: str, fields: Iterable[tuple[str, str]] = (), **pseudo: str
    ) -> bytes:
        """A header block."""
        first = {":method": method, ":scheme": self._scheme, ":path": path, ":authority": "a.test"}
        first |= {f":{name}": value for name, value in pseudo.items()}
        return self._encoder.encode([*first.items(), *fields], huffman=False)

    def request(
        self, method: str, path: str, fields: Iterable[tuple[str, str]] = (), end: bool = True
    ) -> int:
        """Opens a stream; its id."""
        stream = self._next_stream
        self._next_stream += 2
        self.send(self.opening(stream, self.head(method, path, fields), end))
        return stream

    @staticmethod
    def opening(stream: int, block: bytes, end: bool) -> bytes:
        """The frames of a header block."""
        first, rest = block[:LARGEST], block[LARGEST:]
        flags = (END_STREAM if end else 0) | (0 if rest else END_HEADERS)
        made = frame(HEADERS, flags, stream, first)
        while rest:
            piece, rest = rest[:LARGEST], rest[LARGEST:]
            made += frame(CONTINUATION, 0 if rest else END_HEADERS, stream, piece)
        return made

    # Waiting.

    def wait(self, holds: Callable[[], bool], what: str, within: float | None = None) -> None:
        deadline = time.monotonic() + (self.timeout if within is None else within)
        with self._changed:
            while not holds():
                left = deadline - time.monotonic()
                assert left > 0, f"never came: {what}; {self._frames[-8:]}, closed: {self._closed}"
                assert not self._closed, f"closed before {what}; {self._frames[-8:]}"
                self._changed.wait(left)

    def settles(self, holds: Callable[[], bool], within: float) -> bool:
        """Whether it comes to hold in time; the end of the connection is not an end of hope."""
        with self._changed:
            return self._changed.wait_for(holds, within)

    def barrier(self) -> None:
        """Until everything that the server says to what was sent before has come."""
        self._pings += 1
        mark = b"bar" + self._pings.to_bytes(5)
        self.send(frame(PING, 0, 0, mark))
        self.wait(
            lambda: any(f.type == PING and f.payload == mark for f in self._frames), "a PING's answer"
        )

    def wait_for_end(self, stream: int) -> None:
        self.wait(
            lambda: any(
                f.stream == stream and (f.ends_stream or f.type == RST_STREAM) for f in self._frames
            ),
            f"the end of stream {stream}",
        )

    def is_closed_by_server(self, within: float = 20.0) -> bool:
        return self.settles(lambda: self._closed, within)

    # What came.

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def frames(self) -> list[Frame]:
        with self._changed:
            return list(self._frames)

    def of(self, stream: int, kind: int) -> list[Frame]:
        return [f for f in self.frames if f.stream == stream and f.type == kind]

    def status(self, stream: int) -> int | None:
        """The final one."""
        for each in self.of(stream, HEADERS):
            status = int(dict(each.fields or []).get(":status", "100"))
            if status >= 200:
                return status
        return None

    def fields(self, stream: int) -> dict[str, str]:
        return dict(self.of(stream, HEADERS)[-1].fields or [])

    def body(self, stream: int) -> bytes:
        return b"".join(f.payload for f in self.of(stream, DATA))

    def reset_code(self, stream: int) -> str | None:
        found = self.of(stream, RST_STREAM)
        return found[0].error if found else None

    def goaway(self) -> Frame | None:
        return next((f for f in self.frames if f.type == GOAWAY), None)

    def get(self, path: str, fields: Iterable[tuple[str, str]] = ()) -> tuple[int | None, bytes]:
        stream = self.request("GET", path, fields)
        self.wait_for_end(stream)
        return self.status(stream), self.body(stream)

    # The thread that reads.

    def _read(self) -> None:
        buffer = bytearray()
        self.socket.settimeout(None)
        while True:
            try:
                data = self.socket.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            buffer += data
            came = []
            while len(buffer) >= 9 and len(buffer) >= 9 + int.from_bytes(buffer[:3]):
                length = int.from_bytes(buffer[:3])
                stream = int.from_bytes(buffer[5:9]) & 0x7FFFFFFF
                came.append(Frame(buffer[3], buffer[4], stream, bytes(buffer[9 : 9 + length])))
                del buffer[: 9 + length]
            self._take(came)
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _take(self, came: list[Frame]) -> None:
        reply = b""
        for each in came:
            if each.type == HEADERS:
                fields = self._decoder.decode(each.payload, raw=True)
                each.fields = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in fields]
            elif each.type == SETTINGS and not each.flags & ACK and self._ack:
                reply += frame(SETTINGS, ACK, 0)
            elif each.type == DATA and each.payload and self._replenish:
                reply += window_update(0, len(each.payload))
                if not each.ends_stream:
                    reply += window_update(each.stream, len(each.payload))
        if reply:
            threading.Thread(target=self._reply, args=(reply,), daemon=True).start()
        with self._changed:
            self._frames += came
            self._changed.notify_all()

    def _reply(self, data: bytes) -> None:
        if self._begun.wait(self.timeout):
            self.send(data)

"""A connection of HTTP/2 for tests that were written for one of HTTP/1.1: requests leave and answers
come in the same words, so that a test need not know which it is."""

import dataclasses
import ssl
from collections import deque
from collections.abc import Iterable

from support.http1 import Answer, Conversation, Headers
from support.http2 import (
    DATA,
    END_STREAM,
    HEADERS,
    INITIAL_WINDOW,
    LARGEST,
    RST_STREAM,
    Frame,
    Http2,
    frame,
    rst_stream,
    window_update,
)

WIDE = (1 << 31) - 1
# What HTTP/2 says otherwise, or not at all.
OWN_WORDS = {"host", "connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"}


@dataclasses.dataclass
class Stream:
    number: int
    head: bool
    status: int = 0
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    interim: list[int] = dataclasses.field(default_factory=list)
    body: bytearray = dataclasses.field(default_factory=bytearray)
    received: int = 0
    ended: bool = False  # by the server, in whatever way
    whole: bool = False  # with its last byte

    def take_in(self, each: Frame) -> None:
        if each.type == HEADERS:
            fields = each.fields or []
            status = int(dict(fields)[":status"])
            if status < 200:
                self.interim.append(status)
                return
            self.status = status
            self.headers = [field for field in fields if not field[0].startswith(":")]
        elif each.type == DATA:
            self.body += each.payload
            self.received += len(each.payload)
        if each.type == RST_STREAM:
            # Without an error after a whole answer: the rest of the request is not wanted.
            self.ended = True
        elif each.ends_stream:
            self.ended = self.whole = True


class Http2Connection(Conversation, Http2):
    """Answers are read in the order of their requests, as on a connection of HTTP/1.1."""

    def __init__(
        self,
        address: tuple[str, int],
        timeout: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ):
        self._streams: dict[int, Stream] = {}
        self._unread: deque[Stream] = deque()
        self._current: Stream | None = None
        # Windows that never shut: back-pressure is TCP's, as with HTTP/1.1.
        super().__init__(
            address, (INITIAL_WINDOW, WIDE), timeout=timeout, tls=tls, replenish=False
        )
        super().send(window_update(0, WIDE - 65535))

    # Sending.

    def send(self, data: bytes) -> bool:
        """Whole requests of HTTP/1.1 as streams; anything else as it is."""
        if b" HTTP/1.1\r\n" not in data:
            return super().send(data)
        while data:
            head, _, rest = data.partition(b"\r\n\r\n")
            line, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = line.split(" ")
            headers = [(name, value.strip()) for name, _, value in (e.partition(":") for e in lines)]
            length = int(dict((n.lower(), v) for n, v in headers).get("content-length", 0))
            self._open(method, target, headers, rest[:length])
            data = rest[length:]
        return True

    def reset(self) -> None:
        """The client wants none of the answers any more."""
        for each in list(self._streams.values()):
            if not each.ended:
                super().send(rst_stream(each.number))
        self.barrier()
        self.close()

    # Reading.

    def read_head(self, head: bool = False) -> Answer | None:
        """The next answer up to its body; None when the connection ended cleanly before it."""
        stream = self._unread.popleft()
        self._current = stream
        with self._changed:
            self._changed.wait_for(
                lambda: stream.status or stream.ended or self._closed, self.timeout
            )
        if not stream.status:
            if stream.ended or self._closed:
                return None
            raise TimeoutError("no answer in time")
        answer = Answer(stream.status, "", list(stream.headers), "length", interim=stream.interim)
        if stream.status in (204, 304) or stream.head or head:
            answer.framing = "none"
        elif answer.length is None:
            answer.framing = "chunked"
        return answer

    def chunks_of(self, answer: Answer) -> Iterable[bytes]:
        """The body in pieces as they come; sets answer.complete at its end."""
        if answer.framing == "none":
            return
        stream = self._current
        assert stream is not None
        answer.complete = False
        while piece := self.take(1 << 18):
            yield piece
        answer.complete = stream.whole and answer.length in (None, stream.received)

    def take(self, most: int) -> bytes:
        """Up to `most` bytes of the body; empty at its end."""
        stream = self._reading()
        self._wait_for_body(stream, lambda: bool(stream.body))
        with self._changed:
            taken = bytes(stream.body[:most])
            del stream.body[:most]
        return taken

    def read_until(self, mark: bytes) -> bytes | None:
        """Of the body, up to and with `mark`; None when it ends before."""
        stream = self._reading()
        self._wait_for_body(stream, lambda: mark in stream.body)
        with self._changed:
            at = stream.body.find(mark)
            if at < 0:
                return None
            found = bytes(stream.body[: at + len(mark)])
            del stream.body[: at + len(mark)]
        return found

    def read_rest(self) -> bytes:
        """What is left of the body, or of all of them."""
        rest = b""
        while self._current is not None or self._unread:
            while piece := self.take(1 << 18):
                rest += piece
            self._current = None
        return rest

    def is_closed_by_peer(self, within: float = 10.0) -> bool:
        return self.is_closed_by_server(within)

    @property
    def ended(self) -> bool:
        return self._closed

    # Underneath.

    def _open(self, method: str, target: str, headers: Headers, body: bytes) -> None:
        fields = [(n.lower().encode(), v.encode("latin-1")) for n, v in headers]
        host = next((value for name, value in fields if name == b"host"), b"client.test")
        passed = [field for field in fields if field[0].decode() not in OWN_WORDS]
        stream = Stream(self._next_stream, method == "HEAD")
        with self._changed:
            self._streams[stream.number] = stream
        self._unread.append(stream)
        pseudo = [
            (b":method", method.encode()),
            (b":scheme", self._scheme.encode()),
            (b":path", target.encode("latin-1")),
            (b":authority", host),
        ]
        self._next_stream += 2
        super().send(self.opening(stream.number, self._encoder.encode([*pseudo, *passed]), not body))
        while body:
            piece, body = body[:LARGEST], body[LARGEST:]
            super().send(frame(DATA, 0 if body else END_STREAM, stream.number, piece))

    def _reading(self) -> Stream:
        if self._current is None:
            assert self._unread, "nothing has been asked for"
            self._current = self._unread.popleft()
        return self._current

    def _wait_for_body(self, stream: Stream, holds) -> None:
        with self._changed:
            if not self._changed.wait_for(
                lambda: holds() or stream.ended or self._closed, self.timeout
            ):
                raise TimeoutError("no byte in time")

    def _take(self, came: list[Frame]) -> None:
        super()._take(came)
        with self._changed:
            for each in came:
                if each.stream in self._streams and each.type in (HEADERS, DATA, RST_STREAM):
                    self._streams[each.stream].take_in(each)
            self._changed.notify_all()

"""A TLS connection that one thread reads while others write, which ssl.SSLSocket does not allow."""

import socket
import ssl
import threading

RECORD = 1 << 16


class TlsSocket:
    """What a socket of `context` would be; `transport` is its own from now on.

    What is written leaves in order: a writer holds `_writing` until its records are with the kernel.
    The state of the session has a lock of its own, so that a writer that waits for the peer does not
    stop the reading.
    """

    def __init__(self, transport: socket.socket, context: ssl.SSLContext, server_name: str):
        self._transport = transport
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._state = threading.Lock()
        self._writing = threading.Lock()
        self._shake_hands()

    @property
    def protocol(self) -> str | None:
        """What was agreed on by ALPN."""
        return self._session.selected_alpn_protocol()

    @property
    def certificate(self) -> bytes | None:
        """The peer's, as DER."""
        return self._session.getpeercert(binary_form=True)

    def recv(self, size: int) -> bytes:
        """Empty at the end, in order or not."""
        while True:
            with self._state:
                try:
                    return self._session.read(size)
                except ssl.SSLWantReadError:
                    pass
            if not self._take_in():
                return b""

    def sendall(self, data: bytes) -> None:
        with self._writing:
            with self._state:
                self._session.write(data)
            self._put_out()

    def shutdown(self, how: int) -> None:
        """Of the transport: without a word of TLS."""
        self._transport.shutdown(how)

    def settimeout(self, seconds: float | None) -> None:
        self._transport.settimeout(seconds)

    def close(self) -> None:
        self._transport.close()

    def _shake_hands(self) -> None:
        while True:
            try:
                self._session.do_handshake()
                self._put_out()
                return
            except ssl.SSLWantReadError:
                self._put_out()
                if not self._take_in():
                    raise ConnectionResetError("the connection ended inside the handshake") from None

    def _take_in(self) -> bool:
        data = self._transport.recv(RECORD)
        with self._state:
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()
        return bool(data)

    def _put_out(self) -> None:
        with self._state:
            data = self._outgoing.read()
        if data:
            self._transport.sendall(data)

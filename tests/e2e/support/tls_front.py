"""TLS in front of a scripted origin: what is behind an https endpoint."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import trustme


class TlsFront:
    """Ends TLS on a free port and passes the bytes on to `target_port`; `certificate` is how it
    differs from an ordinary one."""

    def __init__(self, authority: trustme.CA, name: str, target_port: int, **certificate: Any):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name, **certificate).configure_cert(self._context)
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        # Without it the connection ends like one that an attacker cut: no close_notify.
        self.says_goodbye = True
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            secured = self._context.wrap_socket(client, server_side=True)
            origin = socket.create_connection(("127.0.0.1", self._target_port))
            threading.Thread(target=self._pass, args=(secured, origin), daemon=True).start()
            while data := origin.recv(65536):
                secured.sendall(data)
            if self.says_goodbye:
                secured.unwrap()
            else:
                socket.socket.shutdown(secured, socket.SHUT_RDWR)

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def tls_front(
    authority: trustme.CA, name: str, target_port: int, **certificate: Any
) -> Iterator[TlsFront]:
    front = TlsFront(authority, name, target_port, **certificate)
    try:
        yield front
    finally:
        front.close()

"""TLS in front of a scripted origin: what is behind an https endpoint."""

import contextlib
import select
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
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.sni_callback = self._named
        authority.issue_cert(name, **certificate).configure_cert(self.context)
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        # Without it the connection ends like one that an attacker cut: no close_notify.
        self.says_goodbye = True
        # What its clients asked for and got, a connection each.
        self.server_names: list[str | None] = []
        self.resumed: list[bool] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _named(self, _: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        self.server_names.append(name)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            secured = self.context.wrap_socket(client, server_side=True)
            self.resumed.append(bool(secured.session_reused))
            origin = socket.create_connection(("127.0.0.1", self._target_port))
            self._pass(secured, origin)
            if self.says_goodbye:
                secured.unwrap()
            else:
                socket.socket.shutdown(secured, socket.SHUT_RDWR)

    @staticmethod
    def _pass(secured: ssl.SSLSocket, origin: socket.socket) -> None:
        """Both ways until the origin ends. In one thread: two must not use one TLS session at once."""
        watched = [secured, origin]
        while True:
            readable = [secured] if secured.pending() else select.select(watched, [], [])[0]
            if secured in readable:
                if data := secured.recv(65536):
                    origin.sendall(data)
                else:
                    watched.remove(secured)
                    origin.shutdown(socket.SHUT_WR)
            if origin in readable:
                if not (data := origin.recv(65536)):
                    return
                secured.sendall(data)


@contextlib.contextmanager
def tls_front(authority: trustme.CA, name: str, target_port: int, **options) -> Iterator[TlsFront]:
    front = TlsFront(authority, name, target_port, **options)
    try:
        yield front
    finally:
        front.close()

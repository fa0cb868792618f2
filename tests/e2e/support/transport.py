"""How clients reach a proxy: in clear text, or over TLS with an authority of the tests' own."""

import dataclasses

from support.configuration import Block
from support.http2 import Http2
from support.proxy import Proxy
from support.tls import Identity


@dataclasses.dataclass
class Transport:
    identity: Identity | None  # None: clear text

    @property
    def server(self) -> Block:
        """What the `server` block has for it."""
        return {} if self.identity is None else {"tls": self.identity.block}

    def url(self, proxy: Proxy, path: str) -> str:
        return f"{'http' if self.identity is None else 'https'}://127.0.0.1:{proxy.port}{path}"

    def http2(self, proxy: Proxy, *entries: tuple[int, int], **options) -> Http2:
        """A connection of HTTP/2, by prior knowledge or by ALPN."""
        tls = None if self.identity is None else self.identity.client(protocols=["h2"])
        return Http2(proxy.address, *entries, tls=tls, **options)

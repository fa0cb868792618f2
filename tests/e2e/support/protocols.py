"""What clients speak with a proxy: HTTP/1.1 or HTTP/2, in clear text or over TLS."""

import dataclasses
import ssl

from support.configuration import Block
from support.tls import Identity

# Whether it is HTTP/2, and whether it is over TLS.
PROTOCOLS = {
    "h1": (False, False),
    "h2c": (True, False),
    "h1+tls": (False, True),
    "h2+tls": (True, True),
}


@dataclasses.dataclass(frozen=True)
class Protocol:
    http2: bool = False
    identity: Identity | None = None  # the proxy's; None: clear text

    @property
    def logged(self) -> str:
        """As `protocol` in the access line."""
        return "HTTP/2" if self.http2 else "HTTP/1.1"

    def applied_to(self, configuration: Block) -> Block:
        """The configuration with what the protocol needs of it."""
        if self.identity is None:
            return configuration
        server = {**configuration.get("server", {}), "tls": self.identity.block}
        return {**configuration, "server": server}

    def client(self) -> ssl.SSLContext | None:
        """How its clients speak TLS, when they do."""
        if self.identity is None:
            return None
        return self.identity.client(protocols=["h2" if self.http2 else "http/1.1"])


H1 = Protocol()

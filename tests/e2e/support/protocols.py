"""What clients speak with a proxy: HTTP/1.1 or HTTP/2, in clear text or over TLS."""

import dataclasses
import functools
import pathlib
import tempfile

from support.configuration import Block
from support.tls import Identity


@dataclasses.dataclass(frozen=True)
class Protocol:
    name: str
    http2: bool
    tls: bool

    @property
    def logged(self) -> str:
        """As `protocol` in the access line."""
        return "HTTP/2" if self.http2 else "HTTP/1.1"

    def applied_to(self, configuration: Block) -> Block:
        """The configuration with what the protocol needs of it."""
        if not self.tls:
            return configuration
        server = {**configuration.get("server", {}), "tls": identity().block}
        return {**configuration, "server": server}


H1 = Protocol("h1", http2=False, tls=False)
PROTOCOLS = {
    each.name: each
    for each in (
        H1,
        Protocol("h2c", http2=True, tls=False),
        Protocol("h1+tls", http2=False, tls=True),
        Protocol("h2+tls", http2=True, tls=True),
    )
}


@functools.cache
def identity() -> Identity:
    """One for all proxies of the process."""
    return Identity(pathlib.Path(tempfile.mkdtemp()), "localhost", "127.0.0.1")

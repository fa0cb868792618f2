"""Slow, cut and reset links: toxiproxy, driven through its HTTP API."""

import dataclasses
import json
import secrets
import urllib.error
import urllib.request

from support import places
from support.process import Process, free_port, wait_for_port


@dataclasses.dataclass
class Link:
    """A TCP link to an upstream, listening on `port`, that can be poisoned."""

    server: "Toxiproxy"
    name: str
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def poison(self, kind: str, stream: str = "downstream", **attributes: int) -> None:
        """Adds a toxic to what the upstream sends (downstream) or receives (upstream)."""
        toxic = {"type": kind, "stream": stream, "toxicity": 1.0, "attributes": attributes}
        self.server.call("POST", f"/proxies/{self.name}/toxics", toxic)

    def cure(self) -> None:
        for toxic in self.server.call("GET", f"/proxies/{self.name}/toxics"):
            self.server.call("DELETE", f"/proxies/{self.name}/toxics/{toxic['name']}")

    def enable(self, enabled: bool) -> None:
        self.server.call("POST", f"/proxies/{self.name}", {"enabled": enabled})

    def remove(self) -> None:
        self.server.call("DELETE", f"/proxies/{self.name}")


class Toxiproxy:
    def __init__(self) -> None:
        self._port = free_port()
        self._process = Process(
            [places.tool("toxiproxy-server"), "-host", "127.0.0.1", "-port", str(self._port)],
            {"LOG_LEVEL": "error"},
        )
        wait_for_port(self._process, self._port, "toxiproxy")

    def link(self, upstream: str) -> Link:
        """A new link to `upstream` ("host:port")."""
        name = f"link-{secrets.token_hex(4)}"
        made = self.call(
            "POST", "/proxies", {"name": name, "listen": "127.0.0.1:0", "upstream": upstream}
        )
        return Link(self, name, int(made["listen"].rpartition(":")[2]))

    def end(self) -> None:
        self._process.kill()

    def call(self, method: str, path: str, body: object = None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"toxiproxy {method} {path}: {error.read()!r}") from error
        return json.loads(text) if text else None

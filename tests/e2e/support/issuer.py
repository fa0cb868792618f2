"""An identity provider's JWK set: served as such servers do, or badly on command."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator

import trustme

from support import answers, waiting
from support.origin import Exchange, Origin, Request, Script, say
from support.tls_front import tls_front
from support.tokens import Jwk, Key

PATH = "/realm/certs"


class Issuer:
    """Serves a JWK set with an entity-tag and answers 304 to those who have it.

    `script` replaces the answer while it is set; `cache_control` goes with each that is not
    replaced. refuse() and listen() take the server down and up again.
    """

    def __init__(self, *keys: Key | Jwk):
        self.script: Script | None = None
        self.cache_control: str | None = None
        self._lock = threading.Lock()
        self._body = b""
        self._gate = threading.Event()
        self._gate.set()
        self._origin = Origin(self._answer)
        self.publish(*keys)

    # What the proxy is told.

    @property
    def port(self) -> int:
        return self._origin.port

    @property
    def url(self) -> str:
        return self._origin.endpoint + PATH

    # What the tests ask.

    @property
    def requests(self) -> list[Request]:
        return self._origin.requests

    @property
    def fetches(self) -> int:
        return len(self.requests)

    def wait_for_fetches(self, number: int, within: float = 20.0) -> None:
        waiting.eventually(
            lambda: self.fetches >= number, f"{number} fetches of the JWK set", within
        )

    # What it does.

    def publish(self, *keys: Key | Jwk) -> None:
        """Rotation: from now on the set has these keys."""
        entries = [key.jwk() if isinstance(key, Key) else key for key in keys]
        with self._lock:
            self._body = json.dumps({"keys": entries}).encode()

    def hold(self) -> None:
        """Answers wait for release()."""
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    def refuse(self) -> None:
        self._origin.refuse()

    def listen(self) -> None:
        self._origin.listen()

    def end(self) -> None:
        self.release()
        self._origin.end()

    def _answer(self, exchange: Exchange) -> None:
        self._gate.wait(60)
        script = self.script or self._say_keys
        script(exchange)

    def _say_keys(self, exchange: Exchange) -> None:
        with self._lock:
            body = self._body
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = [("Date", answers.DATE), ("ETag", tag)]
        if self.cache_control is not None:
            headers.append(("Cache-Control", self.cache_control))
        if exchange.request.header("If-None-Match") == tag:
            exchange.send(answers.raw("HTTP/1.1 304 Not Modified", headers))
            return
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        exchange.send(answers.raw("HTTP/1.1 200 OK", headers, body))


# Bad answers, for `script`.


def body(data: bytes) -> Script:
    """Any body, with 200."""
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    return say(answers.raw("HTTP/1.1 200 OK", headers, data))


def garbage() -> Script:
    return body(b"<html>the marker of the body: try again later</html>")


def huge(megabytes: int = 8) -> Script:
    """A JWK set in form, with a member that fills it."""
    return body(b'{"keys":[],"filler":"' + b"x" * (megabytes * 1_000_000) + b'"}')


def endless(exchange: Exchange) -> None:
    """A chunked body without an end."""
    exchange.send(answers.raw("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")]))
    while not exchange.ended:
        exchange.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def dripping(exchange: Exchange) -> None:
    """A byte of the head every 100 ms: a peer that is never silent for long, and never done."""
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not exchange.ended and not exchange.wait_for_close(within=0.1):
        exchange.send(b"x")


def cut(exchange: Exchange) -> None:
    """Half of what was promised."""
    exchange.send(answers.raw("HTTP/1.1 200 OK", [("Content-Length", "40")], b'{"keys":['))
    exchange.close()


def redirect(location: str, status: str = "302 Found") -> Script:
    return say(answers.bodiless(status, [("Location", location)]))


def status(line: str) -> Script:
    return say(answers.bodiless(line))


@contextlib.contextmanager
def over_tls(issuer: Issuer, authority: trustme.CA, name: str = "localhost") -> Iterator[str]:
    """The issuer's https URL, with a certificate of that authority for `name`."""
    with tls_front(authority, name, issuer.port) as front:
        yield f"https://localhost:{front.port}{PATH}"

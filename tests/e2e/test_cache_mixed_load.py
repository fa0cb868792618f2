"""Everything at once: whatever origin and clients do, a whole body is one that the origin meant."""

import collections
import random
import threading
import time

import pytest

from support import answers, bodies, checksums
from support.configuration import cached_document

pytestmark = pytest.mark.http1  # Sockets of its own.

SECONDS = 8
KEYS = 12
LANGUAGES = ("de", "en")
LIMIT = 1_000_000
SIZES = (0, 1, 500, 70_000, 400_000, LIMIT, LIMIT + 1, 2_500_000)
_BYTES = bodies.body(3_000_000)


def content(key: int, version: int, language: str) -> bytes:
    size = SIZES[(key + version) % len(SIZES)]
    start = key * 1000 + version * 7 + len(language) * 13 + (language == "de")
    return _BYTES[start : start + size]


def tag(key: int, version: int, language: str) -> str:
    return f'"{key}-{version}-{language}"'


CONTROLS = (
    *["max-age=0"] * 4,
    *["max-age=1"] * 2,
    *["max-age=0, stale-while-revalidate=600"] * 4,
    *["max-age=0, stale-if-error=600"] * 4,
    *["no-cache"] * 4,
    *["s-maxage=0"] * 2,
    "no-store",
)


class Store:
    """An origin whose objects change, and that has bad days."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(5)
        self._versions = collections.Counter()

    def __call__(self, exchange) -> None:
        with self._lock:
            roll, control = self._random.random(), self._random.choice(CONTROLS)
            share = self._random.random()
            key = int(exchange.request.target.rpartition("/")[2])
            if self._random.random() < 0.1:
                self._versions[key] += 1
            version = self._versions[key]
        varies = key % 3 == 0
        language = exchange.request.header("Accept-Language") or "none"
        if not varies:
            language = "all"
        body, etag = content(key, version, language), tag(key, version, language)
        fields = [("ETag", etag), ("Cache-Control", control), ("Date", answers.date())]
        fields += [("Vary", "Accept-Language")] if varies else []
        if roll < 0.01:
            exchange.send(answers.error("404 Not Found", "NoSuchKey"))
        elif roll < 0.08:
            exchange.send(answers.error("503 Slow Down", "SlowDown"))
        elif roll < 0.10:
            exchange.reset()
        elif exchange.request.header("If-None-Match") == etag:
            exchange.send(answers.raw("HTTP/1.1 304 Not Modified", fields))
        elif exchange.request.method == "HEAD":
            exchange.send(answers.ok(b"", [*fields, ("Content-Length", str(len(body)))]))
        else:
            self._send_body(exchange, body, fields, roll, share)

    @staticmethod
    def _send_body(exchange, body, fields, roll, share) -> None:
        fields = [*fields, checksums.field("CRC32", body)]
        if roll < 0.4:
            pieces = [body[at : at + 90_001] for at in range(0, len(body), 90_001)]
            head = answers.raw("HTTP/1.1 200 OK", [*fields, ("Transfer-Encoding", "chunked")])
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
            whole = head + chunks + b"0\r\n\r\n"
        else:
            whole = answers.ok(body, fields)
        if roll < 0.2:  # Spoilt, or cut anywhere.
            at = int(len(whole) * share)
            if roll < 0.14 and at > whole.index(b"\r\n\r\n") + 20:
                whole = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
                exchange.send(whole)
            else:
                exchange.send(whole[:at])
            exchange.reset() if roll < 0.17 else exchange.close()
            return
        half = int(len(whole) * share)
        exchange.send(whole[:half])
        time.sleep(share * 0.02)  # A slow origin, that clients meet in the middle.
        exchange.send(whole[half:])


class Client:
    def __init__(self, proxy, seed: int, until: float):
        self._proxy = proxy
        self._random = random.Random(seed)
        self._until = until
        self.wrong: list[str] = []
        self.told: collections.Counter = collections.Counter()

    def run(self) -> None:
        try:
            while time.monotonic() < self._until and not self.wrong:
                self._visit()
        except Exception as error:  # told by the test
            self.wrong.append(repr(error))

    def _visit(self) -> None:
        small = self._random.random() < 0.2
        with self._proxy.connect(timeout=30, receive_buffer=4096 if small else 0) as connection:
            for _ in range(self._random.randrange(1, 6)):
                if not self._ask(connection):
                    return

    def _ask(self, connection) -> bool:
        roll = self._random
        key, language = roll.randrange(KEYS), roll.choice(LANGUAGES)
        method = "HEAD" if roll.random() < 0.1 else "GET"
        fields = [f"Accept-Language: {language}", "Host: a.test"]
        condition = roll.random()
        if condition < 0.1:
            fields.append("If-None-Match: *")
        elif condition < 0.2:
            fields.append(f"If-None-Match: {tag(key, roll.randrange(20), 'all')}")
        elif condition < 0.25:
            fields.append("Cache-Control: no-store")
        version = "1.0" if roll.random() < 0.1 else "1.1"
        lines = "\r\n".join([f"{method} /files/{key} HTTP/{version}", *fields])
        connection.send(f"{lines}\r\n\r\n".encode())
        if roll.random() < 0.05:
            connection.reset()
            return False
        answer = connection.read_head(method == "HEAD")
        if answer is None:
            return False
        if answer.framing != "none" and answer.length != 0 and roll.random() < 0.05:
            connection.take(1000)
            connection.reset()
            return False
        try:
            body = b"".join(connection.chunks_of(answer))
            if answer.framing == "close":  # Was it a reset? Then nothing looks whole.
                return False
        except OSError:
            return False
        self.told[f"{answer.status} {answer.header('X-Cache')}"] += 1
        self._check(answer, body, key, language, method)
        return answer.complete and version == "1.1" and answer.header("Connection") != "close"

    def _check(self, answer, body, key, language, method) -> None:
        if answer.status == 200:
            at, version, made_for = answer.header("ETag").strip('"').split("-")
            expected = content(key, int(version), made_for)
            if int(at) != key or made_for not in ("all", language):
                self.wrong.append(f"{answer.header('ETag')} for {key} {language}")
            elif method == "HEAD":
                if answer.length not in (None, len(expected)):
                    self.wrong.append(f"HEAD says {answer.length}, not {len(expected)}")
            elif answer.complete and body != expected:
                self.wrong.append(f"another body of {len(body)} for {answer.headers}")
            elif not answer.complete and not expected.startswith(body):
                # What is spoilt may reach a client that sees it cut.
                self.told["cut"] += 1
        elif answer.status not in (304, 404, 502, 503, 504):
            self.wrong.append(f"status {answer.status}")


@pytest.mark.slow
def test_a_whole_body_is_always_the_one_that_its_etag_names(serve, origin):
    origin.script = Store()
    proxy = serve(
        cached_document(
            origin,
            {"memory": {"max_size": "6MiB", "max_object_size": LIMIT}},
            forward_request_headers=["Accept-Language"],
        )
    )
    until = time.monotonic() + SECONDS
    clients = [Client(proxy, seed, until) for seed in range(24)]
    threads = [threading.Thread(target=client.run) for client in clients]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not [thread for thread in threads if thread.is_alive()], "a client waits for ever"
    assert not [wrong for client in clients for wrong in client.wrong]
    told = sum((client.told for client in clients), collections.Counter())
    for outcome in ("200 HIT", "200 MISS", "200 STALE", "200 REVALIDATED", "304 HIT"):
        assert told[outcome], told

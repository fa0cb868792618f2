"""Clients of HTTP/2 that others wrote, in clear text and over TLS: whole objects, ranges, errors."""

import hashlib
import json
import os
import pathlib

import httpx
import pytest

from support import answers, bodies
from support.configuration import CACHE, document, origin_bucket, store_bucket
from support.origin import say
from support.programs import run_program
from support.proxy import Proxy

pytestmark = pytest.mark.http1  # Clients of its own.

NODE_CLIENT = pathlib.Path(__file__).parent / "clients/http2.mjs"
BIG = 30_000_000
# A frame's and a window's length, and what is beside them.
SIZES = [0, 1, 16_384, 16_385, 65_535, 65_536, 1_000_000, BIG]


@pytest.fixture(scope="module")
def bucket(one_store) -> str:
    """Objects of the test pattern, by their sizes."""
    name = one_store.make_bucket()
    for size in SIZES:
        one_store.client().put_object(Bucket=name, Key=str(size), Body=bodies.body(size))
    return name


@pytest.fixture
def proxy(serve, one_store, bucket, transport) -> Proxy:
    return serve(document(store_bucket(one_store, bucket), cache=CACHE, server=transport.server))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def part_digest(size: int, first: int, last: int) -> str:
    return sha256(bodies.body(size)[first : last + 1])


def protocols_of(proxy: Proxy, requests: int) -> set[str]:
    """Of the access log, once it has that many lines."""
    proxy.wait_for_line(lambda _: len(proxy.access_lines()) >= requests, f"{requests} lines")
    lines = proxy.access_lines()
    assert len(lines) == requests
    return {line["protocol"] for line in lines}


class Curl:
    def __init__(self, transport, proxy: Proxy):
        self._trust = ["--cacert", transport.identity.ca_file] if transport.identity else []
        self._transport = transport
        self._proxy = proxy

    def __call__(self, *options: str, path: str) -> tuple[str, str, bytes]:
        """Status, version, body."""
        url = self._transport.url(self._proxy, path)
        written = "\\n%{http_code} %{http_version}"
        printed = run_program("curl", "-sS", *self._trust, *options, "-w", written, url)
        body, _, last = printed.rpartition(b"\n")
        status, version = last.decode().split()
        return status, version, body


@pytest.fixture
def curl(transport, proxy) -> Curl:
    return Curl(transport, proxy)


def best_of(transport) -> str:
    """What makes curl speak HTTP/2."""
    return "--http2" if transport.identity else "--http2-prior-knowledge"


def test_curl_gets_every_size_a_range_and_an_error(curl, transport, proxy):
    h2 = best_of(transport)
    for size in SIZES:
        status, version, body = curl(h2, path=f"/files/{size}")
        assert (status, version, sha256(body)) == ("200", "2", bodies.digest(size)), size
    status, _, body = curl(h2, "--range", "1000-2999", path=f"/files/{BIG}")
    assert (status, sha256(body)) == ("206", part_digest(BIG, 1000, 2999))
    status, _, body = curl(h2, path="/files/absent")
    assert (status, json.loads(body)["error"]) == ("404", "not_found")
    status, _, body = curl(h2, "--head", path=f"/files/{BIG}")
    assert status == "200"
    assert f"content-length: {BIG}".encode() in body
    assert protocols_of(proxy, len(SIZES) + 3) == {"HTTP/2"}


def test_curl_that_would_like_http2_gets_what_the_transport_has(curl, transport):
    """In clear text that is an Upgrade, which RFC 9113 no longer has and nobody need follow."""
    status, version, body = curl("--http2", path="/files/65536")

    assert (status, sha256(body)) == ("200", bodies.digest(65_536))
    assert version == ("2" if transport.identity else "1.1")
    assert curl("--http1.1", path="/files/65536")[:2] == ("200", "1.1")


def test_nghttp_gets_an_object_and_multiplexes(transport, proxy):
    environment = dict(os.environ)
    if transport.identity:
        environment["SSL_CERT_FILE"] = transport.identity.ca_file

    whole = run_program("nghttp", transport.url(proxy, "/files/1000000"), environment=environment)
    urls = [transport.url(proxy, f"/files/{size}") for size in (1, 16_385, 65_536)]
    table = run_program("nghttp", "-n", "-s", "-m", "30", *urls, environment=environment).decode()

    assert sha256(whole) == bodies.digest(1_000_000)
    rows = [row.split() for row in table.splitlines() if "/files/" in row]
    assert len(rows) == 90
    assert {row[-3] for row in rows} == {"200"}
    assert protocols_of(proxy, 91) == {"HTTP/2"}


def test_httpx_gets_every_size_a_range_and_an_error(transport, proxy):
    trust = transport.identity.client() if transport.identity else True
    base = transport.url(proxy, "")
    with httpx.Client(http1=False, http2=True, base_url=base, verify=trust, timeout=60) as client:
        for size in SIZES:
            answer = client.get(f"/files/{size}")
            assert (answer.status_code, answer.http_version) == (200, "HTTP/2")
            assert sha256(answer.content) == bodies.digest(size), size
        part = client.get(f"/files/{BIG}", headers={"range": "bytes=-500"})
        assert (part.status_code, sha256(part.content)) == (206, part_digest(BIG, BIG - 500, BIG - 1))
        assert client.get("/files/absent").json()["error"] == "not_found"
        assert client.head(f"/files/{BIG}").headers["content-length"] == str(BIG)
    assert protocols_of(proxy, len(SIZES) + 3) == {"HTTP/2"}


def ask_by_node(transport, proxy: Proxy, requests: list[dict]) -> list[dict]:
    trust = [transport.identity.ca_file] if transport.identity else []
    command = ["node", NODE_CLIENT, transport.url(proxy, ""), *trust]
    said = json.loads(run_program(*command, stdin=json.dumps(requests).encode()))
    assert said["protocol"] == ("h2" if transport.identity else "h2c")
    assert len(said["answers"]) == len(requests)
    return said["answers"]


def test_node_gets_every_size_a_range_and_an_error(transport, proxy):
    path = f"/files/{BIG}"
    *whole, part, absent, head, beyond = ask_by_node(
        transport,
        proxy,
        [
            *({"path": f"/files/{size}"} for size in SIZES),
            {"path": path, "headers": {"range": "bytes=7-20000006"}},
            {"path": "/files/absent"},
            {"path": path, "method": "HEAD"},
            {"path": path, "headers": {"range": f"bytes={BIG}-"}},
        ],
    )

    for size, answer in zip(SIZES, whole, strict=True):
        assert (answer["status"], answer["bytes"]) == (200, size)
        assert answer["sha256"] == bodies.digest(size)
        assert "error" not in answer
    assert (part["status"], part["sha256"]) == (206, part_digest(BIG, 7, 20_000_006))
    assert part["headers"]["content-range"] == f"bytes 7-20000006/{BIG}"
    assert (absent["status"], absent["headers"]["content-type"]) == (404, "application/json")
    assert (head["status"], head["bytes"]) == (200, 0)
    assert head["headers"]["content-length"] == str(BIG)
    assert beyond["status"] == 416
    assert protocols_of(proxy, len(SIZES) + 4) == {"HTTP/2"}


def test_node_gets_many_streams_of_one_connection_at_once(transport, proxy):
    """More than the server lets it open: the rest waits its turn in the client."""
    sizes = [SIZES[n % 7] for n in range(700)]

    got = ask_by_node(transport, proxy, [{"path": f"/files/{size}"} for size in sizes])

    digests = {size: bodies.digest(size) for size in SIZES}
    assert [answer["sha256"] for answer in got] == [digests[size] for size in sizes]
    assert {answer["status"] for answer in got} == {200}


@pytest.mark.parametrize("path", ["/files/key", "/health/live"])
def test_h2load_sees_no_failure_in_a_hundred_thousand(serve, origin, transport, path):
    origin.script = say(answers.cacheable(b"x" * 1024))
    proxy = serve(
        document(
            origin_bucket(origin),
            cache=CACHE,
            logging={"access_log": False},
            server=transport.server,
        )
    )
    command = ["h2load", "-n", "100000", "-c", "50", "-m", "32", transport.url(proxy, path)]

    report = run_program(*command).decode()

    assert "100000 succeeded, 0 failed, 0 errored, 0 timeout" in report
    assert "100000 2xx" in report
    assert f"Application protocol: {'h2' if transport.identity else 'h2c'}" in report

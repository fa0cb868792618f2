"""What reaches the client: the headers that describe the object, and those the proxy adds."""

import gzip
import re

import pytest

from support import answers
from support.configuration import document, origin_bucket
from support.origin import say

PASSED = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Encoding": "gzip",
    "Content-Disposition": 'attachment; filename="ü.txt"'.encode().decode("latin-1"),
    "Content-Language": "de, en",
    "Cache-Control": "public, max-age=300",
    "Expires": "Mon, 02 Nov 2026 11:00:00 GMT",
    "ETag": '"0123456789abcdef"',
    "Last-Modified": "Sun, 01 Nov 2026 10:00:00 GMT",
    "Accept-Ranges": "bytes",
    "x-amz-meta-colour": "blue",
    "X-Amz-Meta-Upper": "Kept",
    "x-amz-version-id": "v1",
    "x-amz-checksum-sha256": "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
    "x-amz-website-redirect-location": "/elsewhere",
}
DROPPED = {
    "Server": "SecretServer",
    "x-amz-request-id": "S3REQUEST0001",
    "x-amz-id-2": "inner-host-id",
    "x-amz-storage-class": "GLACIER",
    "x-amz-server-side-encryption": "AES256",
    "x-amz-expiration": "tomorrow",
    "x-amz-bucket-region": "eu-central-1",
    "X-Minio-Deployment-Id": "inner",
    "Set-Cookie": "s3=1",
    "Strict-Transport-Security": "max-age=1",
    "Vary": "Accept-Encoding",
    "Via": "1.1 inner",
    "X-Cache": "HIT",
    "X-Request-Id": "of-the-origin",
    "Access-Control-Allow-Origin": "*",
    "Location": "http://inner.example/",
    "X-Custom": "custom",
    "Keep-Alive": "timeout=5",
}
ADDED = {"date", "x-request-id", "x-cache", "cache-status", "content-length", "accept-ranges"}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


def test_only_what_describes_the_object_is_passed(scripted, origin):
    origin.script = say(answers.ok(b"body", [*PASSED.items(), *DROPPED.items()]))

    answer = scripted.get("/files/key")

    for name, value in PASSED.items():
        assert answer.header(name) == value, name
    expected = {name.lower() for name in PASSED} | ADDED
    assert answer.names - HOP_BY_HOP == expected
    assert answer.header("X-Request-Id") != "of-the-origin"


def test_the_date_is_that_of_s3(scripted, origin):
    assert scripted.get("/files/key").header("Date") == answers.DATE


def test_a_missing_date_and_accept_ranges_are_added(scripted, origin):
    origin.script = say(answers.raw("HTTP/1.1 200 OK", [("Content-Length", "2")], b"ok"))

    answer = scripted.get("/files/key")

    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.header("Date") or "")
    assert answer.header("Accept-Ranges") == "bytes"


def test_packed_content_stays_packed_whatever_the_client_accepts(scripted, origin):
    packed = gzip.compress(b"text" * 1000)
    origin.script = say(answers.ok(packed, [("Content-Encoding", "gzip")]))

    answer = scripted.get("/files/key", [("Accept-Encoding", "br;q=1.0, identity")])

    assert (answer.body, answer.header("Content-Encoding")) == (packed, "gzip")


@pytest.mark.parametrize("sane", ["abc-123_X.y", "0b2c8f0e-92a8-4c0e-8d1f-0d9a6a1f4b11", "A" * 36])
def test_a_sane_request_id_is_kept(scripted, sane):
    assert scripted.get("/files/key", [("X-Request-Id", sane)]).header("X-Request-Id") == sane


@pytest.mark.parametrize(
    "odd", ["x" * 2000, 'has "quotes" and spaces', "\xfc\xf1\xee", "<script>", ""]
)
def test_an_odd_request_id_is_replaced(scripted, odd):
    made = scripted.get("/files/key", [("X-Request-Id", odd)]).header("X-Request-Id")

    assert made and made != odd and re.fullmatch(r"[\w.-]{8,128}", made)


def test_request_ids_differ(scripted):
    made = {scripted.get("/files/key").header("X-Request-Id") for _ in range(20)}

    assert len(made) == 20


def test_x_cache_is_on_every_answer_about_an_object(scripted):
    assert scripted.get("/files/key").header("X-Cache") == "BYPASS"
    assert scripted.get("/files/key", [("Range", "bytes=0-1")]).header("X-Cache") == "BYPASS"


def test_a_206_passes_its_content_range(scripted, origin):
    origin.script = say(
        answers.ok(b"ell", [("Content-Range", "bytes 1-3/5")], status="206 Partial Content")
    )

    answer = scripted.get("/files/key", [("Range", "bytes=1-3")])

    assert (answer.status, answer.body) == (206, b"ell")
    assert answer.header("Content-Range") == "bytes 1-3/5"


def test_a_416_without_content_range_gets_one_from_the_error(scripted, origin):
    size = "<ActualObjectSize>1234</ActualObjectSize><RangeRequested>bytes=5000-</RangeRequested>"
    origin.script = say(answers.error("416 Range Not Satisfiable", "InvalidRange", extra=size))

    answer = scripted.get("/files/key", [("Range", "bytes=5000-")])

    assert (answer.status, answer.header("Content-Range")) == (416, "bytes */1234")


def test_a_304_without_an_etag_gets_the_clients_back(scripted, origin):
    origin.script = say(answers.raw("HTTP/1.1 304 Not Modified", [("Date", answers.DATE)]))

    answer = scripted.get("/files/key", [("If-None-Match", '"mine"')])

    assert (answer.status, answer.header("ETag"), answer.body) == (304, '"mine"', b"")


def test_response_headers_are_set_and_removed(serve, origin):
    rules = {
        "set": {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
        "remove": ["Content-Disposition", "x-amz-meta-colour"],
    }
    proxy = serve(document(origin_bucket(origin, response_headers=rules)))
    origin.script = say(answers.ok(b"body", PASSED.items()))

    answer = proxy.get("/files/key")

    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("X-Robots-Tag") == "noindex"
    assert not answer.names & {"content-disposition", "x-amz-meta-colour"}
    assert answer.header("x-amz-version-id") == "v1"


def test_named_origin_headers_are_passed_on_request(serve, origin):
    proxy = serve(
        document(origin_bucket(origin, pass_response_headers=["X-Custom", "x-amz-storage-class"]))
    )
    origin.script = say(answers.ok(b"body", DROPPED.items()))

    answer = proxy.get("/files/key")

    assert answer.header("X-Custom") == "custom"
    assert answer.header("x-amz-storage-class") == "GLACIER"
    assert not answer.names & {"server", "set-cookie", "x-amz-id-2"}


def test_a_star_passes_every_end_to_end_header(serve, origin):
    proxy = serve(document(origin_bucket(origin, pass_response_headers=["*"])))
    hops = [("Connection", "X-Hop"), ("X-Hop", "1"), ("Proxy-Authenticate", "Basic"), ("TE", "x")]
    origin.script = say(answers.ok(b"body", [("X-Custom", "custom"), ("Server", "s"), *hops]))

    answer = proxy.get("/files/key")

    assert (answer.header("X-Custom"), answer.header("Server")) == ("custom", "s")
    assert not answer.names & {"x-hop", "proxy-authenticate", "te"}


def test_a_chunked_answer_comes_whole(scripted, origin):
    pieces = [b"one", b"two" * 1000, b"three"]
    origin.script = say(answers.chunked(pieces))

    with scripted.connect() as connection:
        first = connection.get("/files/key")
        second = connection.get("/files/key")

    assert first.body == second.body == b"".join(pieces)
    assert first.complete


@pytest.mark.http1
def test_an_http_1_0_client_gets_a_body_without_chunks(scripted, origin):
    origin.script = say(answers.chunked([b"one", b"two"]))

    with scripted.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.0\r\nHost: a.test\r\n\r\n")
        received = connection.read_rest()

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"transfer-encoding" not in head.lower()
    assert body == b"onetwo"


def test_x_cache_and_the_request_id_are_the_proxys_alone(serve, origin):
    theirs = [("X-Cache", "HIT"), ("X-Request-Id", "theirs")]
    origin.script = say(answers.ok(b"hello", theirs))
    proxy = serve(document(origin_bucket(origin, pass_response_headers=["*"])))

    answer = proxy.get("/files/key")

    assert answer.all("X-Cache") == ["BYPASS"]
    assert answer.header("X-Request-Id") not in (None, "theirs")

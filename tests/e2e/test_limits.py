"""Sizes and numbers that clients may not exceed."""

import json
import threading

import pytest

from support import answers, waiting
from support.configuration import document, origin_bucket

HOST = b"Host: a.test\r\n"


def error_of(answer) -> str:
    return json.loads(answer.body)["error"]


def test_a_head_beyond_the_limit_is_431(scripted, origin):
    answer = scripted.get("/files/key", [(f"X-{number}", "v" * 1000) for number in range(40)])

    assert (answer.status, error_of(answer)) == (431, "headers_too_large")
    assert origin.requests == []


def test_a_head_just_within_the_limit_is_answered(scripted):
    answer = scripted.get("/files/key", [(f"X-{number}", "v" * 1000) for number in range(30)])

    assert answer.status == 200


@pytest.mark.http1
def test_a_single_huge_header_is_431(scripted):
    assert scripted.get("/files/key", [("X-Huge", "v" * 1_000_000)]).status == 431


@pytest.mark.http1
def test_a_head_without_end_is_refused_without_reading_it_all(scripted):
    with scripted.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.1\r\n" + HOST)
        sent = 0
        try:
            while sent < 50_000_000:
                connection.send(b"X-More: " + b"v" * 8000 + b"\r\n")
                sent += 8010
        except OSError:
            pass
    assert sent < 50_000_000


def test_a_target_beyond_the_limit_is_414(scripted, origin):
    answer = scripted.get("/files/" + "k" * 9000)

    assert (answer.status, error_of(answer)) == (414, "uri_too_long")
    assert origin.requests == []


def test_a_target_within_the_limit_reaches_the_origin(scripted, origin):
    assert scripted.get("/files/" + "k" * 1000).status == 200

    assert origin.only_request().target == "/inner/" + "k" * 1000


@pytest.mark.http1
def test_a_target_of_a_megabyte_is_refused(scripted):
    assert scripted.get("/files/" + "k" * 1_000_000).status in (414, 431)


@pytest.mark.http1
def test_a_body_beyond_the_limit_is_413_and_the_connection_ends(scripted, origin):
    with scripted.connect() as connection:
        connection.send(
            b"GET /files/key HTTP/1.1\r\n" + HOST + b"Content-Length: 70000\r\n\r\n" + b"x" * 70_000
        )
        answer = connection.read_answer()

        assert (answer.status, error_of(answer)) == (413, "payload_too_large")
        assert connection.is_closed_by_peer()
    assert origin.requests == []


@pytest.mark.http1
def test_an_announced_gigabyte_is_refused_before_it_is_sent(scripted):
    with scripted.connect() as connection:
        connection.send(
            b"PUT /files/key HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n"
        )

        assert connection.read_answer().status in (405, 413)


@pytest.mark.http1
def test_a_body_in_endless_chunks_ends_the_connection(scripted):
    with scripted.connect() as connection:
        connection.send(
            b"GET /files/key HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
        )
        sent = 0
        try:
            while sent < 50_000_000:
                connection.send(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
                sent += 0x2000
        except OSError:
            pass
    assert sent < 50_000_000
    assert scripted.get("/files/key").status == 200


def test_a_body_within_the_limit_is_dropped_and_the_next_request_answered(scripted, origin):
    with scripted.connect() as connection:
        first = connection.request("GET", "/files/one", body=b"x" * 60_000)
        second = connection.get("/files/two")

    assert (first.status, second.status) == (200, 200)
    assert [request.target for request in origin.requests] == ["/inner/one", "/inner/two"]
    assert all("content-length" not in request.names for request in origin.requests)


@pytest.mark.http1
def test_a_chunked_body_within_the_limit_is_dropped_too(scripted):
    with scripted.connect() as connection:
        connection.send(
            b"GET /files/key HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"
        )

        assert connection.read_answer().status == 200
        assert connection.get("/files/key").status == 200


@pytest.mark.http1
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_expect_100_continue_is_answered_without_waiting(scripted, method):
    with scripted.connect(timeout=8) as connection:
        connection.send(
            f"{method} /files/key HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        # Either "100 Continue" or the final answer must come before the body does.
        head = connection.read_until(b"\r\n\r\n")
        assert head is not None
        if head.startswith(b"HTTP/1.1 100 "):
            connection.send(b"hello")
            assert connection.read_answer().status in (200, 405)
        else:
            assert int(head.split(b" ")[1]) in (200, 405, 417)


def test_an_unknown_expectation_is_417_or_ignored(scripted):
    assert scripted.get("/files/key", [("Expect", "the-unexpected")]).status in (200, 417)


class Gate:
    """An origin script that answers only once the gate is opened."""

    def __init__(self):
        self._open = threading.Event()

    def __call__(self, exchange) -> None:
        self._open.wait(60)
        exchange.send(answers.ok(b"through the gate"))

    def open(self) -> None:
        self._open.set()


def test_requests_beyond_max_requests_are_503_before_any_work(serve, origin):
    gate = Gate()
    origin.script = gate
    proxy = serve(document(origin_bucket(origin), server={"max_requests": 2}))
    held = [proxy.connect() for _ in range(2)]
    for connection in held:
        connection.send(b"GET /files/held HTTP/1.1\r\nHost: a.test\r\n\r\n")
    origin.wait_for_requests(2)

    refused = proxy.get("/files/one-too-many")

    assert (refused.status, error_of(refused)) == (503, "service_unavailable")
    assert int(refused.header("Retry-After")) >= 1
    gate.open()
    assert [connection.read_answer().status for connection in held] == [200, 200]
    assert proxy.get("/files/after").status == 200
    assert [request.target for request in origin.requests if "too-many" in request.target] == []
    for connection in held:
        connection.close()


@pytest.mark.http1
def test_connections_beyond_max_connections_wait_for_a_place(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"max_connections": 4, "threads": 1}))
    placed = [proxy.connect() for _ in range(4)]
    for connection in placed:
        assert connection.get("/files/key").status == 200
    waiting_one = proxy.connect()
    waiting_one.send(b"GET /files/waited HTTP/1.1\r\nHost: a.test\r\n\r\n")
    assert placed[0].get("/files/key").status == 200
    assert not any(request.target == "/inner/waited" for request in origin.requests)

    placed[0].close()

    assert waiting_one.read_answer().status == 200
    for connection in [*placed[1:], waiting_one]:
        connection.close()


@pytest.mark.http1
def test_many_more_clients_than_max_connections_are_all_served(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"max_connections": 8}))
    connections = [proxy.connect() for _ in range(60)]
    served = 0
    pending = list(connections)
    for connection in pending:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
    for connection in pending:
        served += connection.read_answer().status == 200
        connection.close()

    assert served == 60
    waiting.eventually(lambda: proxy.get("/files/key").status == 200, "it serves on")


@pytest.mark.http1
@pytest.mark.parametrize(
    "head",
    [
        b"HEAD /files/key HTTP/1.1\r\n" + HOST + b"Content-Length: 70000\r\n\r\n",
        b"HEAD /files/key HTTP/1.1\r\n\r\n",
    ],
    ids=["body", "no host"],
)
def test_a_head_request_that_is_refused_gets_no_body(scripted, head):
    with scripted.connect() as connection:
        connection.send(head)

        assert connection.read_answer(head=True).status in (400, 413)
        assert connection.read_rest() == b""

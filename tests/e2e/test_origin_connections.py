"""Connections to S3: kept, left alone when they are dirty, replaced when they are stale."""

import threading

import pytest

from support import answers, bodies, waiting
from support.configuration import document, origin_bucket
from support.origin import say


def test_a_connection_is_used_again(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"threads": 1}))

    with proxy.connect() as connection:
        for _ in range(20):
            assert connection.get("/files/key").status == 200

    assert len({request.connection for request in origin.requests}) == 1


def test_a_connection_that_the_origin_will_close_is_not_used_again(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"threads": 1}))
    origin.script = say(answers.ok(b"last", [("Connection", "close")]))

    with proxy.connect() as connection:
        assert connection.get("/files/key").body == b"last"
        assert connection.get("/files/key").body == b"last"

    one, two = origin.requests
    assert one.connection != two.connection


def test_a_stale_connection_closed_on_the_next_request_is_retried_once(scripted, origin):
    used = set()

    def script(exchange):
        if exchange.request.connection in used:
            exchange.close()
            return
        used.add(exchange.request.connection)
        exchange.send(answers.ok(b"fresh"))

    origin.script = script

    with scripted.connect() as connection:
        for _ in range(10):
            answer = connection.get("/files/key")
            assert (answer.status, answer.body) == (200, b"fresh")


@pytest.mark.fault("o-stale-keepalive")
def test_a_stale_connection_reset_on_the_next_request_is_retried_once(scripted, origin):
    used = set()

    def script(exchange):
        if exchange.request.connection in used:
            exchange.reset()
            return
        used.add(exchange.request.connection)
        exchange.send(answers.ok(b"fresh"))

    origin.script = script

    with scripted.connect() as connection:
        for _ in range(10):
            assert connection.get("/files/key").body == b"fresh"


def test_connections_that_the_origin_dropped_are_replaced(scripted, origin):
    for _ in range(10):
        assert scripted.get("/files/key").status == 200
        origin.drop_connections()
        waiting.eventually(lambda: origin.open_connections == 0, "the origin has no connection")


def test_no_more_connections_than_allowed_are_opened(serve, origin):
    limits = {"connections": {"max": 2, "max_idle": 2}}
    proxy = serve(document(origin_bucket(origin, s3=limits), server={"threads": 1}))
    most = 0

    def script(exchange):
        nonlocal most
        most = max(most, origin.open_connections)
        exchange.wait_for_close(0.02)
        exchange.send(answers.ok(b"one of two"))

    origin.script = script

    connections = [proxy.connect() for _ in range(10)]
    for connection in connections:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    bodies_read = [connection.read_answer().body for connection in connections]

    assert bodies_read == [b"one of two"] * 10
    assert most <= 3  # a probe may have one of its own
    for connection in connections:
        connection.close()


def endless(counter: list[int]):
    """Sends the pattern until the proxy closes; counts what the kernel took."""

    def script(exchange):
        exchange.send(answers.ok(b"", [("Content-Length", str(1 << 40))]))
        while not exchange.ended:
            for piece in bodies.pieces(1 << 20):
                for start in range(0, len(piece), 1 << 16):
                    part = piece[start : start + (1 << 16)]
                    exchange.send(part)
                    counter[0] += len(part)

    return script


@pytest.mark.fault("c-rst-mid-body")
def test_a_client_that_resets_stops_the_transfer(scripted, origin):
    origin.script = endless([0])
    connection = scripted.connect()
    connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    answer = connection.read_head()
    connection.take(100_000)

    connection.reset()

    assert origin.exchanges[-1].peer_closed.wait(20), "the transfer from the origin goes on"
    assert scripted.access_line(answer)["status"] == 200


def test_a_client_that_closes_stops_the_transfer(scripted, origin):
    origin.script = endless([0])
    connection = scripted.connect()
    connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    connection.read_head()

    connection.close()

    assert origin.exchanges[-1].peer_closed.wait(20), "the transfer from the origin goes on"


def test_a_client_that_leaves_before_the_answer_ends_the_request(serve, origin):
    proxy = serve(document(origin_bucket(origin)))
    origin.script = lambda exchange: exchange.wait_for_close()
    connection = proxy.connect()
    connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    origin.wait_for_requests(1)

    connection.reset()

    # first_byte is 15 s: the close must come from the client's leaving.
    assert origin.exchanges[-1].peer_closed.wait(8), "the request to the origin goes on"


@pytest.mark.http1
@pytest.mark.release
def test_a_client_that_does_not_read_holds_the_origin_back(scripted, origin):
    sent = [0]
    origin.script = endless(sent)
    before = scripted.memory_kib()
    connection = scripted.connect(receive_buffer=65536)
    connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    connection.read_head()

    def stands_still() -> bool:
        seen = sent[0]
        scripted.process.wait_for_change(0.5)
        return sent[0] == seen

    waiting.eventually(stands_still, "the origin is held back", within=30)
    grown = scripted.memory_kib() - before
    connection.close()

    assert sent[0] < 48 << 20, f"{sent[0]} bytes went out: more than kernel buffers hold"
    assert grown < 2048, f"grew by {grown} KiB"


def test_bytes_that_come_between_requests_are_never_an_answer(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"threads": 1}))
    delivered, forged = threading.Event(), threading.Event()

    def script(exchange):
        exchange.send(answers.ok(exchange.request.target.encode()))
        if exchange.request.target.endswith("/one"):
            delivered.wait(20)
            exchange.send(answers.ok(b"forged"))
            forged.set()

    origin.script = script

    with proxy.connect() as connection:
        assert connection.get("/files/one").body.endswith(b"/one")
        delivered.set()
        assert forged.wait(20)
        assert connection.get("/files/two").body.endswith(b"/two")

    one, two = origin.requests
    assert one.connection != two.connection


def test_a_stale_range_gives_its_connection_up_before_it_asks_again(serve, origin):
    def script(exchange):
        fields = [("ETag", '"new"')]
        if exchange.request.header("Range"):
            # A store that does not look at If-Match.
            fields += [("Content-Range", "bytes 0-199999/200001")]
            exchange.send(answers.ok(bytes(200_000), fields, "206 Partial Content"))
        else:
            exchange.send(answers.ok(b"whole", fields))

    origin.script = script
    limits = {"connections": {"max": 1}}
    proxy = serve(document(origin_bucket(origin, s3=limits), server={"threads": 1}))

    answer = proxy.get("/files/key", [("Range", "bytes=0-199999"), ("If-Range", '"old"')])

    assert (answer.status, answer.body) == (200, b"whole")

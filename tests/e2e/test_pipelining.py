"""Many requests at once on one connection."""

import pytest

from support import answers
from support.configuration import document, origin_bucket

pytestmark = pytest.mark.http1  # HTTP/1.1's own way.


def echo(exchange) -> None:
    exchange.send(answers.ok(exchange.request.target.encode()))


@pytest.mark.fault("c-huge-pipelining")
def test_a_thousand_pipelined_requests_are_answered_in_order(serve, origin):
    origin.script = echo
    proxy = serve(document(origin_bucket(origin)))
    with proxy.connect(timeout=60) as connection:
        connection.send(
            b"".join(
                f"GET /files/{number} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode()
                for number in range(1000)
            )
        )
        for number in range(1000):
            assert connection.read_answer().body == f"/inner/{number}".encode()

        assert connection.get("/files/after").body == b"/inner/after"


def test_pipelined_requests_of_all_kinds_keep_their_order(serve, origin):
    origin.script = lambda exchange: exchange.send(
        answers.bodiless("200 OK")
        if exchange.request.method == "HEAD"
        else answers.ok(exchange.request.target.encode())
    )
    proxy = serve(document(origin_bucket(origin)))
    kinds = [("GET", "/files/a", 200), ("HEAD", "/files/b", 200), ("DELETE", "/files/c", 405)]
    kinds += [("GET", "/elsewhere", 404), ("GET", "/health/live", 200), ("GET", "/files/../x", 400)]

    with proxy.connect() as connection:
        for method, path, _ in kinds:
            connection.send(f"{method} {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        got = [connection.read_answer(head=method == "HEAD").status for method, _, _ in kinds]

    assert got == [status for _, _, status in kinds]


def test_pipelined_requests_behind_a_close_are_not_run(serve, origin):
    proxy = serve(document(origin_bucket(origin)))
    with proxy.connect() as connection:
        connection.send(
            b"GET /files/a HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
            b"GET /files/b HTTP/1.1\r\nHost: a.test\r\n\r\n"
        )
        assert connection.read_answer().status == 200
        assert connection.read_rest() == b""

    assert [request.target for request in origin.requests] == ["/inner/a"]


@pytest.mark.fault("c-pipeline-abort")
def test_a_reset_in_the_middle_of_a_pipeline_leaves_nothing_running(serve, origin):
    def script(exchange):
        if exchange.request.target in ("/inner/0", "/inner/1"):
            echo(exchange)
        else:
            exchange.wait_for_close()

    origin.script = script
    proxy = serve(document(origin_bucket(origin)))
    connection = proxy.connect()
    connection.send(
        b"".join(
            f"GET /files/{number} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode() for number in range(20)
        )
    )
    assert [connection.read_answer().status for _ in range(2)] == [200, 200]
    origin.wait_for_requests(3)

    connection.reset()

    for exchange in origin.exchanges[2:]:
        assert exchange.peer_closed.wait(8), exchange.request.target
    assert len(origin.requests) < 20
    origin.script = echo
    assert proxy.get("/files/after").body == b"/inner/after"

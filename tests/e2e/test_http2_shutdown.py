"""SIGTERM and HTTP/2, in clear text and over TLS: open streams end whole, later ones are not begun."""

import threading

import pytest

from support import answers, waiting
from support.configuration import document, origin_bucket
from support.http2 import DATA, GOAWAY, Http2
from support.origin import Held, say
from support.proxy import Proxy

pytestmark = pytest.mark.http1  # Clients of its own.

HALF = 50_000


def half_an_answer() -> Held:
    return Held(b"x" * HALF, first=answers.ok(b"x" * 2 * HALF)[:-HALF])


@pytest.fixture
def start(serve, origin, transport):
    """start(script) runs a proxy in front of an origin with that script."""

    def run(script, **server) -> Proxy:
        origin.script = script
        return serve(document(origin_bucket(origin), server={**transport.server, **server}))

    return run


def wait_for_goaway(connection: Http2) -> None:
    connection.wait(lambda: any(f.type == GOAWAY for f in connection.frames), "GOAWAY")


def last_begun(connection: Http2) -> int:
    """The last stream that the server says it has begun, or may have."""
    last = [each for each in connection.frames if each.type == GOAWAY][-1]
    assert last.error == "NO_ERROR"
    return int.from_bytes(last.payload[:4])


def test_streams_in_flight_end_whole_and_later_ones_are_not_begun(start, origin, transport):
    held = half_an_answer()
    proxy = start(held)
    with transport.http2(proxy) as connection:
        streams = [connection.request("GET", f"/files/{n}") for n in range(10)]
        connection.wait(lambda: all(connection.of(s, DATA) for s in streams), "ten begun answers")

        proxy.terminate()
        wait_for_goaway(connection)
        late = connection.request("GET", "/files/late")
        assert last_begun(connection) == streams[-1] < late
        connection.barrier()
        held.go_on.set()
        for stream in streams:
            connection.wait_for_end(stream)
            assert connection.body(stream) == b"x" * 2 * HALF
            assert connection.reset_code(stream) is None

        assert connection.is_closed_by_server()
        assert connection.status(late) is None
    assert proxy.process.wait(20) == 0
    assert len(origin.requests) == 10
    paths = [line["path"] for line in proxy.access_lines()]
    assert sorted(paths) == [f"/files/{n}" for n in range(10)]


def test_a_stream_whose_answer_has_not_begun_is_answered(start, origin, transport):
    held = Held(answers.ok(b"late"))
    proxy = start(held)
    with transport.http2(proxy) as connection:
        stream = connection.request("GET", "/files/key")
        origin.wait_for_requests(1)

        proxy.terminate()
        wait_for_goaway(connection)
        held.go_on.set()
        connection.wait_for_end(stream)

        assert (connection.status(stream), connection.body(stream)) == (200, b"late")
        assert connection.is_closed_by_server()
    assert proxy.process.wait(20) == 0


def test_idle_connections_are_told_and_closed(start, transport):
    proxy = start(say(answers.ok()))
    with transport.http2(proxy) as used, transport.http2(proxy) as unused:
        assert used.get("/files/key") == (200, b"hello")

        proxy.terminate()

        for connection in (used, unused):
            assert connection.is_closed_by_server()
            assert connection.goaway().error == "NO_ERROR"
    assert proxy.process.wait(20) == 0


def test_what_takes_longer_than_the_time_out_is_cut(start, transport):
    held = half_an_answer()
    proxy = start(held, shutdown_timeout="300ms")
    with transport.http2(proxy) as connection:
        stream = connection.request("GET", "/files/key")
        connection.wait(lambda: bool(connection.of(stream, DATA)), "half an answer")

        proxy.terminate()

        assert connection.is_closed_by_server()
        assert not any(each.ends_stream for each in connection.of(stream, DATA))
    proxy.stop(expected=1)
    held.go_on.set()


def test_streams_that_were_begun_are_answered_under_load(start, transport):
    """Each client sends as fast as it can; what a GOAWAY leaves out was not begun, and may be sent again."""
    proxy = start(say(answers.ok()))
    answered, wrong = [0] * 4, []

    def load(number: int) -> None:
        while True:
            try:
                connection = transport.http2(proxy)
            except (OSError, AssertionError):
                return  # no connection is taken any more
            with connection:
                streams = []
                while not connection.closed and connection.goaway() is None:
                    streams += [connection.request("GET", "/files/key") for _ in range(10)]
                    connection.settles(lambda: connection.closed or whole(connection, streams), 20)
                    answered[number] = max(answered[number], len(streams))
                assert connection.is_closed_by_server()
                begun = [s for s in streams if s <= last_begun(connection)]
                wrong.extend(s for s in begun if not whole(connection, [s]))

    def whole(connection: Http2, streams: list[int]) -> bool:
        ended = {each.stream for each in connection.frames if each.ends_stream}
        return ended.issuperset(streams)

    threads = [threading.Thread(target=load, args=(number,)) for number in range(len(answered))]
    for thread in threads:
        thread.start()
    waiting.eventually(lambda: min(answered) > 50, "there is load")
    proxy.terminate()
    for thread in threads:
        thread.join(60)

    assert not wrong
    assert proxy.process.wait(20) == 0

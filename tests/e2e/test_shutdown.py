"""SIGTERM and SIGINT: what has begun is finished, nothing new is taken."""

import signal
import threading

import pytest

from support import answers, waiting
from support.configuration import document, origin_bucket


class Half:
    """Sends half of an object, then waits for leave to send the rest."""

    def __init__(self):
        self.go_on = threading.Event()

    def __call__(self, exchange) -> None:
        whole = answers.ok(b"x" * 100_000)
        exchange.send(whole[:-50_000])
        self.go_on.wait(60)
        exchange.send(whole[-50_000:])


def begin(proxy, path="/files/key"):
    connection = proxy.connect()
    connection.send(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
    return connection


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_proxy_ends_at_once_with_0(serve, origin, number):
    proxy = serve(document(origin_bucket(origin)))
    assert proxy.get("/files/key").status == 200

    proxy.signal(number)

    assert proxy.process.wait(5) == 0
    proxy.check_output()


def test_a_download_in_flight_finishes_and_nothing_new_is_taken(serve, origin):
    origin.script = script = Half()
    proxy = serve(document(origin_bucket(origin)))
    connection = begin(proxy)
    answer = connection.read_head()

    proxy.terminate()
    waiting.eventually(proxy.refuses, "new connections are refused")
    script.go_on.set()
    body = b"".join(connection.chunks_of(answer))

    assert (answer.status, answer.complete, len(body)) == (200, True, 100_000)
    assert connection.is_closed_by_peer()
    assert proxy.process.wait(10) == 0


@pytest.mark.http1
def test_an_answer_that_begins_during_shutdown_says_close(serve, origin):
    answer_now = threading.Event()

    def script(exchange):
        answer_now.wait(60)
        exchange.send(answers.ok(b"late"))

    origin.script = script
    proxy = serve(document(origin_bucket(origin)))
    connection = begin(proxy)
    origin.wait_for_requests(1)

    proxy.terminate()
    waiting.eventually(proxy.refuses, "new connections are refused")
    answer_now.set()
    answer = connection.read_answer()

    assert (answer.status, answer.body, answer.header("Connection")) == (200, b"late", "close")
    assert proxy.process.wait(10) == 0


def test_idle_connections_are_closed(serve, origin):
    origin.script = script = Half()
    proxy = serve(document(origin_bucket(origin)))
    busy = begin(proxy)
    busy.read_head()
    idle = proxy.connect()
    assert idle.get("/health/live").status == 200

    proxy.terminate()

    assert idle.is_closed_by_peer(), "the idle connection stays open"
    script.go_on.set()
    assert proxy.process.wait(10) == 0


def test_readiness_is_never_200_once_shutdown_has_begun(serve, origin):
    origin.script = script = Half()
    proxy = serve(document(origin_bucket(origin)))
    waiting.eventually(lambda: proxy.get("/ready").status == 200, "it is ready")
    busy = begin(proxy)
    busy.read_head()
    asking = proxy.connect()
    asking.send(b"GET /ready HTTP/1.1\r\nHost: a.test\r\n")  # a request that has begun

    proxy.terminate()
    waiting.eventually(proxy.refuses, "new connections are refused")
    try:
        asking.send(b"\r\n")
        answer = asking.read_head()
    except OSError:
        answer = None

    assert answer is None or answer.status == 503
    script.go_on.set()
    assert proxy.process.wait(10) == 0


def test_what_takes_longer_than_the_shutdown_timeout_is_cut(serve, origin):
    origin.script = script = Half()
    proxy = serve(document(origin_bucket(origin), server={"shutdown_timeout": "300ms"}))
    connection = begin(proxy)
    answer = connection.read_head()

    proxy.terminate()
    b"".join(connection.chunks_of(answer))

    assert not answer.complete
    proxy.stop(expected=1)
    script.go_on.set()


@pytest.mark.http1
def test_an_answer_that_only_the_close_ends_is_reset_when_it_is_cut(serve, origin):
    cut = threading.Event()

    def script(exchange):
        exchange.send(answers.chunked([b"hello"], end=b""))
        cut.wait(60)

    origin.script = script
    proxy = serve(document(origin_bucket(origin), server={"shutdown_timeout": "300ms"}))
    connection = proxy.connect()
    connection.send(b"GET /files/key HTTP/1.0\r\n\r\n")
    assert connection.read_head().framing == "close"

    proxy.terminate()
    with pytest.raises(ConnectionResetError):
        while connection.socket.recv(1 << 16):
            pass

    assert proxy.process.wait(10) == 1
    proxy.stop(expected=1)
    cut.set()


@pytest.mark.http1
def test_a_client_that_keeps_its_side_open_behind_its_answer_is_not_counted_as_cut(serve, origin):
    go_on = threading.Event()

    def script(exchange):
        go_on.wait(60)
        exchange.send(answers.ok())

    origin.script = script
    proxy = serve(document(origin_bucket(origin), server={"shutdown_timeout": "1s"}))
    connection = begin(proxy)
    origin.wait_for_requests(1)

    proxy.terminate()
    waiting.eventually(proxy.refuses, "the shutdown has begun")
    go_on.set()
    answer = connection.read_answer()

    assert answer.header("Connection") == "close"
    assert proxy.process.wait(10) == 0
    connection.close()


def test_a_second_signal_ends_it_at_once(serve, origin):
    origin.script = script = Half()
    proxy = serve(document(origin_bucket(origin), server={"shutdown_timeout": "5m"}))
    connection = begin(proxy)
    connection.read_head()

    proxy.terminate()
    waiting.eventually(proxy.refuses, "the shutdown has begun")
    proxy.terminate()

    code = proxy.process.wait(5)
    assert code in (1, -signal.SIGTERM)
    proxy.check_output()
    proxy.kill()
    script.go_on.set()


def test_every_request_in_flight_gets_its_access_line(serve, origin):
    origin.script = script = Half()
    proxy = serve(document(origin_bucket(origin)))
    connections = [begin(proxy, f"/files/{number}") for number in range(20)]
    heads = [connection.read_head() for connection in connections]

    proxy.terminate()
    script.go_on.set()
    for connection, answer in zip(connections, heads, strict=True):
        assert len(b"".join(connection.chunks_of(answer))) == 100_000
    assert proxy.process.wait(10) == 0

    paths = sorted(line["path"] for line in proxy.access_lines())
    assert paths == sorted(f"/files/{number}" for number in range(20))


@pytest.mark.fault("p-sigterm-busy")
def test_sigterm_under_load_fails_no_request_that_was_accepted(serve, origin):
    proxy = serve(document(origin_bucket(origin)))
    wrong: list[str] = []
    answered = [0]
    lock = threading.Lock()

    def load() -> None:
        while True:
            try:
                with proxy.connect(timeout=10) as connection:
                    while True:
                        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
                        answer = connection.read_head()
                        if answer is None:
                            break  # closed between two answers: may happen to any kept connection
                        body = b"".join(connection.chunks_of(answer))
                        with lock:
                            answered[0] += 1
                            if answer.status != 200 or body != b"hello":
                                wrong.append(f"{answer.status} {body!r}")
                        if answer.header("Connection") == "close":
                            break
            except ConnectionRefusedError:
                return
            except OSError:
                continue

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    waiting.eventually(lambda: answered[0] > 200, "there is load")
    proxy.terminate()
    for thread in threads:
        thread.join(30)

    assert not wrong
    assert proxy.process.wait(10) == 0

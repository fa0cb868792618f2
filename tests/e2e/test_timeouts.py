"""Clients that are slow, idle or silent."""

import concurrent.futures
import json
import time

import pytest

from support import answers, bodies, waiting
from support.configuration import document, origin_bucket
from support.http1 import Malformed
from support.origin import say

SHORT = {"header": "500ms", "idle": "500ms", "write_stall": "1s"}
BEGUN = b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n"


@pytest.fixture
def hasty(serve, origin):
    return serve(document(origin_bucket(origin), server={"timeouts": SHORT}))


@pytest.fixture
def patient(serve, origin):
    """With the default timeouts: what happens at once there is not a timeout's doing."""
    return serve(document(origin_bucket(origin)))


@pytest.mark.http1
def test_a_head_that_does_not_end_is_408(hasty):
    with hasty.connect() as connection:
        connection.send(BEGUN)
        answer = connection.read_answer()

        assert answer.status == 408
        assert json.loads(answer.body)["error"] == "request_timeout"
        assert connection.is_closed_by_peer()


@pytest.mark.http1
def test_a_head_that_drips_is_408_from_its_first_byte_on(hasty):
    with hasty.connect() as connection:
        connection.send(BEGUN)
        connection.socket.settimeout(0.1)
        for number in range(100):
            try:
                connection.send(f"X-{number}: v\r\n".encode())
                if connection.receive():
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        connection.socket.settimeout(5)
        assert number < 20
        assert connection.read_answer().status == 408


@pytest.mark.fault("c-slowloris-headers")
def test_hundreds_of_slow_heads_do_not_harm_a_normal_client(hasty):
    before = hasty.descriptors()
    slow = [hasty.connect() for _ in range(300)]
    for connection in slow:
        connection.send(BEGUN)

    with hasty.connect() as connection:
        for _ in range(50):
            assert connection.get("/files/key").status == 200

    for connection in slow:
        connection.read_rest()
        connection.close()
    waiting.eventually(lambda: hasty.descriptors() <= before + 10, "the descriptors are back")


def test_a_connection_that_says_nothing_is_closed_without_a_word(hasty):
    with hasty.connect() as connection:
        assert connection.is_closed_by_peer()


def test_an_idle_kept_connection_is_closed_without_a_word(hasty):
    with hasty.connect() as connection:
        assert connection.get("/files/key").status == 200
        assert connection.is_closed_by_peer()


@pytest.mark.fault("c-connect-no-data")
def test_a_thousand_silent_connections_are_closed(hasty):
    before = hasty.descriptors()
    silent = [hasty.connect() for _ in range(1000)]

    for connection in silent:
        assert connection.read_rest() == b""
        connection.close()

    waiting.eventually(lambda: hasty.descriptors() <= before + 10, "the descriptors are back")


@pytest.mark.fault("c-keepalive-idle-race")
def test_a_request_at_the_idle_timeout_is_answered_whole_or_not_at_all(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"timeouts": {"idle": "100ms"}}))

    def race(number: int) -> bool | None:
        with proxy.connect(timeout=10) as connection:
            try:
                first = connection.get("/files/key")
            except (OSError, Malformed):
                return None  # This thread was so late that the time-out came before it began.
            assert first.status == 200
            if connection.is_closed_by_peer(within=0.095 + number % 10 * 0.001):
                return True
            try:
                connection.send(BEGUN + b"\r\n")
                answer = connection.read_head()
            except OSError:
                return True
            return answer is None or connection.take(5) == b"hello"

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(race, range(200)))
    assert True in outcomes
    assert False not in outcomes


@pytest.mark.http1
def test_a_client_that_takes_nothing_is_reset(hasty, origin):
    def script(exchange):
        exchange.send(answers.ok(b"", [("Content-Length", str(1 << 30))]))
        for piece in bodies.pieces(1 << 30):
            if exchange.ended:
                return
            exchange.send(piece)

    origin.script = script
    connection = hasty.connect(receive_buffer=4096)
    connection.send(BEGUN + b"\r\n")
    connection.read_head()

    # Not a byte is read from here on.
    assert origin.exchanges[-1].peer_closed.wait(30), "the transfer goes on"
    hasty.wait_for_line(lambda line: line.get("message") == "request", "its access line")
    connection.close()


def test_a_client_that_reads_slowly_but_steadily_gets_everything(hasty, origin):
    whole = bodies.body(400_000)
    origin.script = say(answers.ok(whole))

    with hasty.connect(receive_buffer=4096) as connection:
        connection.send(BEGUN + b"\r\n")
        answer = connection.read_head()
        received = bytearray()
        while len(received) < len(whole):
            piece = connection.take(20_000)
            assert piece
            received += piece
            time.sleep(0.1)  # this is the slow reader

    assert (answer.status, bytes(received)) == (200, whole)


@pytest.mark.http1
@pytest.mark.release
@pytest.mark.fault("c-slow-read")
def test_slow_readers_take_bounded_memory(patient, origin):
    def script(exchange):
        exchange.send(answers.ok(b"", [("Content-Length", str(1 << 28))]))
        for piece in bodies.pieces(1 << 28):
            if exchange.ended:
                return
            exchange.send(piece)

    origin.script = script
    before = patient.memory_kib()
    readers = [patient.connect(receive_buffer=4096) for _ in range(100)]
    for connection in readers:
        connection.send(BEGUN + b"\r\n")
    for connection in readers:
        assert connection.read_head().status == 200
    grown = patient.memory_kib() - before
    for connection in readers:
        connection.reset()

    assert grown < 100 * 128 + 4096, f"grew by {grown} KiB for 100 readers"


@pytest.mark.http1
@pytest.mark.fault("c-half-close-mid-request")
def test_a_head_cut_by_a_half_close_ends_at_once(patient):
    with patient.connect(timeout=5) as connection:
        connection.send(BEGUN)
        connection.half_close()

        answer = connection.read_rest()

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.http1
def test_a_half_close_behind_the_request_does_not_lose_the_answer(patient):
    with patient.connect(timeout=5) as connection:
        connection.send(BEGUN + b"\r\n")
        connection.half_close()

        assert connection.read_answer().body == b"hello"
        assert connection.read_rest() == b""


def test_a_body_that_is_never_sent_does_not_hold_the_connection_for_ever(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"timeouts": SHORT}))
    with proxy.connect(timeout=15) as connection:
        connection.send(BEGUN + b"Content-Length: 1000\r\n\r\n")

        connection.read_rest()  # an answer or none, but the end comes


def test_a_request_that_takes_too_long_is_ended(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"timeouts": {"request": "500ms"}}))
    origin.script = lambda exchange: exchange.wait_for_close()

    assert proxy.get("/files/key").status == 504


def test_a_client_that_takes_some_bytes_all_the_time_is_not_reset(hasty, origin):
    whole = answers.ok(b"", [("Content-Length", str(20_000_000))])
    origin.script = lambda exchange: exchange.send(whole + bytes(20_000_000))

    with hasty.connect(receive_buffer=65536) as connection:
        connection.send(BEGUN + b"\r\n")
        answer = connection.read_head()
        # The kernel's buffer empties more slowly than write_stall allows for a third of it.
        slow_until = time.monotonic() + 4
        received = 0
        while time.monotonic() < slow_until:
            received += len(connection.take(20_000))
            time.sleep(0.1)  # this is the slow reader
        while received < 20_000_000 and (piece := connection.take(1 << 20)):
            received += len(piece)

    assert received == 20_000_000

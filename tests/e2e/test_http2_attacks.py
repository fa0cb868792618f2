"""What a client can do to a server by HTTP/2 alone: bounded, told of, and felt by nobody else."""

import socket
import threading
import time

import pytest

from support import answers, http2, places, waiting
from support.configuration import CACHE, document, origin_bucket
from support.http2 import HEADERS, INITIAL_WINDOW, PREFACE, Http2, frame, settings
from support.http2_attack import FLOODS, attack, get
from support.http2_vectors import load
from support.metrics import page_of
from support.origin import never_answer, say

pytestmark = pytest.mark.http1  # Clients of its own.

VECTORS = places.others_vectors("http2/frames.json")
# Played by tests of their own below and in test_http2.py.
APART = {
    "attack-slow-read",
    "attack-half-open-headers",
    "attack-never-ack-settings",
    "attack-graceful-shutdown",
}
SHORT = {"header": "700ms", "idle": "60s", "write_stall": "700ms"}


def cases() -> list:
    own = [pytest.param(case, id=name) for name, case in FLOODS.items()]
    if not VECTORS.exists():
        return own
    others = [c for c in load(VECTORS) if c["category"] == "attack" and c["id"] not in APART]
    return own + [pytest.param(case, id=case["id"]) for case in others]


@pytest.fixture
def proxy(serve, origin):
    """One loop: what an attack takes from it, it takes from the other client."""
    bucket = origin_bucket(origin, prefix="/", index_document="index.html")
    return serve(document(bucket, cache=CACHE, server={"threads": 1}))


@pytest.mark.release
@pytest.mark.parametrize("case", cases())
def test_an_attack_costs_little_and_harms_nobody_else(proxy, case):
    bill = attack(proxy, case)

    limits = case.get("expect", {}).get("metrics", {})
    assert bill.grown_mib <= limits.get("rss_growth_mib_max", 32), bill
    assert bill.cpu_s <= limits.get("cpu_core_seconds_max", 2), bill
    assert bill.statuses <= {200}, bill
    # A refused upload may go on: its windows stay shut.
    assert bill.ended or "upload" in case.get("id", ""), bill
    assert proxy.get("/").status == 200


def abuses(proxy) -> dict[str, int]:
    """What the metrics say, but for what never happened."""
    counted = page_of(proxy).all("http2_abuses_total")
    return {each.labels["kind"]: int(each.value) for each in counted if each.value}


def reasons(proxy) -> list[str]:
    return [line.get("reason", "") for line in proxy.log() if line.get("message") == "server"]


def test_the_log_says_whom_it_cut_off_but_not_every_time(proxy):
    for _ in range(20):
        with Http2(proxy.address) as connection:
            connection.send(get() * 2)  # A stream that is over.
            connection.is_closed_by_server()
    assert not reasons(proxy)

    for _ in range(20):
        with Http2(proxy.address) as connection:
            connection.send(frame(http2.PING, 0, 0, b"12345678") * 5_000)
            assert connection.is_closed_by_server()

    said = waiting.eventually(lambda: reasons(proxy), "a line about an abuse")
    assert "control_flood" in said[0]
    assert "127.0.0.1" in said[0]
    assert len(said) < 20
    assert abuses(proxy) == {"control_flood": 20}


@pytest.fixture
def hasty(serve, origin):
    bucket = origin_bucket(origin, prefix="/", index_document="index.html")
    return serve(document(bucket, server={"timeouts": SHORT}))


def test_hundreds_of_unfinished_header_blocks_are_closed(hasty):
    slow = [Http2(hasty.address) for _ in range(200)]
    for connection in slow:
        connection.send(frame(HEADERS, 1, 1, b"\x82\x86"))

    assert hasty.get("/").status == 200
    for connection in slow:
        assert connection.is_closed_by_server()
        assert connection.goaway().error == "ENHANCE_YOUR_CALM"
        connection.close()
    assert abuses(hasty) == {"slow_head": 200}


def test_settings_that_are_never_acknowledged_end_the_connection(hasty):
    with Http2(hasty.address, ack=False) as connection:
        assert connection.get("/")[0] == 200

        assert connection.is_closed_by_server()
        assert connection.goaway().error == "SETTINGS_TIMEOUT"
    assert abuses(hasty) == {"settings_not_acked": 1}


def test_windows_that_are_kept_shut_end_their_streams(hasty, origin):
    left = threading.Semaphore(0)

    def large(exchange):
        exchange.send(answers.ok(b"x" * 1000, [("Content-Length", "1000000000")]))
        while not exchange.ended:
            exchange.send(b"x" * 65536)
        left.release()

    origin.script = large
    with Http2(hasty.address, (INITIAL_WINDOW, 0), replenish=False) as connection:
        streams = [connection.request("GET", f"/{n}") for n in range(20)]
        for stream in streams:
            connection.wait_for_end(stream)
            assert connection.reset_code(stream) == "ENHANCE_YOUR_CALM"
            assert left.acquire(timeout=20), "its transfer goes on"
        connection.barrier()
    assert abuses(hasty) == {"zero_window": 20}


def test_windows_that_are_opened_now_and_then_are_waited_for(hasty, origin):
    """An answer may take longer than a stall, and be without a window again and again."""
    piece, pieces = 1000, 16
    origin.script = say(answers.ok(b"x" * piece * pieces))
    with Http2(hasty.address, (INITIAL_WINDOW, piece), replenish=False) as connection:
        stream = connection.request("GET", "/large")
        for number in range(1, pieces):
            connection.wait(lambda: len(connection.body(stream)) == number * piece, "a piece")
            time.sleep(0.15)  # The client's own pace: no stall, but more than one in all.
            assert connection.reset_code(stream) is None
            connection.send(http2.window_update(stream, piece))
        connection.wait_for_end(stream)

        assert connection.reset_code(stream) is None
        assert connection.body(stream) == b"x" * piece * pieces
    assert abuses(hasty) == {}


def test_a_reset_of_the_last_stream_leaves_an_idle_connection(serve, origin):
    origin.script = never_answer
    bucket = origin_bucket(origin, prefix="/", s3={"timeouts": {"first_byte": "60s"}})
    proxy = serve(document(bucket, server={"timeouts": SHORT | {"idle": "700ms"}}))
    with Http2(proxy.address) as connection:
        stream = connection.request("GET", "/a")
        origin.wait_for_requests(1)

        connection.send(http2.rst_stream(stream))

        assert connection.is_closed_by_server()
        assert connection.goaway().error == "NO_ERROR"


def test_a_client_that_reads_nothing_is_cut_off(hasty, origin):
    origin.script = lambda exchange: exchange.send(answers.ok(b"x" * 1_000_000))
    # With all windows open.
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silent.connect(hasty.address)
    opening = PREFACE + settings((INITIAL_WINDOW, (1 << 31) - 1))
    opening += frame(http2.SETTINGS, http2.ACK, 0) + http2.window_update(0, (1 << 31) - 1 - 65535)
    for number in range(40):
        opening += frame(HEADERS, 5, 2 * number + 1, bytes.fromhex("828684410161"))
    silent.sendall(opening)

    said = waiting.eventually(lambda: reasons(hasty), "a line about it", within=20)

    assert "slow_read" in said[0]
    assert abuses(hasty) == {"slow_read": 1}
    silent.close()


def test_streams_beyond_the_limit_are_refused(serve, origin):
    origin.script = never_answer
    timeouts = {"connect": "2s", "first_byte": "60s", "stall": "60s"}
    bucket = origin_bucket(origin, prefix="/", s3={"timeouts": timeouts})
    proxy = serve(document(bucket, server={"shutdown_timeout": "1s"}))
    with Http2(proxy.address) as connection:
        for number in range(100):
            connection.request("GET", f"/{number}")
        origin.wait_for_requests(100)
        connection.request("GET", "/one-too-many")

        assert connection.is_closed_by_server()
        assert connection.goaway().error == "PROTOCOL_ERROR"
    waiting.eventually(lambda: origin.open_connections <= 1, "the transfers end")

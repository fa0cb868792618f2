"""Networks that lose and that are small: the origin is behind a cable of its own. Needs root."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from support import answers, network, waiting
from support.configuration import document, origin_bucket
from support.origin import Origin, say, say_and_close
from support.process import Process
from support.proxy import Proxy

HOST = [("Host", "h")]
TIMEOUTS = {"timeouts": {"connect": "1s", "first_byte": "1s", "stall": "1s"}}


@pytest.fixture
def link() -> Iterator[network.Network]:
    reason = network.why_not()
    if reason is not None:
        pytest.skip(reason)
    made = network.make()
    yield made
    made.end()


@pytest.fixture
def far(link) -> Iterator[Origin]:
    """A scripted origin at the other end. A socket stays in the network that it was made in."""
    with link.inside():
        made = Origin(address=link.there)
    yield made
    made.end()


@pytest.mark.fault("o-connect-blackhole")
def test_a_network_that_swallows_everything_is_504_after_the_timeout(serve, link, far):
    link.lose_everything()
    proxy = serve(document(origin_bucket(far, s3=TIMEOUTS)))

    began = time.monotonic()
    answer = proxy.get("/files/key")

    assert answer.status == 504
    assert time.monotonic() - began >= 0.9


@pytest.mark.fault("n-partition")
def test_a_partition_ends_what_is_in_flight_and_is_over_when_it_is_over(serve, link, far):
    held = os.urandom(1_000_000)
    far.script = say(answers.ok(held))
    proxy = serve(document(origin_bucket(far, s3=TIMEOUTS)))
    assert proxy.get("/files/key").body == held
    link.lose_everything()

    assert proxy.get("/files/key").status in (502, 504)

    link.heal()
    waiting.eventually(lambda: proxy.get("/files/key").body == held, "it is served again", 5)


@pytest.mark.fault("n-mtu")
def test_small_frames_carry_everything(serve, link, far):
    link.set_mtu(576)
    body = os.urandom(3_000_000)
    far.script = say(answers.ok(body))
    proxy = serve(document(origin_bucket(far)))

    answer = proxy.get("/files/key", [("X-Large", "l" * 4000)])

    assert (answer.status, answer.body) == (200, body)


def two_addresses(serve, origin, folder) -> tuple[Proxy, Origin]:
    """A proxy whose store's name has two addresses, `origin` at the one and another at the other."""
    reason = network.why_no_hosts()
    if reason is not None:
        pytest.skip(reason)
    other = Origin(address="127.0.0.2", port=origin.port)
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 store.test\n127.0.0.2 store.test\n")
    s3 = {
        "endpoint": f"http://store.test:{origin.port}",
        "addressing": "path",
        "retry": {"max_attempts": 2, "initial_backoff": "1ms"},
    }
    configuration = document(origin_bucket(origin, s3=s3))
    return serve(configuration, prefix=network.with_hosts(hosts)), other


@pytest.mark.parametrize(
    "failure",
    [say(answers.error("503 Slow Down", "SlowDown")), lambda exchange: exchange.reset()],
    ids=["503", "reset"],
)
def test_what_one_address_failed_is_tried_at_another(serve, origin, tmp_path, failure):
    proxy, other = two_addresses(serve, origin, tmp_path)
    for failing, working in ((origin, other), (other, origin)):
        failing.script = failure
        working.script = say_and_close(answers.ok(b"from the other"))
        working.forget()
        for _ in range(4):
            assert proxy.get("/files/key").body == b"from the other"
        assert len(working.requests) == 4

    lines = waiting.eventually(lambda: len(proxy.access_lines()) == 8 and proxy.access_lines(), "8 lines")
    assert {line["attempts"] for line in lines} <= {1, 2}
    assert any(line["attempts"] == 2 for line in lines)
    other.end()


def test_a_rolling_restart_of_the_store_fails_nobody(serve, origin, tmp_path):
    proxy, other = two_addresses(serve, origin, tmp_path)
    stop = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        with proxy.connect() as connection:
            while not stop.is_set():
                statuses.append(connection.get("/files/key").status)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    for _ in range(5):
        for each in (origin, other):
            each.refuse()
            known = len(statuses)
            waiting.eventually(lambda known=known: len(statuses) >= known + 50, "it goes on")
            each.listen()
    stop.set()
    for client in clients:
        client.join()

    assert len(statuses) > 500
    assert set(statuses) == {200}
    other.end()


def test_the_network_is_where_the_origin_is(link, far):
    process = Process(["ip", "netns", "exec", link.name, "ss", "-ltnH"])
    assert process.wait(10) == 0
    assert f"{link.there}:{far.port}".encode() in process.output()

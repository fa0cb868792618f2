"""Networks that lose and that are small: the origin is behind a cable of its own. Needs root."""

import os
import time
from collections.abc import Iterator

import pytest

from support import answers, network, waiting
from support.configuration import document, origin_bucket
from support.origin import Origin, say
from support.process import Process

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


def test_the_network_is_where_the_origin_is(link, far):
    process = Process(["ip", "netns", "exec", link.name, "ss", "-ltnH"])
    assert process.wait(10) == 0
    assert f"{link.there}:{far.port}".encode() in process.output()

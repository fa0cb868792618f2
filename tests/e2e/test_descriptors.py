"""Running out of file descriptors: new clients wait, nobody spins, and it passes."""

import time

import pytest

from support import waiting
from support.configuration import document, origin_bucket

pytestmark = pytest.mark.http1  # Counts the sockets of one protocol.


@pytest.mark.release
@pytest.mark.fault("c-fd-exhaustion")
def test_it_survives_having_no_descriptors_left(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"threads": 1}), descriptors=128)
    crowd = [proxy.connect() for _ in range(300)]
    waiting.eventually(lambda: proxy.descriptors() >= 110, "the descriptors are used up")

    used = proxy.cpu_seconds()
    begun = time.monotonic()
    time.sleep(1.0)  # the window over which CPU is measured
    share = (proxy.cpu_seconds() - used) / (time.monotonic() - begun)
    lines = len(proxy.log())
    for connection in crowd:
        connection.close()

    assert share < 0.1, f"{share:.0%} of a CPU while it can do nothing"
    assert lines < 20, "it floods the log"
    waiting.eventually(lambda: proxy.descriptors() < 40, "the descriptors are back")
    assert proxy.get("/files/key").status == 200


def test_aborted_downloads_leak_no_descriptor(serve, origin):
    idle = {"connections": {"max_idle": 4}}
    proxy = serve(document(origin_bucket(origin, s3=idle)))
    assert proxy.get("/files/key").status == 200
    before = proxy.descriptors()

    for number in range(200):
        connection = proxy.connect()
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n"[: 10 + number % 40])
        if number % 2:
            connection.reset()
        else:
            connection.close()

    waiting.eventually(lambda: proxy.descriptors() <= before + 8, "the descriptors are back")
    assert proxy.get("/files/key").status == 200


@pytest.mark.fault("c-tls-plain-on-tls-port")
def test_other_protocols_do_not_harm_it(scripted):
    hellos = [
        b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(200),  # TLS
        b"SSH-2.0-client\r\n",
        b"\x00" * 1000,
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"EHLO mail.test\r\n",
    ]
    for hello in hellos:
        with scripted.connect() as connection:
            connection.send(hello)
            connection.half_close()
            said = connection.read_rest()
            assert said == b"" or said.startswith(b"HTTP/1.1 4"), (hello, said)
    assert scripted.get("/files/key").status == 200

"""Slow, cut and broken links between the proxy and a real store (toxiproxy)."""

import time

import pytest

from support import bodies, waiting
from support.configuration import document, store_bucket

SIZE = 500_000
TIMEOUTS = {"timeouts": {"connect": "2s", "first_byte": "1s", "stall": "1s"}}


@pytest.fixture(scope="module")
def stored(one_store) -> str:
    bucket = one_store.make_bucket()
    one_store.client().put_object(Bucket=bucket, Key="key", Body=bodies.body(SIZE))
    return bucket


@pytest.fixture
def link(toxiproxy, one_store):
    made = toxiproxy.link(f"{one_store.host}:{one_store.port}")
    yield made
    made.remove()


@pytest.fixture
def proxy(serve, one_store, stored, link):
    return serve(
        document(store_bucket(one_store, stored, s3={"endpoint": link.endpoint, **TIMEOUTS}))
    )


def whole_or_clearly_not(answer) -> None:
    """The one thing that must hold on every link."""
    if answer.status == 200 and answer.looks_whole:
        assert answer.body == bodies.body(SIZE)
    elif answer.status == 200:
        assert bodies.body(SIZE).startswith(answer.body)
    else:
        assert answer.status in (502, 504)


def test_a_clean_link_gives_the_object(proxy):
    assert proxy.get("/files/key").body == bodies.body(SIZE)


@pytest.mark.fault("n-delay")
def test_latency_is_borne(proxy, link):
    link.poison("latency", latency=300, jitter=50)

    assert proxy.get("/files/key").body == bodies.body(SIZE)


def test_latency_beyond_the_timeout_is_504(proxy, link):
    link.poison("latency", latency=5000)

    assert proxy.get("/files/key").status == 504


def test_a_narrow_link_is_borne(proxy, link):
    link.poison("bandwidth", rate=500)

    answer = proxy.get("/files/key")

    assert (answer.status, answer.body) == (200, bodies.body(SIZE))


def test_slices_are_put_together(proxy, link):
    link.poison("slicer", average_size=700, size_variation=300, delay=20)

    assert proxy.get("/files/key").body == bodies.body(SIZE)


def test_sliced_requests_arrive_too(proxy, link):
    link.poison("slicer", stream="upstream", average_size=10, size_variation=5, delay=1000)

    assert proxy.get("/files/key").body == bodies.body(SIZE)


def test_silence_is_504(proxy, link):
    link.poison("timeout", timeout=0)

    assert proxy.get("/files/key").status == 504


def test_silence_that_ends_in_a_close_is_502_or_504(proxy, link):
    link.poison("timeout", timeout=200)

    assert proxy.get("/files/key").status in (502, 504)


def test_a_reset_link_is_502(proxy, link):
    link.poison("reset_peer", timeout=0)

    assert proxy.get("/files/key").status == 502


def test_a_reset_inside_the_body_is_never_whole(proxy, link):
    link.poison("bandwidth", rate=200)
    link.poison("reset_peer", timeout=500)

    answer = proxy.get("/files/key")

    whole_or_clearly_not(answer)
    assert answer.status != 200 or not answer.looks_whole


@pytest.mark.parametrize(
    "number", [0, 1, 100, 300, 700, 5_000, 100_000, SIZE - 1, SIZE, SIZE + 100]
)
@pytest.mark.fault("o-limit-data")
def test_a_link_that_ends_after_some_bytes_is_never_whole(proxy, link, number):
    link.poison("limit_data", bytes=number)

    answer = proxy.get("/files/key")

    whole_or_clearly_not(answer)
    assert answer.status != 200 or not answer.looks_whole


def test_a_slow_close_does_not_matter(proxy, link):
    link.poison("slow_close", delay=1000)

    assert proxy.get("/files/key").body == bodies.body(SIZE)


def test_a_link_that_is_down_is_502_and_one_that_is_back_is_200(proxy, link):
    assert proxy.get("/files/key").status == 200
    link.enable(False)
    assert proxy.get("/files/key").status == 502

    link.enable(True)

    begun = time.monotonic()
    waiting.eventually(lambda: proxy.get("/files/key").status == 200, "it is back", within=15)
    assert time.monotonic() - begun < 15


def test_a_cured_link_serves_on_without_a_restart(proxy, link):
    for poison in ({"kind": "timeout", "timeout": 0}, {"kind": "limit_data", "bytes": 5000}):
        link.poison(**poison)
        whole_or_clearly_not(proxy.get("/files/key"))
        link.cure()

        assert proxy.get("/files/key").body == bodies.body(SIZE)

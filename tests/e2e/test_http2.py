"""HTTP/2 by prior knowledge: the same answers, bodies and log lines as HTTP/1.1."""

import concurrent.futures
import json
import threading

import httpx
import pytest

from support import answers, bodies, tokens, waiting
from support.configuration import CACHE, cached_document, document, origin_bucket, store_bucket
from support.http2 import (
    DATA,
    INITIAL_WINDOW,
    RST_STREAM,
    Http2,
    rst_stream,
    window_update,
)
from support.origin import Held, never_answer, say, say_and_close

pytestmark = pytest.mark.http1  # Clients of its own.

SIZE = 3_000_000


def http2_client(proxy) -> httpx.Client:
    base = f"http://127.0.0.1:{proxy.port}"
    return httpx.Client(http1=False, http2=True, base_url=base, timeout=30)


def compared(headers) -> dict[str, str]:
    """What must not differ between two answers to the same request."""
    passing = {"x-request-id", "date", "connection"}
    return {name.lower(): value for name, value in headers if name.lower() not in passing}


@pytest.fixture
def keyed(serve, origin):
    """A bucket behind a token."""
    key = tokens.key("HS256")
    auth = {"jwt": {"algorithm": "HS256", "secret": key.private.decode()}}
    return serve(document(origin_bucket(origin, auth=auth))), key


REQUESTS = [
    ("GET", "/files/key", []),
    ("GET", "/files/a%20b/c?x=1", [("user-agent", "e2e")]),
    ("HEAD", "/files/key", []),
    ("GET", "/files/key", [("range", "bytes=1-2")]),
    ("GET", "/files/key", [("if-none-match", answers.ETAG)]),
    ("OPTIONS", "/files/key", []),
    ("POST", "/files/key", []),
    ("DELETE", "/files/key", []),
    ("GET", "/files/../key", []),
    ("GET", "/files/%zz", []),
    ("GET", "/elsewhere", []),
    ("GET", "/health/live", []),
    ("GET", "/" + "a" * 9000, []),
    ("GET", "/files/key", [("x-huge", "v" * 40_000)]),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: f"{r[0]} {r[1][:20]} {r[2]}"[:50])
def test_an_answer_and_its_log_line_are_those_of_http1(scripted, request_):
    method, path, headers = request_
    old = scripted.request(method, path, headers)
    with Http2(scripted.address) as connection:
        stream = connection.request(method, path, headers)
        connection.wait_for_end(stream)
        fields = connection.fields(stream)
        body = connection.body(stream)

    assert connection.status(stream) == old.status
    assert {k: v for k, v in compared(fields.items()).items() if k != ":status"} == compared(
        old.headers
    )
    if old.status < 400:
        assert body == old.body
    else:
        assert len(body) == len(old.body)
    if path.startswith("/health"):
        return
    line = scripted.wait_for_line(
        lambda line: line.get("request_id") == fields["x-request-id"], "the access line"
    )
    other = scripted.access_line(old)
    # The reason of a refusal is in words that fit the version.
    differing = {"timestamp", "request_id", "duration_ms", "s3_duration_ms", "protocol", "reason"}
    assert {k: v for k, v in line.items() if k not in differing} == {
        k: v for k, v in other.items() if k not in differing
    }
    assert line.get("protocol") == ("HTTP/2" if "protocol" in other else None)


def test_both_versions_share_an_entry_of_the_cache(cached, origin):
    origin.script = say(answers.cacheable(b"shared"))
    assert cached.get("/files/key").header("X-Cache") == "MISS"

    with Http2(cached.address) as connection:
        stream = connection.request("GET", "/files/key")
        connection.wait_for_end(stream)

    assert connection.fields(stream)["x-cache"] == "HIT"
    assert connection.body(stream) == b"shared"
    assert len(origin.requests) == 1


def test_a_token_opens_what_it_opens_for_http1(keyed):
    proxy, key = keyed
    with http2_client(proxy) as client:
        assert client.get("/files/key").status_code == 401
        answer = client.get("/files/key", headers=dict(tokens.bearer(tokens.mint(key))))

    assert answer.status_code == 200
    assert answer.http_version == "HTTP/2"


def test_httpx_reads_real_objects_whole(serve, one_store):
    bucket = one_store.make_bucket()
    one_store.client().put_object(Bucket=bucket, Key="large", Body=bodies.body(SIZE))
    proxy = serve(document(store_bucket(one_store, bucket), cache=CACHE))

    with http2_client(proxy) as client:
        answers_ = [client.get("/files/large") for _ in range(2)]
        part = client.get("/files/large", headers={"range": "bytes=100-199"})

    assert [answer.headers["x-cache"] for answer in answers_] == ["MISS", "HIT"]
    assert all(answer.content == bodies.body(SIZE) for answer in answers_)
    assert part.status_code == 206
    assert part.content == bodies.body(SIZE)[100:200]


def test_many_streams_of_one_connection_come_whole(scripted, origin):
    origin.script = lambda exchange: exchange.send(
        answers.ok(exchange.request.target.rsplit("/", 1)[-1].encode() * 1000)
    )
    with Http2(scripted.address) as connection:
        streams = {connection.request("GET", f"/files/{n}"): f"{n}".encode() for n in range(90)}
        for stream, name in streams.items():
            connection.wait_for_end(stream)
            assert connection.body(stream) == name * 1000


def test_a_slow_answer_holds_up_no_other(scripted, origin):
    slow = Held(answers.ok(b"slow"))
    fast = say(answers.ok(b"fast"))
    origin.script = lambda exchange: (slow if "slow" in exchange.request.target else fast)(exchange)
    with Http2(scripted.address) as connection:
        first = connection.request("GET", "/files/slow")
        origin.wait_for_requests(1)
        assert connection.get("/files/fast") == (200, b"fast")
        assert connection.status(first) is None

        slow.go_on.set()
        connection.wait_for_end(first)

        assert connection.body(first) == b"slow"


def test_a_body_that_is_cut_resets_its_stream_alone(scripted, origin):
    origin.script = lambda exchange: (
        say_and_close(answers.ok(b"x" * 1000)[:-1]) if "cut" in exchange.request.target
        else say(answers.ok(b"whole"))
    )(exchange)
    with Http2(scripted.address) as connection:
        stream = connection.request("GET", "/files/cut")
        connection.wait_for_end(stream)

        assert connection.reset_code(stream) == "INTERNAL_ERROR"
        assert not any(each.ends_stream for each in connection.of(stream, DATA))
        assert connection.get("/files/whole") == (200, b"whole")


def test_a_client_that_resets_a_stream_stops_its_transfer(scripted, origin):
    ended = threading.Event()

    def endless(exchange):
        exchange.send(answers.ok(b"x" * 10_000, [("Content-Length", "1000000000")]))
        while not exchange.ended:
            exchange.send(b"x" * 10_000)
        ended.set()

    origin.script = endless
    with Http2(scripted.address) as connection:
        stream = connection.request("GET", "/files/endless")
        connection.wait(lambda: bool(connection.of(stream, DATA)), "the first bytes")
        connection.send(rst_stream(stream))
        assert ended.wait(20)
        connection.barrier()


@pytest.mark.release
def test_streams_whose_windows_are_shut_hold_little(scripted, origin):
    """A hundred of them: what one may hold, and the kernel's buffers apart, is 64 KiB."""
    sent = [0]
    lock = threading.Lock()

    def large(exchange):
        exchange.send(answers.ok(b"", [("Content-Length", str(64 << 20))]))
        while not exchange.ended:
            exchange.send(b"x" * 65536)
            with lock:
                sent[0] += 65536

    origin.script = large
    with Http2(scripted.address, (INITIAL_WINDOW, 0), replenish=False) as connection:
        before = scripted.memory_kib()
        streams = [connection.request("GET", f"/files/{n}") for n in range(100)]
        connection.wait(
            lambda: all(connection.of(s, 1) for s in streams), "the heads of all answers"
        )
        connection.barrier()

        assert scripted.memory_kib() - before < 100 * 64 + 8 * 1024
        assert not [each for each in connection.frames if each.type == DATA and each.payload]
        connection.send(window_update(streams[0], 10))
        connection.wait(lambda: len(connection.body(streams[0])) == 10, "ten bytes")


def test_streams_that_are_reset_give_their_places_back(serve, origin):
    def held_or_not(exchange):
        (never_answer if "held" in exchange.request.target else say(answers.ok(b"x")))(exchange)

    origin.script = held_or_not
    proxy = serve(document(origin_bucket(origin), server={"max_requests": 2}))
    with Http2(proxy.address) as connection:
        for _ in range(3):
            held = [connection.request("GET", f"/files/held-{n}") for n in range(2)]
            connection.barrier()
            assert connection.get("/files/one-too-many")[0] == 503

            connection.send(b"".join(rst_stream(stream) for stream in held))
            connection.barrier()

            assert connection.get("/files/after") == (200, b"x")


def test_a_stream_that_is_not_read_holds_up_no_other_client_of_its_object(serve, origin):
    proxy = serve(cached_document(origin))
    body = bodies.body(SIZE)
    whole = answers.cacheable(body)
    held = origin.script = Held(whole[1000:], whole[:1000])
    with (
        Http2(proxy.address, (INITIAL_WINDOW, 100), replenish=False) as slow,
        Http2(proxy.address) as other,
    ):
        streams = {}
        for connection in (slow, other):
            streams[connection] = connection.request("GET", "/files/key")
            connection.wait(
                lambda c=connection: bool(c.of(streams[c], DATA)), "the first bytes of the object"
            )
        held.go_on.set()
        other.wait_for_end(streams[other])
        assert other.body(streams[other]) == body
        assert len(slow.body(streams[slow])) == 100

        slow.send(window_update(0, SIZE) + window_update(streams[slow], SIZE))
        slow.wait_for_end(streams[slow])

        assert slow.body(streams[slow]) == body
    origin.only_request()


def test_http2_can_be_switched_off(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"http2": False}))

    with pytest.raises(httpx.HTTPError), http2_client(proxy) as client:
        client.get("/files/key")
    assert proxy.get("/files/key").status == 200


def test_requests_of_many_connections_at_once(cached, origin):
    origin.script = say(answers.cacheable(b"y" * 100_000))

    def ask(number: int) -> bool:
        with Http2(cached.address) as connection:
            return all(
                connection.get(f"/files/{(number + n) % 7}") == (200, b"y" * 100_000)
                for n in range(10)
            )

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(16)))


def test_an_error_is_json_here_too(scripted):
    with Http2(scripted.address) as connection:
        status, body = connection.get("/nowhere")

    assert status == 404
    assert json.loads(body)["error"] == "not_found"
    waiting.eventually(lambda: scripted.access_lines(), "an access line")
    assert not connection.of(1, RST_STREAM)

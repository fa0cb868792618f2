"""The admin listener: who may ask, what it answers, and what a purge really removes."""

import json
import socket
import threading

import pytest
import yaml

from support import answers, waiting
from support.configuration import CACHE, document, origin_bucket
from support.http1 import Connection, request_bytes
from support.origin import Held, never_answer, say
from support.process import free_port
from support.proxy import run

pytestmark = pytest.mark.http1  # The admin listener speaks HTTP/1.1 in clear text.

TOKEN = "operators-only-token-0123456789"
STATS = "/admin/cache/stats"
PURGE = "/admin/cache/purge"


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def fresh(body=b"hello"):
    """An answer that can be stored and stays fresh."""
    return answers.ok(body, [("Cache-Control", "max-age=1000000000")])


@pytest.fixture
def cached(serve, origin):
    origin.script = say(fresh())
    return serve(document(origin_bucket(origin), cache=CACHE))


@pytest.fixture
def file_of(tmp_path):
    """Writes a configuration; its path."""

    def write(configuration):
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(configuration))
        return path

    return write


@pytest.fixture
def guarded(serve, origin):
    return serve(document(origin_bucket(origin), admin={"port": 0, "token": TOKEN}))


# Who may ask.


def test_health_is_for_everyone(guarded):
    for path in ("/health", "/health/live", "/health/ready", "/ready"):
        guarded.wait_for_line(lambda line: line.get("message") == "bucket is up", "the probe")
        answer = guarded.admin("GET", path)
        assert answer.status == 200, path
        assert json.loads(answer.body)["status"]
    assert guarded.admin("POST", "/health").status == 405


def test_health_is_there_when_the_main_listener_has_none(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"health_endpoints": False}))

    assert proxy.admin("GET", "/health/live").status == 200
    assert proxy.admin("HEAD", "/health/live").body == b""
    assert proxy.get("/health/live").status == 404


@pytest.mark.parametrize(
    "headers",
    [
        [],
        bearer("wrong"),
        bearer(TOKEN + "x"),
        bearer(TOKEN[:-1]),
        bearer(""),
        [("Authorization", f"Basic {TOKEN}")],
        [("Authorization", TOKEN)],
        [("X-Token", TOKEN)],
    ],
)
def test_without_the_token_there_is_nothing_but_401(guarded, headers):
    for method, path in (("GET", STATS), ("POST", PURGE), ("GET", "/admin/nothing")):
        answer = guarded.admin(method, path, headers)
        assert answer.status == 401
        assert answer.header("WWW-Authenticate") == "Bearer"
        assert json.loads(answer.body)["error"] == "unauthorized"


def test_the_token_opens(guarded):
    assert guarded.admin("GET", STATS, bearer(TOKEN)).status == 200
    assert guarded.admin("GET", STATS, [("authorization", f"bearer {TOKEN}")]).status == 200
    assert guarded.admin("GET", "/admin/nothing", bearer(TOKEN)).status == 404


def test_the_token_is_in_no_output(guarded):
    for answer in (
        guarded.admin("GET", "/admin/nothing", bearer(TOKEN)),
        guarded.admin("POST", PURGE, bearer(TOKEN), b"{}"),
        guarded.admin("GET", STATS, bearer(TOKEN + "x")),
    ):
        assert TOKEN.encode() not in answer.body
    with Connection(guarded.admin_address) as connection:
        connection.send(f"GET / HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        assert connection.read_answer().status == 400  # It has no Host.

    guarded.stop()

    assert TOKEN.encode() not in guarded.process.output()


def test_without_a_token_loopback_is_open_but_not_to_web_pages(cached):
    assert cached.admin("GET", STATS).status == 200
    page = [("Origin", "https://evil.example"), ("Content-Type", "text/plain")]
    assert cached.admin("POST", PURGE, page, b'{"all":true}').status == 403
    with Connection(cached.admin_address) as connection:
        connection.send(b"GET /admin/cache/stats HTTP/1.1\r\nHost: rebound.example:9090\r\n\r\n")
        assert connection.read_answer().status == 403
    for host in (b"localhost", b"127.0.0.1:9090", b"[::1]:9090"):
        with Connection(cached.admin_address) as connection:
            connection.send(b"GET /admin/cache/stats HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
            assert connection.read_answer().status == 200, host


def test_admin_requests_have_no_access_line(cached):
    cached.admin("GET", STATS)
    cached.admin("GET", "/health")
    cached.access_line(cached.get("/files/key"))

    assert {line["path"] for line in cached.access_lines()} == {"/files/key"}


def test_the_main_listener_knows_nothing_of_admin(cached):
    assert cached.get(STATS).status == 404
    assert cached.request("POST", PURGE, body=b'{"all":true}').status == 404


# What is refused.


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", PURGE, 405, "POST"),
        ("PUT", PURGE, 405, "POST"),
        ("OPTIONS", PURGE, 405, "POST"),
        ("POST", STATS, 405, "GET, HEAD"),
        ("GET", "/", 404, None),
        ("GET", "/admin", 404, None),
        ("GET", "/files/key", 404, None),
    ],
)
def test_other_paths_and_methods(cached, method, path, status, allow):
    answer = cached.admin(method, path)

    assert (answer.status, answer.header("Allow")) == (status, allow)
    assert json.loads(answer.body)["status"] == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"all",
        b"{}",
        b"[]",
        b'{"key":"k"}',
        b'{"all":false}',
        b'{"bucket":"files","key":1}',
        b'{"bucket":"files","key":"k","prefix":"p"}',
        b'{"bucket":"files","bucket":"files"}',
        b'{"bucket":"files","unknown":1}',
        b'{"bucket":"\xff"}',
    ],
)
def test_a_body_that_names_nothing_purges_nothing(cached, body):
    cached.get("/files/key")

    answer = cached.admin("POST", PURGE, body=body)

    assert answer.status == 400
    assert "a purge is" in json.loads(answer.body)["message"]
    assert cached.get("/files/key").header("X-Cache") == "HIT"


def test_an_unknown_bucket_is_404(cached):
    assert cached.admin("POST", PURGE, body=b'{"bucket":"other"}').status == 404


def test_bodies_of_any_framing_are_read_and_bounded(cached):
    purge = b'{"all":true}'
    head = b"POST /admin/cache/purge HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with Connection(cached.admin_address) as connection:
        connection.send(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for byte in purge:
            connection.send(b"1\r\n" + bytes([byte]) + b"\r\n")
        connection.send(b"0\r\n\r\n")
        assert connection.read_answer().status == 200
        connection.send(head + b"Content-Length: 12\r\nExpect: 100-continue\r\n\r\n")
        connection.send(purge)
        answer = connection.read_answer()
        assert (answer.status, json.loads(answer.body)) == (200, {"purged": 0})
        connection.send(head + b"Content-Length: 1000000\r\n\r\n")
        assert connection.read_answer().status == 413
    with Connection(cached.admin_address) as connection:
        connection.send(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert connection.read_answer().status == 400


def test_a_body_beyond_the_limit_is_refused_by_name(cached):
    host = [("Host", "localhost")]
    with Connection(cached.admin_address) as announced:
        head = [*host, ("Content-Length", str(64 * 1024 + 1)), ("Expect", "100-continue")]
        announced.send(request_bytes("POST", PURGE, head))
        refused = announced.read_answer()
    with Connection(cached.admin_address) as chunked:
        head = [*host, ("Transfer-Encoding", "chunked")]
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        chunked.send(request_bytes("POST", PURGE, head) + chunk * 3)
        cut = chunked.read_answer()

    assert refused.interim == []
    for answer in (refused, cut):
        assert (answer.status, json.loads(answer.body)["error"]) == (413, "payload_too_large")


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(cached):
    head = [("Host", "localhost"), ("Content-Length", "12"), ("Expect", "100-continue")]
    with Connection(cached.admin_address) as connection:
        connection.send(request_bytes("POST", PURGE, head))
        assert connection.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(b'{"all":true}')
        assert connection.read_answer().status == 200


# What a purge removes.


def test_a_purge_of_a_key_takes_that_key_alone(cached, origin):
    for key in ("a", "a/b", "ab"):
        cached.get(f"/files/{key}")
    assert cached.purge(bucket="files", key="a") == 1

    assert cached.get("/files/a").header("X-Cache") == "MISS"
    assert cached.get("/files/a/b").header("X-Cache") == "HIT"
    assert cached.get("/files/ab").header("X-Cache") == "HIT"
    assert len(origin.requests) == 4


def test_a_purge_of_a_prefix_of_a_bucket_and_of_all(serve, origin):
    origin.script = say(fresh())
    proxy = serve(
        document(
            origin_bucket(origin),
            origin_bucket(origin, "other", "/other"),
            cache=CACHE,
        )
    )
    paths = ("/files/d/x", "/files/d/y", "/files/e", "/other/d/x")

    def hits():
        return [path for path in paths if proxy.get(path).header("X-Cache") == "HIT"]

    assert hits() == []
    assert hits() == list(paths)
    assert proxy.purge(bucket="files", prefix="d/") == 2
    assert hits() == ["/files/e", "/other/d/x"]
    assert proxy.purge(bucket="files") == 3
    assert hits() == ["/other/d/x"]
    assert proxy.purge(all=True) == 4
    assert hits() == []


def test_purged_keys_are_those_of_the_access_log(serve, origin):
    origin.script = say(fresh())
    proxy = serve(document(origin_bucket(origin, s3={"key_prefix": "pre/"}), cache=CACHE))
    answer = proxy.get("/files/a%20b%C3%BC")
    key = proxy.access_line(answer)["s3_key"]
    assert key == "pre/a bü"

    assert proxy.purge(bucket="files", key="a bü") == 0
    assert proxy.purge(bucket="files", key=key) == 1
    assert proxy.get("/files/a%20b%C3%BC").header("X-Cache") == "MISS"


def test_variants_and_queries_go_with_their_object(serve, origin):
    vary = [("Cache-Control", "max-age=1000000000"), ("Vary", "Accept-Language")]
    origin.script = say(answers.ok(b"x", vary))
    bucket = origin_bucket(
        origin, forward_request_headers=["Accept-Language"], allowed_query=["versionId"]
    )
    proxy = serve(document(bucket, cache=CACHE))

    def ask():
        for query in ("", "?versionId=1"):
            for language in ("de", "en"):
                yield proxy.get(f"/files/k{query}", [("Accept-Language", language)])

    assert [answer.header("X-Cache") for answer in ask()] == ["MISS"] * 4
    assert [answer.header("X-Cache") for answer in ask()] == ["HIT"] * 4
    assert proxy.purge(bucket="files", key="k") == 4
    assert [answer.header("X-Cache") for answer in ask()] == ["MISS"] * 4


def test_a_purge_wins_over_a_fill_that_is_running(cached, origin):
    gate = threading.Event()
    old, new = b"o" * 300_000, b"n" * 300_000

    def slow(exchange):
        data = fresh(old)
        exchange.send(data[:-1000])
        gate.wait(60)
        exchange.send(data[-1000:])

    origin.script = slow
    with cached.connect() as reader:
        reader.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
        origin.wait_for_requests(1)
        assert reader.socket.recv(1, socket.MSG_PEEK)  # The fill has begun.
        cached.purge(bucket="files", key="key")
        origin.script = say(fresh(new))

        assert cached.get("/files/key").body == new

        gate.set()
        assert reader.read_answer().body == old  # Who had begun gets what was promised.
    again = cached.get("/files/key")
    assert (again.body, again.header("X-Cache")) == (new, "HIT")


def test_a_transfer_of_a_purged_object_goes_on(cached, origin):
    body = b"x" * 8_000_000
    origin.script = say(fresh(body))
    assert cached.get("/files/big").body == body
    with cached.connect(receive_buffer=4096) as reader:
        reader.send(b"GET /files/big HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert reader.socket.recv(1, socket.MSG_PEEK)
        assert cached.purge(all=True) == 1
        assert reader.read_answer().body == body


def test_many_purges_at_once_end_and_disturb_no_traffic(cached):
    wrong = []

    def purge_often():
        for _ in range(50):
            answer = cached.admin("POST", PURGE, body=b'{"all":true}')
            if answer.status != 200:
                wrong.append(answer)

    def read_often(number):
        for index in range(100):
            answer = cached.get(f"/files/{number}/{index % 5}")
            if (answer.status, answer.body) != (200, b"hello"):
                wrong.append(answer)

    threads = [threading.Thread(target=purge_often) for _ in range(2)]
    threads += [threading.Thread(target=read_often, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


# Statistics.


def test_statistics_move_with_what_happens(cached):
    def stats():
        answer = cached.admin("GET", STATS)
        assert answer.header("Content-Type") == "application/json"
        return json.loads(answer.body)

    before = stats()
    assert before["buckets"]["files"]["objects"] == 0
    assert before["tiers"]["memory"]["max_bytes"] == 64 << 20
    cached.get("/files/a")
    cached.get("/files/a")
    cached.head("/files/a")
    cached.get("/files/b", [("Range", "bytes=0-1")])

    after = stats()

    bucket = after["buckets"]["files"]
    assert (bucket["objects"], bucket["hits"], bucket["misses"]) == (1, 2, 1)
    assert bucket["bytes"] >= len(b"hello")
    counted = {"hit": 2, "miss": 1, "bypass": 1, "stale": 0, "revalidated": 0, "coalesced": 0}
    assert bucket["requests"] == counted
    tier = after["tiers"]["memory"]
    assert (tier["objects"], tier["hits"], tier["misses"], tier["evictions"]) == (1, 2, 1, 0)
    cached.purge(all=True)
    assert stats()["buckets"]["files"]["objects"] == 0


def test_without_a_cache_there_is_nothing_to_purge_or_to_tell(guarded):
    for body in (b'{"all":true}', b'{"bucket":"files"}', b'{"bucket":"files","key":"k"}'):
        answer = guarded.admin("POST", PURGE, bearer(TOKEN), body)
        assert (answer.status, json.loads(answer.body)) == (200, {"purged": 0})
    answer = guarded.admin("GET", STATS, bearer(TOKEN))
    assert json.loads(answer.body) == {"tiers": {}, "buckets": {}}


# Start and end.


def test_it_can_be_switched_off(serve, origin):
    proxy = serve(document(origin_bucket(origin), admin={"enabled": False}))

    assert proxy.get("/files/key").status == 200
    assert not [line for line in proxy.log() if line.get("listener") == "admin"]


def test_a_taken_admin_port_is_an_error_at_start(tmp_path, origin, file_of):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        main = {"port": free_port()}
        file = file_of(document(origin_bucket(origin), server=main, admin={"port": port}))
        process = run("serve", "-c", file)
        assert process.wait(20) == 1
    assert b"admin.port" in process.output()
    assert b"listening" not in process.output()
    assert str(port).encode() in process.output()


@pytest.mark.parametrize(
    ("admin", "problem"),
    [
        ({"address": "0.0.0.0"}, b"`admin.token` is needed"),
        ({"address": "192.0.2.1"}, b"`admin.token` is needed"),
        ({"address": "localhost"}, b"`admin.address` must be an IPv4 or IPv6 address"),
        ({"port": 70000}, b"`admin.port` must be"),
        ({"tokn": "x"}, b"did you mean `token`?"),
        ({"port": 8080}, b"`admin.port` must not be that of `server`"),
    ],
)
def test_what_is_refused_at_load(origin, file_of, admin, problem):
    configuration = document(origin_bucket(origin), server={"port": 8080}, admin=admin)
    process = run("check", "-c", file_of(configuration))

    assert process.wait(20) == 2
    assert problem in process.output()


def test_the_token_is_hidden_by_check(origin, file_of):
    admin = {"address": "0.0.0.0", "token": TOKEN}
    process = run("check", "-c", file_of(document(origin_bucket(origin), admin=admin)))

    assert process.wait(20) == 0
    assert TOKEN.encode() not in process.output()


def test_a_token_that_got_to_the_wrong_key_is_not_shown(origin, file_of):
    configuration = document(origin_bucket(origin), admin={"address": "${ADMIN_TOKEN}"})
    process = run("check", "-c", file_of(configuration), environment={"ADMIN_TOKEN": TOKEN})

    assert process.wait(20) == 2
    assert TOKEN.encode() not in process.output()


def test_a_kept_connection_is_answered_to_the_end_of_the_drain_and_holds_up_nothing(serve, origin):
    whole = answers.ok(b"x" * 100_000)
    held = origin.script = Held(whole[-50_000:], whole[:-50_000])
    proxy = serve(document(origin_bucket(origin)))
    waiting.eventually(lambda: proxy.admin("GET", "/ready").status == 200, "it is ready")
    host = [("Host", "localhost")]
    kept = Connection(proxy.admin_address)
    assert kept.get("/ready", host).status == 200
    busy = proxy.connect()
    busy.send(request_bytes("GET", "/files/key"))
    answer = busy.read_head()

    proxy.terminate()
    waiting.eventually(lambda: proxy.admin("GET", "/ready").status == 503, "it is not ready")

    assert kept.get("/ready", host).status == 503
    held.go_on.set()
    assert len(b"".join(busy.chunks_of(answer))) == 100_000
    assert proxy.process.wait(10) == 0
    assert kept.is_closed_by_peer()


def test_a_request_that_has_not_come_whole_holds_up_no_shutdown(cached):
    head = [("Host", "localhost"), ("Content-Length", "100")]
    with Connection(cached.admin_address) as connection:
        connection.send(request_bytes("POST", PURGE, head) + b'{"all"')

        cached.terminate()

        assert cached.process.wait(10) == 0


def test_it_answers_while_the_rest_drains(cached, origin):
    origin.script = never_answer
    with cached.connect() as held:
        held.send(b"GET /files/held HTTP/1.1\r\nHost: a.test\r\n\r\n")
        origin.wait_for_requests(1)
        cached.terminate()
        cached.wait_for_line(lambda line: line.get("message") == "stopping", "the drain")

        assert cached.admin("GET", "/health/ready").status == 503
        assert cached.admin("GET", "/health/live").status == 200
        origin.drop_connections()
        assert held.read_answer().status == 502
    assert cached.process.wait(20) == 0

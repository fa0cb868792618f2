"""Rate limits: of all clients, of each, of a bucket; what is refused costs nothing behind them."""

import copy
import json
import socket
import time

import pytest
import yaml

from support import waiting
from support.configuration import document, origin_bucket
from support.http1 import Connection
from support.metrics import page_of
from support.proxy import run

HOST = [("Host", "h")]


def limited(origin, server=None, **keys):
    return document(origin_bucket(origin, **keys), server=server)


def statuses(proxy, count, path="/files/key", headers=()):
    with proxy.connect() as connection:
        return [connection.request("GET", path, [*HOST, *headers]).status for _ in range(count)]


def per_client(rate, burst):
    return {"rate_limit": {"per_client": {"requests_per_second": rate, "burst": burst}}}


SCOPES = {
    "global": lambda origin: limited(
        origin, server={"rate_limit": {"requests_per_second": 1, "burst": 3}}
    ),
    "client": lambda origin: limited(origin, server=per_client(1, 3)),
    "bucket": lambda origin: limited(origin, rate_limit={"requests_per_second": 1, "burst": 3}),
}


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_lets_a_burst_in_and_refuses_the_rest(serve, origin, scope):
    proxy = serve(SCOPES[scope](origin))

    assert statuses(proxy, 3) == [200] * 3
    answer = proxy.get("/files/key")

    assert answer.status == 429
    assert json.loads(answer.body)["error"] == "too_many_requests"
    assert answer.header("Retry-After") == "1"
    assert answer.header("RateLimit-Policy") == f'"{scope}";q=3;w=3'
    assert answer.header("RateLimit") == f'"{scope}";r=0;t=1'
    line = proxy.access_line(answer)
    assert (line["status"], line["error"]) == (429, "too_many_requests")
    assert line["reason"] == f"the rate limit: {scope}"
    assert len(origin.requests) == 3
    page = page_of(proxy)
    assert page.sum("rate_limited_total") == 1
    assert page.sum("rate_limited_total", bucket="files", scope=scope) == 1


@pytest.mark.parametrize("scope", SCOPES)
def test_who_waits_as_told_is_served(serve, origin, scope):
    proxy = serve(SCOPES[scope](origin))
    statuses(proxy, 3)
    refused_at = time.monotonic()
    refused = proxy.get("/files/key")
    assert refused.status == 429

    waiting.eventually(
        lambda: time.monotonic() - refused_at >= int(refused.header("Retry-After")), "that time"
    )

    assert proxy.get("/files/key").status == 200


def test_the_loops_share_a_limit(serve, origin):
    proxy = serve(limited(origin, server={"rate_limit": {"requests_per_second": 1, "burst": 10}}))

    told = [proxy.get("/files/key").status for _ in range(40)]  # Each on a connection of its own.

    assert 10 <= told.count(200) <= 13
    assert told.count(429) == 40 - told.count(200)


def ask_from(address, proxy):
    with socket.create_connection(proxy.address, source_address=(address, 0)) as connection:
        connection.sendall(b"GET /files/key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        return int(connection.recv(65536).split(b" ")[1])


@pytest.mark.http1
def test_clients_do_not_share_theirs(serve, origin):
    proxy = serve(limited(origin, server=per_client(1, 1)))

    assert [ask_from("127.0.0.1", proxy) for _ in range(2)] == [200, 429]
    assert [ask_from("127.0.0.2", proxy) for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:3::4", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_a_trusted_proxy_tells_who_the_client_is(serve, origin, one, other, is_same):
    server = {"trusted_proxies": ["127.0.0.1/32"], **per_client(1, 1)}
    proxy = serve(limited(origin, server=server))

    assert statuses(proxy, 2, headers=[("X-Forwarded-For", one)]) == [200, 429]
    assert statuses(proxy, 1, headers=[("X-Forwarded-For", other)]) == [429 if is_same else 200]


def test_nobody_else_is_believed(serve, origin):
    proxy = serve(limited(origin, server=per_client(1, 1)))

    told = [
        statuses(proxy, 1, headers=[("X-Forwarded-For", f"192.0.2.{number}")])[0]
        for number in range(3)
    ]

    assert told == [200, 429, 429]


def test_a_bucket_leaves_the_others_alone(serve, origin):
    proxy = serve(
        document(
            origin_bucket(origin, rate_limit={"requests_per_second": 1, "burst": 1}),
            origin_bucket(origin, name="free", prefix="/free"),
        )
    )

    assert statuses(proxy, 2) == [200, 429]
    assert statuses(proxy, 5, path="/free/key") == [200] * 5


def test_paths_without_a_bucket_count_too(serve, origin):
    proxy = serve(limited(origin, server=per_client(1, 2)))

    assert statuses(proxy, 3, path="/nowhere") == [404, 404, 429]
    assert page_of(proxy).sum("rate_limited_total", bucket="", scope="client") == 1


def test_health_is_exempt_and_uses_nothing_up(serve, origin):
    proxy = serve(limited(origin, server=per_client(1, 2)))

    assert set(statuses(proxy, 20, path="/health/live")) == {200}
    assert statuses(proxy, 3) == [200, 200, 429]
    assert set(statuses(proxy, 5, path="/health/live")) == {200}


def test_the_limit_comes_before_the_token(serve, origin):
    keys = {"algorithm": "HS256", "secret": "0123456789abcdef0123456789abcdef"}
    proxy = serve(
        limited(origin, server=per_client(1, 1), auth={"enabled": True, "jwt": keys})
    )

    assert statuses(proxy, 2) == [401, 429]
    assert page_of(proxy).sum("auth_requests_total", bucket="files", result="missing") == 1


def test_a_reload_forgives_nobody_whose_limit_stays(serve, origin):
    before = limited(origin, server=per_client(1, 2), rate_limit={"requests_per_second": 1})
    proxy = serve(before)
    assert statuses(proxy, 2) == [200, 429]

    proxy.admin("POST", "/admin/reload")
    assert statuses(proxy, 1) == [429]

    after = copy.deepcopy(before)
    after["server"]["rate_limit"]["per_client"]["burst"] = 100
    after["buckets"][0]["rate_limit"] = {"requests_per_second": 50}
    proxy.write(after)
    proxy.admin("POST", "/admin/reload")
    assert statuses(proxy, 20) == [200] * 20


@pytest.mark.parametrize(
    "block",
    [
        {"requests_per_second": -1},
        {"requests_per_second": "many"},
        {"requests_per_second": 100_000_000},
        {"burst": 5},
        {"per_second": 5},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["server", "per_client", "bucket"])
def test_a_limit_that_makes_no_sense_is_refused(origin, tmp_path, block, place):
    made = document(origin_bucket(origin))
    if place == "server":
        made["server"]["rate_limit"] = block
    elif place == "per_client":
        made["server"]["rate_limit"] = {"per_client": block}
    else:
        made["buckets"][0]["rate_limit"] = block
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(made))

    process = run("check", "-c", file)

    assert process.wait(10) == 2
    assert next(iter(block)) in process.output().decode()


@pytest.mark.http1
def test_one_connection_cannot_outrun_its_limit(serve, origin):
    proxy = serve(limited(origin, server=per_client(100, 1)))
    with Connection(proxy.address) as connection:
        began = time.monotonic()
        told = [connection.request("GET", "/files/key", HOST).status for _ in range(200)]
        passed = time.monotonic() - began

    assert told.count(200) <= 2 + passed * 100

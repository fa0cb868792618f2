"""Metrics: a page that Prometheus likes, every series moved by what it counts and by nothing else."""

import json
import os
import re
import signal
import subprocess
import threading

import jwt
import pytest
import yaml

from support import answers, places, waiting
from support.configuration import document, origin_bucket
from support.http1 import Connection, request_bytes
from support.http2 import Http2
from support.metrics import page_of
from support.origin import Held, InTurn, say
from support.process import free_port

HOST = [("Host", "h")]
SECRET = "0123456789abcdef0123456789abcdef"

# operations.md, with the labels of each.
SERIES = {
    "http_requests_total": {"bucket", "route", "method", "status"},
    "http_request_duration_seconds": {"bucket", "cache"},
    "http_time_to_first_byte_seconds": {"bucket", "cache"},
    "http_requests_in_flight": set(),
    "http_response_bytes_total": {"bucket"},
    "http_connections": {"state"},
    "http_connections_total": {"protocol"},
    "http2_abuses_total": {"kind"},
    "auth_requests_total": {"bucket", "result"},
    "rate_limited_total": {"bucket", "scope"},
    "s3_requests_total": {"bucket", "operation", "status"},
    "s3_errors_total": {"bucket", "code"},
    "s3_request_duration_seconds": {"bucket", "operation"},
    "s3_retries_total": {"bucket"},
    "circuit_breaker_state": {"bucket"},
    "s3_connections": {"bucket", "state"},
    "s3_connections_opened_total": {"bucket"},
    "cache_requests_total": {"bucket", "result"},
    "cache_bytes": {"tier"},
    "cache_objects": {"tier"},
    "cache_evictions_total": {"tier"},
    "config_reloads_total": {"result"},
    "config_generation": set(),
    "config_last_reload_timestamp_seconds": set(),
    "log_lines_dropped_total": set(),
    "event_loop_lag_seconds": {"worker"},
    "worker_tasks": {"worker"},
    "build_info": {"version", "commit", "compiler"},
    "process_cpu_seconds_total": set(),
    "process_resident_memory_bytes": set(),
    "process_virtual_memory_bytes": set(),
    "process_open_fds": set(),
    "process_max_fds": set(),
    "process_start_time_seconds": set(),
}


def full_name(name: str) -> str:
    return name if name.startswith("process_") else f"yatagarasu_{name}"


def token(**claims) -> list[tuple[str, str]]:
    return [("Authorization", "Bearer " + jwt.encode({"sub": "a", **claims}, SECRET, "HS256"))]


class Mixed:
    """A proxy with a public cached bucket, a private one and one whose origin is down, and the load."""

    def __init__(self, serve, origin):
        self.origin = origin
        rules = [{"claim": "role", "operator": "equals", "value": "reader"}]
        keys = {"algorithm": "HS256", "secret": SECRET, "claims": rules}
        self.configuration = document(
            origin_bucket(origin, name="open", prefix="/open"),
            origin_bucket(
                origin,
                name="closed",
                prefix="/closed",
                auth={"enabled": True, "jwt": keys},
                cache={"enabled": False},
            ),
            origin_bucket(
                origin,
                name="down",
                prefix="/down",
                s3={"endpoint": f"http://127.0.0.1:{free_port()}"},
                rate_limit={"requests_per_second": 1, "burst": 2},
            ),
            cache={"memory": {"max_size": "8MiB"}},
        )
        self.proxy = serve(self.configuration)
        self.counted: dict[tuple[str, str, int], int] = {}

    def ask(self, connection, method, path, headers=()):
        answer = connection.request(method, path, [*HOST, *headers])
        bucket = path.split("/")[1]
        key = (bucket if bucket in ("open", "closed", "down") else "", method, answer.status)
        self.counted[key] = self.counted.get(key, 0) + 1
        return answer

    def load(self):
        origin = self.origin
        with self.proxy.connect() as connection:
            origin.script = say(answers.cacheable(b"x" * 1000))
            for _ in range(5):
                self.ask(connection, "GET", "/open/kept")
            self.ask(connection, "HEAD", "/open/kept")
            self.ask(connection, "GET", "/open/kept", [("Range", "bytes=0-9")])
            self.ask(connection, "OPTIONS", "/open/kept")
            self.ask(connection, "PUT", "/open/kept")
            self.ask(connection, "GET", "/nowhere")
            origin.script = InTurn(
                say(answers.stale(b"old", "stale-while-revalidate=600")),
                say(answers.not_modified([("Cache-Control", "max-age=600")])),
            )
            origin.forget()
            self.ask(connection, "GET", "/open/stale")
            self.ask(connection, "GET", "/open/stale")
            origin.wait_for_requests(2)
            origin.script = InTurn(
                say(answers.stale(b"old")), say(answers.not_modified([("Age", "120")]))
            )
            self.ask(connection, "GET", "/open/checked")
            self.ask(connection, "GET", "/open/checked")
            origin.script = say(answers.error("404 Not Found", "NoSuchKey"))
            self.ask(connection, "GET", "/open/missing")
            origin.script = say(answers.error("400 Bad Request", "InventedByTheStore"))
            self.ask(connection, "GET", "/open/odd")
            origin.script = say(b"this is not HTTP\r\n\r\n")
            self.ask(connection, "GET", "/open/garbled")
            self.ask(connection, "GET", "/down/key")
            origin.script = say(answers.ok(b"y" * 10))
            self.ask(connection, "GET", "/closed/key")
            self.ask(connection, "GET", "/closed/key", [("Authorization", "Bearer none")])
            self.ask(connection, "GET", "/closed/key", token(role="other"))
            self.ask(connection, "GET", "/closed/key", token(role="reader"))
        self.share_a_fill()
        self.evict()
        self.exceed()

    def share_a_fill(self):
        held = Held(answers.cacheable(b"shared"))
        self.origin.script = held
        self.origin.forget()
        with self.proxy.connect() as one, self.proxy.connect() as two:
            one.send(request_bytes("GET", "/open/shared"))
            self.origin.wait_for_requests(1)
            two.send(request_bytes("GET", "/open/shared"))
            waiting.eventually(
                lambda: page_of(self.proxy).sum("http_requests_in_flight") == 2, "both in flight"
            )
            held.go_on.set()
            assert {one.read_answer().status, two.read_answer().status} == {200}
        key = ("open", "GET", 200)
        self.counted[key] = self.counted.get(key, 0) + 2

    def evict(self):
        body = b"z" * 1_000_000
        self.origin.script = say(answers.cacheable(body))
        with self.proxy.connect() as connection:
            for number in range(12):
                self.ask(connection, "GET", f"/open/large{number}")


    def exceed(self):
        with self.proxy.connect() as connection:
            self.ask(connection, "HEAD", "/down/key")
            assert self.ask(connection, "HEAD", "/down/key").status == 429


@pytest.fixture
def mixed(serve, origin):
    made = Mixed(serve, origin)
    made.load()
    total = sum(made.counted.values())
    waiting.eventually(lambda: len(made.proxy.access_lines()) >= total, "every access line")
    return made


def test_the_page_has_every_series_and_promtool_finds_nothing(mixed):
    page = page_of(mixed.proxy)

    labels: dict[str, set[str]] = {}
    for sample in page.samples:
        family = re.sub(r"_(bucket|count|sum)$", "", sample.name)
        name = sample.name if sample.name in page.types else family
        labels.setdefault(name, set()).update(sample.labels.keys() - {"le"})
    assert labels == {full_name(name): keys for name, keys in SERIES.items()}
    for name in SERIES:
        kind = page.types[full_name(name)]
        assert (kind == "counter") == name.endswith("_total"), name
        assert (kind == "histogram") == ("bucket" in name or name.endswith(("duration_seconds", "byte_seconds", "lag_seconds"))), name
    checked = subprocess.run(
        [places.tool("promtool"), "check", "metrics"],
        input=page.text.encode(),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_requests_are_counted_as_clients_and_the_log_count_them(mixed):
    expected = mixed.counted
    total = sum(expected.values())
    lines = mixed.proxy.access_lines()
    page = page_of(mixed.proxy)

    by_page = {
        (each.labels["bucket"], each.labels["method"], int(each.labels["status"])): each.value
        for each in page.all("http_requests_total")
    }
    by_log: dict[tuple[str, str, int], int] = {}
    for line in lines:
        key = (line.get("bucket") or "", line["method"], line["status"])
        by_log[key] = by_log.get(key, 0) + 1
    # Methods that mean nothing here share a label.
    renamed = {
        (bucket, "other" if method == "PUT" else method, status): count
        for (bucket, method, status), count in expected.items()
    }
    assert by_log == expected
    assert by_page == renamed
    assert page.sum("http_request_duration_seconds_count") == total
    assert page.sum("http_time_to_first_byte_seconds_count") == total
    routes = {each.labels["route"] for each in page.all("http_requests_total", bucket="open")}
    assert routes == {"/open"}
    sent = sum(line["bytes_sent"] for line in lines if line.get("bucket") == "open")
    assert page.sum("http_response_bytes_total", bucket="open") == sent > 12_000_000


def test_the_cache_and_tokens_and_s3_are_counted_as_they_were_met(mixed):
    page = page_of(mixed.proxy)

    met = {
        each.labels["result"]: each.value for each in page.all("cache_requests_total", bucket="open")
    }
    lines = [line for line in mixed.proxy.access_lines() if line.get("bucket") == "open"]
    told = [line["cache"].lower() for line in lines if line.get("cache")]
    assert met["coalesced"] == 1
    assert met["miss"] == told.count("miss") - 1
    for result in ("hit", "stale", "revalidated", "bypass"):
        assert met[result] == told.count(result) > 0, result
    assert page.sum("cache_requests_total", bucket="closed", result="bypass") == 1
    stats = json.loads(mixed.proxy.admin("GET", "/admin/cache/stats").body)["tiers"]["memory"]
    assert page.sum("cache_objects", tier="memory") == stats["objects"] > 0
    assert page.sum("cache_bytes", tier="memory") == stats["bytes"] > 1_000_000
    assert page.sum("cache_evictions_total", tier="memory") == stats["evictions"] > 0

    for result in ("success", "missing", "invalid", "forbidden"):
        assert page.sum("auth_requests_total", bucket="closed", result=result) == 1, result

    assert page.sum("rate_limited_total", bucket="down", scope="bucket") == 1
    assert page.sum("rate_limited_total") == 1

    got = page.sum("s3_requests_total", bucket="open", operation="GetObject")
    assert got == sum(line.get("attempts", 0) for line in lines) + 1  # The refresh has no line.
    assert page.sum("s3_requests_total", bucket="open", operation="HeadBucket") >= 1
    assert page.sum("s3_requests_total", bucket="down", operation="GetObject", status="0") >= 1
    for bucket, code in (
        ("open", "NoSuchKey"),
        ("open", "other"),
        ("open", "malformed"),
        ("down", "connect"),
    ):
        assert page.sum("s3_errors_total", bucket=bucket, code=code) >= 1, code
    assert page.sum("s3_request_duration_seconds_count", bucket="open", operation="GetObject") == got
    opened = page.sum("s3_connections_opened_total", bucket="open")
    assert 1 <= page.sum("s3_connections", bucket="open") <= opened


@pytest.mark.http1
def test_connections_and_requests_in_flight_come_and_go(serve, origin):
    held = Held(answers.ok())
    origin.script = held
    proxy = serve(document(origin_bucket(origin)))
    with proxy.connect() as idle, proxy.connect() as busy, proxy.connect():
        idle.request("GET", "/nowhere", HOST)
        busy.send(request_bytes("GET", "/files/key"))
        origin.wait_for_requests(1)

        page = waiting.eventually(
            lambda: (page := page_of(proxy)).sum("http_connections", state="idle") == 2 and page,
            "three connections",
        )
        assert page.sum("http_connections", state="active") == 1
        assert page.sum("http_requests_in_flight") == 1
        assert page.sum("http_connections_total", protocol="http/1") == 2
        assert page.sum("s3_connections", bucket="files", state="active") == 1
        waiting.eventually(
            lambda: page_of(proxy).sum("worker_tasks") >= 3, "the loops have looked at themselves"
        )
        held.go_on.set()
        busy.read_answer()

    page = waiting.eventually(
        lambda: (page := page_of(proxy)).sum("http_connections") == 0 and page, "none"
    )
    assert page.sum("http_requests_in_flight") == 0
    assert page.sum("http_connections_total", protocol="none") == 1
    assert page.sum("s3_connections", bucket="files", state="active") == 0


@pytest.mark.http1
def test_an_http2_connection_is_active_while_one_of_its_streams_is(serve, origin):
    held = Held(answers.ok())
    origin.script = held
    proxy = serve(document(origin_bucket(origin)))
    with Http2(proxy.address) as connection:
        streams = [connection.request("GET", f"/files/{n}") for n in range(2)]
        origin.wait_for_requests(2)
        page = page_of(proxy)
        assert page.sum("http_connections", state="active") == 1
        assert page.sum("http_connections", state="idle") == 0
        assert page.sum("http_connections_total", protocol="http/2") == 1
        assert page.sum("http_connections_total", protocol="http/1") == 0
        assert page.sum("http_requests_in_flight") == 2
        held.go_on.set()
        for stream in streams:
            connection.wait_for_end(stream)

        page = waiting.eventually(
            lambda: (page := page_of(proxy)).sum("http_connections", state="idle") == 1 and page,
            "the connection is idle",
        )
        assert page.sum("http_connections", state="active") == 0
        assert page.sum("http_requests_total", bucket="files", status="200") == 2

    waiting.eventually(lambda: page_of(proxy).sum("http_connections") == 0, "none")
    assert page_of(proxy).sum("http_connections_total", protocol="none") == 0


def test_a_stream_tells_its_first_byte_from_its_end(serve, origin):
    held = Held(b" world", first=answers.ok(b"hello", [("Content-Length", "11")]))
    origin.script = held
    proxy = serve(document(origin_bucket(origin)))
    with proxy.connect() as connection:
        connection.send(request_bytes("GET", "/files/key"))
        assert connection.read_until(b"hello") is not None
        waiting.eventually(
            lambda: page_of(proxy).sum("process_cpu_seconds_total") >= 0, "some time has passed"
        )
        held.go_on.set()
        assert connection.take(6) == b" world"

    page = waiting.eventually(
        lambda: (page := page_of(proxy)).sum("http_request_duration_seconds_count") == 1 and page,
        "the end of the request",
    )
    first = page.sum("http_time_to_first_byte_seconds_sum", bucket="files", cache="bypass")
    whole = page.sum("http_request_duration_seconds_sum", bucket="files", cache="bypass")
    assert 0 < first < whole


def test_retries_and_the_circuit_breaker_show(serve, origin):
    origin.script = InTurn(
        say(answers.error("503 Slow Down", "SlowDown")), say(answers.ok()), lambda each: each.reset()
    )
    s3 = {
        "retry": {"max_attempts": 2, "initial_backoff": "1ms"},
        "circuit_breaker": {"failure_threshold": 3, "cooldown": "1h"},
    }
    proxy = serve(document(origin_bucket(origin, s3=s3)))

    assert proxy.get("/files/key").status == 200
    page = page_of(proxy)
    assert page.sum("s3_retries_total", bucket="files") == 1
    assert page.sum("s3_errors_total", bucket="files", code="SlowDown") == 1
    assert page.sum("circuit_breaker_state", bucket="files") == 0
    proxy.get("/files/key")
    proxy.get("/files/key")

    page = page_of(proxy)
    assert page.sum("circuit_breaker_state", bucket="files") == 2
    assert page.sum("s3_errors_total", bucket="files", code="reset") == 3
    status = json.loads(proxy.admin("GET", "/admin/status").body)
    assert status["buckets"]["files"]["circuit_breaker"] == "open"
    # A reload does not make the origin well.
    proxy.admin("POST", "/admin/reload")
    assert page_of(proxy).sum("circuit_breaker_state", bucket="files") == 2


def test_reloads_are_counted_and_counters_go_on(serve, origin):
    proxy = serve(document(origin_bucket(origin)))
    proxy.get("/files/key")
    before = page_of(proxy)
    started = before.sum("config_last_reload_timestamp_seconds")
    assert (before.sum("config_generation"), before.sum("config_reloads_total")) == (1, 0)
    assert started > 1_700_000_000

    proxy.admin("POST", "/admin/reload")
    text = proxy.file.read_text()
    proxy.file.write_text("buckets: [")
    proxy.admin("POST", "/admin/reload")
    proxy.file.write_text(text.replace("/files", "/elsewhere"))
    proxy.signal(signal.SIGHUP)
    waiting.eventually(lambda: page_of(proxy).sum("config_generation") == 3, "the reloads")

    page = page_of(proxy)
    assert page.sum("config_reloads_total", result="ok") == 2
    assert page.sum("config_reloads_total", result="error") == 1
    assert page.sum("http_requests_total", bucket="files") == 1
    assert page.sum("s3_requests_total", bucket="files", operation="GetObject") == 1


def test_the_series_of_a_removed_bucket_go(serve, origin):
    both = document(origin_bucket(origin), origin_bucket(origin, name="zebra", prefix="/zebra"))
    proxy = serve(both)
    proxy.get("/zebra/key")
    waiting.eventually(
        lambda: page_of(proxy).all("http_requests_total", bucket="zebra"), "it is counted"
    )

    proxy.write(document(origin_bucket(origin)))
    proxy.admin("POST", "/admin/reload")

    assert "zebra" not in page_of(proxy).text


def test_a_store_cannot_blow_the_page_up(serve, origin):
    codes = iter(range(1000))
    origin.script = lambda exchange: exchange.send(
        answers.error(f"{400 + next(codes) % 100} X", f"Code{next(codes)}")
    )
    proxy = serve(document(origin_bucket(origin, error_responses="origin")))
    with proxy.connect() as connection:
        for _ in range(200):
            connection.request("GET", "/files/key", HOST)

    page = page_of(proxy)
    assert page.sum("http_requests_total", bucket="files") == 200
    assert len(page.all("http_requests_total", bucket="files")) <= 49
    assert page.sum("http_requests_total", bucket="files", status="other") > 0


def test_lines_that_are_dropped_are_counted(serve, origin, tmp_path):
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        proxy = serve(document(origin_bucket(origin), admin={"port": free_port()}))
        text = yaml.safe_load(proxy.file.read_text())
        text["logging"] = {"output": str(pipe)}
        proxy.file.write_text(yaml.safe_dump(text))
        address = proxy.admin_address
        with Connection(address) as admin:
            assert admin.request("POST", "/admin/reload", [("Host", "127.0.0.1")]).status == 200
        with proxy.connect() as connection:
            for _ in range(3000):
                connection.request("GET", "/nowhere/" + "n" * 300, HOST)
        with Connection(address) as admin:
            page = admin.request("GET", "/metrics", [("Host", "127.0.0.1")]).body.decode()
    finally:
        os.close(reader)

    dropped = re.search(r"^yatagarasu_log_lines_dropped_total (\d+)$", page, re.MULTILINE)
    assert int(dropped[1]) > 0


def test_a_scrape_does_not_wait_for_s3_and_not_for_clients(serve, origin):
    origin.script = Held(b"")
    proxy = serve(document(origin_bucket(origin)))
    with proxy.connect() as stuck:
        stuck.send(request_bytes("GET", "/files/key"))
        origin.wait_for_requests(1)
        done = threading.Event()
        thread = threading.Thread(target=lambda: (page_of(proxy), done.set()))
        thread.start()
        assert done.wait(5)
        thread.join()

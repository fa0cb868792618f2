"""Health and readiness: from state kept in the background, whatever S3 does."""

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest

from support import answers, waiting
from support.configuration import document, origin_bucket, store_bucket
from support.origin import Origin, never_answer, say


@contextlib.contextmanager
def full_listener(port: int) -> Iterator[None]:
    """Listens there and takes nothing: a further connect() gets no answer."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(0)
        for _ in range(3):
            filling = sockets.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(("127.0.0.1", port))
        yield


def health(proxy) -> tuple[int, dict]:
    answer = proxy.get("/health")
    return answer.status, json.loads(answer.body)


def test_a_reachable_store_is_healthy_and_ready(serve, store, bucket):
    proxy = serve(document(store_bucket(store, bucket)))
    waiting.eventually(lambda: proxy.get("/ready").status == 200, "it is ready")

    status, body = health(proxy)

    assert status == 200
    assert set(body) == {"status", "version", "uptime_seconds", "config_generation", "buckets"}
    assert body["status"] == "healthy"
    assert body["buckets"] == {"files": "up"}
    assert body["config_generation"] == 1
    assert body["uptime_seconds"] >= 0


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/ready", "/health"])
def test_the_endpoints_answer_get_and_head_with_json(scripted, path):
    waiting.eventually(lambda: scripted.get("/ready").status == 200, "it is ready")

    answer = scripted.get(path)
    head = scripted.head(path)

    assert (answer.status, head.status, head.body) == (200, 200, b"")
    assert answer.header("Content-Type") == "application/json"
    json.loads(answer.body)


def test_no_health_answer_is_stored_by_a_cache_in_between(scripted):
    answer = scripted.get("/health")

    assert "no-store" in (answer.header("Cache-Control") or "")


def test_an_unreachable_store_is_unhealthy_and_not_ready_but_alive(serve, origin):
    origin.refuse()
    proxy = serve(document(origin_bucket(origin)))

    waiting.eventually(lambda: health(proxy)[1]["buckets"] == {"files": "down"}, "it is down")

    status, body = health(proxy)
    assert (status, body["status"]) == (503, "unhealthy")
    assert proxy.get("/health/ready").status == 503
    assert proxy.get("/ready").status == 503
    assert proxy.get("/health/live").status == 200


def test_it_becomes_ready_when_the_store_comes_back(serve, origin):
    origin.refuse()
    proxy = serve(document(origin_bucket(origin)))
    waiting.eventually(lambda: proxy.get("/ready").status == 503, "it is not ready")

    origin.listen()

    # By the next probe (every 10 s) at the latest.
    waiting.eventually(lambda: proxy.get("/ready").status == 200, "it is ready", within=25)


def test_traffic_shows_the_store_to_be_back_before_the_next_probe(serve, origin):
    origin.refuse()
    proxy = serve(document(origin_bucket(origin)))
    waiting.eventually(lambda: proxy.get("/ready").status == 503, "it is not ready")
    waiting.eventually(lambda: health(proxy)[1]["buckets"] == {"files": "down"}, "it is down")
    origin.probe = never_answer
    origin.listen()

    waiting.eventually(lambda: proxy.get("/files/key").status == 200, "traffic passes")

    waiting.eventually(lambda: proxy.get("/ready").status == 200, "it is ready", within=3)


def test_some_but_not_all_stores_up_is_degraded_and_ready(serve, origin):
    gone = Origin()
    gone.refuse()
    proxy = serve(
        document(
            origin_bucket(origin, name="here", prefix="/here"),
            origin_bucket(gone, name="gone", prefix="/gone"),
        )
    )
    wanted = {"here": "up", "gone": "down"}
    waiting.eventually(lambda: health(proxy)[1]["buckets"] == wanted, "both are known")

    status, body = health(proxy)

    assert (status, body["status"]) == (200, "degraded")
    assert proxy.get("/ready").status == 200


def test_health_is_answered_while_the_store_hangs(serve, origin):
    origin.probe = never_answer
    origin.script = never_answer
    proxy = serve(document(origin_bucket(origin)))
    waiting.eventually(lambda: origin.probes > 0, "the probe hangs")
    with proxy.connect() as hanging:
        hanging.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
        origin.wait_for_requests(1)

        for path in ("/health", "/health/live", "/health/ready", "/ready"):
            with proxy.connect(timeout=5) as connection:
                assert connection.get(path).status in (200, 503), path
        assert not origin.exchanges[0].peer_closed.is_set(), "the store still hangs"


def test_a_missing_object_does_not_make_the_bucket_down(scripted, origin):
    waiting.eventually(lambda: scripted.get("/ready").status == 200, "it is ready")
    origin.script = say(answers.error("404 Not Found", "NoSuchKey"))

    assert scripted.get("/files/key").status == 404

    assert scripted.get("/ready").status == 200


def test_a_client_that_leaves_during_the_connect_does_not_make_the_bucket_down(serve, origin):
    patience = {"timeouts": {"connect": "20s"}}
    proxy = serve(document(origin_bucket(origin, s3=patience), server={"threads": 1}))
    waiting.eventually(lambda: proxy.get("/ready").status == 200, "it is ready")
    origin.refuse()
    with full_listener(origin.port):
        leaving = proxy.connect()
        leaving.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
        leaving.close()
        line = proxy.wait_for_line(lambda line: line.get("message") == "request", "its line")

        assert (line["status"], line["error"]) == (499, "client_gone")
        assert proxy.get("/ready").status == 200


def test_probes_are_signed(serve, store, bucket):
    """A store that checks signatures says "up": an unsigned probe would be refused."""
    proxy = serve(document(store_bucket(store, bucket)))

    waiting.eventually(lambda: health(proxy)[1]["buckets"] == {"files": "up"}, "it is up")


def test_wrong_credentials_are_down(serve, store, bucket):
    proxy = serve(document(store_bucket(store, bucket, s3={"secret_key": "not-the-secret-at-all"})))

    waiting.eventually(lambda: health(proxy)[1]["buckets"] == {"files": "down"}, "it is down")


def test_a_root_bucket_does_not_hide_the_endpoints(serve, origin):
    proxy = serve(document(origin_bucket(origin, prefix="/")))

    assert proxy.get("/health/live").status == 200
    assert proxy.get("/healthy").status == 200

    assert [request.target for request in origin.requests] == ["/inner/healthy"]


def test_the_endpoints_can_be_switched_off(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"health_endpoints": False}))

    assert proxy.get("/health").status == 404
    assert proxy.get("/ready").status == 404


def test_other_methods_on_the_endpoints_are_405(scripted):
    assert scripted.request("POST", "/health").status == 405
    assert scripted.request("DELETE", "/ready").status == 405


def test_health_has_no_access_line(scripted):
    for path in ("/health", "/health/live", "/health/ready", "/ready"):
        scripted.get(path)
    answer = scripted.get("/files/key")
    scripted.access_line(answer)

    assert [line["path"] for line in scripted.access_lines()] == ["/files/key"]

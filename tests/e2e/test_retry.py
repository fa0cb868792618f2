"""Requests that S3 failed are made again: which, when, how often, and never too late."""

import threading
import time

import pytest

from support import answers
from support.configuration import cached_document, document, origin_bucket
from support.origin import InTurn, never_answer, say, say_and_close

SLOW_DOWN = say(answers.error("503 Slow Down", "SlowDown"))
TIMEOUTS = {"connect": "2s", "first_byte": "1s", "stall": "1s"}


def retrying(origin, server=None, bucket=None, **retry):
    """The scripted origin behind the retries of the defaults, but for what is given."""
    s3 = {"retry": {"initial_backoff": "1ms", **retry}, "timeouts": TIMEOUTS}
    return document(origin_bucket(origin, s3=s3, **(bucket or {})), server=server)


def with_retry_after(seconds):
    return say(answers.error("503 Slow Down", "SlowDown", [("Retry-After", str(seconds))]))


def reset(exchange):
    exchange.reset()


def test_two_failures_do_not_reach_the_client(serve, origin):
    proxy = serve(retrying(origin))
    origin.script = InTurn(SLOW_DOWN, SLOW_DOWN, say(answers.ok(b"at last")))

    answer = proxy.get("/files/key")

    assert (answer.status, answer.body) == (200, b"at last")
    access = proxy.access_line(answer)
    assert (access["attempts"], access["s3_status"], access["status"]) == (3, 200, 200)
    assert "error" not in access
    assert not [line for line in proxy.log() if line["level"] in ("warn", "error")]


def test_the_last_failure_does(serve, origin):
    proxy = serve(retrying(origin))
    origin.script = InTurn(
        say(answers.error("500 Oops", "InternalError")), reset, SLOW_DOWN, say(answers.ok())
    )

    answer = proxy.get("/files/key")

    assert answer.status == 503
    assert proxy.access_line(answer)["attempts"] == 3
    assert len(origin.requests) == 3


@pytest.mark.parametrize(
    ("line", "attempts"),
    [
        ("500 Internal Server Error", 3),
        ("502 Bad Gateway", 3),
        ("503 Slow Down", 3),
        ("504 Gateway Timeout", 3),
        ("501 Not Implemented", 1),
        ("400 Bad Request", 1),
        ("403 Forbidden", 1),
        ("404 Not Found", 1),
        ("412 Precondition Failed", 1),
        ("416 Range Not Satisfiable", 1),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_only_failures_of_the_server_are_repeated(serve, origin, method, line, attempts):
    proxy = serve(retrying(origin))
    origin.script = say(answers.bodiless(line))

    answer = proxy.request(method, "/files/key")

    assert proxy.access_line(answer)["attempts"] == attempts


def test_the_default_is_three_attempts(serve, origin):
    proxy = serve(document(origin_bucket(origin, s3={"retry": {}})))
    origin.script = SLOW_DOWN

    assert proxy.get("/files/key").status == 503
    assert len(origin.requests) == 3


def test_it_can_be_switched_off(serve, origin):
    proxy = serve(retrying(origin, max_attempts=1))
    origin.script = InTurn(SLOW_DOWN, say(answers.ok()))

    assert proxy.get("/files/key").status == 503
    assert len(origin.requests) == 1


@pytest.mark.parametrize(
    "lost",
    [reset, say_and_close(b""), say_and_close(b"HTTP/1.1 200 OK\r\nContent-Le")],
    ids=["a reset", "a close", "a close inside the head"],
)
def test_a_connection_that_is_lost_before_the_answer_is_repeated(serve, origin, lost):
    proxy = serve(retrying(origin))
    origin.script = InTurn(lost, say(answers.ok(b"whole")))

    answer = proxy.get("/files/key")

    assert (answer.status, answer.body) == (200, b"whole")
    assert proxy.access_line(answer)["attempts"] == 2


def test_a_closed_port_is_tried_again(serve, origin):
    proxy = serve(retrying(origin))
    origin.refuse()

    answer = proxy.get("/files/key")

    assert answer.status == 502
    assert proxy.access_line(answer)["attempts"] == 3


def test_each_attempt_is_a_signed_request_on_a_connection_of_its_own(serve, origin):
    proxy = serve(retrying(origin))
    origin.script = InTurn(SLOW_DOWN, SLOW_DOWN, say(answers.ok()))

    proxy.get("/files/key", [("If-None-Match", '"other"')])

    requests = origin.requests
    assert len({request.connection for request in requests}) == 3
    assert all("Signature=" in request.header("Authorization") for request in requests)
    assert all(request.header("If-None-Match") == '"other"' for request in requests)


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_body_that_has_begun_is_never_repeated(serve, origin, ending):
    proxy = serve(retrying(origin))
    passed_on = threading.Event()

    def script(exchange):
        exchange.send(answers.ok(b"x" * 100_000)[:-90_000])
        passed_on.wait(20)
        getattr(exchange, ending)()

    origin.script = script
    with proxy.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
        answer = connection.read_head()
        connection.take(1)
        passed_on.set()
        connection.read_rest()

    assert answer.status == 200
    origin.only_request()


def test_an_answer_that_is_late_is_not_waited_for_twice(serve, origin):
    proxy = serve(retrying(origin))
    origin.script = never_answer

    assert proxy.get("/files/key").status == 504
    origin.only_request()


def test_nonsense_is_not_asked_for_twice(serve, origin):
    proxy = serve(retrying(origin))
    origin.script = say_and_close(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    assert proxy.get("/files/key").status == 502
    origin.only_request()


def test_the_origin_is_left_alone_as_long_as_it_asks(serve, origin):
    proxy = serve(retrying(origin))
    times = []

    def script(exchange):
        times.append(time.monotonic())
        (with_retry_after(1) if len(times) == 1 else say(answers.ok()))(exchange)

    origin.script = script

    assert proxy.get("/files/key").status == 200
    assert times[1] - times[0] >= 1.0


def test_a_wish_to_be_left_alone_for_long_goes_to_the_client(serve, origin):
    proxy = serve(retrying(origin))
    origin.script = with_retry_after(77)

    answer = proxy.get("/files/key")

    assert (answer.status, answer.header("Retry-After")) == (503, "77")
    origin.only_request()


def test_no_attempt_is_planned_beyond_the_deadline_of_the_request(serve, origin):
    proxy = serve(retrying(origin, server={"timeouts": {"request": "3s"}}))
    origin.script = with_retry_after(4)

    # What S3 said, and not the 504 that a wait for the deadline ends in.
    assert proxy.get("/files/key").status == 503
    origin.only_request()


def test_the_budget_keeps_a_storm_from_growing(serve, origin):
    proxy = serve(retrying(origin, max_attempts=5, budget=0))
    origin.script = SLOW_DOWN

    with proxy.connect() as connection:
        for _ in range(30):
            assert connection.get("/files/key").status == 503

    assert len(origin.requests) == 30 + 10


def test_the_budget_is_a_share_of_the_load(serve, origin):
    proxy = serve(retrying(origin, max_attempts=2, budget=50))
    with proxy.connect() as connection:
        for _ in range(50):
            assert connection.get("/files/key").status == 200
        origin.script = SLOW_DOWN
        origin.forget()
        for _ in range(50):
            connection.get("/files/key")

    # Half of 50, and of those that came meanwhile.
    assert 50 + 25 <= len(origin.requests) <= 50 + 50


def test_what_the_origin_answers_is_passed_on_after_the_last_attempt(serve, origin):
    proxy = serve(retrying(origin, bucket={"error_responses": "origin"}))
    origin.script = InTurn(
        say(answers.error("500 Oops", "One")),
        say(answers.error("502 Oops", "Two")),
        say(answers.error("503 Oops", "Three")),
    )

    answer = proxy.get("/files/key")

    assert (answer.status, answer.body) == (503, answers.xml("Three"))
    assert proxy.access_line(answer)["attempts"] == 3


def test_what_fills_the_cache_is_asked_for_again_too(serve, origin):
    proxy = serve(cached_document(origin, s3={"retry": {}}))
    origin.script = InTurn(SLOW_DOWN, reset, say(answers.cacheable(b"kept")))

    first, second = proxy.get("/files/key"), proxy.get("/files/key")

    assert (first.status, first.body, first.header("X-Cache")) == (200, b"kept", "MISS")
    assert (second.status, second.body, second.header("X-Cache")) == (200, b"kept", "HIT")
    assert len(origin.requests) == 3


def test_a_retry_can_save_an_entry_that_would_be_served_stale(serve, origin):
    proxy = serve(cached_document(origin, {"stale_if_error": "1h"}, s3={"retry": {}}))
    origin.script = InTurn(say(answers.stale(b"old")), SLOW_DOWN, say(answers.not_modified()))
    proxy.get("/files/key")

    answer = proxy.get("/files/key")

    assert (answer.body, answer.header("X-Cache")) == (b"old", "REVALIDATED")
    assert all(request.header("If-None-Match") == answers.ETAG for request in origin.requests[1:])


def test_a_client_that_leaves_between_two_attempts_ends_them(serve, origin):
    proxy = serve(retrying(origin))
    origin.script = with_retry_after(5)
    connection = proxy.connect()
    connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    origin.wait_for_requests(1)

    connection.reset()

    line = proxy.wait_for_line(lambda line: line.get("error") == "client_gone", "its access line")
    assert (line["status"], line["attempts"]) == (499, 1)
    origin.only_request()

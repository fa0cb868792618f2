"""How long an entry is used as it is, and what the origin is asked when it may not be.

No test waits for time to pass: the origin's Date, Age and Cache-Control say how old its answer is.
"""

import re

import pytest

from support import answers, waiting
from support.configuration import cached_document
from support.origin import Held, InTurn, never_answer, say, say_and_close

ETAG = answers.ETAG
OTHER = '"of-the-new-one"'
CONDITIONS = {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"}


def outcomes(proxy, times: int = 2) -> list[str]:
    return [proxy.get("/files/key").header("X-Cache") for _ in range(times)]


def seen(answer):
    return (answer.status, answer.header("X-Cache"), answer.body)


def conditions(request) -> set[str]:
    return request.names & CONDITIONS


def without_validators(cache_control: str) -> bytes:
    fields = [("Date", answers.date()), ("Cache-Control", cache_control), ("Content-Length", "5")]
    return answers.raw("HTTP/1.1 200 OK", fields, b"hello")


# Made when they are wanted: a run may last longer than they are fresh.
FRESH = {
    "max-age": lambda: answers.cacheable(cache_control="max-age=600"),
    "s-maxage beside max-age": lambda: answers.cacheable(cache_control="max-age=0, s-maxage=600"),
    "Expires": lambda: answers.cacheable(cache_control=None, headers=[("Expires", answers.date(600))]),
    "max-age beside Expires": lambda: answers.cacheable(headers=[("Expires", answers.date(-600))]),
    "default_ttl": lambda: answers.cacheable(cache_control=None),
    "default_ttl and a past Date": lambda: answers.cacheable(cache_control=None, seconds_from_now=-3500),
    "a Date to come": lambda: answers.cacheable(seconds_from_now=300),
    "must-revalidate": lambda: answers.cacheable(cache_control="max-age=600, must-revalidate"),
    "younger than max-age": lambda: answers.cacheable(headers=[("Age", "500")]),
    "no-transform": lambda: answers.cacheable(cache_control="no-transform, max-age=600"),
    "no-cache of one field": lambda: answers.cacheable(cache_control='max-age=600, no-cache="x-amz-meta-a"'),
}
STALE = {
    "older than max-age": lambda: answers.stale(),
    "max-age=0": lambda: answers.cacheable(cache_control="max-age=0"),
    "s-maxage=0 beside max-age": lambda: answers.cacheable(cache_control="max-age=600, s-maxage=0"),
    "a past Date": lambda: answers.cacheable(seconds_from_now=-700),
    "a past Expires": lambda: answers.cacheable(
        cache_control=None, headers=[("Expires", answers.date(-1))]
    ),
    "Expires: 0": lambda: answers.cacheable(cache_control=None, headers=[("Expires", "0")]),
    "default_ttl and an old Date": lambda: answers.cacheable(cache_control=None, seconds_from_now=-3700),
    "no-cache": lambda: answers.cacheable(cache_control="no-cache, max-age=600"),
    "no number": lambda: answers.cacheable(cache_control="max-age=soon"),
}


@pytest.mark.parametrize("name", FRESH)
def test_what_is_fresh_is_used_as_it_is(cached, origin, name):
    origin.script = say(FRESH[name]())

    assert outcomes(cached) == ["MISS", "HIT"]
    origin.only_request()


@pytest.mark.parametrize("name", STALE)
def test_what_is_stale_is_confirmed_first(cached, origin, name):
    origin.script = InTurn(say(STALE[name]()), say(answers.not_modified()))

    assert outcomes(cached) == ["MISS", "REVALIDATED"]
    first, second = origin.requests
    assert not conditions(first)
    assert conditions(second) == {"if-none-match"}
    assert second.header("If-None-Match") == ETAG


def test_default_ttl_may_be_nothing(serve, origin):
    proxy = serve(cached_document(origin, {"default_ttl": "0s"}))
    silent = answers.cacheable(cache_control=None)
    origin.script = InTurn(say(silent), say(answers.not_modified()))

    assert outcomes(proxy, 3) == ["MISS", "REVALIDATED", "REVALIDATED"]


def test_without_an_etag_the_date_is_the_condition(cached, origin):
    fields = [("Date", answers.date()), ("Last-Modified", answers.LAST_MODIFIED)]
    fields += [("Cache-Control", "no-cache"), ("Content-Length", "5")]
    origin.script = InTurn(
        say(answers.raw("HTTP/1.1 200 OK", fields, b"hello")), say(answers.not_modified(etag=None))
    )

    assert outcomes(cached) == ["MISS", "REVALIDATED"]
    again = origin.requests[1]
    assert conditions(again) == {"if-modified-since"}
    assert again.header("If-Modified-Since") == answers.LAST_MODIFIED


def test_without_a_validator_all_of_it_is_asked_for_again(serve, origin):
    proxy = serve(cached_document(origin, {"stale_if_error": "1h"}))
    origin.script = say(without_validators("max-age=0"))

    assert outcomes(proxy, 3) == ["MISS", "MISS", "MISS"]
    assert not any(conditions(request) for request in origin.requests)


def test_conditions_of_the_client_do_not_reach_the_origin(cached, origin):
    origin.script = InTurn(say(answers.stale(b"old")), say(answers.not_modified()))
    cached.get("/files/key")

    answer = cached.get("/files/key", [("If-None-Match", '"mine"'), ("If-Match", ETAG)])

    assert seen(answer) == (200, "REVALIDATED", b"old")
    assert origin.requests[1].header("If-None-Match") == ETAG
    assert conditions(origin.requests[1]) == {"if-none-match"}


def test_a_304_to_the_client_may_follow_from_a_304_of_the_origin(cached, origin):
    origin.script = InTurn(say(answers.stale(b"old")), say(answers.not_modified()))
    cached.get("/files/key")

    answer = cached.get("/files/key", [("If-None-Match", ETAG)])

    assert (answer.status, answer.header("X-Cache")) == (304, "REVALIDATED")


def test_a_304_refreshes_what_is_stored(cached, origin):
    old = [("x-amz-meta-colour", "blue"), ("x-amz-meta-kept", "1"), ("Content-Type", "text/plain")]
    new = [
        ("Cache-Control", "max-age=300"),
        ("x-amz-meta-colour", "red"),
        ("Content-Type", "application/xml"),
        ("Content-Length", "0"),
    ]
    origin.script = InTurn(
        say(answers.stale(b"body", headers=old)), say(answers.not_modified(new))
    )
    cached.get("/files/key")

    confirmed = cached.get("/files/key")
    hit = cached.get("/files/key")

    assert seen(confirmed) == (200, "REVALIDATED", b"body")
    assert seen(hit) == (200, "HIT", b"body")
    status = confirmed.header("Cache-Status")
    assert re.fullmatch(r"yatagarasu; fwd=stale; fwd-status=304; ttl=(300|299)", status), status
    for answer in (confirmed, hit):
        assert answer.header("Cache-Control") == "max-age=300"
        assert answer.header("x-amz-meta-colour") == "red"
        assert answer.header("x-amz-meta-kept") == "1"
        assert answer.header("Content-Type") == "text/plain"
        assert answer.length == 4
        assert int(answer.header("Age")) < 60
    assert len(origin.requests) == 2


def test_a_304_without_a_date_makes_the_entry_fresh(cached, origin):
    confirmation = answers.raw("HTTP/1.1 304 Not Modified", [("ETag", ETAG)])
    origin.script = InTurn(say(answers.cacheable(seconds_from_now=-700)), say(confirmation))

    assert outcomes(cached, 3) == ["MISS", "REVALIDATED", "HIT"]


def test_a_304_that_forbids_storing_is_obeyed(cached, origin):
    confirmation = answers.not_modified([("Cache-Control", "no-store")])
    origin.script = InTurn(
        say(answers.stale(b"old")), say(confirmation), say(answers.cacheable(b"new"))
    )
    cached.get("/files/key")

    assert seen(cached.get("/files/key")) == (200, "REVALIDATED", b"old")
    assert cached.get("/files/key").body == b"new"
    assert not conditions(origin.requests[2])


def test_a_304_about_something_else_is_no_answer(cached, origin):
    origin.script = InTurn(
        say(answers.stale(b"old")),
        say(answers.not_modified(etag=OTHER)),
        say(answers.cacheable(b"new", headers=[("ETag", OTHER)])),
    )
    cached.get("/files/key")

    assert seen(cached.get("/files/key")) == (200, "MISS", b"new")
    assert seen(cached.get("/files/key")) == (200, "HIT", b"new")
    assert [conditions(request) for request in origin.requests] == [set(), {"if-none-match"}, set()]


def test_a_304_that_nobody_asked_for_is_an_error(cached, origin):
    origin.script = say(answers.not_modified())

    assert cached.get("/files/key").status == 502


def test_a_new_object_takes_the_place_of_the_old(cached, origin):
    new = answers.cacheable(b"new body", headers=[("ETag", OTHER)])
    origin.script = InTurn(say(answers.stale(b"old")), say(new))
    cached.get("/files/key")

    changed = cached.get("/files/key")

    assert seen(changed) == (200, "MISS", b"new body")
    status = changed.header("Cache-Status")
    assert re.fullmatch(r"yatagarasu; fwd=stale; fwd-status=200; ttl=(600|599); stored", status)
    hit = cached.get("/files/key")
    assert seen(hit) == (200, "HIT", b"new body")
    assert hit.header("ETag") == OTHER


def test_a_new_object_that_may_not_be_stored_removes_the_old(cached, origin):
    origin.script = InTurn(
        say(answers.stale(b"old", "stale-if-error=600")),
        say(answers.cacheable(b"new", "no-store")),
        say(answers.error("503 Slow Down", "SlowDown")),
    )
    cached.get("/files/key")

    assert seen(cached.get("/files/key")) == (200, "MISS", b"new")
    assert cached.get("/files/key").status == 503


@pytest.mark.parametrize(
    "status, code", [("404 Not Found", "NoSuchKey"), ("403 Forbidden", "AccessDenied")]
)
def test_an_object_that_has_gone_is_forgotten(cached, origin, status, code):
    origin.script = InTurn(
        say(answers.stale(b"old", "stale-if-error=600")),
        say(answers.error(status, code)),
        say(answers.error("500 Internal Server Error", "InternalError")),
    )
    cached.get("/files/key")

    assert cached.get("/files/key").status == int(status[:3])
    assert cached.get("/files/key").status == 502


def test_credentials_that_have_expired_do_not_remove_what_is_stored(cached, origin):
    origin.script = InTurn(
        say(answers.stale(b"old")),
        say(answers.error("403 Forbidden", "InvalidAccessKeyId")),
        say(answers.not_modified()),
    )
    cached.get("/files/key")

    assert cached.get("/files/key").status == 502
    assert seen(cached.get("/files/key")) == (200, "REVALIDATED", b"old")


# An origin that fails.


def reset(exchange):
    exchange.reset()


FAILURES = {
    "500": (say(answers.error("500 Internal Server Error", "InternalError")), 502),
    "503": (say(answers.error("503 Slow Down", "SlowDown")), 503),
    "reset": (reset, 502),
    "no HTTP": (say_and_close(b"SSH-2.0-OpenSSH\r\n\r\n"), 502),
    "hangs": (never_answer, 504),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_stale_entry_stands_in_where_it_may(serve, origin, name, method):
    script, _ = FAILURES[name]
    s3 = {"timeouts": {"first_byte": "300ms"}}
    proxy = serve(cached_document(origin, s3=s3))
    origin.script = InTurn(say(answers.stale(b"old", "stale-if-error=600")), script)
    proxy.get("/files/key")

    answer = proxy.request(method, "/files/key")

    assert (answer.status, answer.header("X-Cache"), answer.length) == (200, "STALE", 3)
    assert int(answer.header("Age")) >= 120
    assert answer.header("ETag") == ETAG
    assert "fwd=stale" in answer.header("Cache-Status")
    assert "ttl=-" in answer.header("Cache-Status")


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_failure_is_told_where_nothing_may_stand_in(serve, origin, name, method):
    script, status = FAILURES[name]
    s3 = {"timeouts": {"first_byte": "300ms"}}
    proxy = serve(cached_document(origin, s3=s3))
    origin.script = InTurn(say(answers.stale(b"old")), script)
    proxy.get("/files/key")

    answer = proxy.request(method, "/files/key")

    assert (answer.status, answer.header("X-Cache")) == (status, "MISS")
    origin.script = say(answers.not_modified())
    assert seen(proxy.get("/files/key")) == (200, "REVALIDATED", b"old")


@pytest.mark.parametrize("word", ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=1"])
def test_what_may_never_be_stale_is_not(serve, origin, word):
    windows = {"stale_if_error": "1h", "stale_while_revalidate": "1h"}
    proxy = serve(cached_document(origin, windows))
    directives = f"{word}, stale-if-error=600, stale-while-revalidate=600"
    failure = say(answers.error("503 Slow Down", "SlowDown"))
    origin.script = InTurn(say(answers.stale(b"old", directives)), failure)
    proxy.get("/files/key")

    assert proxy.get("/files/key").status == 503


def test_the_window_for_errors_comes_to_an_end(cached, origin):
    failure = say(answers.error("503 Slow Down", "SlowDown"))
    origin.script = InTurn(say(answers.stale(b"old", "stale-if-error=30")), failure)
    cached.get("/files/key")

    assert cached.get("/files/key").status == 503


def test_the_configured_window_serves_where_the_answer_names_none(serve, origin):
    proxy = serve(cached_document(origin, cache={"stale_if_error": "1h"}))
    failure = say(answers.error("503 Slow Down", "SlowDown"))

    origin.script = InTurn(say(answers.stale(b"old")), failure)
    proxy.get("/files/key")
    assert seen(proxy.get("/files/key")) == (200, "STALE", b"old")

    origin.script = InTurn(say(answers.stale(b"old", "stale-if-error=0")), failure)
    proxy.get("/files/other")
    assert proxy.get("/files/other").status == 503


def test_a_stale_entry_stands_in_for_one_who_wants_nothing_stored(cached, origin):
    failure = say(answers.error("503 Slow Down", "SlowDown"))
    origin.script = InTurn(say(answers.stale(b"old", "stale-if-error=600")), failure)
    cached.get("/files/key")

    answer = cached.get("/files/key", [("Cache-Control", "no-store")])

    assert seen(answer) == (200, "STALE", b"old")


def test_the_circuit_being_open_is_a_failure_too(serve, origin):
    proxy = serve(cached_document(origin, {"stale_if_error": "1h"}, s3={"circuit_breaker": {}}))
    origin.script = say(answers.stale(b"old"))
    proxy.get("/files/key")
    origin.refuse()

    for _ in range(20):
        answer = proxy.get("/files/key")
        assert seen(answer) == (200, "STALE", b"old")
    assert "attempts" not in proxy.access_line(answer), "the circuit is not open"
    origin.listen()


# stale-while-revalidate.


def test_a_stale_entry_is_answered_with_while_it_is_refreshed(cached, origin):
    held = Held(answers.cacheable(b"new", headers=[("ETag", OTHER)]))
    origin.script = InTurn(say(answers.stale(b"old", "stale-while-revalidate=600")), held)
    cached.get("/files/key")

    for _ in range(30):
        answer = cached.get("/files/key")
        assert seen(answer) == (200, "STALE", b"old")
        assert "hit" in answer.header("Cache-Status")
    assert cached.head("/files/key").header("X-Cache") == "STALE"
    assert cached.get("/files/key", [("If-None-Match", ETAG)]).status == 304
    origin.wait_for_requests(2)
    held.go_on.set()

    waiting.eventually(
        lambda: cached.get("/files/key").header("X-Cache") == "HIT", "the refresh is done"
    )
    assert cached.get("/files/key").body == b"new"
    assert len(origin.requests) == 2
    assert conditions(origin.requests[1]) == {"if-none-match"}


def test_a_refresh_that_confirms_makes_the_entry_fresh(serve, origin):
    proxy = serve(cached_document(origin, {"stale_while_revalidate": "1h"}))
    confirmation = answers.not_modified([("Cache-Control", "max-age=300")])
    origin.script = InTurn(say(answers.stale(b"old")), say(confirmation))
    proxy.get("/files/key")

    assert seen(proxy.get("/files/key")) == (200, "STALE", b"old")
    waiting.eventually(
        lambda: proxy.get("/files/key").header("X-Cache") == "HIT", "the refresh is done"
    )
    assert len(origin.requests) == 2


def test_a_refresh_that_finds_nothing_removes_the_entry(serve, origin):
    proxy = serve(cached_document(origin, {"stale_while_revalidate": "1h"}))
    missing = say(answers.error("404 Not Found", "NoSuchKey"))
    origin.script = InTurn(say(answers.stale(b"old")), missing)
    proxy.get("/files/key")

    assert seen(proxy.get("/files/key")) == (200, "STALE", b"old")
    waiting.eventually(lambda: proxy.get("/files/key").status == 404, "the entry is gone")


def test_a_refresh_that_fails_leaves_the_entry(serve, origin):
    proxy = serve(cached_document(origin, {"stale_while_revalidate": "1h"}))
    cut = say_and_close(answers.cacheable(b"new")[:-1])
    origin.script = InTurn(say(answers.stale(b"old")), cut, reset, say(answers.cacheable(b"new")))
    proxy.get("/files/key")

    def is_new() -> bool:
        answer = proxy.get("/files/key")
        assert answer.status == 200
        assert answer.body == (b"new" if answer.header("X-Cache") == "HIT" else b"old")
        return answer.body == b"new"

    waiting.eventually(is_new, "the last refresh is done")


def test_the_refresh_goes_on_without_the_client_that_began_it(cached, origin):
    held = Held(answers.cacheable(b"new"))
    origin.script = InTurn(say(answers.stale(b"old", "stale-while-revalidate=600")), held)
    cached.get("/files/key")
    with cached.connect() as connection:
        assert seen(connection.get("/files/key")) == (200, "STALE", b"old")
    origin.wait_for_requests(2)
    held.go_on.set()

    waiting.eventually(
        lambda: cached.get("/files/key").header("X-Cache") == "HIT", "the refresh is done"
    )
    assert len(origin.requests) == 2


def test_a_head_begins_the_refresh_too(cached, origin):
    held = Held(answers.cacheable(b"new"))
    origin.script = InTurn(say(answers.stale(b"old", "stale-while-revalidate=600")), held)
    cached.get("/files/key")

    assert cached.head("/files/key").header("X-Cache") == "STALE"
    held.go_on.set()

    waiting.eventually(
        lambda: cached.head("/files/key").header("X-Cache") == "HIT", "the refresh is done"
    )
    assert cached.get("/files/key").body == b"new"
    assert [request.method for request in origin.requests] == ["GET", "GET"]


def test_more_refreshes_than_may_run_at_once_are_put_off(serve, origin):
    patient = {"timeouts": {"first_byte": "60s"}}
    proxy = serve(cached_document(origin, {"stale_while_revalidate": "1h"}, s3=patient))
    keys = [f"/files/{number}" for number in range(600)]
    origin.script = say(answers.stale(b"old"))
    with proxy.connect() as connection:
        for key in keys:
            connection.get(key)
        held = origin.script = Held(answers.cacheable(b"new"))
        for key in keys:
            assert seen(connection.get(key)) == (200, "STALE", b"old")
        held.go_on.set()
        waiting.eventually(
            lambda: {connection.get(key).body for key in keys} == {b"new"}, "all are refreshed", 30
        )


# HEAD on what is stale.


def head_of(whole: bytes) -> bytes:
    return whole[: whole.index(b"\r\n\r\n") + 4]


def test_a_head_that_agrees_makes_the_entry_fresh(cached, origin):
    agrees = head_of(answers.cacheable(b"body", headers=[("x-amz-meta-colour", "red")]))
    origin.script = InTurn(say(answers.stale(b"body")), say(agrees))
    cached.get("/files/key")

    head = cached.head("/files/key")

    assert (head.status, head.length) == (200, 4)
    assert origin.requests[1].method == "HEAD"
    hit = cached.get("/files/key")
    assert seen(hit) == (200, "HIT", b"body")
    assert hit.header("x-amz-meta-colour") == "red"


@pytest.mark.parametrize("difference", ["length", "etag"])
def test_a_head_that_disagrees_removes_the_entry(cached, origin, difference):
    fields = [("ETag", OTHER)] if difference == "etag" else [("Content-Length", "5")]
    differs = head_of(answers.cacheable(b"body", headers=fields))
    origin.script = InTurn(
        say(answers.stale(b"body")), say(differs), say(answers.cacheable(b"other"))
    )
    cached.get("/files/key")

    assert cached.head("/files/key").status == 200

    assert seen(cached.get("/files/key")) == (200, "MISS", b"other")
    assert not conditions(origin.requests[2])

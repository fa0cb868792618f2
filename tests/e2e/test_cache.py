"""The second request for an object is answered from memory, and looks like the first."""

import re

import pytest

from support import answers, bodies, waiting
from support.configuration import cached_document, document, origin_bucket
from support.origin import Held, say

# What may differ between the answer that filled the cache and a hit.
TOLD_EACH_TIME = {"age", "x-cache", "cache-status", "x-request-id"}

DESCRIBED = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Encoding", "gzip"),
    ("Content-Disposition", 'attachment; filename="a b.txt"'),
    ("Content-Language", "de, en"),
    ("Cache-Control", "public, max-age=300"),
    ("Expires", "Mon, 02 Nov 2026 11:00:00 GMT"),
    ("ETag", 'W/"0123456789-abc"'),
    ("x-amz-meta-colour", "blue"),
    ("X-Amz-Meta-Upper", "Kept"),
    ("x-amz-version-id", "v1"),
    ("x-amz-website-redirect-location", "/elsewhere"),
]


def described(answer):
    return sorted(field for field in answer.headers if field[0].lower() not in TOLD_EACH_TIME)


def seen(answer):
    return (answer.status, answer.header("X-Cache"), answer.body)


def test_the_second_request_is_a_hit_with_the_headers_of_the_first(cached, origin):
    origin.script = say(answers.ok(b"body", [("Date", answers.date()), *DESCRIBED]))

    miss = cached.get("/files/key")
    hit = cached.get("/files/key")

    assert seen(miss) == (200, "MISS", b"body")
    assert seen(hit) == (200, "HIT", b"body")
    assert described(hit) == described(miss)
    assert hit.names - miss.names == {"age"}
    assert hit.header("X-Request-Id") != miss.header("X-Request-Id")
    origin.only_request()


def test_age_counts_from_when_the_origin_made_its_answer(cached, origin):
    origin.script = say(answers.cacheable(headers=[("Age", "100")]))
    assert cached.get("/files/age").header("Age") is None

    assert 100 <= int(cached.get("/files/age").header("Age")) < 160

    origin.script = say(answers.cacheable(seconds_from_now=-200))
    cached.get("/files/date")

    assert 200 <= int(cached.get("/files/date").header("Age")) < 260


def test_a_date_that_the_origin_left_out_is_told_alike(cached, origin):
    fields = [("Content-Length", "2"), ("Cache-Control", "max-age=60")]
    origin.script = say(answers.raw("HTTP/1.1 200 OK", fields, b"ok"))

    miss = cached.get("/files/key")
    hit = cached.get("/files/key")

    assert hit.header("X-Cache") == "HIT"
    assert described(hit) == described(miss)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 5_000_001])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_of_any_size_comes_back_byte_for_byte(cached, origin, size, framing):
    body = bodies.body(size)
    if framing == "length":
        origin.script = say(answers.cacheable(body))
    else:
        pieces = [body[at : at + 100_003] for at in range(0, size, 100_003)]
        fields = [("Cache-Control", "max-age=60"), ("Age", "0")]
        whole = answers.chunked(pieces, fields)
        origin.script = say(whole.replace(answers.DATE.encode(), answers.date().encode()))

    found = [cached.get("/files/key") for _ in range(3)]

    assert [answer.header("X-Cache") for answer in found] == ["MISS", "HIT", "HIT"]
    assert all(answer.body == body and answer.complete for answer in found)
    assert [answer.length for answer in found[1:]] == [size, size]
    origin.only_request()


def test_hits_misses_and_errors_share_a_connection(cached, origin):
    origin.script = say(answers.cacheable(bodies.body(100_000)))
    with cached.connect() as connection:
        for number in range(20):
            answer = connection.get(f"/files/{number // 2}")
            assert answer.header("X-Cache") == ("HIT" if number % 2 else "MISS")
            assert answer.body == bodies.body(100_000)
            assert connection.get("/files/%zz").status == 400
            assert connection.request("HEAD", f"/files/{number // 2}").length == 100_000


def test_pipelined_hits_come_in_order(cached, origin):
    def script(exchange):
        name = exchange.request.target.rpartition("/")[2]
        exchange.send(answers.cacheable(name.encode() * 1000))

    origin.script = script
    for number in range(5):
        cached.get(f"/files/{number}")

    with cached.connect() as connection:
        asked = [number % 5 for number in range(100)]
        requests = [f"GET /files/{number} HTTP/1.1\r\nHost: a.test\r\n\r\n" for number in asked]
        connection.send("".join(requests).encode())
        for number in asked:
            assert seen(connection.read_answer()) == (200, "HIT", str(number).encode() * 1000)


@pytest.mark.http1
def test_an_http_1_0_client_gets_a_hit(cached, origin):
    origin.script = say(answers.cacheable(b"body"))
    cached.get("/files/key")

    with cached.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.0\r\nHost: a.test\r\n\r\n")
        answer = connection.read_answer()

        assert seen(answer) == (200, "HIT", b"body")
        assert answer.framing == "length"
        assert connection.is_closed_by_peer()


def test_head_is_answered_from_a_stored_get(cached, origin):
    origin.script = say(answers.ok(b"body", [("Date", answers.date()), *DESCRIBED]))
    miss = cached.get("/files/key")

    with cached.connect() as connection:
        head = connection.request("HEAD", "/files/key")

        assert (head.status, head.header("X-Cache"), head.length) == (200, "HIT", 4)
        assert described(head) == described(miss)
        assert connection.get("/files/key").body == b"body"
    origin.only_request()


def test_a_head_alone_stores_nothing(cached, origin):
    def script(exchange):
        whole = answers.cacheable(b"body")
        is_head = exchange.request.method == "HEAD"
        exchange.send(whole[:-4] if is_head else whole)

    origin.script = script

    heads = [cached.head("/files/key") for _ in range(2)]

    assert [head.header("X-Cache") for head in heads] == ["MISS", "MISS"]
    assert [head.length for head in heads] == [4, 4]
    assert seen(cached.get("/files/key")) == (200, "MISS", b"body")
    assert [request.method for request in origin.requests] == ["HEAD", "HEAD", "GET"]


CACHE_STATUS = [
    ("MISS", r"yatagarasu; fwd=uri-miss; fwd-status=200; ttl=(600|599); stored"),
    ("HIT", r"yatagarasu; hit; ttl=(600|59\d)"),
]


def test_cache_status_tells_what_was_done(cached, origin):
    origin.script = say(answers.cacheable())

    for x_cache, expected in CACHE_STATUS:
        answer = cached.get("/files/key")
        assert answer.header("X-Cache") == x_cache
        assert re.fullmatch(expected, answer.header("Cache-Status")), answer.header("Cache-Status")
    bypass = cached.get("/files/key", [("Range", "bytes=0-1")])
    assert bypass.header("Cache-Status") == "yatagarasu; fwd=bypass; fwd-status=200"

    origin.script = say(answers.cacheable(cache_control="no-store"))
    passed = cached.get("/files/o")
    assert passed.header("Cache-Status") == "yatagarasu; fwd=uri-miss; fwd-status=200"


def test_the_access_line_says_where_the_answer_came_from(cached, origin):
    origin.script = say(answers.cacheable(b"body"))
    for x_cache in ("MISS", "HIT"):
        answer = cached.get("/files/key")
        line = cached.access_line(answer)
        assert (line["cache"], line["status"], line["bytes_sent"]) == (x_cache, 200, 4)
        assert ("s3_status" in line) == (x_cache == "MISS")
    line = cached.access_line(cached.get("/files/key", [("Range", "bytes=0-1")]))
    assert line["cache"] == "BYPASS"


def test_a_client_that_leaves_in_the_middle_of_a_hit_leaves_it_whole(cached, origin):
    body = bodies.body(6_000_000)
    origin.script = say(answers.cacheable(body))
    cached.get("/files/key")

    for _ in range(5):
        connection = cached.connect(receive_buffer=4096)
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert connection.read_head().header("X-Cache") == "HIT"
        connection.reset()

    assert cached.get("/files/key").body == body
    origin.only_request()


@pytest.mark.parametrize("fields", [0, 60])
def test_as_many_headers_as_an_object_may_have_come_back(cached, origin, fields):
    given = [(f"x-amz-meta-{number}", "v" * 200) for number in range(fields)]
    origin.script = say(answers.cacheable(headers=given))

    miss, hit = (cached.get("/files/key") for _ in range(2))

    assert hit.header("X-Cache") == "HIT"
    assert described(hit) == described(miss)


def test_hits_do_not_need_the_origin(cached, origin):
    origin.script = say(answers.cacheable(b"body"))
    cached.get("/files/key")
    origin.refuse()

    assert seen(cached.get("/files/key")) == (200, "HIT", b"body")
    assert cached.get("/files/other").status == 502
    origin.listen()


# Conditions.

ETAG = answers.ETAG
OTHER = '"other"'
MODIFIED = answers.LAST_MODIFIED
EARLIER = "Sun, 01 Nov 2026 09:59:59 GMT"
CONDITIONS = [
    ([("If-None-Match", ETAG)], 304),
    ([("If-None-Match", f"W/{ETAG}")], 304),
    ([("If-None-Match", f"{OTHER}, W/{OTHER} ,{ETAG}")], 304),
    ([("If-None-Match", OTHER), ("If-None-Match", ETAG)], 304),
    ([("If-None-Match", "*")], 304),
    ([("If-None-Match", OTHER)], 200),
    ([("If-None-Match", OTHER), ("If-Modified-Since", MODIFIED)], 200),
    ([("If-None-Match", "not quoted")], 200),
    ([("If-Modified-Since", MODIFIED)], 304),
    ([("If-Modified-Since", EARLIER)], 200),
    ([("If-Modified-Since", "yesterday")], 200),
    ([("If-Match", ETAG)], 200),
    ([("If-Match", "*")], 200),
    ([("If-Match", f"W/{ETAG}")], 412),
    ([("If-Match", f"{OTHER}, {ETAG}")], 200),
    ([("If-Match", OTHER)], 412),
    ([("If-Match", OTHER), ("If-None-Match", ETAG)], 412),
    ([("If-Match", ETAG), ("If-None-Match", ETAG)], 304),
    ([("If-Match", ETAG), ("If-Unmodified-Since", EARLIER)], 200),
    ([("If-Unmodified-Since", MODIFIED)], 200),
    ([("If-Unmodified-Since", EARLIER)], 412),
    ([("If-Range", ETAG)], 200),
]


@pytest.mark.parametrize("conditions, status", CONDITIONS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_are_held_against_what_is_stored(cached, origin, conditions, status, method):
    origin.script = say(answers.cacheable(b"body", headers=DESCRIBED[:2]))
    whole = cached.get("/files/key")

    answer = cached.request(method, "/files/key", conditions)

    assert (answer.status, answer.header("X-Cache")) == (status, "HIT")
    if status == 200:
        assert answer.length == 4
    if status == 304:
        assert not answer.names & {"content-type", "content-encoding", "content-length"}
        for name in ("ETag", "Last-Modified", "Cache-Control", "Date"):
            assert answer.header(name) == whole.header(name), name
    origin.only_request()


@pytest.mark.parametrize("conditions, status", CONDITIONS)
def test_a_conditional_miss_asks_for_the_whole_and_keeps_it(cached, origin, conditions, status):
    origin.script = say(answers.cacheable(b"body"))

    answer = cached.get("/files/key", conditions)

    assert (answer.status, answer.header("X-Cache")) == (status, "MISS")
    assert not [name for name in origin.only_request().names if name.startswith("if-")]
    assert seen(cached.get("/files/key")) == (200, "HIT", b"body")
    origin.only_request()


def test_conditions_of_a_head_that_misses_stay_here(cached, origin):
    origin.script = say(answers.cacheable(b""))

    assert cached.head("/files/key", [("If-None-Match", ETAG)]).status == 304
    assert cached.head("/files/key", [("If-Match", OTHER)]).status == 412
    for request in origin.requests:
        assert not [name for name in request.names if name.startswith("if-")]


def test_a_304_to_a_conditional_miss_does_not_wait_for_the_body(cached, origin):
    body = bodies.body(6_000_000)
    whole = answers.cacheable(body)
    held = origin.script = Held(whole[3_000_000:], whole[:3_000_000])

    with cached.connect() as connection:
        answer = connection.get("/files/key", [("If-None-Match", ETAG)])
        assert (answer.status, answer.header("X-Cache")) == (304, "MISS")
        connection.close()
    held.go_on.set()

    waiting.eventually(
        lambda: cached.get("/files/key", [("If-None-Match", OTHER)]).header("X-Cache") == "HIT",
        "the object is stored",
    )
    assert cached.get("/files/key").body == body
    origin.only_request()


# What the client wishes.


def test_a_client_cannot_make_the_origin_work(cached, origin):
    origin.script = say(answers.cacheable(b"body"))
    cached.get("/files/key")

    for wish in ("no-cache", "max-age=0", "min-fresh=99999", "no-cache, max-age=0"):
        fields = [("Cache-Control", wish), ("Pragma", "no-cache")]
        assert seen(cached.get("/files/key", fields)) == (200, "HIT", b"body")
    origin.only_request()


def test_only_if_cached_never_asks_the_origin(cached, origin):
    origin.script = say(answers.cacheable(b"body"))
    wish = [("Cache-Control", "only-if-cached")]

    refused = cached.get("/files/key", wish)
    assert (refused.status, refused.header("X-Cache")) == (504, "MISS")
    assert cached.head("/files/key", wish).status == 504
    assert not origin.requests

    cached.get("/files/key")
    assert seen(cached.get("/files/key", wish)) == (200, "HIT", b"body")
    assert cached.head("/files/key", wish).status == 200
    origin.only_request()


def test_what_a_client_wants_kept_nowhere_is_not_kept(cached, origin):
    origin.script = say(answers.cacheable(b"body"))
    wish = [("Cache-Control", "no-store")]

    assert seen(cached.get("/files/key", wish)) == (200, "MISS", b"body")
    assert seen(cached.get("/files/key", wish)) == (200, "MISS", b"body")
    assert seen(cached.get("/files/key")) == (200, "MISS", b"body")
    assert seen(cached.get("/files/key")) == (200, "HIT", b"body")
    assert len(origin.requests) == 3


# What is never stored.

NEVER_STORED = {
    "no-store": lambda: answers.cacheable(cache_control="no-store"),
    "no-store among others": lambda: answers.cacheable(cache_control='max-age=60, NO-STORE, x="y"'),
    "private": lambda: answers.cacheable(cache_control="private, max-age=60"),
    "vary star": lambda: answers.cacheable(headers=[("Vary", "Accept, *")]),
    "stale at once, without a validator": lambda: answers.raw(
        "HTTP/1.1 200 OK", [("Content-Length", "5"), ("Cache-Control", "max-age=0")], b"hello"
    ),
    "403": lambda: answers.error("403 Forbidden", "AccessDenied", [("Cache-Control", "max-age=60")]),
    "404": lambda: answers.error("404 Not Found", "NoSuchKey", [("Cache-Control", "max-age=60")]),
    "410": lambda: answers.error("410 Gone", "Gone", [("Cache-Control", "max-age=60")]),
    "500": lambda: answers.error("500 Internal Server Error", "InternalError"),
    "503": lambda: answers.error("503 Slow Down", "SlowDown", [("Cache-Control", "max-age=60")]),
    "206": lambda: answers.ok(b"he", [("Content-Range", "bytes 0-1/5")], "206 Partial Content"),
}


@pytest.mark.parametrize("name", NEVER_STORED)
def test_what_may_not_be_stored_is_asked_for_each_time(cached, origin, name):
    origin.script = say(NEVER_STORED[name]())

    found = [cached.get("/files/key") for _ in range(3)]

    assert [answer.header("X-Cache") for answer in found] == ["MISS"] * 3
    assert len({(answer.status, answer.body.partition(b"request_id")[0]) for answer in found}) == 1
    assert len(origin.requests) == 3


def test_an_object_that_appears_after_a_404_is_stored_at_once(cached, origin):
    origin.script = say(answers.error("404 Not Found", "NoSuchKey"))
    assert cached.get("/files/key").status == 404
    origin.script = say(answers.cacheable(b"there"))

    assert seen(cached.get("/files/key")) == (200, "MISS", b"there")
    assert seen(cached.get("/files/key")) == (200, "HIT", b"there")


def test_a_404_is_remembered_for_its_negative_ttl(serve, origin):
    proxy = serve(cached_document(origin, {"negative_ttl": "1m"}))
    origin.script = say(answers.error("404 Not Found", "NoSuchKey"))

    miss, hit = (proxy.get("/files/key") for _ in range(2))
    head = proxy.head("/files/key")

    assert [answer.status for answer in (miss, hit, head)] == [404, 404, 404]
    assert [answer.header("X-Cache") for answer in (miss, hit, head)] == ["MISS", "HIT", "HIT"]
    assert miss.header("X-Request-Id").encode() in miss.body
    assert hit.header("X-Request-Id").encode() in hit.body
    assert hit.header("Content-Type") == "application/json"
    assert proxy.get("/files/key", [("If-None-Match", "*")]).status == 404
    origin.only_request()


def test_a_missing_bucket_is_not_remembered(serve, origin):
    proxy = serve(cached_document(origin, {"negative_ttl": "1m"}))
    origin.script = say(answers.error("404 Not Found", "NoSuchBucket"))
    proxy.get("/files/key")
    origin.script = say(answers.cacheable(b"body"))

    assert seen(proxy.get("/files/key")) == (200, "MISS", b"body")


def test_a_bucket_that_is_not_cached_goes_past_the_cache(serve, origin):
    origin.script = say(answers.cacheable(b"body"))
    proxy = serve(cached_document(origin, cache={"enabled": False}))

    for _ in range(2):
        answer = proxy.get("/files/key")
        assert seen(answer) == (200, "BYPASS", b"body")
        assert answer.header("Cache-Status") == "yatagarasu; fwd=bypass; fwd-status=200"
    assert len(origin.requests) == 2


def test_without_memory_there_is_no_cache(serve, origin):
    origin.script = say(answers.cacheable(b"body"))
    proxy = serve(document(origin_bucket(origin)))

    assert [seen(proxy.get("/files/key"))[1] for _ in range(2)] == ["BYPASS", "BYPASS"]
    assert [seen(proxy.head("/files/key"))[1] for _ in range(2)] == ["BYPASS", "BYPASS"]


# Ranges.


def ranged(exchange):
    """An origin of b"hello" that understands bytes=1-3."""
    if exchange.request.header("Range"):
        fields = [("Content-Range", "bytes 1-3/5"), ("Cache-Control", "max-age=60")]
        exchange.send(answers.ok(b"ell", fields, "206 Partial Content"))
    else:
        exchange.send(answers.cacheable(b"hello"))


def test_a_range_goes_past_the_cache_whatever_is_stored(cached, origin):
    origin.script = ranged
    part = [("Range", "bytes=1-3")]

    assert seen(cached.get("/files/key", part)) == (206, "BYPASS", b"ell")
    assert seen(cached.get("/files/key")) == (200, "MISS", b"hello")
    assert seen(cached.get("/files/key", part)) == (206, "BYPASS", b"ell")
    assert seen(cached.get("/files/key")) == (200, "HIT", b"hello")
    assert len(origin.requests) == 3


def test_several_ranges_neither_read_nor_fill_the_cache(cached, origin):
    origin.script = ranged
    parts = [("Range", "bytes=0-0,4-4")]

    assert seen(cached.get("/files/key", parts)) == (200, "BYPASS", b"hello")
    assert seen(cached.get("/files/key")) == (200, "MISS", b"hello")
    assert seen(cached.get("/files/key", parts)) == (200, "BYPASS", b"hello")
    assert len(origin.requests) == 3


@pytest.mark.parametrize("value", ["bytes=9-1", "bytes=", "lines=1-2", "bytes=a-b", "1-2"])
def test_a_range_that_is_none_is_an_ordinary_request(cached, origin, value):
    origin.script = ranged

    found = [cached.get("/files/key", [("Range", value)]) for _ in range(2)]

    assert [seen(answer) for answer in found] == [(200, "MISS", b"hello"), (200, "HIT", b"hello")]
    assert origin.only_request().header("Range") is None


def test_range_means_nothing_to_head(cached, origin):
    origin.script = say(answers.cacheable(b"hello"))
    cached.get("/files/key")

    head = cached.head("/files/key", [("Range", "bytes=1-3")])

    assert (head.status, head.header("X-Cache"), head.length) == (200, "HIT", 5)

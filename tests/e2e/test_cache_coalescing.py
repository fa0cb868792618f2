"""Many clients, one object: the origin is asked once, and everybody gets all of it or a cut."""

import contextlib
import threading

import pytest

from support import answers, bodies, waiting
from support.configuration import cached_document
from support.http1 import Connection
from support.origin import Held, InTurn, say

SIZE = 3_000_000
CLIENTS = 40


def begin(proxy, target="/files/key", headers="", receive_buffer=0) -> Connection:
    """Sends a GET; the answer is read later."""
    connection = proxy.connect(receive_buffer=receive_buffer)
    connection.send(f"GET {target} HTTP/1.1\r\nHost: a.test\r\n{headers}\r\n".encode())
    return connection


def finish(connection: Connection):
    with connection:
        return connection.read_answer()


def seen(answer):
    return (answer.status, answer.header("X-Cache"), answer.body)


@contextlib.contextmanager
def closing(connections):
    yield connections
    for connection in connections:
        connection.close()


def read_some(connection: Connection, size: int):
    """The head and the first bytes of the body."""
    answer = connection.read_head()
    taken = b""
    while len(taken) < size:
        piece = connection.take(size - len(taken))
        assert piece, "the transfer ended"
        taken += piece
    return answer, taken


def rest_of(connection: Connection, answer, taken: bytes) -> bytes:
    """Everything up to the end of the body; sets answer.complete."""
    missing = answer.length - len(taken)
    parts = [taken]
    while missing:
        piece = connection.take(missing)
        if not piece:
            break
        parts.append(piece)
        missing -= len(piece)
    answer.complete = missing == 0
    return b"".join(parts)


def wait_until_joined(proxy, origin) -> None:
    """Until the requests so far have been read: each loop answers in the order in which it reads.

    Should one come late all the same it is a hit, or one request of its own.
    """
    origin.wait_for_requests(1)
    for _ in range(4):
        assert proxy.get("/health/live").status == 200


def test_clients_of_a_cold_key_share_one_request(cached, origin):
    body = bodies.body(SIZE)
    held = origin.script = Held(answers.cacheable(body))

    connections = [begin(cached) for _ in range(CLIENTS)]
    wait_until_joined(cached, origin)
    held.go_on.set()
    found = [finish(connection) for connection in connections]

    assert all(answer.status == 200 and answer.body == body for answer in found)
    assert {answer.header("X-Cache") for answer in found} <= {"MISS", "HIT"}
    origin.only_request()
    collapsed = [answer for answer in found if "collapsed" in answer.header("Cache-Status")]
    assert collapsed
    assert seen(cached.get("/files/key")) == (200, "HIT", body)


def test_only_one_access_line_has_spoken_with_the_store(cached, origin):
    held = origin.script = Held(answers.cacheable(b"body"))
    connections = [begin(cached) for _ in range(10)]
    wait_until_joined(cached, origin)
    held.go_on.set()

    lines = [cached.access_line(finish(connection)) for connection in connections]

    assert sum("s3_status" in line for line in lines) == 1


def test_both_loops_take_part(serve, origin):
    proxy = serve(cached_document(origin, server={"threads": 2}))
    body = bodies.body(SIZE)
    held = origin.script = Held(answers.cacheable(body))

    connections = [begin(proxy) for _ in range(CLIENTS)]
    wait_until_joined(proxy, origin)
    held.go_on.set()

    assert all(finish(connection).body == body for connection in connections)
    origin.only_request()


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_who_comes_in_the_middle_gets_it_from_the_first_byte(cached, origin, framing):
    body = bodies.body(SIZE)
    whole = answers.cacheable(body)
    if framing == "chunked":
        pieces = [body[at : at + 50_000] for at in range(0, SIZE, 50_000)]
        whole = answers.chunked(pieces, [("Cache-Control", "max-age=9999999")])
    held = origin.script = Held(whole[2_000_000:], whole[:2_000_000])
    first = begin(cached)
    first.read_head()

    later = [begin(cached) for _ in range(10)]
    heads = [connection.read_head() for connection in later]
    held.go_on.set()
    for connection, answer in zip(later, heads, strict=True):
        assert b"".join(connection.chunks_of(answer)) == body
        assert answer.complete
        assert answer.header("X-Cache") == "MISS"
        connection.close()
    first.close()
    origin.only_request()


def test_the_first_bytes_do_not_wait_for_the_last(cached, origin):
    body = bodies.body(SIZE)
    whole = answers.cacheable(body)
    held = origin.script = Held(whole[1_000_000:], whole[:1_000_000])

    with closing([begin(cached) for _ in range(5)]) as connections:
        for connection in connections:
            _, taken = read_some(connection, 900_000)
            assert taken == body[:900_000]
        held.go_on.set()
    origin.only_request()


def test_a_leader_that_leaves_before_the_head_leaves_nobody_alone(cached, origin):
    held = Held(answers.cacheable(b"body"))
    origin.script = held
    leader = begin(cached)
    origin.wait_for_requests(1)
    followers = [begin(cached) for _ in range(10)]
    wait_until_joined(cached, origin)

    leader.reset()
    waiting.eventually(
        lambda: any(line["status"] == 499 for line in cached.access_lines()), "it has gone"
    )
    held.go_on.set()

    assert [finish(connection).body for connection in followers] == [b"body"] * 10
    assert len(origin.requests) <= 2
    assert seen(cached.get("/files/key")) == (200, "HIT", b"body")


@pytest.mark.fault("c-rst-mid-body-coalesced")
def test_a_leader_that_leaves_in_the_middle_leaves_the_transfer(cached, origin):
    body = bodies.body(SIZE)
    whole = answers.cacheable(body)
    held = origin.script = Held(whole[1_000_000:], whole[:1_000_000])
    leader = begin(cached)
    read_some(leader, 1000)
    followers = [begin(cached) for _ in range(5)]
    begun = [read_some(connection, 1000) for connection in followers]

    leader.reset()
    waiting.eventually(lambda: cached.access_lines(), "it has gone")
    held.go_on.set()

    for connection, (answer, taken) in zip(followers, begun, strict=True):
        assert rest_of(connection, answer, taken) == body
        connection.close()
    origin.only_request()
    assert seen(cached.get("/files/key")) == (200, "HIT", body)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_when_all_have_left_the_transfer_stops(cached, origin, framing):
    stopped = threading.Event()

    def script(exchange):
        if framing == "length":
            exchange.send(answers.cacheable(b"", headers=[("Content-Length", str(SIZE))]))
            exchange.send(b"x" * 100_000)
        else:
            exchange.send(answers.chunked([b"x" * 100_000], end=b""))
        if exchange.wait_for_close(20):
            stopped.set()

    origin.script = script
    connections = [begin(cached) for _ in range(5)]
    for connection in connections:
        connection.read_head()

    for connection in connections:
        connection.reset()

    assert stopped.wait(10), "the origin goes on"
    origin.script = say(answers.cacheable(b"new"))
    assert seen(cached.get("/files/key")) == (200, "MISS", b"new")


def test_a_leader_that_wants_no_body_leaves_it_to_the_others(cached, origin):
    body = bodies.body(SIZE)
    whole = answers.cacheable(body)
    held = origin.script = Held(whole[1_000_000:], whole[:1_000_000])
    assert cached.get("/files/key", [("If-Match", '"x"')]).status == 412
    gone, patient = begin(cached), begin(cached)
    gone.read_head()
    head = patient.read_head()

    gone.reset()
    held.go_on.set()

    assert b"".join(patient.chunks_of(head)) == body
    patient.close()
    origin.only_request()
    assert cached.get("/files/key").header("X-Cache") == "HIT"


def test_the_time_for_a_request_counts_for_those_who_wait_too(serve, origin):
    server = {"timeouts": {"request": "500ms"}}
    patient = {"timeouts": {"first_byte": "60s"}}
    proxy = serve(cached_document(origin, server=server, s3=patient))
    held = origin.script = Held(answers.cacheable(b"body"))

    found = [finish(connection) for connection in [begin(proxy) for _ in range(10)]]

    assert {answer.status for answer in found} == {504}
    held.go_on.set()
    assert proxy.get("/files/key").body == b"body"


# An origin that fails.


def test_an_origin_that_fails_before_its_head_fails_nobody_for_ever(cached, origin):
    answer_now = threading.Event()

    def script(exchange):
        answer_now.wait(60)
        exchange.reset()

    origin.script = InTurn(script, say(answers.cacheable(b"body")))
    connections = [begin(cached) for _ in range(10)]
    wait_until_joined(cached, origin)
    answer_now.set()

    found = [finish(connection) for connection in connections]

    assert sorted({answer.status for answer in found}) in ([200], [200, 502])
    assert sum(answer.status == 502 for answer in found) <= 1
    assert {answer.body for answer in found if answer.status == 200} == {b"body"}


@pytest.mark.parametrize(
    "answer, status",
    [
        (answers.error("404 Not Found", "NoSuchKey"), 404),
        (answers.error("403 Forbidden", "AccessDenied"), 403),
        (answers.error("500 Internal Server Error", "InternalError"), 502),
    ],
)
def test_an_error_is_told_to_everybody(serve, origin, answer, status):
    proxy = serve(cached_document(origin))
    held = origin.script = Held(answer)
    connections = [begin(proxy) for _ in range(10)]
    wait_until_joined(proxy, origin)
    held.go_on.set()

    found = [finish(connection) for connection in connections]

    assert {answer.status for answer in found} <= {status, 503 if status == 502 else status}
    ids = {answer.header("X-Request-Id") for answer in found}
    assert len(ids) == len(found)
    assert all(answer.header("X-Request-Id").encode() in answer.body for answer in found)


def test_a_404_that_is_remembered_is_asked_for_once(serve, origin):
    proxy = serve(cached_document(origin, {"negative_ttl": "1m"}))
    held = origin.script = Held(answers.error("404 Not Found", "NoSuchKey"))
    connections = [begin(proxy) for _ in range(10)]
    wait_until_joined(proxy, origin)
    held.go_on.set()

    found = [finish(connection) for connection in connections]

    assert {answer.status for answer in found} == {404}
    assert all(answer.header("X-Request-Id").encode() in answer.body for answer in found)
    origin.only_request()


def test_an_origin_that_hangs_lets_nobody_wait_for_ever(serve, origin):
    proxy = serve(cached_document(origin, s3={"timeouts": {"first_byte": "500ms"}}))

    def script(exchange):
        exchange.wait_for_close()

    origin.script = script
    connections = [begin(proxy) for _ in range(10)]

    found = [finish(connection) for connection in connections]

    assert {answer.status for answer in found} <= {503, 504}
    assert 504 in {answer.status for answer in found}


@pytest.mark.parametrize("how", ["close", "reset", "stall"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_that_the_origin_cuts_is_whole_for_nobody(cached, origin, how, framing):
    body = bodies.body(SIZE)
    if framing == "length":
        whole = answers.cacheable(body)
    else:
        pieces = [body[at : at + 50_000] for at in range(0, SIZE, 50_000)]
        whole = answers.chunked(pieces, [("Cache-Control", "max-age=9999999")])
    cut_now = threading.Event()

    def script(exchange):
        exchange.send(whole[:2_000_000])
        cut_now.wait(60)
        if how == "stall":
            exchange.wait_for_close()
        else:
            exchange.send(whole[2_000_000:-5])
            exchange.reset() if how == "reset" else exchange.close()

    origin.script = InTurn(script, say(answers.cacheable(b"new")))
    connections = [begin(cached) for _ in range(10)]
    heads = [connection.read_head() for connection in connections]
    cut_now.set()

    for connection, answer in zip(connections, heads, strict=True):
        received = b"".join(connection.chunks_of(answer))
        assert answer.status == 200
        assert not answer.looks_whole
        assert body.startswith(received)
        connection.close()
    origin.only_request()
    assert seen(cached.get("/files/key")) == (200, "MISS", b"new")
    assert seen(cached.get("/files/key")) == (200, "HIT", b"new")


# Clients of different speed.


@pytest.mark.parametrize("who", ["leader", "follower"])
def test_nobody_waits_for_one_who_does_not_read(serve, origin, who):
    caching = {"memory": {"max_size": "128MiB", "max_object_size": "64MiB"}}
    proxy = serve(cached_document(origin, caching))
    body = bodies.body(32_000_000)
    whole = answers.cacheable(body)
    held = origin.script = Held(whole[1000:], whole[:1000])
    first = begin(proxy, receive_buffer=4096)
    first_head = first.read_head()
    if who == "leader":
        slow, slow_head, others = first, first_head, [begin(proxy) for _ in range(3)]
    else:
        slow = begin(proxy, receive_buffer=4096)
        slow_head, others = slow.read_head(), [begin(proxy) for _ in range(3)]
    heads = [connection.read_head() for connection in others]
    held.go_on.set()

    for connection, answer in zip(others, heads, strict=True):
        assert b"".join(connection.chunks_of(answer)) == body
        connection.close()
    if who == "follower":
        first.close()
    assert proxy.get("/files/key").header("X-Cache") == "HIT"
    assert b"".join(slow.chunks_of(slow_head)) == body
    slow.close()
    origin.only_request()


def test_an_object_that_outgrows_the_limit_reaches_all_who_asked(serve, origin):
    caching = {"memory": {"max_size": "64MiB", "max_object_size": "1MiB"}}
    proxy = serve(cached_document(origin, caching))
    body = bodies.body(SIZE)
    pieces = [body[at : at + 50_000] for at in range(0, SIZE, 50_000)]
    whole = answers.chunked(pieces, [("Cache-Control", "max-age=9999999")])
    held = origin.script = Held(whole[500_000:], whole[:500_000])
    connections = [begin(proxy) for _ in range(10)]
    heads = [connection.read_head() for connection in connections]
    found: list[bytes] = []
    readers = [
        threading.Thread(
            target=lambda c=connection, a=answer: found.append(b"".join(c.chunks_of(a)))
        )
        for connection, answer in zip(connections, heads, strict=True)
    ]

    for reader in readers:
        reader.start()
    held.go_on.set()
    for reader in readers:
        reader.join(60)

    assert [part == body for part in found] == [True] * 10
    assert all(answer.complete for answer in heads)
    origin.only_request()
    assert proxy.get("/files/key").header("X-Cache") == "MISS"
    for connection in connections:
        connection.close()


@pytest.mark.http1
def test_one_who_does_not_read_what_is_not_stored_is_cut_in_the_end(serve, origin):
    caching = {"memory": {"max_size": "64MiB", "max_object_size": "1MiB"}}
    proxy = serve(cached_document(origin, caching))
    body = bodies.body(24_000_000)
    pieces = [body[at : at + 500_000] for at in range(0, len(body), 500_000)]
    whole = answers.chunked(pieces, [("Cache-Control", "max-age=9999999")])
    held = origin.script = Held(whole[500_000:], whole[:500_000])
    slow = begin(proxy, receive_buffer=4096)
    slow_head = slow.read_head()
    reader = begin(proxy)
    head = reader.read_head()
    held.go_on.set()

    assert b"".join(reader.chunks_of(head)) == body
    assert head.complete
    assert body.startswith(b"".join(slow.chunks_of(slow_head)))
    assert not slow_head.looks_whole
    slow.close()
    reader.close()
    origin.only_request()


# What stale entries and conditions make of it.


def test_clients_of_a_stale_key_share_one_confirmation(cached, origin):
    held = Held(answers.not_modified([("Cache-Control", "max-age=600")]))
    origin.script = InTurn(say(answers.stale(b"body")), held)
    cached.get("/files/key")
    origin.forget()

    connections = [begin(cached) for _ in range(CLIENTS)]
    wait_until_joined(cached, origin)
    held.go_on.set()
    found = [finish(connection) for connection in connections]

    assert {answer.body for answer in found} == {b"body"}
    assert {answer.header("X-Cache") for answer in found} <= {"REVALIDATED", "HIT"}
    origin.only_request()


def test_clients_of_a_stale_key_share_one_failure_where_it_may_stand_in(cached, origin):
    held = Held(answers.error("503 Slow Down", "SlowDown"))
    origin.script = InTurn(say(answers.stale(b"body", "stale-if-error=600")), held)
    cached.get("/files/key")
    origin.forget()

    connections = [begin(cached) for _ in range(CLIENTS)]
    wait_until_joined(cached, origin)
    held.go_on.set()
    found = [finish(connection) for connection in connections]

    assert {seen(answer) for answer in found} == {(200, "STALE", b"body")}
    origin.only_request()


def test_conditions_are_held_against_the_shared_answer_one_by_one(cached, origin):
    held = origin.script = Held(answers.cacheable(bodies.body(SIZE)))
    asked = [
        (f"If-None-Match: {answers.ETAG}\r\n", 304),
        ('If-None-Match: "x"\r\n', 200),
        ('If-Match: "x"\r\n', 412),
        ("", 200),
        ("If-None-Match: *\r\n", 304),
        ("Range: lines=1-2\r\n", 200),
    ] * 3
    connections = [begin(cached, headers=headers) for headers, _ in asked]
    wait_until_joined(cached, origin)
    held.go_on.set()

    found = [finish(connection) for connection in connections]

    assert [answer.status for answer in found] == [status for _, status in asked]
    assert all(answer.body == bodies.body(SIZE) for answer in found if answer.status == 200)
    origin.only_request()
    assert cached.get("/files/key").header("X-Cache") == "HIT"


def test_variants_that_are_asked_for_at_once_are_kept_apart(serve, origin):
    proxy = serve(cached_document(origin, forward_request_headers=["Accept-Language"]))
    answer_now = threading.Event()

    def script(exchange):
        answer_now.wait(60)
        language = exchange.request.header("Accept-Language")
        exchange.send(answers.cacheable(language.encode(), headers=[("Vary", "Accept-Language")]))

    origin.script = script
    languages = ["de", "en", "fr", "it"] * 5
    connections = [
        begin(proxy, headers=f"Accept-Language: {language}\r\n") for language in languages
    ]
    wait_until_joined(proxy, origin)
    answer_now.set()

    found = [finish(connection).body.decode() for connection in connections]

    assert found == languages
    assert len(origin.requests) <= len(languages)
    for language in languages[:4]:
        hit = proxy.get("/files/key", [("Accept-Language", language)])
        assert seen(hit) == (200, "HIT", language.encode())


def test_answers_that_may_not_be_stored_are_got_side_by_side(cached, origin):
    together = threading.Barrier(5, timeout=20)
    origin.script = say(answers.cacheable(b"body", "no-store"))
    cached.get("/files/key")

    def script(exchange):
        together.wait()
        exchange.send(answers.cacheable(b"body", "no-store"))

    origin.script = script
    connections = [begin(cached) for _ in range(5)]

    assert [finish(connection).body for connection in connections] == [b"body"] * 5

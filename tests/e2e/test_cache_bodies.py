"""What is stored is what the origin meant: of its size, with its checksums, whole."""

import threading

import pytest

from support import answers, bodies, checksums, waiting
from support.configuration import cached_document
from support.origin import Held, InTurn, say, say_and_close

LIMIT = 1_000_000
SMALL = b"hello"
LARGE = bodies.body(3_000_000)


def seen(answer):
    return (answer.status, answer.header("X-Cache"), answer.body)


@pytest.fixture
def limited(serve, origin):
    memory = {"max_size": "16MiB", "max_object_size": LIMIT}
    return serve(cached_document(origin, {"memory": memory}))


def in_chunks(body: bytes, headers=(), size: int = 60_000, end: bytes = b"0\r\n\r\n") -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    whole = answers.chunked(pieces, [("Cache-Control", "max-age=9999999"), *headers], end)
    if "etag" in {name.lower() for name, _ in headers}:
        return whole.replace(f"ETag: {answers.ETAG}\r\n".encode(), b"", 1)
    return whole


# Size.


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize(
    "size, outcome", [(LIMIT, "HIT"), (LIMIT + 1, "MISS"), (LIMIT * 3, "MISS")]
)
def test_the_limit_decides_what_is_kept(limited, origin, framing, size, outcome):
    body = bodies.body(size)
    origin.script = say(answers.cacheable(body) if framing == "length" else in_chunks(body))

    found = [limited.get("/files/key") for _ in range(3)]

    assert [answer.header("X-Cache") for answer in found] == ["MISS", outcome, outcome]
    assert all(answer.body == body and answer.complete for answer in found)
    stored = "stored" in found[0].header("Cache-Status")
    if framing == "length":
        assert stored == (outcome == "HIT")


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_object_that_has_outgrown_the_limit_is_not_served_as_it_was(limited, origin, framing):
    old = answers.stale(SMALL, "stale-if-error=600, stale-while-revalidate=600")
    new = framed(framing, LARGE, [("ETag", '"new"')])
    origin.script = InTurn(say(old), say(new))
    limited.get("/files/key")
    assert seen(limited.get("/files/key")) == (200, "STALE", SMALL)

    waiting.eventually(lambda: limited.get("/files/key").body == LARGE, "the old copy is gone")

    origin.script = say(answers.error("503 Slow Down", "SlowDown"))
    assert limited.get("/files/key").status == 503


def test_more_than_fits_into_memory_is_served_all_the_same(serve, origin):
    memory = {"max_size": "4MiB", "max_object_size": "1MiB"}
    proxy = serve(cached_document(origin, {"memory": memory}))

    def script(exchange):
        number = int(exchange.request.target.rpartition("/")[2])
        exchange.send(answers.cacheable(bodies.body(200_000 + number)[number:]))

    origin.script = script

    for _ in range(2):
        for number in range(60):
            expected = bodies.body(200_000 + number)[number:]
            assert proxy.get(f"/files/{number}").body == expected
    assert proxy.get("/files/59").status == 200


def test_an_object_larger_than_the_memory_is_passed_on(serve, origin):
    proxy = serve(cached_document(origin, {"memory": {"max_size": "1MiB"}}))
    for whole in (answers.cacheable(LARGE), in_chunks(LARGE)):
        origin.script = say(whole)
        for _ in range(2):
            assert proxy.get("/files/key").body == LARGE


# Length.


@pytest.mark.parametrize("missing", [1, 4, 2_999_999])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_shorter_body_is_not_stored(cached, origin, missing, framing):
    body = LARGE if missing > 4 else SMALL
    if framing == "length":
        cut = answers.cacheable(body)[:-missing]
    else:
        cut = in_chunks(body[:-missing], end=b"")
    origin.script = InTurn(say_and_close(cut), say(answers.cacheable(b"new")))

    answer = cached.get("/files/key")

    assert answer.status == 502 or not answer.looks_whole
    assert seen(cached.get("/files/key")) == (200, "MISS", b"new")


def test_a_body_that_only_the_close_ends_is_not_stored(cached, origin):
    # Cut by an orderly close it would look the same.
    fields = [("Date", answers.date()), ("Cache-Control", "max-age=9999999"), ("ETag", '"e"')]
    origin.script = say_and_close(answers.raw("HTTP/1.1 200 OK", fields, SMALL))

    for _ in range(2):
        assert seen(cached.get("/files/key")) == (200, "MISS", SMALL)
    assert len(origin.requests) == 2


@pytest.mark.fault("o-wrong-length")
def test_a_longer_body_is_cut_at_what_was_promised(cached, origin):
    origin.script = InTurn(
        say_and_close(answers.cacheable(SMALL) + b"and more"),
        say(answers.cacheable(b"new", headers=[("ETag", '"new"')])),
    )

    answer = cached.get("/files/key")

    assert answer.status == 502 or answer.body == SMALL
    assert cached.get("/files/key").body in (SMALL, b"new")


@pytest.mark.http1
def test_an_http_1_0_client_never_takes_a_cut_for_the_end(cached, origin):
    body = LARGE[:200_000]
    origin.script = say_and_close(in_chunks(body, end=b""))

    with cached.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.0\r\nHost: a.test\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            while connection.socket.recv(1 << 18):
                pass


# Checksums.


def spoilt(body: bytes) -> bytes:
    """One bit is another, in the middle."""
    at = len(body) // 2
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def framed(framing: str, body: bytes, headers) -> bytes:
    if framing == "chunked":
        return in_chunks(body, headers)
    return answers.cacheable(body, headers=headers)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [0, 5, 3_000_000])
@pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
def test_a_body_that_agrees_with_its_checksum_is_kept(cached, origin, algorithm, size, framing):
    body = LARGE[:size]
    origin.script = say(framed(framing, body, [checksums.field(algorithm, body)]))

    found = [cached.get("/files/key") for _ in range(2)]

    assert [seen(answer) for answer in found] == [(200, "MISS", body), (200, "HIT", body)]
    assert origin.only_request().header("x-amz-checksum-mode") == "ENABLED"


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [1, 5, 3_000_000])
@pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
def test_a_body_that_does_not_agree_is_cut_and_not_kept(cached, origin, algorithm, size, framing):
    body = LARGE[:size]
    wrong = framed(framing, spoilt(body), [checksums.field(algorithm, body)])
    origin.script = InTurn(say(wrong), say(answers.cacheable(b"new")))

    answer = cached.get("/files/key")

    assert answer.status == 502 or not answer.looks_whole
    if framing == "length":
        assert len(answer.body) < size
    assert seen(cached.get("/files/key")) == (200, "MISS", b"new")


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [5, 3_000_000])
def test_a_body_that_is_not_to_be_stored_is_compared_too(cached, origin, size, framing):
    body = LARGE[:size]
    fields = [checksums.field("CRC32", body)]

    for asked, control in (([("Cache-Control", "no-store")], ()), ([], [("Pragma", "x")])):
        origin.script = say(framed(framing, spoilt(body), [*fields, *control]))
        answer = cached.get("/files/key", asked)
        assert answer.status == 502 or not answer.looks_whole
        origin.script = say(framed(framing, body, fields))
        assert cached.get("/files/key", [("Cache-Control", "no-store")]).body == body


@pytest.mark.parametrize("size", [5, 3_000_000])
def test_an_answer_that_forbids_storing_is_compared_too(cached, origin, size):
    body = LARGE[:size]
    fields = [checksums.field("SHA256", body)]
    for _ in range(2):  # Before and after it is known that its answers are not stored.
        origin.script = say(answers.cacheable(spoilt(body), "no-store", fields))
        answer = cached.get("/files/key")
        assert answer.status == 502 or not answer.looks_whole
    origin.script = say(answers.cacheable(body, "no-store", fields))
    assert seen(cached.get("/files/key")) == (200, "MISS", body)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_what_finds_no_room_is_compared_too(serve, origin, framing):
    proxy = serve(cached_document(origin, {"memory": {"max_size": "1MiB"}}))
    origin.script = say(framed(framing, spoilt(LARGE), [checksums.field("CRC32", LARGE)]))

    assert not proxy.get("/files/key").looks_whole


@pytest.mark.http1
@pytest.mark.parametrize("wish", ["", "Cache-Control: no-store\r\n"])
def test_an_http_1_0_client_never_takes_a_spoilt_body_for_whole(cached, origin, wish):
    body = LARGE[:200_000]
    origin.script = say(in_chunks(spoilt(body), [checksums.field("CRC32", body)]))

    with cached.connect() as connection:
        connection.send(f"GET /files/key HTTP/1.0\r\n{wish}\r\n".encode())
        with pytest.raises(ConnectionResetError):
            while connection.socket.recv(1 << 18):
                pass


@pytest.mark.parametrize("position", ["first", "last"])
def test_every_checksum_counts(cached, origin, position):
    good, bad = checksums.field("CRC32", SMALL), checksums.field("SHA1", b"other")
    fields = [good, bad] if position == "last" else [bad, good]
    origin.script = say(answers.cacheable(SMALL, headers=fields))

    answer = cached.get("/files/key")

    assert answer.status == 502 or not answer.looks_whole


@pytest.mark.parametrize(
    "fields",
    [
        [checksums.field("CRC32", b"other", "-3")],
        [checksums.field("SHA256", b"other", "-10000")],
        [checksums.field("CRC32", b"other"), ("x-amz-checksum-type", "COMPOSITE")],
        [("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")],
        [("x-amz-checksum-md5", "AAAA")],
        [("x-amz-checksum-crc32", "")],
    ],
)
def test_a_checksum_that_is_not_of_the_whole_is_ignored(cached, origin, fields):
    origin.script = say(answers.cacheable(SMALL, headers=fields))

    assert [seen(cached.get("/files/key")) for _ in range(2)] == [
        (200, "MISS", SMALL),
        (200, "HIT", SMALL),
    ]


def test_a_full_object_checksum_of_several_parts_counts(cached, origin):
    fields = [checksums.field("CRC32", b"other"), ("x-amz-checksum-type", "FULL_OBJECT")]
    origin.script = say(answers.cacheable(SMALL, headers=fields))

    answer = cached.get("/files/key")

    assert answer.status == 502 or not answer.looks_whole


def test_a_part_is_not_compared_with_the_checksum_of_the_whole(cached, origin):
    fields = [("Content-Range", "bytes 1-3/5"), checksums.field("CRC32", SMALL)]
    origin.script = say(answers.ok(b"ell", fields, "206 Partial Content"))

    assert cached.get("/files/key", [("Range", "bytes=1-3")]).body == b"ell"


def test_all_readers_of_a_body_that_does_not_agree_are_cut(cached, origin):
    wrong = answers.cacheable(spoilt(LARGE), headers=[checksums.field("SHA256", LARGE)])
    held = Held(wrong[-1000:], wrong[:-1000])
    origin.script = InTurn(held, say(answers.cacheable(b"new")))
    connections = [cached.connect() for _ in range(5)]
    for connection in connections:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    heads = [connection.read_head() for connection in connections]
    held.go_on.set()

    for connection, answer in zip(connections, heads, strict=True):
        assert len(b"".join(connection.chunks_of(answer))) < len(LARGE)
        assert not answer.looks_whole
        connection.close()
    assert seen(cached.get("/files/key")) == (200, "MISS", b"new")


def test_a_cut_is_explained_in_the_log_alone(cached, origin):
    wrong = answers.cacheable(spoilt(LARGE), headers=[checksums.field("SHA256", LARGE)])
    origin.script = say(wrong)

    line = cached.access_line(cached.get("/files/key"))

    assert (line["status"], line["error"]) == (200, "bad_gateway")
    assert line["bytes_sent"] < len(LARGE)


def test_a_spoilt_refresh_leaves_the_entry(cached, origin):
    fields = [checksums.field("CRC32", LARGE), ("ETag", '"n"')]
    wrong = answers.cacheable(spoilt(LARGE), headers=fields)
    origin.script = InTurn(
        say(answers.stale(b"old", "stale-while-revalidate=600")),
        say(wrong),
        say(answers.cacheable(b"new", headers=[("ETag", '"n"')])),
    )
    cached.get("/files/key")

    def is_new() -> bool:
        answer = cached.get("/files/key")
        assert answer.status == 200 and answer.body in (b"old", b"new")
        return answer.body == b"new"

    waiting.eventually(is_new, "the second refresh is done")


# Shutdown.


def test_a_fill_that_clients_wait_for_ends_before_the_process(serve, origin):
    whole = answers.cacheable(LARGE)
    held = origin.script = Held(whole[1_000_000:], whole[:1_000_000])
    proxy = serve(cached_document(origin))
    connections = [proxy.connect() for _ in range(3)]
    for connection in connections:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    heads = [connection.read_head() for connection in connections]

    proxy.terminate()
    waiting.eventually(proxy.refuses, "the shutdown has begun")
    held.go_on.set()

    for connection, answer in zip(connections, heads, strict=True):
        assert b"".join(connection.chunks_of(answer)) == LARGE
        connection.close()
    assert proxy.process.wait(10) == 0


def test_a_fill_that_hangs_is_cut_at_the_shutdown_timeout(serve, origin):
    whole = answers.cacheable(LARGE)
    held = origin.script = Held(whole[1_000_000:], whole[:1_000_000])
    stall = {"timeouts": {"stall": "60s"}}
    proxy = serve(cached_document(origin, server={"shutdown_timeout": "500ms"}, s3=stall))
    connections = [proxy.connect() for _ in range(3)]
    for connection in connections:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    heads = [connection.read_head() for connection in connections]

    proxy.terminate()

    for connection, answer in zip(connections, heads, strict=True):
        b"".join(connection.chunks_of(answer))
        assert not answer.looks_whole
        connection.close()
    assert proxy.process.wait(10) == 1
    proxy.stop(expected=1)
    held.go_on.set()


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_refresh_that_hangs_does_not_hold_up_the_end(serve, origin, where):
    whole = answers.cacheable(LARGE)
    hang = Held(b"", b"" if where == "head" else whole[:1_000_000])
    origin.script = InTurn(say(answers.stale(b"old", "stale-while-revalidate=600")), hang)
    patient = {"timeouts": {"first_byte": "60s", "stall": "60s"}}
    proxy = serve(cached_document(origin, server={"shutdown_timeout": "60s"}, s3=patient))
    proxy.get("/files/key")
    assert seen(proxy.get("/files/key")) == (200, "STALE", b"old")
    origin.wait_for_requests(2)

    proxy.terminate()

    assert proxy.process.wait(10) == 0
    hang.go_on.set()


def test_a_fill_without_clients_does_not_hold_up_the_end(serve, origin):
    whole = answers.cacheable(LARGE)
    hang = origin.script = Held(b"", whole[:1_000_000])
    patient = {"timeouts": {"stall": "60s"}}
    proxy = serve(cached_document(origin, server={"shutdown_timeout": "60s"}, s3=patient))
    assert proxy.get("/files/key", [("If-None-Match", answers.ETAG)]).status == 304

    proxy.terminate()

    assert proxy.process.wait(10) == 0
    hang.go_on.set()


def test_waiting_clients_are_let_go_at_the_end(serve, origin):
    answer_never = threading.Event()
    origin.script = lambda exchange: answer_never.wait(60)
    patient = {"timeouts": {"first_byte": "60s"}}
    proxy = serve(cached_document(origin, server={"shutdown_timeout": "500ms"}, s3=patient))
    connections = [proxy.connect() for _ in range(5)]
    for connection in connections:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    origin.wait_for_requests(1)

    proxy.terminate()

    assert proxy.process.wait(10) == 1
    proxy.stop(expected=1)
    answer_never.set()

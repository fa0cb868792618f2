"""Origins that speak badly: a clear 502 or 504, never a crash, never an answer that looks right."""

import threading

import pytest

from support import answers
from support.origin import never_answer, say, say_and_close

HEAD = b"HTTP/1.1 200 OK\r\n"
GARBAGE = {
    "no HTTP": b"garbage\r\n\r\n",
    "binary": bytes(range(256)) * 4,
    "an early close": b"",
    "HTTP/0.9": b"<html>hello</html>",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no status": b"HTTP/1.1 \r\nContent-Length: 0\r\n\r\n",
    "a word as status": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "a short status": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "a long status": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2 in text": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a header without colon": HEAD + b"Content-Length 5\r\n\r\nhello",
    "a header without name": HEAD + b": x\r\nContent-Length: 5\r\n\r\nhello",
    "a space before the colon": HEAD + b"Content-Length : 5\r\n\r\nhello",
    "a NUL in a value": HEAD + b"X-Amz-Meta-A: a\0b\r\nContent-Length: 5\r\n\r\nhello",
    "a bare CR in a value": HEAD + b"X-Amz-Meta-A: a\rb\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\nhello",
    "a length with a sign": HEAD + b"Content-Length: +5\r\n\r\nhello",
    "no number as length": HEAD + b"Content-Length: five\r\n\r\nhello",
    "a list of lengths": HEAD + b"Content-Length: 5, 6\r\n\r\nhello",
    "a length beyond 64 bits": HEAD + b"Content-Length: 18446744073709551621\r\n\r\nhello",
    "an unknown coding": HEAD + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "chunked not last": HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "a head of one MiB": HEAD + b"X-Amz-Meta-A: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "a hundred thousand headers": HEAD + b"X-Amz-Meta-A: a\r\n" * 100_000 + b"\r\n",
}
BAD_CHUNKS = {
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "a word": b"zz\r\nhello\r\n0\r\n\r\n",
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "negative": b"-5\r\nhello\r\n0\r\n\r\n",
    "overflowing": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "longer data": b"5\r\nhelloo\r\n0\r\n\r\n",
    "shorter data": b"5\r\nhell\r\n0\r\n\r\n",
    "no last chunk": b"5\r\nhello\r\n",
    "cut in the last chunk": b"5\r\nhello\r\n0\r\n",
    "cut in a size": b"5\r\nhello\r\n5",
}
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


@pytest.mark.parametrize("said", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_malformed_answer_is_502_and_the_next_request_is_fine(scripted, origin, said):
    origin.script = say_and_close(said)
    assert scripted.get("/files/key").status == 502

    origin.script = say(answers.ok())
    assert scripted.get("/files/key").body == b"hello"


@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
@pytest.mark.fault("o-bad-chunk")
def test_a_broken_chunk_is_never_a_whole_body(scripted, origin, body):
    origin.script = say_and_close(answers.chunked([b"first"], end=body))

    answer = scripted.get("/files/key")

    assert answer.status == 502 or not answer.looks_whole


@pytest.mark.fault("o-header-injection")
def test_a_folded_header_is_refused_or_unfolded(scripted, origin):
    origin.script = say_and_close(
        HEAD + b"X-Amz-Meta-A: one\r\n two\r\nContent-Length: 5\r\n\r\nhello"
    )

    answer = scripted.get("/files/key")

    assert answer.status in (200, 502)
    assert answer.header("X-Amz-Meta-A") in (None, "one two", "one   two")


@pytest.mark.release
@pytest.mark.fault("o-huge-headers")
def test_huge_heads_take_bounded_memory(scripted, origin):
    scripted.get("/files/key")
    before = scripted.memory_kib()
    origin.script = say_and_close(GARBAGE["a head of one MiB"])

    for _ in range(20):
        assert scripted.get("/files/key").status == 502

    assert scripted.memory_kib() - before < 4096


@pytest.mark.parametrize("number", [1, 4])
def test_interim_answers_are_skipped(scripted, origin, number):
    hundred = b"HTTP/1.1 100 Continue\r\n\r\n"
    origin.script = say((INTERIM + hundred) * number + answers.ok(b"after"))

    answer = scripted.get("/files/key")

    assert (answer.status, answer.body, answer.header("Link")) == (200, b"after", None)


def test_interim_answers_without_end_are_not_read_for_ever(scripted, origin):
    def script(exchange):
        while not exchange.ended:
            exchange.send(INTERIM * 100)

    origin.script = script

    assert scripted.get("/files/key").status in (502, 504)


@pytest.mark.parametrize("with_body", [False, True])
@pytest.mark.fault("o-204-with-body")
def test_a_204_has_no_body_and_leaves_nothing_behind(scripted, origin, with_body):
    said = answers.raw("HTTP/1.1 204 No Content", [], b"leftover" if with_body else b"")
    origin.script = say(said)

    answer = scripted.get("/files/key")
    origin.script = say(answers.ok(b"next"))

    assert answer.status in (204, 502)
    assert b"leftover" not in answer.body
    assert scripted.get("/files/key").body == b"next"


def test_a_body_behind_the_answer_to_a_head_is_not_taken_for_the_next_answer(scripted, origin):
    origin.script = say(answers.ok(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"))
    assert scripted.head("/files/key").status == 200

    origin.script = say(answers.ok(b"clean"))
    assert scripted.get("/files/key").body == b"clean"


@pytest.mark.fault("o-extra-data")
def test_bytes_behind_the_body_are_dropped_with_their_connection(scripted, origin):
    poison = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    origin.script = say(answers.ok(b"right") + poison)

    with scripted.connect() as connection:
        first = connection.get("/files/key")
        origin.script = say(answers.ok(b"clean"))
        second = connection.get("/files/key")

    assert (first.body, second.body) == (b"right", b"clean")
    one, two = origin.requests
    assert one.connection != two.connection


@pytest.mark.fault("o-cl-and-te")
def test_length_and_chunks_together_are_502_or_chunks_on_a_connection_of_their_own(
    scripted, origin
):
    origin.script = say(answers.chunked([b"in chunks"], [("Content-Length", "3")]))

    answer = scripted.get("/files/key")
    origin.script = say(answers.ok(b"clean"))
    after = scripted.get("/files/key")

    assert answer.status == 502 or answer.body == b"in chunks"
    assert after.body == b"clean"
    assert origin.requests[0].connection != origin.requests[-1].connection


def test_equal_lengths_twice_are_one(scripted, origin):
    origin.script = say(answers.ok(b"hello", [("Content-Length", "5"), ("Content-Length", "5")]))

    answer = scripted.get("/files/key")

    assert answer.status == 502 or (answer.body == b"hello" and answer.length == 5)


@pytest.mark.fault("o-accept-no-answer")
def test_an_origin_that_never_answers_is_504(scripted, origin):
    origin.script = never_answer

    answer = scripted.get("/files/key")

    assert answer.status == 504
    assert origin.exchanges[-1].peer_closed.wait(10), "its connection is not closed"


@pytest.mark.fault("o-headers-drip")
def test_a_head_that_drips_is_504(scripted, origin):
    def script(exchange):
        for byte in answers.ok():
            exchange.send(bytes([byte]))
            if exchange.wait_for_close(0.1):
                return

    origin.script = script

    assert scripted.get("/files/key").status == 504


@pytest.mark.fault("o-first-byte-late")
def test_a_late_first_byte_is_in_time(scripted, origin):
    def script(exchange):
        if not exchange.wait_for_close(0.3):
            exchange.send(answers.ok(b"late"))

    origin.script = script

    answer = scripted.get("/files/key")

    assert (answer.status, answer.body) == (200, b"late")


@pytest.mark.fault("o-body-stall")
def test_a_body_that_stalls_is_cut(scripted, origin):
    def script(exchange):
        exchange.send(answers.ok(b"x" * 100_000)[:50_000])
        exchange.wait_for_close()

    origin.script = script

    answer = scripted.get("/files/key")

    assert (answer.status, answer.complete) == (200, False)
    assert origin.exchanges[-1].peer_closed.wait(10), "its connection is not closed"
    assert scripted.access_line(answer).get("error")


def test_a_slow_body_that_never_stalls_comes_whole(scripted, origin):
    def script(exchange):
        exchange.send(answers.ok(b"12345678")[:-8])
        for byte in b"12345678":
            exchange.send(bytes([byte]))
            exchange.wait_for_close(0.2)

    origin.script = script

    answer = scripted.get("/files/key")

    assert (answer.body, answer.complete) == (b"12345678", True)


@pytest.mark.fault("o-body-slow")
def test_bytes_are_passed_on_as_they_come(scripted, origin):
    more = threading.Event()

    def script(exchange):
        exchange.send(answers.ok(b"firstsecond")[:-6])
        more.wait(10)
        exchange.send(b"second")

    origin.script = script

    with scripted.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
        answer = connection.read_head()
        pieces = iter(connection.chunks_of(answer))
        first = next(pieces)
        more.set()
        rest = b"".join(pieces)

    assert (first, rest) == (b"first", b"second")

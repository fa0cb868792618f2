"""A bucket whose store keeps failing is left alone for a while, and found again when it is back."""

import select

import pytest

from support import answers, waiting
from support.configuration import cached_document, document, origin_bucket
from support.origin import Held, InTurn, Origin, say
from support.proxy import Proxy

FAILURE = say(answers.error("500 Internal Server Error", "InternalError"))
GET = b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n"


def guarded(origin: Origin, name: str = "files", retry=None, **breaker):
    """A bucket with the breaker's defaults, but for what is given."""
    s3 = {"circuit_breaker": breaker, **({"retry": retry} if retry else {})}
    return origin_bucket(origin, name, f"/{name}", s3=s3)


def statuses(proxy: Proxy, number: int, target: str = "/files/key") -> list[int]:
    return [proxy.get(target).status for _ in range(number)]


def open_circuit(proxy: Proxy, origin: Origin) -> None:
    """By five failures, which are not counted as requests afterwards."""
    origin.script = FAILURE
    assert statuses(proxy, 5) == [502] * 5
    origin.forget()


def get_until_asked(proxy: Proxy, origin: Origin) -> int:
    """Asks until the breaker lets one through; the status that one had."""

    def ask() -> int:
        status = proxy.get("/files/key").status
        return status if origin.requests else 0

    return waiting.eventually(ask, "the circuit is half-open")


def send_until_asked(proxy: Proxy, origin: Origin):
    """The same for an origin that does not answer: the connection of the request let through."""

    def send():
        connection = proxy.connect()
        connection.send(GET)
        # Refused ones are answered at once.
        readable = [connection.socket]
        waiting.eventually(
            lambda: origin.requests or select.select(readable, [], [], 0)[0],
            "the origin or the client hears of it",
        )
        if origin.requests:
            return connection
        connection.close()
        return None

    return waiting.eventually(send, "the circuit is half-open")


def test_five_failures_open_it_and_nothing_more_is_asked(serve, origin):
    proxy = serve(document(guarded(origin)))
    open_circuit(proxy, origin)

    answer = proxy.get("/files/key")

    assert answer.status == 503
    assert b'"service_unavailable"' in answer.body
    assert 1 <= int(answer.header("Retry-After")) <= 10
    access = proxy.access_line(answer)
    assert "circuit breaker" in access["reason"]
    assert "attempts" not in access
    assert statuses(proxy, 20) == [503] * 20
    assert not origin.requests


def test_a_store_that_is_down_opens_it(serve, origin):
    proxy = serve(document(guarded(origin)))
    origin.refuse()

    assert statuses(proxy, 7) == [502] * 5 + [503] * 2


def test_each_attempt_counts(serve, origin):
    proxy = serve(document(guarded(origin, retry={"initial_backoff": "1ms"})))
    origin.script = FAILURE

    # Three attempts, two, and none: the client gets what S3 said as long as it is asked.
    assert statuses(proxy, 3) == [502, 502, 503]
    assert len(origin.requests) == 5


def test_half_of_many_open_it_too(serve, origin):
    proxy = serve(document(guarded(origin)))
    origin.script = InTurn(*[say(answers.ok()), FAILURE] * 10)

    assert statuses(proxy, 20) == [200, 502] * 10
    assert proxy.get("/files/key").status == 503


def test_a_success_in_between_keeps_it_closed(serve, origin):
    proxy = serve(document(guarded(origin, failure_threshold=3)))
    origin.script = InTurn(FAILURE, FAILURE, say(answers.ok()), FAILURE, FAILURE, say(answers.ok()))

    assert statuses(proxy, 6) == [502, 502, 200] * 2


def test_after_the_cooldown_a_few_are_let_through_and_close_it(serve, origin):
    options = {"cooldown": "300ms", "half_open_requests": 2, "success_threshold": 3}
    proxy = serve(document(guarded(origin, **options)))
    open_circuit(proxy, origin)
    origin.script = say(answers.ok())
    assert get_until_asked(proxy, origin) == 200
    held = Held(answers.ok())
    origin.script = held

    connections = [proxy.connect() for _ in range(2)]
    for number, connection in enumerate(connections):
        connection.send(GET)
        origin.wait_for_requests(2 + number)
    refused = statuses(proxy, 5)
    asked = len(origin.requests)
    held.go_on.set()
    held_ones = [connection.read_answer().status for connection in connections]

    assert (refused, asked, held_ones) == ([503] * 5, 3, [200, 200])
    assert statuses(proxy, 10) == [200] * 10
    for connection in connections:
        connection.close()


def test_a_failure_after_the_cooldown_opens_it_again(serve, origin):
    proxy = serve(document(guarded(origin, cooldown="2s")))
    open_circuit(proxy, origin)

    assert get_until_asked(proxy, origin) == 502
    assert statuses(proxy, 5) == [503] * 5
    origin.only_request()


@pytest.mark.http1
def test_a_client_that_leaves_frees_its_place(serve, origin):
    options = {"cooldown": "300ms", "half_open_requests": 1, "success_threshold": 1}
    proxy = serve(document(guarded(origin, **options)))
    open_circuit(proxy, origin)
    for _ in range(3):
        origin.script = lambda exchange: exchange.wait_for_close()
        origin.forget()
        connection = send_until_asked(proxy, origin)
        assert proxy.get("/files/key").status == 503
        connection.reset()
        assert origin.exchanges[0].peer_closed.wait(20)

    origin.script = say(answers.ok())
    origin.forget()

    assert get_until_asked(proxy, origin) == 200
    assert statuses(proxy, 5) == [200] * 5


@pytest.mark.parametrize(
    "line",
    [
        "304 Not Modified",
        "403 Forbidden",
        "404 Not Found",
        "412 Precondition Failed",
        "416 Range Not Satisfiable",
    ],
)
def test_what_is_no_failure_of_the_store_never_opens_it(serve, origin, line):
    proxy = serve(document(guarded(origin, failure_threshold=1)))
    origin.script = say(answers.bodiless(line))
    with proxy.connect() as connection:
        for _ in range(30):
            connection.get("/files/key", [("If-None-Match", answers.ETAG)])

    origin.script = say(answers.ok())

    assert proxy.get("/files/key").status == 200


def test_clients_that_leave_never_open_it(serve, origin):
    proxy = serve(document(guarded(origin, failure_threshold=1)))
    origin.script = lambda exchange: exchange.wait_for_close()
    for number in range(5):
        connection = proxy.connect()
        connection.send(GET)
        origin.wait_for_requests(number + 1)
        connection.reset()
        assert origin.exchanges[-1].peer_closed.wait(20)

    origin.script = say(answers.ok())

    assert proxy.get("/files/key").status == 200


def test_each_bucket_has_its_own(serve, origin):
    other = Origin()
    proxy = serve(document(guarded(origin), guarded(other, "others")))
    open_circuit(proxy, origin)

    assert statuses(proxy, 3) == [503] * 3
    assert statuses(proxy, 10, "/others/key") == [200] * 10
    other.end()


def test_what_is_stale_is_served_while_it_is_open(serve, origin):
    proxy = serve(cached_document(origin, {"stale_if_error": "1h"}, s3={"circuit_breaker": {}}))
    origin.script = say(answers.stale(b"old"))
    proxy.get("/files/kept")
    open_circuit(proxy, origin)

    kept = proxy.get("/files/kept")

    assert (kept.status, kept.body, kept.header("X-Cache")) == (200, b"old", "STALE")
    assert proxy.get("/files/key").status == 503
    assert not origin.requests


def test_what_is_fresh_is_served_while_it_is_open(serve, origin):
    proxy = serve(cached_document(origin, s3={"circuit_breaker": {}}))
    origin.script = say(answers.cacheable(b"fresh"))
    proxy.get("/files/kept")
    open_circuit(proxy, origin)

    assert proxy.get("/files/kept").header("X-Cache") == "HIT"


def test_probes_pass_it_while_it_is_open(serve, origin):
    probe = Held(answers.bodiless("403 Forbidden"))
    origin.probe = probe
    proxy = serve(document(guarded(origin, cooldown="1h")))
    waiting.eventually(lambda: origin.probes == 1, "the probe has been sent")
    open_circuit(proxy, origin)
    assert statuses(proxy, 3) == [503] * 3
    assert proxy.get("/ready").status == 503
    origin.script = say(answers.bodiless("200 OK"))

    # Refused the one way it asks the other, and is answered.
    probe.go_on.set()

    waiting.eventually(lambda: proxy.get("/ready").status == 200, "the bucket is up")
    assert "list-type=2" in origin.only_request().target
    assert statuses(proxy, 3) == [503] * 3


def test_the_log_says_when_it_opens_and_closes(serve, origin):
    options = {"cooldown": "300ms", "half_open_requests": 1, "success_threshold": 1}
    proxy = serve(document(guarded(origin, **options)))

    def said():
        lines = [line for line in proxy.log() if line["message"].startswith("circuit breaker")]
        return [(line["level"], line["message"], line["bucket"]) for line in lines]

    opened = ("warn", "circuit breaker opened", "files")
    open_circuit(proxy, origin)
    waiting.eventually(lambda: said() == [opened], "it has opened")
    assert get_until_asked(proxy, origin) == 502
    waiting.eventually(lambda: said() == [opened] * 2, "it has opened again")
    origin.script = say(answers.ok())
    origin.forget()
    assert get_until_asked(proxy, origin) == 200

    closed = ("info", "circuit breaker closed", "files")
    waiting.eventually(lambda: said() == [opened] * 2 + [closed], "it has closed")


def test_an_open_circuit_does_not_say_that_the_bucket_is_down(serve, origin):
    proxy = serve(document(guarded(origin)))
    waiting.eventually(lambda: proxy.get("/ready").status == 200, "the probe has come back")
    open_circuit(proxy, origin)
    statuses(proxy, 3)

    assert proxy.get("/ready").status == 200

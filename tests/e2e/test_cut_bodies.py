"""A body that the origin cuts is never ended as if whole, wherever it is cut."""

import pytest

from support import answers, bodies
from support.configuration import document, origin_bucket
from support.origin import say_and_close

LENGTH = answers.raw("HTTP/1.1 200 OK", [("Content-Length", "40")], b"0123456789" * 4)
CHUNKED = answers.chunked([b"0123456789", b"0123456789", b"01234567890123456789"])


@pytest.mark.parametrize("whole", [LENGTH, CHUNKED], ids=["length", "chunked"])
@pytest.mark.fault("o-close-mid-chunked")
def test_a_close_at_any_byte_never_looks_whole(serve, origin, whole):
    proxy = serve(document(origin_bucket(origin)))
    for cut in range(len(whole)):
        origin.script = say_and_close(whole[:cut])

        answer = proxy.get("/files/key")

        if cut < whole.index(b"\r\n\r\n") + 4:
            assert answer.status == 502, cut
        else:
            assert answer.status == 502 or not answer.looks_whole, cut

    origin.script = say_and_close(whole)
    answer = proxy.get("/files/key")
    assert (answer.body, answer.complete) == (b"0123456789" * 4, True)


@pytest.mark.parametrize("whole", [LENGTH, CHUNKED], ids=["length", "chunked"])
def test_a_reset_inside_the_body_never_looks_whole(scripted, origin, whole):
    def script(exchange):
        exchange.send(whole[:-15])
        exchange.reset()

    origin.script = script

    answer = scripted.get("/files/key")

    assert answer.status == 502 or not answer.looks_whole


@pytest.mark.http1
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999999])
@pytest.mark.fault("o-close-mid-body-cl")
def test_a_large_body_that_is_cut_closes_the_clients_connection(scripted, origin, share):
    size = 5_000_000
    head = answers.ok(b"", [("Content-Length", str(size))])
    sent = bodies.body(size)[: int(size * share)]
    origin.script = say_and_close(head + sent)

    with scripted.connect() as connection:
        answer = connection.get("/files/key")

        assert (answer.status, answer.complete) == (200, False)
        assert connection.is_closed_by_peer()
    assert sent.startswith(answer.body)
    line = scripted.access_line(answer)
    assert line["bytes_sent"] == len(answer.body)
    assert line["error"]


@pytest.mark.http1
def test_an_http_1_0_client_is_reset_or_told_the_length(scripted, origin):
    origin.script = say_and_close(LENGTH[:-15])

    with scripted.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.0\r\nHost: a.test\r\n\r\n")
        answer = connection.read_head()
        b"".join(connection.chunks_of(answer))

    assert answer.framing == "length"
    assert not answer.complete


def test_a_body_that_only_the_close_ends_is_passed_whole(scripted, origin):
    origin.script = say_and_close(answers.raw("HTTP/1.1 200 OK", [], b"up to the close"))

    answer = scripted.get("/files/key")

    assert (answer.status, answer.body, answer.complete) == (200, b"up to the close", True)

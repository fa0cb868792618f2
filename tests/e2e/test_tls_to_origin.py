"""https endpoints: whom the proxy trusts, and what it makes of a connection that is cut."""

import pytest
import trustme

from support import answers, bodies
from support.configuration import document, origin_bucket
from support.origin import say
from support.tls_front import tls_front


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def front(authority, origin):
    with tls_front(authority, "localhost", origin.port) as made:
        yield made


def bucket(origin, front, host="localhost", **tls):
    return origin_bucket(
        origin, s3={"endpoint": f"https://{host}:{front.port}", "addressing": "path", "tls": tls}
    )


def pem(authority, tmp_path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def test_an_endpoint_of_ones_own_authority_is_served(serve, origin, front, authority, tmp_path):
    body = bodies.body(3_000_000)
    origin.script = say(answers.ok(body))
    proxy = serve(document(bucket(origin, front, ca_file=pem(authority, tmp_path))))

    for _ in range(3):
        assert proxy.get("/files/key").body == body


def test_an_unknown_authority_is_not_trusted(serve, origin, front):
    proxy = serve(document(bucket(origin, front)))

    answer = proxy.get("/files/key")

    assert answer.status == 502
    assert "tls: the certificate's issuer is unknown" in proxy.access_line(answer)["reason"]
    assert not origin.requests


def test_a_certificate_for_another_name_is_not_trusted(serve, origin, authority, tmp_path):
    with tls_front(authority, "elsewhere.test", origin.port) as front:
        proxy = serve(document(bucket(origin, front, ca_file=pem(authority, tmp_path))))

        answer = proxy.get("/files/key")

        assert answer.status == 502
        assert proxy.access_line(answer)["reason"].endswith("tls: the certificate is for another host")
    assert not origin.requests


def test_verification_can_be_switched_off(serve, origin, front):
    proxy = serve(document(bucket(origin, front, verify=False)))

    assert proxy.get("/files/key").status == 200


@pytest.mark.fault("o-tls-truncation")
def test_a_body_cut_without_a_goodbye_is_never_whole(serve, origin, front, authority, tmp_path):
    front.says_goodbye = False

    def script(exchange):
        head = answers.raw("HTTP/1.1 200 OK", [("Date", answers.DATE), ("Connection", "close")])
        exchange.send(head + b"half")
        exchange.close()

    origin.script = script
    proxy = serve(document(bucket(origin, front, ca_file=pem(authority, tmp_path))))

    assert not proxy.get("/files/key").complete

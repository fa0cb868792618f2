"""https endpoints: whom the proxy trusts, and what it makes of a connection that is cut."""

import ssl

import pytest
import trustme

from support import answers, bodies
from support import store as stores
from support.configuration import document, origin_bucket, store_bucket
from support.origin import say
from support.tls import Identity, pem
from support.tls_front import tls_front

pytestmark = pytest.mark.http1  # About the other side.


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


def closing(body: bytes = b"hello"):
    """An origin that wants a new connection for each request."""
    return say(answers.ok(body, [("Connection", "close")]))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_taken_up_again(serve, origin, front, authority, tmp_path, version):
    front.context.minimum_version = front.context.maximum_version = version
    origin.script = closing()
    proxy = serve(
        document(bucket(origin, front, ca_file=pem(authority, tmp_path)), server={"threads": 1})
    )

    for _ in range(5):
        assert proxy.get("/files/key").body == b"hello"

    assert front.resumed[-4:] == [True] * 4


def test_the_endpoints_name_is_asked_for_and_an_address_is_none(
    serve, origin, authority, tmp_path
):
    ca_file = pem(authority, tmp_path)
    with (
        tls_front(authority, "localhost", origin.port) as named,
        tls_front(authority, "127.0.0.1", origin.port) as addressed,
    ):
        buckets = [
            bucket(origin, named, ca_file=ca_file),
            {
                **bucket(origin, addressed, host="127.0.0.1", ca_file=ca_file),
                "name": "other",
                "path_prefix": "/other",
            },
        ]
        proxy = serve(document(*buckets))

        assert proxy.get("/files/key").status == proxy.get("/other/key").status == 200
        assert set(named.server_names) == {"localhost"}
        assert set(addressed.server_names) == {None}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("newest", "ciphers", "status"),
    [
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", 200),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", 502),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AES:!AESGCM:!AESCCM", 502),
        (ssl.TLSVersion.TLSv1_2, "kRSA+AESGCM", 502),
    ],
    ids=["modern", "version", "mac", "key exchange"],
)
def test_an_origin_that_offers_only_weak_tls_is_not_spoken_to(
    serve, origin, authority, tmp_path, newest, ciphers, status
):
    with tls_front(authority, "localhost", origin.port, key_type=trustme.KeyType.RSA) as front:
        front.context.minimum_version = ssl.TLSVersion.TLSv1
        front.context.maximum_version = newest
        front.context.set_ciphers(ciphers)
        proxy = serve(document(bucket(origin, front, ca_file=pem(authority, tmp_path))))

        answer = proxy.get("/files/key")

        assert answer.status == status
        if status != 200:
            assert "tls: " in proxy.access_line(answer)["reason"]
            assert not origin.requests


# Real stores.


@pytest.fixture(scope="module", params=[name for name in stores.names() if name != "external"])
def secured_store(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"secured-{request.param}")
    identity = Identity(tmp_path_factory.mktemp("identity"), "127.0.0.1")
    made = stores.start(request.param, folder, identity)
    yield made
    made.end()


def test_a_store_over_tls_is_served(serve, secured_store):
    name = secured_store.make_bucket()
    body = bodies.body(12_000_000)
    secured_store.client().put_object(Bucket=name, Key="key", Body=body)
    trust = {"tls": {"ca_file": secured_store.ca_file}}
    proxy = serve(document(store_bucket(secured_store, name, s3=trust)))

    assert proxy.get("/files/key").body == body
    assert proxy.get("/files/key", [("Range", "bytes=5000000-5000099")]).body == body[5000000:5000100]
    assert proxy.head("/files/key").length == len(body)
    assert proxy.get("/files/none").status == 404


def test_a_store_is_served_over_tls_on_both_sides(serve, secured_store, tmp_path):
    name = secured_store.make_bucket()
    body = bodies.body(12_000_000)
    secured_store.client().put_object(Bucket=name, Key="key", Body=body)
    identity = Identity(tmp_path, "localhost")
    trust = {"tls": {"ca_file": secured_store.ca_file}}
    proxy = serve(
        document(store_bucket(secured_store, name, s3=trust), server={"tls": identity.block})
    )
    proxy.tls = identity.client()

    assert proxy.get("/files/key").body == body


def test_a_store_of_an_unknown_authority_is_not_trusted(serve, secured_store):
    proxy = serve(document(store_bucket(secured_store, "inner")))

    answer = proxy.get("/files/key")

    assert answer.status == 502
    assert "tls: the certificate's issuer is unknown" in proxy.access_line(answer)["reason"]

"""TLS for clients: what is spoken, which certificate is shown, who is let in, and what cannot hold it up."""

import socket
import ssl
import subprocess

import pytest
import trustme

from support import answers, bodies, waiting
from support.configuration import document, origin_bucket
from support.http1 import request_bytes
from support.http2 import Http2
from support.origin import Origin, say, say_and_close
from support.tls import Identity, client, pem

pytestmark = pytest.mark.http1  # Clients of its own.

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # how a ClientHello of 512 bytes begins


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def identity(folder, authority) -> Identity:
    return Identity(folder, "localhost", "127.0.0.1", authority=authority)


@pytest.fixture(scope="module")
def endless():
    """An origin for all tests that do not look at it."""
    made = Origin(say(answers.ok()))
    yield made
    made.end()


@pytest.fixture(scope="module")
def secured(serve_module, endless, identity):
    """A proxy that speaks TLS, with several loops."""
    proxy = serve_module(
        document(origin_bucket(endless), server={"threads": 4, "tls": identity.block})
    )
    proxy.tls = identity.client()
    return proxy


@pytest.fixture
def start(serve, origin, identity):
    """start(tls keys) runs a proxy with the identity of the file and what is given beside it."""

    def run(tls=None, server=None, **options):
        block = {**identity.block, **(tls or {})}
        proxy = serve(
            document(origin_bucket(origin), server={"tls": block, **(server or {})}, **options)
        )
        proxy.tls = identity.client()
        return proxy

    return run


# What is spoken.


@VERSIONS
def test_both_versions_are_spoken(secured, identity, version):
    with secured.connect(tls=identity.client(version=version)) as connection:
        assert connection.get("/files/key").body == b"hello"
        assert connection.socket.version() == f"TLSv1.{2 if version == V12 else 3}"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_older_version_is_refused(secured, identity):
    context = identity.client(version=ssl.TLSVersion.TLSv1_1, ciphers="ALL:@SECLEVEL=0")

    with pytest.raises(ssl.SSLError):
        secured.connect(tls=context)


def test_the_oldest_version_can_be_1_3(start, identity):
    proxy = start({"min_version": "1.3"})

    assert proxy.get("/files/key").status == 200
    with pytest.raises(ssl.SSLError):
        proxy.connect(tls=identity.client(version=V12))


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["http/1.1"], "http/1.1"),
        (["http/1.0", "http/1.1"], "http/1.1"),
        (["http/1.0"], "http/1.0"),
        (None, None),
    ],
)
def test_the_protocol_is_agreed_on(secured, identity, offered, chosen):
    with secured.connect(tls=identity.client(protocols=offered)) as connection:
        assert connection.socket.selected_alpn_protocol() == chosen
        assert connection.get("/files/key").status == 200


def test_a_client_of_other_protocols_only_is_refused(secured, identity):
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        secured.connect(tls=identity.client(protocols=["imap", "smtp"]))


@pytest.mark.parametrize("kind", ["ECDHE-RSA", "ECDHE-ECDSA"])
def test_authenticated_ciphers_with_forward_secrecy_are_spoken(serve, endless, folder, kind):
    key = trustme.KeyType.RSA if kind == "ECDHE-RSA" else trustme.KeyType.ECDSA
    own = Identity(folder, f"{kind.lower()}.test", key=key)
    proxy = serve(document(origin_bucket(endless), server={"tls": own.block}))
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"):
        context = own.client(version=V12, ciphers=f"{kind}-{cipher}")
        with proxy.connect(tls=context, server_name=f"{kind.lower()}.test") as connection:
            assert connection.get("/files/key").status == 200
    for cipher in (f"{kind}-AES128-SHA", f"{kind}-AES256-SHA384", "AES128-GCM-SHA256"):
        with pytest.raises(ssl.SSLError):
            proxy.connect(
                tls=own.client(version=V12, ciphers=cipher), server_name=f"{kind.lower()}.test"
            )


# Which certificate.


@VERSIONS
def test_the_name_that_is_asked_for_chooses_the_certificate(
    serve, endless, folder, authority, identity, version
):
    exact = Identity(folder, "a.b.test", "c.test", authority=authority)
    wildcard = Identity(folder, "*.b.test", authority=authority)
    tls = {**identity.block, "certificates": [wildcard.block, exact.block]}
    proxy = serve(document(origin_bucket(endless), server={"tls": tls}))
    context = client(authority, version=version)
    context.check_hostname = False

    def names_for(asked: str) -> set[str]:
        with proxy.connect(tls=context, server_name=asked) as connection:
            assert connection.get("/files/key").status == 200
            return {name for _, name in connection.socket.getpeercert()["subjectAltName"]}

    assert names_for("localhost") == {"localhost", "127.0.0.1"}
    assert names_for("a.b.test") == names_for("A.B.Test") == names_for("c.test")
    assert names_for("c.test") == {"a.b.test", "c.test"}
    assert names_for("x.b.test") == {"*.b.test"}
    for unknown in ("y.x.b.test", "b.test", "unknown.test"):
        assert names_for(unknown) == {"localhost", "127.0.0.1"}, unknown


def test_an_ocsp_response_is_stapled(start, identity, authority, folder):
    proxy = start({"ocsp_file": identity.staple()})
    ended = start({"ocsp_file": identity.staple(hours=-1)})

    def asked(port: int) -> str:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-status"]
        done = subprocess.run(command, input=b"", capture_output=True, timeout=30)
        return done.stdout.decode(errors="replace")

    assert "OCSP Response Status: successful" in asked(proxy.port)
    assert "OCSP response: no response sent" in asked(ended.port)
    ended.wait_for_line(lambda line: "has ended" in line.get("reason", ""), "a warning")


# Sessions.


@VERSIONS
def test_a_session_is_taken_up_again_by_any_loop(secured, identity, version):
    context = identity.client(version=version)
    session = None
    for number in range(12):
        with secured.connect(tls=context, session=session) as connection:
            assert connection.get("/files/key").body == b"hello"
            assert connection.socket.session_reused == (number > 0), number
            session = connection.socket.session


@VERSIONS
def test_a_session_of_another_process_is_a_new_one(start, identity, version):
    context = identity.client(version=version)
    session = None
    for _ in range(2):
        with start().connect(tls=context, session=session) as connection:
            assert connection.get("/files/key").status == 200
            assert not connection.socket.session_reused
            session = connection.socket.session


# Who is let in.


@pytest.fixture(scope="module")
def visitor(folder, authority) -> Identity:
    return Identity(folder, "visitor.test", authority=authority)


@VERSIONS
@pytest.mark.parametrize("rule", ["optional", "require"])
def test_a_clients_certificate_is_logged(
    start, authority, folder, identity, visitor, rule, version
):
    proxy = start({"client_ca": pem(authority, folder), "client_auth": rule})
    context = identity.client(version=version, identity=visitor)
    session = None
    for resumed in (False, True):
        with proxy.connect(tls=context, session=session) as connection:
            answer = connection.get("/files/key")
            session = connection.socket.session
            assert connection.socket.session_reused == resumed

        assert answer.status == 200
        subject = proxy.access_line(answer)["tls_subject"]
        assert subject.startswith("OU=Testing cert") and "trustme" in subject


@VERSIONS
def test_a_clients_certificate_is_logged_for_each_stream(
    start, authority, folder, identity, visitor, version
):
    proxy = start({"client_ca": pem(authority, folder), "client_auth": "optional"})
    for name, shown in (("visitor", visitor), ("nobody", None)):
        context = identity.client(version=version, identity=shown, protocols=["h2"])
        with Http2(proxy.address, tls=context) as connection:
            for number in range(3):
                assert connection.get(f"/files/{name}{number}") == (200, b"hello")
            assert connection.get(f"/{name}")[0] == 404

    def subjects(name: str) -> list[str]:
        mine = [line for line in proxy.access_lines() if name in line["path"]]
        assert {line["protocol"] for line in mine} == {"HTTP/2"}
        return [line.get("tls_subject", "") for line in mine]

    proxy.wait_for_line(lambda _: len(proxy.access_lines()) == 8, "a line for each stream")
    assert subjects("nobody") == [""] * 4
    (subject,) = set(subjects("visitor"))
    assert subject.startswith("OU=Testing cert") and "trustme" in subject
    assert len(subjects("visitor")) == 4


@VERSIONS
def test_a_client_without_a_certificate_is_let_in_where_it_is_optional(
    start, authority, folder, identity, version
):
    proxy = start({"client_ca": pem(authority, folder), "client_auth": "optional"})
    proxy.tls = identity.client(version=version)

    answer = proxy.get("/files/key")

    assert answer.status == 200
    assert "tls_subject" not in proxy.access_line(answer)


@VERSIONS
@pytest.mark.parametrize("rule", [None, "require"], ids=["default", "require"])
def test_a_client_without_a_certificate_is_refused_where_it_is_required(
    start, origin, authority, folder, identity, version, rule
):
    tls = {"client_ca": pem(authority, folder), **({"client_auth": rule} if rule else {})}
    proxy = start(tls, logging={"level": "debug"})

    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        with proxy.connect(tls=identity.client(version=version)) as connection:
            connection.get("/files/key")

    line = proxy.wait_for_line(
        lambda line: line.get("message") == "handshake failed", "the failed handshake"
    )
    assert line["reason"] == "tls: peer did not return a certificate"
    assert line["client_ip"] == "127.0.0.1"
    assert not origin.requests


@VERSIONS
@pytest.mark.parametrize("rule", ["optional", "require"])
def test_a_certificate_of_another_authority_is_refused(
    start, origin, authority, folder, identity, version, rule
):
    stranger = Identity(folder, "stranger.test")
    proxy = start({"client_ca": pem(authority, folder), "client_auth": rule})

    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        with proxy.connect(tls=identity.client(version=version, identity=stranger)) as connection:
            connection.get("/files/key")

    assert not origin.requests


# HTTP over it.


def test_large_bodies_are_whole(start, origin):
    body = bodies.body(20_000_000)
    origin.script = say(answers.ok(body))
    proxy = start()

    with proxy.connect() as connection:
        for _ in range(2):
            answer = connection.get("/files/key")
            assert (answer.body == body, answer.complete) == (True, True)


def test_a_slow_reader_gets_the_whole(start, origin):
    body = bodies.body(8_000_000)
    origin.script = say(answers.ok(body))
    proxy = start()

    with proxy.connect(receive_buffer=4096) as connection:
        connection.send(request_bytes("GET", "/files/key"))
        answer = connection.read_head()
        assert b"".join(connection.chunks_of(answer)) == body


def test_a_body_that_the_origin_cuts_has_no_orderly_end(start, origin):
    whole = answers.chunked([b"0123456789" * 100] * 10)
    origin.script = say_and_close(whole[:-20])
    proxy = start()
    proxy.tls.options |= ssl.OP_NO_TICKET

    answer = proxy.get("/files/key")

    assert not answer.complete


def test_a_client_that_leaves_stops_the_origin(start, origin):
    origin.script = say(answers.ok(bodies.body(50_000_000)))
    proxy = start()

    with proxy.connect() as connection:
        connection.send(request_bytes("GET", "/files/key"))
        assert connection.read_head().status == 200
    exchange = waiting.eventually(lambda: origin.exchanges, "the exchange")[0]

    assert exchange.wait_for_close()
    line = proxy.wait_for_line(lambda line: line.get("message") == "request", "the access line")
    assert line["error"] == "client_gone"


def test_requests_in_one_record_are_answered_in_order(secured):
    with secured.connect() as connection:
        connection.send(b"".join(request_bytes("GET", "/files/key") for _ in range(50)))
        for _ in range(50):
            assert connection.read_answer().body == b"hello"


def test_the_end_is_in_order(secured):
    context = secured.tls
    with secured.connect(tls=context) as connection:
        connection.socket.suppress_ragged_eofs = False
        connection.send(request_bytes("GET", "/files/key", [("Connection", "close")]))
        assert connection.read_answer().body == b"hello"
        assert connection.read_rest() == b""  # a missing close_notify would raise


# What is no TLS.


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "CONNECT"])
def test_plain_http_on_the_port_is_told_so(start, origin, method):
    proxy = start()
    proxy.tls = None

    with proxy.connect() as connection:
        target = "a.test:443" if method == "CONNECT" else "/files/key"
        answer = connection.request(method, target)
        assert connection.read_rest() == b""

    assert answer.status == 400
    assert answer.header("Connection") == "close"
    if method != "HEAD":
        assert b"https://" in answer.body
        assert answer.header("Content-Type") == "text/plain"
    assert proxy.access_line(answer)["reason"] == "plain HTTP on a port for TLS"
    assert not origin.requests


@pytest.mark.parametrize("garbage", [b"\x00" * 100, b"\x80\x2e\x01\x00\x02", b"\xff\xfe", b"\r\n\r\n"])
def test_bytes_of_no_protocol_end_the_connection(secured, garbage):
    with socket.create_connection(secured.address, timeout=20) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass

    assert secured.get("/files/key").status == 200


def test_tls_on_a_plain_port_is_refused_and_harmless(serve, origin, identity):
    proxy = serve(document(origin_bucket(origin)))

    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        proxy.connect(tls=identity.client())

    assert proxy.get("/files/key").status == 200


# Slow clients.


@pytest.mark.parametrize("said", [b"", HELLO], ids=["silent", "begun"])
def test_a_handshake_has_as_long_as_a_head(start, said):
    proxy = start(server={"timeouts": {"header": "300ms", "idle": "60s"}})

    with socket.create_connection(proxy.address, timeout=20) as connection:
        connection.sendall(said)
        assert connection.recv(1) == b""

    with proxy.connect() as connection:
        assert connection.get("/files/key").status == 200


def test_half_open_handshakes_do_not_stop_another_client(start):
    proxy = start(server={"threads": 1, "timeouts": {"header": "60s"}})
    half_open = [socket.create_connection(proxy.address, timeout=20) for _ in range(200)]
    for connection in half_open[:100]:
        connection.sendall(HELLO)
    try:
        for _ in range(3):
            assert proxy.get("/files/key").status == 200
        proxy.stop()  # nor do they keep it from ending
    finally:
        for connection in half_open:
            connection.close()

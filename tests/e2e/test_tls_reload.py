"""TLS and HTTP/2 change while the proxy runs: what is new holds for new connections, what is open goes on, what
is broken changes nothing."""

import copy
import ssl
import threading

import pytest
import trustme

from support import answers, waiting
from support.configuration import document, origin_bucket
from support.http2 import DATA, Http2
from support.origin import Held
from support.proxy import Proxy
from support.reload import by_admin, by_sighup, post_reload, reload
from support.tls import Identity, client, pem

pytestmark = pytest.mark.http1  # Clients of its own.

BOTH_WAYS = pytest.mark.parametrize("ask", [by_admin, by_sighup], ids=["admin", "SIGHUP"])


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def identity(tmp_path, authority) -> Identity:
    return Identity(tmp_path, "localhost", authority=authority)


@pytest.fixture
def before(origin, identity):
    """The configuration at first."""
    return document(origin_bucket(origin), server={"tls": dict(identity.block)})


@pytest.fixture
def proxy(serve, before, identity) -> Proxy:
    made = serve(before)
    made.tls = identity.client()
    return made


def renewed(identity: Identity, folder, authority: trustme.CA) -> Identity:
    """Another certificate and key in the same files."""
    return Identity(folder, "localhost", authority=authority)


def shown(proxy: Proxy, authority: trustme.CA, protocol: str = "h2") -> bytes:
    """The certificate that a new connection is shown, as DER; it must do for a request."""
    context = client(authority, protocols=[protocol])
    if protocol == "h2":
        with Http2(proxy.address, tls=context) as connection:
            assert connection.get("/files/key")[0] == 200
            return connection.socket.certificate
    with proxy.connect(tls=context) as connection:
        assert connection.get("/files/key").status == 200
        return connection.socket.getpeercert(binary_form=True)


def der(identity: Identity) -> bytes:
    return ssl.PEM_cert_to_DER_cert(identity.issued.cert_chain_pems[0].bytes().decode())


# Certificates.


@BOTH_WAYS
def test_a_renewed_certificate_is_shown_to_new_connections_and_open_ones_go_on(
    proxy, before, origin, identity, authority, tmp_path, ask
):
    held = Held(b" world", first=answers.ok(b"hello", [("Content-Length", "11")]))
    context = client(authority, protocols=["h2"])
    with proxy.connect() as old, Http2(proxy.address, tls=context) as old2:
        assert old.get("/files/key").status == 200
        origin.script = held
        stream = old2.request("GET", "/files/key")
        old2.wait(lambda: bool(old2.of(stream, DATA)), "half an answer")

        renewal = renewed(identity, tmp_path, authority)
        ask(proxy, before)

        assert held.go_on.is_set() is False
        held.go_on.set()
        assert shown(proxy, authority) == der(renewal)
        assert shown(proxy, authority, "http/1.1") == der(renewal)
        old2.wait_for_end(stream)
        assert (old2.body(stream), old2.reset_code(stream)) == (b"hello world", None)
        assert old2.get("/files/key") == (200, b"hello world")
        assert old.get("/files/key").status == 200
        assert old2.socket.certificate != der(renewal)


@BOTH_WAYS
@pytest.mark.parametrize("fault", ["garbage", "another's key", "gone"])
def test_a_broken_certificate_is_refused_and_the_old_one_stays(
    proxy, before, identity, authority, tmp_path, ask, fault
):
    with Http2(proxy.address, tls=client(authority, protocols=["h2"])) as old:
        if fault == "garbage":
            identity.certificate.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
        elif fault == "gone":
            identity.certificate.unlink()
        else:
            other = Identity(tmp_path, "other.test", authority=authority)
            identity.private_key.write_bytes(other.private_key.read_bytes())

        problems = ask(proxy, before, refused=True)

        assert "server.tls" in problems and "localhost" in problems
        for protocol in ("h2", "http/1.1"):
            assert shown(proxy, authority, protocol) == der(identity)
        assert old.get("/files/key")[0] == 200

    renewal = renewed(identity, tmp_path, authority)
    ask(proxy, before)
    assert shown(proxy, authority) == der(renewal)


def test_a_certificate_that_has_expired_is_loaded_with_a_warning(
    proxy, before, authority, tmp_path
):
    expired = Identity(tmp_path, "localhost", authority=authority, days=-1)

    reload(proxy, before)

    proxy.wait_for_line(
        lambda line: line["level"] == "warn" and "has expired" in line.get("reason", ""),
        "the warning",
    )
    context = expired.client()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with proxy.connect(tls=context) as connection:
        assert connection.get("/files/key").status == 200


def test_it_says_that_files_have_other_contents(proxy, before, authority, identity, tmp_path):
    replaced = "server.tls: certificates replaced"
    assert reload(proxy, before)["changes"] == []
    renewal = renewed(identity, tmp_path, authority)
    assert reload(proxy, before)["changes"] == [replaced]
    after = copy.deepcopy(before)
    after["server"]["tls"]["ocsp_file"] = renewal.staple()
    assert reload(proxy, after)["changes"] == ["server.tls.ocsp_file", replaced]
    assert reload(proxy, after)["changes"] == []


def test_certificates_change_under_load_and_no_request_fails(
    proxy, before, identity, authority, tmp_path
):
    stop = threading.Event()
    answered, wrong = [0, 0], []

    def load(number: int, protocol: str) -> None:
        while not stop.is_set():
            try:
                shown(proxy, authority, protocol)
                answered[number] += 1
            except Exception as problem:  # Whatever it is: it is told of below.
                wrong.append(f"{protocol}: {problem!r}")

    threads = [
        threading.Thread(target=load, args=(number, protocol))
        for number, protocol in enumerate(["h2", "http/1.1"])
    ]
    for thread in threads:
        thread.start()
    for _ in range(20):
        already = list(answered)
        renewal = renewed(identity, tmp_path, authority)
        reload(proxy, before)
        waiting.eventually(
            lambda: wrong or all(n > m for n, m in zip(answered, already, strict=True)), "requests"
        )
    stop.set()
    for thread in threads:
        thread.join(30)

    assert not wrong
    assert shown(proxy, authority) == der(renewal)


# Clients' certificates.


def admitted(proxy: Proxy, identity: Identity, visitor: Identity | None, protocol: str) -> bool:
    context = identity.client(identity=visitor, protocols=[protocol])
    try:
        if protocol == "h2":
            with Http2(proxy.address, tls=context) as connection:
                return connection.get("/files/key")[0] == 200
        with proxy.connect(tls=context) as connection:
            return connection.get("/files/key").status == 200
    # With TLS 1.3 a client learns what became of its certificate when it reads.
    except (ssl.SSLError, OSError, AssertionError):
        return False


@pytest.mark.parametrize("spoken", ["h2", "http/1.1"])
def test_another_authority_for_clients_lets_in_others(
    proxy, before, identity, tmp_path, spoken
):
    authorities = [trustme.CA() for _ in range(2)]
    visitors = [
        Identity(tmp_path, f"visitor{number}.test", authority=each)
        for number, each in enumerate(authorities)
    ]
    everybody = [None, *visitors]

    def who() -> list[bool]:
        return [admitted(proxy, identity, each, spoken) for each in everybody]

    assert who() == [True, True, True]
    after = copy.deepcopy(before)
    after["server"]["tls"]["client_ca"] = pem(authorities[0], tmp_path, "clients")
    reload(proxy, after)
    assert who() == [False, True, False]
    pem(authorities[1], tmp_path, "clients")
    reload(proxy, after)
    assert who() == [False, False, True]
    after["server"]["tls"]["client_auth"] = "optional"
    reload(proxy, after)
    assert who() == [True, False, True]
    reload(proxy, before)
    assert who() == [True, True, True]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_of_another_rule_is_not_taken_up(proxy, before, identity, tmp_path, version):
    """Else whom an authority no longer vouches for would still come in."""
    authorities = [trustme.CA() for _ in range(2)]
    visitor = Identity(tmp_path, "visitor.test", authority=authorities[0])
    after = copy.deepcopy(before)
    after["server"]["tls"]["client_ca"] = pem(authorities[0], tmp_path, "clients")
    reload(proxy, after)
    context = identity.client(version=version, identity=visitor)
    session = None
    for is_known in (False, True):
        with proxy.connect(tls=context, session=session) as connection:
            assert connection.get("/files/key").status == 200
            assert connection.socket.session_reused == is_known
            session = connection.socket.session

    pem(authorities[1], tmp_path, "clients")
    reload(proxy, after)

    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        with proxy.connect(tls=context, session=session) as connection:
            connection.get("/files/key")


# What is spoken.


def with_http2(configuration, is_on: bool):
    made = copy.deepcopy(configuration)
    made["server"]["http2"] = is_on
    return made


def test_http2_can_be_switched_off_and_on_over_tls(proxy, before, authority):
    def agreed(*protocols: str) -> str | None:
        with proxy.connect(tls=client(authority, protocols=list(protocols))) as connection:
            return connection.socket.selected_alpn_protocol()

    with Http2(proxy.address, tls=client(authority, protocols=["h2"])) as old:
        reload(proxy, with_http2(before, False))

        assert agreed("h2", "http/1.1") == "http/1.1"
        with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
            agreed("h2")
        assert shown(proxy, authority, "http/1.1")
        assert old.get("/files/key")[0] == 200
        reload(proxy, before)
        assert agreed("h2", "http/1.1") == "h2"
        assert shown(proxy, authority)
        assert old.get("/files/key")[0] == 200


def test_http2_can_be_switched_off_and_on_in_clear_text(serve, origin):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    with Http2(proxy.address) as old:
        reload(proxy, with_http2(before, False))

        with pytest.raises(AssertionError, match="closed before the server's SETTINGS"):
            Http2(proxy.address)
        assert proxy.get("/files/key").status == 200
        assert old.get("/files/key")[0] == 200
        reload(proxy, before)
        with Http2(proxy.address) as connection:
            assert connection.get("/files/key")[0] == 200


def test_a_port_begins_and_ceases_to_speak_tls(serve, origin, identity, authority):
    plain = document(origin_bucket(origin))
    secured = copy.deepcopy(plain)
    secured["server"]["tls"] = identity.block
    proxy = serve(plain)
    with proxy.connect() as old, Http2(proxy.address) as old2:
        assert old.get("/files/key").status == 200
        reload(proxy, secured)

        assert shown(proxy, authority) == shown(proxy, authority, "http/1.1") == der(identity)
        assert proxy.get("/files/key").status == 400
        assert old.get("/files/key").status == old2.get("/files/key")[0] == 200
        context = client(authority, protocols=["h2"])
        with Http2(proxy.address, tls=context) as old3:
            reload(proxy, plain)

            assert proxy.get("/files/key").status == 200
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                shown(proxy, authority)
            assert old3.get("/files/key")[0] == 200


def test_a_younger_oldest_version_holds_for_new_connections(proxy, before, identity):
    version = ssl.TLSVersion.TLSv1_2
    after = copy.deepcopy(before)
    after["server"]["tls"]["min_version"] = "1.3"
    with proxy.connect(tls=identity.client(version=version)) as old:
        reload(proxy, after)

        with pytest.raises(ssl.SSLError):
            proxy.connect(tls=identity.client(version=version))
        assert old.get("/files/key").status == 200
    assert post_reload(proxy)[0] == 200

"""Keys from a JWK set URL: rotation, outage, and what an issuer may get wrong without harm."""

import time
from collections.abc import Callable, Iterator

import pytest
import trustme

from support import issuer as issuers
from support import tokens, waiting
from support.configuration import document, origin_bucket
from support.issuer import Issuer
from support.proxy import Proxy

ONE = tokens.key("ES256", "one")
TWO = tokens.key("ES256", "two")
STRANGER = tokens.key("ES256", "stranger")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer(ONE)
    yield made
    made.end()


@pytest.fixture
def other() -> Iterator[Issuer]:
    """One that nobody named."""
    made = Issuer(STRANGER)
    yield made
    made.end()


def bucket(origin, url: str, name: str = "files", **jwt):
    keys = {"algorithm": "ES256", "jwks_url": url} | jwt
    return origin_bucket(origin, name, f"/{name}", auth={"enabled": True, "jwt": keys})


@pytest.fixture
def protect(serve, origin, issuer) -> Callable[..., Proxy]:
    """protect(**jwt) runs a proxy that trusts the issuer."""

    def start(**jwt) -> Proxy:
        return serve(document(bucket(origin, **({"url": issuer.url} | jwt))))

    return start


def get(proxy: Proxy, key: tokens.Key, **header):
    return proxy.get("/files/key", tokens.bearer(tokens.mint(key, **header)))


def wait_until_ready(proxy: Proxy) -> None:
    waiting.eventually(lambda: proxy.get("/ready").status == 200, "it is ready")


def line(proxy: Proxy, message: str):
    return proxy.wait_for_line(lambda one: one.get("message") == message, message)


def lines(proxy: Proxy, message: str):
    return [one for one in proxy.log() if one.get("message") == message]


FAILED = "issuer's keys could not be fetched"


# At start.


def test_it_is_ready_once_the_keys_are_there(protect, issuer):
    issuer.hold()
    proxy = protect()
    line(proxy, "bucket is up")
    issuer.wait_for_fetches(1)
    assert proxy.get("/ready").status == 503

    issuer.release()

    wait_until_ready(proxy)
    assert get(proxy, ONE).status == 200


def test_without_keys_nobody_is_let_in_and_nobody_is_called_a_stranger(protect, issuer, origin):
    issuer.refuse()
    proxy = protect()
    assert "connect:" in line(proxy, FAILED)["reason"]

    answer = get(proxy, ONE)

    assert answer.status == 503
    assert not origin.requests
    issuer.listen()
    waiting.eventually(lambda: get(proxy, ONE).status == 200, "the keys are there")
    line(proxy, "issuer's keys loaded")


def test_buckets_that_name_one_issuer_share_its_keys(serve, origin, issuer):
    names = ("files", "more")
    proxy = serve(document(*(bucket(origin, issuer.url, name) for name in names)))
    wait_until_ready(proxy)

    token = tokens.bearer(tokens.mint(ONE))

    assert [proxy.get(f"/{name}/key", token).status for name in names] == [200, 200]
    assert issuer.fetches == 1


def test_the_request_is_what_an_issuer_expects(protect, issuer):
    proxy = protect(url=f"{issuer.url}?tenant=a%20b&word=hidden-word")
    wait_until_ready(proxy)

    request = issuer.requests[0]

    assert request.method == "GET"
    assert request.target == f"{issuers.PATH}?tenant=a%20b&word=hidden-word"
    assert request.header("Host") == f"127.0.0.1:{issuer.port}"
    assert request.header("Authorization") is None
    # What stands in the query may be a secret.
    assert b"hidden-word" not in proxy.process.output()


def test_it_ends_while_the_issuer_hangs(protect, issuer):
    issuer.hold()
    proxy = protect()
    issuer.wait_for_fetches(1)

    began = time.monotonic()
    proxy.stop()

    assert time.monotonic() - began < 4, "it waited for the fetch to time out"


# Rotation.


def test_a_new_key_is_fetched_for_its_first_token(protect, issuer):
    proxy = protect()
    wait_until_ready(proxy)
    assert get(proxy, ONE).status == 200
    issuer.publish(TWO)

    assert get(proxy, TWO).status == 200
    assert get(proxy, ONE).status == 401
    assert issuer.fetches == 2


def test_several_keys_of_a_set_are_good_at_a_time(protect, issuer):
    issuer.publish(ONE, TWO)
    proxy = protect()
    wait_until_ready(proxy)

    assert [get(proxy, key).status for key in (ONE, TWO)] == [200, 200]
    assert issuer.fetches == 1


def test_a_scheduled_refresh_takes_a_key_away(protect, issuer):
    proxy = protect(jwks_refresh="1s")
    wait_until_ready(proxy)
    token = tokens.bearer(tokens.mint(ONE))
    assert proxy.get("/files/key", token).status == 200

    issuer.publish(TWO)

    # The token is remembered as good, but no longer than its key.
    line(proxy, "issuer's keys changed")
    assert proxy.get("/files/key", token).status == 401


def test_strangers_cannot_make_it_ask_the_issuer_all_the_time(protect, issuer):
    proxy = protect()
    wait_until_ready(proxy)

    statuses = {get(proxy, STRANGER, kid=f"stranger-{number}").status for number in range(50)}

    assert statuses == {401}
    assert issuer.fetches == 2
    assert get(proxy, ONE).status == 200


def test_requests_that_meet_a_new_key_together_share_a_fetch(protect, issuer):
    proxy = protect()
    wait_until_ready(proxy)
    issuer.publish(TWO)
    issuer.hold()
    token = tokens.mint(TWO)
    request = f"GET /files/key HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {token}\r\n\r\n"
    connections = [proxy.connect() for _ in range(20)]
    for connection in connections:
        connection.send(request.encode())
    issuer.wait_for_fetches(2)

    issuer.release()

    assert {connection.read_answer().status for connection in connections} == {200}
    assert issuer.fetches == 2


def test_a_key_of_the_tokens_own_choice_is_never_fetched(protect, other, origin):
    proxy = protect()
    wait_until_ready(proxy)
    chosen = {"jku": other.url, "x5u": other.url, "jwk": STRANGER.jwk(), "x5c": ["AAAA"]}

    for kid in ("one", "stranger", None):
        assert get(proxy, STRANGER, kid=kid, **chosen).status == 401

    assert other.fetches == 0
    assert not origin.requests


# Refresh.


def test_the_entity_tag_is_sent_back(protect, issuer):
    proxy = protect(jwks_refresh="1s")

    issuer.wait_for_fetches(3)

    tags = [request.header("If-None-Match") for request in issuer.requests]
    assert tags[0] is None
    assert tags[1] is not None
    assert tags[1] == tags[2]
    assert get(proxy, ONE).status == 200
    assert not lines(proxy, "issuer's keys changed")


def test_what_the_issuer_announces_moves_the_refresh_within_bounds(protect, issuer):
    issuer.cache_control = "public, max-age=3600"
    protect(jwks_refresh="1s")
    issuer.wait_for_fetches(1)

    began = time.monotonic()
    issuer.wait_for_fetches(2)

    # Four times the configured second, less a tenth of jitter and what getting here took.
    assert time.monotonic() - began > 2.5


def test_no_request_waits_for_a_scheduled_refresh(protect, issuer):
    proxy = protect(jwks_refresh="1s")
    wait_until_ready(proxy)
    issuer.hold()
    issuer.wait_for_fetches(2)

    began = time.monotonic()
    assert [get(proxy, ONE).status for _ in range(20)] == [200] * 20

    assert time.monotonic() - began < 3


def test_a_request_with_a_new_key_does_not_wait_for_ever(protect, issuer):
    proxy = protect()
    wait_until_ready(proxy)
    issuer.hold()

    assert get(proxy, TWO).status == 401


# Outage.


def test_keys_are_kept_while_the_issuer_is_down(protect, issuer):
    proxy = protect(jwks_refresh="1s")
    wait_until_ready(proxy)
    issuer.refuse()
    failed = line(proxy, FAILED)

    assert failed["level"] == "error"
    assert failed["issuer"] == f"127.0.0.1:{issuer.port}"
    assert get(proxy, ONE).status == 200
    assert proxy.get("/ready").status == 200

    issuer.publish(TWO)
    issuer.listen()
    line(proxy, "issuer is back")
    line(proxy, "issuer's keys changed")
    assert get(proxy, TWO).status == 200


def test_a_failure_is_told_once_and_not_every_time(protect, issuer):
    proxy = protect(jwks_refresh="1s")
    wait_until_ready(proxy)
    issuer.script = issuers.status("503 Service Unavailable")

    issuer.wait_for_fetches(4)

    assert len(lines(proxy, FAILED)) == 1


BAD = {
    "garbage": (issuers.garbage(), "the answer is no JSON object"),
    "nothing": (issuers.body(b""), "the answer is no JSON object"),
    "other JSON": (issuers.body(b'["the marker of the body"]'), "the answer is no JSON object"),
    "no keys": (issuers.body(b'{"keys":[]}'), "the answer has no key that can be used"),
    "foreign keys": (
        issuers.body(b'{"keys":[{"kty":"the marker of the body"}]}'),
        "the answer has no key that can be used",
    ),
    "too much": (issuers.huge(), "larger than 262144 bytes"),
    "no end": (issuers.endless, "larger than 262144 bytes"),
    "half": (issuers.cut, "cut after"),
    "refusal": (issuers.status("404 Not Found"), "answered 404"),
    "trouble": (issuers.status("500 Internal Server Error"), "answered 500"),
    "a drip": (issuers.dripping, "did not answer in time"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_answer_leaves_the_keys_as_they_are(protect, issuer, what):
    proxy = protect(jwks_refresh="1s")
    wait_until_ready(proxy)
    issuer.script, reason = BAD[what]

    assert reason in line(proxy, FAILED)["reason"]

    assert get(proxy, ONE).status == 200
    assert get(proxy, STRANGER).status == 401
    assert b"marker of the body" not in proxy.process.output()
    issuer.script = None
    line(proxy, "issuer is back")


def test_a_redirect_is_not_followed(protect, issuer, other):
    proxy = protect(jwks_refresh="1s")
    wait_until_ready(proxy)
    issuer.script = issuers.redirect(other.url)

    assert "redirect" in line(proxy, FAILED)["reason"]

    assert get(proxy, STRANGER).status == 401
    assert get(proxy, ONE).status == 200
    assert other.fetches == 0


def test_keys_that_it_does_not_know_do_not_spoil_the_others(protect, issuer):
    unknown = {"kty": "AKP", "kid": "one", "alg": "ML-DSA-44", "pub": "AAAA"}
    issuer.publish(unknown, TWO.jwk(use="enc"), TWO.jwk(kty=None), ONE)
    proxy = protect()
    wait_until_ready(proxy)

    assert get(proxy, ONE).status == 200
    assert get(proxy, TWO).status == 401


def test_no_key_of_a_fetched_set_is_a_secret(protect, issuer):
    secret = tokens.key("HS256", "one")
    issuer.publish(secret, ONE)
    proxy = protect()
    wait_until_ready(proxy)

    assert get(proxy, secret).status == 401


# TLS.


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority_file(authority, tmp_path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def test_an_issuer_of_ones_own_authority_is_trusted(protect, issuer, authority, authority_file):
    with issuers.over_tls(issuer, authority) as url:
        proxy = protect(url=url, jwks_ca_file=authority_file)
        wait_until_ready(proxy)

        assert get(proxy, ONE).status == 200


def test_an_issuer_of_an_unknown_authority_is_not_asked(protect, issuer, authority):
    with issuers.over_tls(issuer, authority) as url:
        proxy = protect(url=url)

        assert "tls: the certificate's issuer is unknown" in line(proxy, FAILED)["reason"]

        assert get(proxy, ONE).status == 503
    assert issuer.fetches == 0


def test_an_issuer_with_anothers_certificate_is_not_asked(
    protect, issuer, authority, authority_file
):
    with issuers.over_tls(issuer, authority, "elsewhere.test") as url:
        proxy = protect(url=url, jwks_ca_file=authority_file)

        assert "tls: the certificate is for another host" in line(proxy, FAILED)["reason"]

        assert get(proxy, ONE).status == 503
    assert issuer.fetches == 0

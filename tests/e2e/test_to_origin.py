"""What reaches S3: the signed request and the few client headers that may go on, nothing else."""

import pytest

from support import answers, signature
from support.configuration import ACCESS_KEY, SECRET_KEY, document, origin_bucket
from support.origin import say

OF_THE_PROXY = {
    "host",
    "authorization",
    "x-amz-date",
    "x-amz-content-sha256",
    "x-amz-checksum-mode",
    "x-amz-security-token",
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
}
CONDITIONS = {
    "If-Match": '"a"',
    "If-None-Match": '"b", W/"c"',
    "If-Modified-Since": "Sun, 01 Nov 2026 10:00:00 GMT",
    "If-Unmodified-Since": "Sun, 01 Nov 2026 10:00:00 GMT",
}
HELD_BACK = {
    "Authorization": "Bearer clients-own-token",
    "Cookie": "session=clients-own-cookie",
    "X-Amz-Security-Token": "clients-own-session",
    "X-Amz-Date": "20200101T000000Z",
    "X-Amz-Content-Sha256": "clients-own-hash",
    "x-amz-request-payer": "clients-own-payer",
    "X-Forwarded-For": "192.0.2.77",
    "X-Forwarded-Host": "clients-own-host",
    "Forwarded": "for=192.0.2.77",
    "Origin": "https://clients-own-origin",
    "Referer": "https://clients-own-referer",
    "User-Agent": "clients-own-agent",
    "Accept-Encoding": "clients-own-coding",
    "Accept-Language": "clients-own-language",
    "X-Request-Id": "clients-own-id",
    "X-Custom": "clients-own-custom",
    "Proxy-Authorization": "Basic clients-own-proxy",
    "TE": "trailers",
    "Upgrade": "clients-own-upgrade",
    "Pragma": "clients-own-pragma",
    "Via": "1.1 clients-own-via",
}


def test_a_request_is_signed_and_carries_nothing_of_the_client(scripted, origin):
    answer = scripted.get("/files/key?clients-own-query=1&token=x", list(HELD_BACK.items()))

    request = origin.only_request()
    assert answer.status == 200
    assert (request.method, request.target) == ("GET", "/inner/key")
    assert request.names <= OF_THE_PROXY
    assert b"clients-own" not in request.raw
    assert b"192.0.2.77" not in request.raw
    assert request.header("Host") == f"127.0.0.1:{origin.port}"
    signature.check(request, ACCESS_KEY, SECRET_KEY, "us-east-1")


def test_the_whole_object_is_asked_for_with_its_checksum(scripted, origin):
    scripted.get("/files/key")

    assert origin.only_request().header("x-amz-checksum-mode") == "ENABLED"


@pytest.mark.parametrize(("name", "value"), CONDITIONS.items())
def test_conditions_and_ranges_go_on_as_they_are(scripted, origin, name, value):
    scripted.get("/files/key", [(name, value), ("Range", "bytes=5-9")])

    request = origin.only_request()
    assert (request.header(name), request.header("Range")) == (value, "bytes=5-9")
    signature.check(request, ACCESS_KEY, SECRET_KEY, "us-east-1")


@pytest.mark.parametrize("value", ["bytes=9-1", "bytes=", "lines=0-1", "bytes=0-1,8-9", "nonsense"])
def test_a_range_that_is_not_a_single_one_is_not_sent_on(scripted, origin, value):
    assert scripted.get("/files/key", [("Range", value)]).status == 200

    assert origin.only_request().header("Range") is None


def test_if_range_becomes_if_match(scripted, origin):
    scripted.get("/files/key", [("Range", "bytes=0-1"), ("If-Range", '"tag"')])

    request = origin.only_request()
    assert request.header("If-Range") is None
    assert (request.header("Range"), request.header("If-Match")) == ("bytes=0-1", '"tag"')


def test_a_weak_if_range_asks_for_the_whole(scripted, origin):
    scripted.get("/files/key", [("Range", "bytes=0-1"), ("If-Range", 'W/"tag"')])

    request = origin.only_request()
    assert not request.names & {"range", "if-range", "if-match"}


def test_a_412_to_if_range_is_asked_again_for_the_whole(scripted, origin):
    def script(exchange):
        partial = exchange.request.header("Range") is not None
        exchange.send(
            answers.error("412 Precondition Failed", "PreconditionFailed")
            if partial
            else answers.ok(b"the whole")
        )

    origin.script = script

    answer = scripted.get("/files/key", [("Range", "bytes=0-1"), ("If-Range", '"old"')])

    assert (answer.status, answer.body) == (200, b"the whole")
    assert [request.header("Range") for request in origin.requests] == ["bytes=0-1", None]


def test_a_412_to_the_clients_own_condition_stays(scripted, origin):
    origin.script = say(answers.error("412 Precondition Failed", "PreconditionFailed"))

    answer = scripted.get(
        "/files/key", [("Range", "bytes=0-1"), ("If-Range", '"old"'), ("If-Match", '"mine"')]
    )

    assert answer.status == 412


def test_a_session_token_is_sent_and_signed(serve, origin):
    proxy = serve(document(origin_bucket(origin, s3={"session_token": "SESSIONTOKENSECRET"})))

    assert proxy.get("/files/key").status == 200

    request = origin.only_request()
    assert request.header("X-Amz-Security-Token") == "SESSIONTOKENSECRET"
    signature.check(request, ACCESS_KEY, SECRET_KEY, "us-east-1")


def test_a_bucket_without_credentials_is_asked_unsigned(serve, origin):
    bucket = origin_bucket(origin)
    del bucket["s3"]["access_key"], bucket["s3"]["secret_key"]
    proxy = serve(document(bucket))

    assert proxy.get("/files/key", [("Authorization", "Bearer mine")]).status == 200

    assert origin.only_request().header("Authorization") is None


def test_each_bucket_signs_with_its_own_credentials(serve, origin):
    other = {
        "access_key": "AKIAOTHEROTHEROTHER1",
        "secret_key": "another-secret-of-forty-characters-000",
    }
    proxy = serve(
        document(
            origin_bucket(origin, name="one", prefix="/one"),
            origin_bucket(origin, name="two", prefix="/two", s3={**other, "region": "eu-west-1"}),
        )
    )

    proxy.get("/one/key")
    proxy.get("/two/key")

    first, second = origin.requests
    signature.check(first, ACCESS_KEY, SECRET_KEY, "us-east-1")
    signature.check(second, other["access_key"], other["secret_key"], "eu-west-1")


def test_forward_request_headers_go_on(serve, origin):
    proxy = serve(
        document(origin_bucket(origin, forward_request_headers=["X-Custom", "Accept-Language"]))
    )

    proxy.get("/files/key", [("x-custom", "mine"), ("Accept-Language", "de"), ("X-Other", "no")])

    request = origin.only_request()
    assert (request.header("X-Custom"), request.header("Accept-Language")) == ("mine", "de")
    assert request.header("X-Other") is None


@pytest.mark.http1
def test_a_header_named_by_connection_is_not_forwarded(serve, origin):
    proxy = serve(document(origin_bucket(origin, forward_request_headers=["X-Custom"])))

    proxy.get("/files/key", [("X-Custom", "mine"), ("Connection", "X-Custom")])

    assert origin.only_request().header("X-Custom") is None


def test_only_allowed_query_parameters_go_on_signed(serve, origin):
    proxy = serve(document(origin_bucket(origin, allowed_query=["versionId", "partNumber"])))

    proxy.get("/files/key?token=secret&versionId=a%2Bb%20c&acl&partNumber=1&X-Amz-Signature=f")

    request = origin.only_request()
    path, _, query = request.target.partition("?")
    assert path == "/inner/key"
    assert sorted(query.split("&")) == ["partNumber=1", "versionId=a%2Bb%20c"]
    signature.check(request, ACCESS_KEY, SECRET_KEY, "us-east-1")


def test_head_goes_on_as_head(scripted, origin):
    origin.script = say(answers.bodiless("200 OK"))

    scripted.head("/files/key")

    request = origin.only_request()
    assert request.method == "HEAD"
    signature.check(request, ACCESS_KEY, SECRET_KEY, "us-east-1")


def test_virtual_addressing_puts_the_bucket_into_the_host(serve, origin):
    bucket = origin_bucket(
        origin, s3={"addressing": "virtual", "endpoint": f"http://localhost:{origin.port}"}
    )
    proxy = serve(document(bucket))

    proxy.get("/files/key")

    request = origin.only_request()
    assert request.header("Host") == f"inner.localhost:{origin.port}"
    assert request.target == "/key"

"""Errors: the table of statuses, JSON bodies, and nothing of the inside in them."""

import json

import pytest

from support import answers
from support.configuration import document, origin_bucket
from support.origin import Origin, say

# What the origin says, and what the client gets.
TABLE = [
    ("400 Bad Request", "InvalidRequest", 400, "bad_request"),
    ("403 Forbidden", "AccessDenied", 403, "forbidden"),
    ("404 Not Found", "NoSuchKey", 404, "not_found"),
    ("404 Not Found", "NoSuchBucket", 404, "not_found"),
    ("404 Not Found", "XAdminUserNotFound", 502, "bad_gateway"),
    ("403 Forbidden", "InvalidAccessKeyId", 502, "bad_gateway"),
    ("403 Forbidden", "SignatureDoesNotMatch", 502, "bad_gateway"),
    ("403 Forbidden", "RequestTimeTooSkewed", 502, "bad_gateway"),
    ("400 Bad Request", "ExpiredToken", 502, "bad_gateway"),
    ("403 Forbidden", "ExpiredToken", 502, "bad_gateway"),
    ("400 Bad Request", "AuthorizationHeaderMalformed", 502, "bad_gateway"),
    ("301 Moved Permanently", "PermanentRedirect", 502, "bad_gateway"),
    ("307 Temporary Redirect", "TemporaryRedirect", 502, "bad_gateway"),
    ("500 Internal Server Error", "InternalError", 502, "bad_gateway"),
    ("503 Slow Down", "SlowDown", 503, "service_unavailable"),
]
CREDENTIAL_TROUBLE = [row for row in TABLE if row[2] == 502 and not row[0].startswith("5")]
INSIDE = [
    b"<",
    b"xml",
    b"inner",
    b"127.0.0.1",
    b"secret-bucket",
    b"Internal words",
    b"S3REQUEST0001",
    b"AKIATEST",
]


def check_json(answer, status: int, error: str) -> None:
    """The form that every error has."""
    assert answer.status == status
    assert answer.header("Content-Type") == "application/json"
    document = json.loads(answer.body)
    assert set(document) == {"error", "message", "status", "request_id"}
    assert (document["error"], document["status"]) == (error, status)
    assert document["message"].endswith(".")
    assert document["request_id"] == answer.header("X-Request-Id")
    for word in INSIDE:
        assert word not in answer.body, f"{word!r} is in {answer.body!r}"


@pytest.mark.parametrize(("line", "code", "status", "error"), TABLE)
@pytest.mark.fault("o-500-503-slowdown")
def test_an_error_of_s3_becomes_the_json_error_of_the_table(
    scripted, origin, line, code, status, error
):
    origin.script = say(answers.error(line, code))

    answer = scripted.get("/files/some/key")

    check_json(answer, status, error)
    assert (answer.header("Retry-After") is not None) == (status == 503)
    assert not answer.names & {"x-amz-request-id", "x-amz-id-2", "location"}


@pytest.mark.parametrize(("line", "code", "status", "error"), CREDENTIAL_TROUBLE)
@pytest.mark.fault("o-403-expired-token")
def test_the_log_names_the_code_that_s3_gave(scripted, origin, line, code, status, error):
    origin.script = say(answers.error(line, code))

    answer = scripted.get("/files/key")

    access = scripted.access_line(answer)
    assert code in json.dumps(access), access
    assert access["s3_status"] == int(line[:3])
    assert access["s3_request_id"] == "S3REQUEST0001"


@pytest.mark.parametrize(("line", "status"), [("404 Not Found", 404), ("403 Forbidden", 403)])
def test_a_bodiless_error_to_a_head_keeps_its_status(scripted, origin, line, status):
    origin.script = say(answers.raw(f"HTTP/1.1 {line}", [("Content-Type", "application/xml")]))

    answer = scripted.head("/files/key")

    assert (answer.status, answer.body) == (status, b"")


def test_errors_of_the_proxy_itself_have_the_same_form(scripted):
    check_json(scripted.get("/elsewhere"), 404, "not_found")
    check_json(scripted.get("/files/../x"), 400, "bad_request")
    check_json(scripted.request("DELETE", "/files/x"), 405, "method_not_allowed")


@pytest.mark.fault("o-refused")
def test_a_closed_port_is_502(scripted, origin):
    origin.refuse()

    check_json(scripted.get("/files/key"), 502, "bad_gateway")


def test_a_host_that_does_not_exist_is_502_or_504(serve, origin):
    endpoint = f"http://there-is-no-such-host.invalid:{origin.port}"
    proxy = serve(document(origin_bucket(origin, s3={"endpoint": endpoint})))

    answer = proxy.get("/files/key")

    assert answer.status in (502, 504)
    assert b"there-is-no-such-host" not in answer.body


def test_redirects_are_not_followed(scripted, origin):
    elsewhere = Origin()
    location = ("Location", f"{elsewhere.endpoint}/inner/key")
    for line, code in (
        ("301 Moved Permanently", "PermanentRedirect"),
        ("302 Found", "Found"),
        ("307 Temporary Redirect", "TemporaryRedirect"),
    ):
        origin.script = say(answers.error(line, code, [location]))
        assert scripted.get("/files/key").status == 502

    elsewhere.end()
    assert elsewhere.accepted == 0


def test_html_instead_of_xml_is_read_by_its_status(scripted, origin):
    page = b"<html><body><h1>inner trouble</h1></body></html>"
    for line, status in (("404 Not Found", 404), ("500 Oops", 502), ("503 Busy", 503)):
        fields = [("Content-Type", "text/html"), ("Content-Length", str(len(page)))]
        origin.script = say(answers.raw(f"HTTP/1.1 {line}", fields, page))

        answer = scripted.get("/files/key")

        assert answer.status == status
        assert b"inner" not in answer.body


@pytest.mark.release
def test_an_error_of_ten_megabytes_is_not_held(scripted, origin):
    scripted.get("/files/key")
    before = scripted.memory_kib()
    padding = "<Padding>" + "x" * 10_000_000 + "</Padding>"
    origin.script = say(answers.error("404 Not Found", "NoSuchKey", extra=padding))

    for _ in range(5):
        assert scripted.get("/files/key").status in (404, 502)

    assert scripted.memory_kib() - before < 4096


def test_xml_that_would_expand_is_harmless(scripted, origin):
    bomb = (
        b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
        b"<Error><Code>&c;</Code></Error>"
    )
    fields = [("Content-Type", "application/xml"), ("Content-Length", str(len(bomb)))]
    origin.script = say(answers.raw("HTTP/1.1 403 Forbidden", fields, bomb))

    assert scripted.get("/files/key").status in (403, 502)


class TestWithTheOriginsOwnErrors:
    """error_responses: origin."""

    @pytest.fixture
    def website(self, serve, origin):
        return serve(document(origin_bucket(origin, error_responses="origin")))

    def test_status_and_body_are_those_of_the_origin(self, website, origin):
        page = b"<html>not here</html>"
        fields = [
            ("Content-Type", "text/html"),
            ("Content-Length", str(len(page))),
            ("Server", "inner"),
            ("x-amz-request-id", "inner"),
        ]
        origin.script = say(answers.raw("HTTP/1.1 404 Not Found", fields, page))

        answer = website.get("/files/key")

        assert (answer.status, answer.body) == (404, page)
        assert answer.header("Content-Type") == "text/html"
        assert not answer.names & {"server", "x-amz-request-id"}

    @pytest.mark.parametrize("line", ["410 Gone", "403 Forbidden", "418 Teapot"])
    def test_any_error_status_is_kept(self, website, origin, line):
        origin.script = say(answers.raw(f"HTTP/1.1 {line}", [("Content-Length", "4")], b"page"))

        answer = website.get("/files/key")

        assert (answer.status, answer.body) == (int(line[:3]), b"page")

    def test_errors_of_the_proxy_stay_json(self, website, origin):
        check_json(website.get("/files/../key"), 400, "bad_request")
        origin.refuse()
        check_json(website.get("/files/key"), 502, "bad_gateway")

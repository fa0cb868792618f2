"""CORS: only where it is configured, only for the origins that are."""

import pytest

from support import answers
from support.configuration import document, origin_bucket
from support.origin import say

APP = "https://app.example"
RULES = {
    "allow_origins": [APP, "https://other.example"],
    "allow_headers": ["X-Custom", "Authorization"],
    "expose_headers": ["ETag", "x-amz-meta-colour"],
    "max_age": "10m",
}
PREFLIGHT = [
    ("Access-Control-Request-Method", "GET"),
    ("Access-Control-Request-Headers", "x-custom"),
]


@pytest.fixture
def shared(serve, origin):
    return serve(document(origin_bucket(origin, cors=RULES)))


def test_a_configured_origin_is_allowed(shared):
    answer = shared.get("/files/key", [("Origin", APP)])

    assert answer.header("Access-Control-Allow-Origin") == APP
    exposed = answer.header("Access-Control-Expose-Headers") or ""
    assert [name.strip().lower() for name in exposed.split(",")] == ["etag", "x-amz-meta-colour"]
    assert answer.header("Vary") == "Origin"


def test_a_foreign_origin_gets_the_object_without_permission(shared):
    answer = shared.get("/files/key", [("Origin", "https://evil.example")])

    assert answer.status == 200
    assert answer.header("Access-Control-Allow-Origin") is None
    assert answer.header("Vary") == "Origin"


def test_an_origin_is_compared_whole(shared):
    for foreign in (APP + ".evil.example", "http://app.example", APP + ":444", "null"):
        answer = shared.get("/files/key", [("Origin", foreign)])
        assert answer.header("Access-Control-Allow-Origin") is None, foreign


def test_an_error_carries_the_permission_too(shared, origin):
    origin.script = say(answers.error("404 Not Found", "NoSuchKey"))

    answer = shared.get("/files/key", [("Origin", APP)])

    assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (404, APP)


def test_a_preflight_is_answered_by_the_proxy(shared, origin):
    answer = shared.request("OPTIONS", "/files/key", [("Origin", APP), *PREFLIGHT])

    assert answer.status in (200, 204)
    assert answer.header("Access-Control-Allow-Origin") == APP
    methods = answer.header("Access-Control-Allow-Methods") or ""
    assert {"GET", "HEAD"} <= {method.strip() for method in methods.split(",")}
    headers = answer.header("Access-Control-Allow-Headers") or ""
    assert "x-custom" in [name.strip().lower() for name in headers.split(",")]
    assert answer.header("Access-Control-Max-Age") == "600"
    assert "Origin" in (answer.header("Vary") or "")
    assert origin.requests == []


def test_a_preflight_of_a_foreign_origin_gets_no_permission(shared, origin):
    foreign = [("Origin", "https://evil.example"), *PREFLIGHT]

    answer = shared.request("OPTIONS", "/files/key", foreign)

    assert answer.header("Access-Control-Allow-Origin") is None
    assert origin.requests == []


def test_a_star_allows_everyone_and_does_not_vary(serve, origin):
    proxy = serve(document(origin_bucket(origin, cors={"allow_origins": ["*"]})))

    answer = proxy.get("/files/key", [("Origin", "https://anyone.example")])

    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert answer.header("Vary") is None


def test_without_cors_there_is_nothing_of_it(scripted):
    answer = scripted.get("/files/key", [("Origin", APP)])

    assert not [name for name in answer.names if name.startswith("access-control")]
    assert answer.header("Vary") is None

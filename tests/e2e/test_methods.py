"""Which methods are answered, and that the others never reach S3."""

import pytest

OTHERS = ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get", "FROB"]


@pytest.mark.parametrize("method", OTHERS)
def test_any_other_method_is_405_and_does_not_reach_s3(scripted, origin, method):
    answer = scripted.request(method, "/files/key")

    assert answer.status == 405
    assert answer.header("Allow") == "GET, HEAD, OPTIONS"
    assert origin.requests == []


def test_a_refused_upload_leaves_the_connection_usable(scripted, origin):
    with scripted.connect() as connection:
        refused = connection.request("PUT", "/files/key", body=b"x" * 1000)
        answer = connection.get("/files/key")

    assert (refused.status, answer.status) == (405, 200)
    assert [request.method for request in origin.requests] == ["GET"]


def test_options_without_cors_lists_the_methods(scripted, origin):
    answer = scripted.request("OPTIONS", "/files/key")

    assert (answer.status, answer.header("Allow")) == (204, "GET, HEAD, OPTIONS")
    assert answer.body == b""
    assert origin.requests == []


def test_a_path_without_a_bucket_is_404(scripted):
    assert scripted.get("/elsewhere").status == 404
    assert scripted.request("OPTIONS", "/elsewhere").status == 404


def test_head_of_an_error_has_no_body(scripted):
    answer = scripted.head("/elsewhere")

    assert (answer.status, answer.body) == (404, b"")

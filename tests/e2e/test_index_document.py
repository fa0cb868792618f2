"""The index document of a bucket."""

import pytest

from support.configuration import document, origin_bucket


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/files", "/inner/index.html"),
        ("/files/", "/inner/index.html"),
        ("/files/docs/", "/inner/docs/index.html"),
        ("/files/docs", "/inner/docs"),
        ("/files/docs/index.html", "/inner/docs/index.html"),
    ],
)
def test_it_stands_for_keys_that_are_empty_or_end_in_a_slash(serve, origin, path, target):
    proxy = serve(document(origin_bucket(origin, index_document="index.html")))

    assert proxy.get(path).status == 200

    assert origin.only_request().target == target


def test_it_comes_behind_the_key_prefix(serve, origin):
    proxy = serve(
        document(origin_bucket(origin, index_document="index.html", s3={"key_prefix": "site/"}))
    )

    proxy.get("/files/")

    assert origin.only_request().target == "/inner/site/index.html"


def test_without_one_an_empty_key_is_404(scripted, origin):
    assert scripted.get("/files").status == 404
    assert scripted.get("/files/").status == 404
    assert origin.requests == []

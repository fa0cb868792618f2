"""From a path to a bucket and a key, and onto the wire."""

import pytest

from support.configuration import document, origin_bucket
from support.origin import Origin

ROUTED = [
    ("/products/a", "/plain/a"),
    ("/products/a/b/c", "/plain/a/b/c"),
    ("/products/special/x", "/special/x"),  # the longest prefix
    ("/products/specialx/y", "/plain/specialx/y"),  # whole segments only
    ("/products/foo", "/plain/foo"),
    ("/prod/foo", "/short/foo"),
    ("//products///a", "/plain/a"),
    ("///products/special//x", "/special/x"),
    ("/products/a//b///c/", "/plain/a/b/c/"),  # runs collapse, the trailing slash stays
    ("/products/dir/", "/plain/dir/"),
    ("/%70roducts/a", "/plain/a"),
    ("/products%2Fa", "/plain/a"),
    ("/products/a%2Fb", "/plain/a/b"),
    ("/products/a%2fb", "/plain/a/b"),
    ("/products/a%252Fb", "/plain/a%252Fb"),  # decoded exactly once
    ("/products/a%25", "/plain/a%25"),
    ("/products/a+b", "/plain/a%2Bb"),
    ("/products/a%20b", "/plain/a%20b"),
    ("/products/~x", "/plain/~x"),
    ("/products/%7Ex", "/plain/~x"),
    ("/products/%e4", "/plain/%E4"),
    ("/products/caf%c3%a9", "/plain/caf%C3%A9"),
    ("/products/a;b=c,d:e@f!$&'()*", "/plain/a%3Bb%3Dc%2Cd%3Ae%40f%21%24%26%27%28%29%2A"),
    ("/products/a?x=1", "/plain/a"),
    ("/products/a?", "/plain/a"),
    ("/products/a%3Fx=1", "/plain/a%3Fx%3D1"),
    ("/products/a%23b", "/plain/a%23b"),
    ("/products/...", "/plain/..."),
    ("/products/..a", "/plain/..a"),
    ("/products/.a/b.", "/plain/.a/b."),
    ("/products/products/a", "/plain/products/a"),
    # absolute form
    pytest.param("http://other.test/products/a", "/plain/a", marks=pytest.mark.http1),
    pytest.param("http://other.test:99/products/a?x", "/plain/a", marks=pytest.mark.http1),
]
NOWHERE = [
    "/",
    "/elsewhere",
    "/products2/a",
    "/Products/a",
    "/product/a",
    "/products",
    "/products/",
]
REFUSED = [
    "/products/../a",
    "/products/./a",
    "/products/a/..",
    "/products/a/.",
    "/..",
    "/../products/a",
    "/products/%2e%2e/a",
    "/products/%2E/a",
    "/products/.%2e/a",
    "/products/a%2f..%2fb",
    "/products/%2e%2e%2fa",
    "/products/%",
    "/products/%2",
    "/products/%zz",
    "/products/%g0a",
    "/products/a%00b",
    "/products/%00",
]
RAW_BYTES = [
    bytes([byte]) for byte in [*range(1, 10), 11, 12, *range(14, 33), 127, 128, 0xE4, 0xFF]
]
RAW_BYTES += [bytes([byte]) for byte in b'"<>\\^`{|}']


@pytest.fixture(scope="module")
def shop_origin():
    made = Origin()
    yield made
    made.end()


@pytest.fixture(scope="module")
def shop(serve_module, shop_origin):
    return serve_module(
        document(
            origin_bucket(shop_origin, name="short", prefix="/prod", s3={"bucket": "short"}),
            origin_bucket(shop_origin, name="plain", prefix="/products", s3={"bucket": "plain"}),
            origin_bucket(
                shop_origin, name="special", prefix="/products/special", s3={"bucket": "special"}
            ),
        )
    )


@pytest.mark.parametrize(("path", "target"), ROUTED)
def test_a_path_leads_to_its_bucket_and_key(shop, shop_origin, path, target):
    shop_origin.forget()

    assert shop.get(path).status == 200

    assert shop_origin.only_request().target == target


@pytest.mark.parametrize("path", NOWHERE)
def test_a_path_under_no_prefix_or_without_a_key_is_404(shop, shop_origin, path):
    shop_origin.forget()

    assert shop.get(path).status == 404

    assert shop_origin.requests == []


@pytest.mark.parametrize("path", REFUSED)
def test_dot_segments_and_bad_escapes_are_400(shop, shop_origin, path):
    shop_origin.forget()

    assert shop.get(path).status == 400

    assert shop_origin.requests == []


@pytest.mark.http1
@pytest.mark.parametrize("byte", RAW_BYTES, ids=lambda byte: f"{byte[0]:02x}")
def test_a_raw_byte_that_no_uri_may_hold_is_400(shop, shop_origin, byte):
    shop_origin.forget()

    assert shop.get(b"/products/a" + byte + b"b").status == 400

    assert shop_origin.requests == []


def test_a_fragment_is_cut_off_or_refused_and_never_part_of_the_key(shop, shop_origin):
    shop_origin.forget()

    assert shop.get("/products/a#b").status in (200, 400)

    assert [request.target for request in shop_origin.requests] in ([], ["/plain/a"])


def test_a_root_bucket_takes_what_no_other_takes(serve, origin):
    proxy = serve(
        document(
            origin_bucket(origin, name="root", prefix="/", s3={"bucket": "root"}),
            origin_bucket(origin, name="docs", prefix="/docs", s3={"bucket": "docs"}),
        )
    )

    for path in ("/a", "/docs/a", "/docs2/a", "//x"):
        proxy.get(path)

    targets = [request.target for request in origin.requests]
    assert targets == ["/root/a", "/docs/a", "/root/docs2/a", "/root/x"]


def test_a_thousand_buckets_are_told_apart(serve, origin):
    buckets = [
        origin_bucket(origin, name=f"b{number}", prefix=f"/b{number}", s3={"bucket": f"s{number}"})
        for number in range(1000)
    ]
    proxy = serve(document(*buckets))

    for number in (0, 1, 10, 100, 999):
        origin.forget()
        assert proxy.get(f"/b{number}/key").status == 200
        assert origin.only_request().target == f"/s{number}/key"

"""What shares an entry and what does not: buckets, keys, queries, variants, clients."""

import itertools

import pytest

from support import answers, tokens
from support.configuration import CACHE, cached_document, document, origin_bucket
from support.origin import InTurn, say


def seen(answer):
    return (answer.status, answer.header("X-Cache"), answer.body)


def x_cache(proxy, target, headers=()):
    answer = proxy.get(target, headers)
    assert answer.status == 200, answer.body
    return answer.header("X-Cache")


def count(exchange, numbers=itertools.count()):
    exchange.send(answers.cacheable(f"body {next(numbers)}".encode()))


# Buckets.


def two_buckets(origin, first=None, second=None):
    return document(
        origin_bucket(origin, "a", "/a", **(first or {})),
        origin_bucket(origin, "b", "/b", **(second or {})),
        cache=CACHE,
    )


def test_one_key_in_two_buckets_is_two_objects(serve, origin):
    proxy = serve(two_buckets(origin, second={"s3": {"bucket": "other"}}))
    origin.script = count

    bodies = [proxy.get(target).body for target in ("/a/key", "/b/key", "/a/key", "/b/key")]

    assert bodies[0] != bodies[1]
    assert bodies[:2] == bodies[2:]
    targets = [request.target for request in origin.requests]
    assert targets == ["/inner/key", "/other/key"]


def test_two_names_of_one_bucket_share_nothing(serve, origin):
    proxy = serve(two_buckets(origin))
    origin.script = count

    assert [x_cache(proxy, target) for target in ("/a/key", "/b/key")] == ["MISS", "MISS"]


def test_a_buckets_own_settings_count_there_alone(serve, origin):
    own = {"enabled": True, "default_ttl": "10s", "max_object_size": "2KiB"}
    proxy = serve(two_buckets(origin, second={"cache": own}))
    fields = [("Age", "60")]

    origin.script = say(answers.cacheable(b"x" * 100, None, fields))
    assert [x_cache(proxy, "/a/ttl") for _ in range(2)] == ["MISS", "HIT"]
    origin.script = InTurn(origin.script, say(answers.not_modified()))
    assert [x_cache(proxy, "/b/ttl") for _ in range(2)] == ["MISS", "REVALIDATED"]

    origin.script = say(answers.cacheable(b"x" * 2049))
    assert [x_cache(proxy, "/a/size") for _ in range(2)] == ["MISS", "HIT"]
    assert [x_cache(proxy, "/b/size") for _ in range(2)] == ["MISS", "MISS"]


def test_a_bucket_may_be_left_out(serve, origin):
    proxy = serve(two_buckets(origin, second={"cache": {"enabled": False}}))
    origin.script = count

    assert [x_cache(proxy, "/a/key") for _ in range(2)] == ["MISS", "HIT"]
    assert [x_cache(proxy, "/b/key") for _ in range(2)] == ["BYPASS", "BYPASS"]


# Keys.


def test_spellings_of_one_key_share_an_entry(cached, origin):
    origin.script = count
    cached.get("/files/a%20b.txt")

    for target in ("/files/a%20b%2Etxt", "/files/%61%20b.txt", "//files/a%20b.txt"):
        assert x_cache(cached, target) == "HIT", target
    assert x_cache(cached, "/files//a%20b.txt") == "HIT"
    origin.only_request()


def test_keys_that_differ_do_not(cached, origin):
    origin.script = count
    targets = ["a%20b", "a+b", "A%20b", "a%2520b", "a%252520b", "a%20b/", "a", "a/b", "a%252Fb/"]
    targets += ["%C3%A4", "a%3Fb", "a%23b", "a%0Ab", "a%0Db", "%01", "a%FFb", "a%FEb"]

    assert {x_cache(cached, f"/files/{target}") for target in targets} == {"MISS"}
    assert {x_cache(cached, f"/files/{target}") for target in targets} == {"HIT"}
    assert len(origin.requests) == len(targets)


def test_the_key_prefix_is_part_of_what_is_asked_for_alone(serve, origin):
    proxy = serve(cached_document(origin, s3={"key_prefix": "inner/"}, index_document="index.html"))
    origin.script = count

    assert [x_cache(proxy, "/files/key") for _ in range(2)] == ["MISS", "HIT"]
    assert [x_cache(proxy, "/files/inner/key") for _ in range(2)] == ["MISS", "HIT"]
    index = [x_cache(proxy, target) for target in ("/files/", "/files", "/files/index.html")]
    assert index == ["MISS", "HIT", "HIT"]
    targets = [request.target for request in origin.requests]
    assert targets == ["/inner/inner/key", "/inner/inner/inner/key", "/inner/inner/index.html"]


# Queries.


def test_only_allowed_parameters_make_another_object(serve, origin):
    proxy = serve(cached_document(origin, allowed_query=["versionId", "part"]))
    origin.script = count

    outcomes = [
        ("", "MISS"),
        ("?utm=1", "HIT"),
        ("?token=x&y", "HIT"),
        ("?versionId=1", "MISS"),
        ("?versionId=2", "MISS"),
        ("?a=b&versionId=1&c=d", "HIT"),
        ("?versionId=%31", "HIT"),
        ("?versionId=1&part=2", "MISS"),
        ("?part=2&versionId=1", "HIT"),
        ("?versionid=1", "HIT"),
        ("?versionId=1%26part=2", "MISS"),
        ("?versionId=", "MISS"),
        ("?versionId=2#x", "HIT"),
    ]

    for query, expected in outcomes:
        assert x_cache(proxy, f"/files/key{query}") == expected, query
    assert proxy.get("/files/key?versionId=%zz").status == 400


def test_a_query_is_not_a_key(serve, origin):
    proxy = serve(cached_document(origin, allowed_query=["versionId"]))
    origin.script = count

    for target in ("key?versionId=1", "key%3FversionId=1", "key%3FversionId%3D1", "key"):
        proxy.get(f"/files/{target}")

    assert x_cache(proxy, "/files/key") == "HIT"
    assert len(origin.requests) == 3


# Variants.


def by_language(exchange):
    language = exchange.request.header("Accept-Language") or "none"
    exchange.send(answers.cacheable(language.encode(), headers=[("Vary", "Accept-Language")]))


def language(value):
    return [("Accept-Language", value)]


@pytest.fixture
def varied(serve, origin):
    return serve(cached_document(origin, forward_request_headers=["Accept-Language", "X-Kind"]))


def test_variants_are_kept_apart(varied, origin):
    origin.script = by_language

    for value in ("de", "en", "fr"):
        assert seen(varied.get("/files/key", language(value))) == (200, "MISS", value.encode())
    assert seen(varied.get("/files/key")) == (200, "MISS", b"none")
    for value in ("de", "en", "fr", "DE"):
        hit = varied.get("/files/key", language(value))
        assert seen(hit) == (200, "HIT", value.lower().encode())
    assert seen(varied.get("/files/key")) == (200, "HIT", b"none")
    assert varied.head("/files/key", language("en")).length == 2
    assert len(origin.requests) == 4


def test_a_missing_variant_says_so(varied, origin):
    origin.script = by_language
    varied.get("/files/key", language("de"))

    status = varied.get("/files/key", language("en")).header("Cache-Status")

    assert status.startswith("yatagarasu; fwd=vary-miss; fwd-status=200;")
    wish = [("Cache-Control", "only-if-cached")]
    assert varied.get("/files/key", [*language("fr"), *wish]).status == 504
    assert varied.get("/files/key", [*language("de"), *wish]).body == b"de"


def test_a_variant_is_confirmed_with_its_own_request(varied, origin):
    def script(exchange):
        value = exchange.request.header("Accept-Language")
        if exchange.request.header("If-None-Match") == f'"{value}"':
            exchange.send(answers.not_modified([("Vary", "Accept-Language")], f'"{value}"'))
            return
        fields = [("Vary", "Accept-Language"), ("ETag", f'"{value}"')]
        exchange.send(answers.stale(value.encode(), headers=fields))

    origin.script = script
    for value in ("de", "en"):
        varied.get("/files/key", language(value))

    for value in ("de", "en"):
        answer = varied.get("/files/key", language(value))
        assert seen(answer) == (200, "REVALIDATED", value.encode())


def test_fields_that_are_not_forwarded_make_no_variant(varied, origin):
    origin.script = say(answers.cacheable(headers=[("Vary", "Accept-Encoding, Cookie, Origin")]))

    varied.get("/files/key", [("Accept-Encoding", "gzip"), ("Cookie", "a=b")])

    assert x_cache(varied, "/files/key", [("Accept-Encoding", "br"), ("Cookie", "c")]) == "HIT"
    assert not origin.only_request().names & {"cookie", "accept-encoding"}


def test_forwarded_fields_without_vary_make_no_variant(varied, origin):
    origin.script = say(answers.cacheable())

    varied.get("/files/key", language("de"))

    assert x_cache(varied, "/files/key", language("en")) == "HIT"


def test_an_object_that_begins_to_vary_forgets_no_variant(varied, origin):
    origin.script = InTurn(say(answers.stale(b"plain")), by_language)
    varied.get("/files/key", language("de"))

    assert seen(varied.get("/files/key", language("de"))) == (200, "MISS", b"de")
    assert seen(varied.get("/files/key", language("en"))) == (200, "MISS", b"en")
    assert seen(varied.get("/files/key", language("de"))) == (200, "HIT", b"de")


def test_an_object_that_varies_on_more_is_not_mixed_up(varied, origin):
    def script(exchange):
        kind = exchange.request.header("X-Kind") or "-"
        value = exchange.request.header("Accept-Language")
        names = "Accept-Language, X-Kind" if value == "en" else "Accept-Language"
        exchange.send(answers.cacheable(f"{value} {kind}".encode(), headers=[("Vary", names)]))

    origin.script = script
    varied.get("/files/key", language("de"))
    for kind in ("a", "b"):
        asked = [*language("en"), ("X-Kind", kind)]
        assert varied.get("/files/key", asked).body == f"en {kind}".encode()
    for kind in ("a", "b"):
        asked = [*language("en"), ("X-Kind", kind)]
        assert seen(varied.get("/files/key", asked)) == (200, "HIT", f"en {kind}".encode())


def test_an_object_that_no_longer_varies_is_one_again(varied, origin):
    origin.script = by_language
    varied.get("/files/key", language("de"))
    origin.script = say(answers.cacheable(b"plain"))

    assert seen(varied.get("/files/key", language("en"))) == (200, "MISS", b"plain")
    for value in ("en", "de", "fr"):
        assert seen(varied.get("/files/key", language(value))) == (200, "HIT", b"plain")


# Clients.

KEY = tokens.key("HS256")
APP, OTHER = "https://app.example", "https://other.example"


def test_a_token_is_checked_before_the_cache(serve, origin):
    auth = {"enabled": True, "jwt": {"secret": KEY.private.decode()}}
    proxy = serve(cached_document(origin, auth=auth))
    origin.script = say(answers.cacheable(b"secret body"))
    alice, bob = (tokens.mint(KEY, tokens.claims(sub=name)) for name in ("alice", "bob"))
    expired = tokens.mint(KEY, tokens.claims(exp=1))

    assert seen(proxy.get("/files/key", tokens.bearer(alice))) == (200, "MISS", b"secret body")

    for headers in ([], tokens.bearer(expired), tokens.bearer("x")):
        for more in ([], [("Cache-Control", "only-if-cached")], [("If-None-Match", "*")]):
            answer = proxy.get("/files/key", [*headers, *more])
            assert (answer.status, answer.header("X-Cache")) == (401, None)
            assert b"secret body" not in answer.body
            assert answer.header("ETag") is None
            assert proxy.head("/files/key", [*headers, *more]).status == 401
    hit = proxy.get("/files/key", tokens.bearer(bob))
    assert seen(hit) == (200, "HIT", b"secret body")
    assert proxy.access_line(hit)["subject"] == "bob"
    origin.only_request()


def test_claims_are_checked_on_hits_too(serve, origin):
    rules = [{"claim": "role", "operator": "equals", "value": "admin"}]
    auth = {"enabled": True, "jwt": {"secret": KEY.private.decode(), "claims": rules}}
    proxy = serve(cached_document(origin, auth=auth))
    admin, guest = (tokens.mint(KEY, tokens.claims(role=role)) for role in ("admin", "guest"))
    origin.script = say(answers.cacheable())
    proxy.get("/files/key", tokens.bearer(admin))

    assert proxy.get("/files/key", tokens.bearer(guest)).status == 403
    assert proxy.get("/files/key", tokens.bearer(admin)).header("X-Cache") == "HIT"


def test_permissions_are_those_of_the_request_not_of_the_entry(serve, origin):
    proxy = serve(
        cached_document(
            origin,
            cors={"allow_origins": [APP, OTHER], "expose_headers": ["ETag"]},
            pass_response_headers=["Vary", "Access-Control-Allow-Origin"],
        )
    )
    origin.script = say(answers.cacheable(headers=[("Vary", "Accept-Encoding")]))
    allow = "Access-Control-Allow-Origin"

    for asker in (APP, OTHER, "https://evil.example", None, APP):
        answer = proxy.get("/files/key", [("Origin", asker)] if asker else [])
        assert answer.header(allow) == (asker if asker in (APP, OTHER) else None)
        assert answer.header("Vary") == "Accept-Encoding, Origin"
    not_modified = proxy.get("/files/key", [("Origin", OTHER), ("If-None-Match", answers.ETAG)])
    assert (not_modified.status, not_modified.header(allow)) == (304, OTHER)
    failed = proxy.get("/files/key", [("Origin", OTHER), ("If-Match", '"x"')])
    assert (failed.status, failed.header(allow)) == (412, OTHER)
    origin.only_request()


def test_response_headers_are_set_and_removed_on_hits(serve, origin):
    rules = {
        "set": {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
        "remove": ["x-amz-meta-colour", "ETag"],
    }
    proxy = serve(cached_document(origin, response_headers=rules))
    origin.script = say(answers.cacheable(headers=[("x-amz-meta-colour", "blue")]))

    found = [proxy.get("/files/key") for _ in range(3)]

    assert [answer.header("X-Cache") for answer in found] == ["MISS", "HIT", "HIT"]
    for answer in found:
        assert answer.header("Cache-Control") == "no-store"
        assert answer.header("X-Robots-Tag") == "noindex"
        assert not answer.names & {"x-amz-meta-colour", "etag"}
    # The rules are for the client; the store's own words decide.
    assert proxy.get("/files/key", [("If-None-Match", answers.ETAG)]).status == 304


def test_everything_passed_does_not_double_what_the_proxy_tells(serve, origin):
    proxy = serve(cached_document(origin, pass_response_headers=["*"]))
    theirs = [("Age", "100"), ("X-Cache", "Hit from elsewhere"), ("X-Request-Id", "theirs")]
    theirs += [("Connection", "X-Hop"), ("X-Hop", "1"), ("X-Custom", "a"), ("X-Custom", "b")]
    origin.script = say(answers.cacheable(headers=theirs))

    miss, hit = (proxy.get("/files/key") for _ in range(2))

    assert [miss.all("X-Cache"), hit.all("X-Cache")] == [["MISS"], ["HIT"]]
    assert len(hit.all("Age")) == 1 and int(hit.header("Age")) >= 100
    assert len(miss.all("Age")) <= 1
    assert miss.all("X-Custom") == hit.all("X-Custom") == ["a", "b"]
    assert not (miss.names | hit.names) & {"x-hop"}
    assert hit.header("X-Request-Id") not in ("theirs", miss.header("X-Request-Id"))
    assert len(miss.all("Content-Length")) == len(hit.all("Content-Length")) == 1


def test_fields_for_one_client_are_not_kept_for_others(serve, origin):
    proxy = serve(cached_document(origin, pass_response_headers=["X-Mine", "X-Yours"]))
    control = 'max-age=60, private="X-Mine", no-cache="X-Yours"'
    theirs = [("X-Mine", "1"), ("X-Yours", "2")]
    origin.script = say(answers.cacheable(cache_control=control, headers=theirs))

    miss, hit = (proxy.get("/files/key") for _ in range(2))

    assert miss.header("X-Mine") == "1"
    assert hit.header("X-Cache") == "HIT"
    assert not hit.names & {"x-mine", "x-yours"}


# Errors of the origin's own.


def test_an_origins_own_errors_are_kept_as_it_allows(serve, origin):
    proxy = serve(
        cached_document(origin, error_responses="origin", pass_response_headers=["Content-Type"])
    )
    fields = [("Content-Length", "4"), ("Content-Type", "text/html"), ("Date", answers.date())]
    keep = [*fields, ("Cache-Control", "max-age=60")]
    origin.script = say(answers.raw("HTTP/1.1 404 Not Found", keep, b"gone"))

    found = [proxy.get("/files/key") for _ in range(2)]
    head = proxy.head("/files/key")

    assert [seen(answer) for answer in found] == [(404, "MISS", b"gone"), (404, "HIT", b"gone")]
    assert (head.status, head.length) == (404, 4)

    origin.script = say(answers.raw("HTTP/1.1 404 Not Found", fields, b"gone"))
    assert [proxy.get("/files/o").header("X-Cache") for _ in range(2)] == ["MISS", "MISS"]

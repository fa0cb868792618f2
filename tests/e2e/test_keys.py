"""Every key that a store takes can be fetched: signed and sent in one and the same encoding."""

import json
import urllib.parse

import botocore.exceptions
import pytest

from support import answers, places, signature
from support.configuration import ACCESS_KEY, SECRET_KEY, document, origin_bucket, store_bucket
from support.origin import say

KEYS = [
    "plain.txt",
    "with space",
    " leading and trailing ",
    "two  spaces",
    "a+b",
    "100%",
    "a%2Fb",
    "a%252Fb",
    "double%25percent",
    "~user/x~y",
    "umlaut-äöüß",
    "日本語/ファイル.txt",
    "emoji-😀",
    "quote'\"quote",
    "a&b=c;d,e:f@g$h!i(j)k*l",
    "what?is#this",
    "[brackets]{braces}<angles>",
    "pipe|back\\slash^caret`tick",
    "dots...in..names",
    ".hidden",
    "...",
    "UPPER/lower",
    "tab\tand\nnewline",
    "deep/" * 20 + "end",
    "x" * 200,
]


def vector_keys() -> list[str]:
    """The keys of the signing vectors that are not dot segments or runs of slashes."""
    cases = json.loads(places.own_vectors("sigv4/s3-botocore.json").read_text())["cases"]
    keys = set()
    for case in cases:
        path = urllib.parse.urlsplit(case["target"]).path
        if case["host"].startswith("127.0.0.1"):
            path = "/" + path.partition("/")[2].partition("/")[2]
        key = urllib.parse.unquote(path[1:])
        parts = key.split("/")
        if key and "" not in parts[:-1] and "." not in parts and ".." not in parts:
            keys.add(key)
    return sorted(keys)


def byte_keys() -> list[str]:
    """One key for each of the first 256 code points but NUL, dots and slashes."""
    return [f"byte-{code:02x}-{chr(code)}-end" for code in range(1, 256) if chr(code) != "/"]


def reachable(number: int, key: str) -> str:
    """A folder of its own for each key: on a disk "a" and "a/b" exclude one another."""
    return f"k{number}/{key}"


@pytest.fixture(scope="module")
def stored_keys(store, bucket) -> list[str]:
    """Those that the store takes; each object holds its own key."""
    client = store.client()
    stored = []
    wanted = [*KEYS, *vector_keys(), *byte_keys()]
    for number, name in enumerate(wanted):
        key = reachable(number, name)
        try:
            client.put_object(
                Bucket=bucket, Key=key, Body=b"" if key.endswith("/") else key.encode()
            )
            client.head_object(Bucket=bucket, Key=key)
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            continue
        stored.append(key)
    assert len(stored) >= 0.8 * len(wanted), "the store takes few keys: is something wrong here?"
    return stored


def content(key: str) -> bytes:
    return b"" if key.endswith("/") else key.encode()


def test_every_key_comes_back_when_everything_is_escaped(files, stored_keys):
    with files.connect() as connection:
        for key in stored_keys:
            answer = connection.get("/files/" + urllib.parse.quote(key, safe="/"))
            assert (answer.status, answer.body) == (200, content(key)), repr(key)


def test_every_key_comes_back_when_only_what_must_be_is_escaped(files, stored_keys):
    with files.connect() as connection:
        for key in stored_keys:
            answer = connection.get("/files/" + urllib.parse.quote(key, safe="/!$&'()*+,;=:@~"))
            assert (answer.status, answer.body) == (200, content(key)), repr(key)


def test_every_key_has_a_head(files, stored_keys):
    with files.connect() as connection:
        for key in stored_keys:
            answer = connection.request("HEAD", "/files/" + urllib.parse.quote(key, safe="/"))
            assert (answer.status, answer.length) == (200, len(content(key))), repr(key)


def test_all_byte_values_reach_the_origin_encoded_once_and_rightly_signed(serve, origin):
    proxy = serve(document(origin_bucket(origin)))
    origin.script = say(answers.ok())
    with proxy.connect() as connection:
        for byte in range(1, 256):
            key = b"a" + bytes([byte]) + b"z"
            answer = connection.get("/files/a%" + f"{byte:02x}" + "z")

            request = origin.only_request()
            assert answer.status == 200, key
            assert request.target == "/inner/" + signature.encoded_key(key)
            signature.check(request, ACCESS_KEY, SECRET_KEY, "us-east-1")
            origin.forget()


def test_a_key_prefix_is_put_in_front(serve, store, bucket):
    store.client().put_object(Bucket=bucket, Key="pre fix/ü/inside", Body=b"inside")
    proxy = serve(document(store_bucket(store, bucket, s3={"key_prefix": "pre fix/ü/"})))

    answer = proxy.get("/files/inside")

    assert (answer.status, answer.body) == (200, b"inside")

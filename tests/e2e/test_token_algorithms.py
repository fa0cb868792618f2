"""Tokens of every algorithm, minted by two libraries, with the key given in every way there is."""

import base64
import hmac
import json
import pathlib
from collections.abc import Callable, Iterator

import pytest

from support import tokens, waiting
from support.configuration import document, origin_bucket
from support.issuer import Issuer
from support.proxy import Proxy

Block = dict[str, object]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.end()


def by_secret(key: tokens.Key, folder: pathlib.Path, issuer: Issuer) -> Block:
    return {"secret": key.private.decode()}


def by_pem_file(key: tokens.Key, folder: pathlib.Path, issuer: Issuer) -> Block:
    file = folder / "key.pem"
    file.write_bytes(key.public)
    return {"public_key_file": str(file)}


def by_set_file(key: tokens.Key, folder: pathlib.Path, issuer: Issuer) -> Block:
    file = folder / "keys.json"
    file.write_text(json.dumps({"keys": [key.jwk()]}))
    return {"jwks_file": str(file)}


def by_set_url(key: tokens.Key, folder: pathlib.Path, issuer: Issuer) -> Block:
    issuer.publish(key)
    return {"jwks_url": issuer.url}


CASES = [
    *((algorithm, way) for algorithm in tokens.SYMMETRIC for way in (by_secret, by_set_file)),
    *(
        (algorithm, way)
        for algorithm in tokens.ASYMMETRIC
        for way in (by_pem_file, by_set_file, by_set_url)
    ),
]


@pytest.fixture
def protect(serve, origin, issuer, tmp_path) -> Callable[..., Proxy]:
    def start(key: tokens.Key, way: Callable[..., Block]) -> Proxy:
        jwt = {"algorithm": key.algorithm} | way(key, tmp_path, issuer)
        proxy = serve(document(origin_bucket(origin, auth={"enabled": True, "jwt": jwt})))
        waiting.eventually(lambda: proxy.get("/ready").status == 200, "it is ready")
        return proxy

    return start


def encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def forged(token: str) -> str:
    """The same with one bit of the signature turned."""
    head, payload, signature = token.split(".")
    first = "B" if signature[0] == "A" else "A"
    return ".".join((head, payload, first + signature[1:]))


@pytest.mark.parametrize(
    ("algorithm", "way"), CASES, ids=[f"{algorithm}-{way.__name__}" for algorithm, way in CASES]
)
def test_a_token_of_either_library_is_taken(protect, algorithm, way):
    key = tokens.key(algorithm)
    proxy = protect(key, way)

    for library, mint in tokens.MINTERS.items():
        for header in ({}, {"typ": None}, {"kid": None}):
            token = mint(key, tokens.claims(), **header)

            assert proxy.get("/files/key", tokens.bearer(token)).status == 200, (library, header)
            assert proxy.get("/files/key", tokens.bearer(forged(token))).status == 401, library


@pytest.mark.parametrize("algorithm", tokens.ALGORITHMS)
def test_a_token_of_another_key_is_not(protect, algorithm):
    way = by_secret if algorithm in tokens.SYMMETRIC else by_pem_file
    proxy = protect(tokens.key(algorithm), way)
    stranger = tokens.key(algorithm, "stranger")

    for mint in tokens.MINTERS.values():
        token = mint(stranger, tokens.claims(), kid="one")

        assert proxy.get("/files/key", tokens.bearer(token)).status == 401


def test_no_algorithm_but_the_configured_one_is_taken(protect):
    """Of one RSA key, too, which could verify six."""
    key = tokens.key("RS256")
    proxy = protect(key, by_pem_file)

    for algorithm in ("RS384", "RS512", "PS256", "PS384", "PS512"):
        other = tokens.Key(algorithm, key.kid, key.private, key.public)

        assert proxy.get("/files/key", tokens.bearer(tokens.mint(other))).status == 401, algorithm


def test_a_public_key_is_no_secret(protect):
    """The oldest forgery: HS256 with the PEM file's bytes as the secret."""
    key = tokens.key("RS256")
    proxy = protect(key, by_pem_file)

    # By hand: both libraries refuse to be used for it.
    parts = [{"alg": "HS256", "typ": "JWT", "kid": key.kid}, tokens.claims()]
    signed = b".".join(encode(json.dumps(part).encode()) for part in parts)
    for secret in (key.public, key.public.strip()):
        token = signed + b"." + encode(hmac.digest(secret, signed, "sha256"))

        assert proxy.get("/files/key", tokens.bearer(token.decode())).status == 401

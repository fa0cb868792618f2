"""Checks an AWS Signature Version 4 as a server does: a second opinion on what was sent."""

import hashlib
import hmac
import re
import urllib.parse

from support.origin import Request

EMPTY_HASH = hashlib.sha256(b"").hexdigest()
_SAFE = "-_.~"


def encoded_key(key: bytes) -> str:
    """A key as it must stand on the wire: encoded once by S3's rule."""
    return urllib.parse.quote(key, safe=_SAFE + "/")


def check(request: Request, access_key: str, secret_key: str, region: str) -> None:
    authorization = request.header("Authorization") or ""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
        authorization,
    )
    assert found, f"no SigV4 header: {authorization!r}"
    key_id, day, signed_region, signed, signature = found.groups()
    assert (key_id, signed_region) == (access_key, region)
    names = signed.split(";")
    assert names == sorted(names), "the signed headers are not in order"
    amz = {name for name in request.names if name.startswith("x-amz-")}
    assert amz | {"host"} <= set(names), f"not signed: {amz | {'host'} - set(names)}"
    stamp = request.header("X-Amz-Date") or ""
    assert stamp.startswith(day)
    assert request.header("X-Amz-Content-Sha256") == EMPTY_HASH

    to_sign = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            stamp,
            f"{day}/{region}/s3/aws4_request",
            hashlib.sha256(_canonical(request, names).encode()).hexdigest(),
        ]
    )
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    expected = hmac.digest(key, to_sign.encode(), "sha256").hex()
    assert signature == expected, f"wrong signature for {request.target}"


def _canonical(request: Request, names: list[str]) -> str:
    path, _, query = request.target.partition("?")
    assert path == encoded_key(urllib.parse.unquote_to_bytes(path)), f"not encoded once: {path}"
    pairs = sorted(
        tuple(urllib.parse.quote(urllib.parse.unquote_to_bytes(part), safe=_SAFE) for part in pair)
        for pair in (piece.partition("=")[::2] for piece in query.split("&") if piece)
    )
    headers = "".join(
        f"{name}:{' '.join((request.header(name) or '').split())}\n" for name in names
    )
    return "\n".join(
        [
            request.method,
            path,
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(names),
            EMPTY_HASH,
        ]
    )

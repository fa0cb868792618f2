"""Secrets in every place where one can be: none is in a byte that the process writes, nor on an admin page."""

import copy
import json

import jwt
import pytest

from support import answers, waiting
from support.configuration import cached_document
from support.http1 import request_bytes
from support.origin import InTurn, say, say_and_close

SECRET_KEY = "SECRETkey0001/abcdefghijklmnop"
SESSION = "SECRETsession0002/abcdefghijklmnop"
JWT_SECRET = "SECRETjwt0003-0123456789abcdefghij"
OLD_JWT_SECRET = "SECRETold0004-0123456789abcdefghij"
ADMIN = "SECRETadmin0005"
CLIENT = "SECRETclient0006"
ROTATED = "SECRETrotated0007"
MARK = b"SECRET"


def configuration(origin, **s3):
    keys = {
        "algorithm": "HS256",
        "secret": JWT_SECRET,
        "previous_secrets": [OLD_JWT_SECRET],
        "token_sources": [
            {"type": "header", "name": "Authorization", "prefix": "Bearer "},
            {"type": "query", "name": "token"},
            {"type": "cookie", "name": "session"},
        ],
        "claims": [{"claim": "role", "operator": "equals", "value": "reader"}],
    }
    made = cached_document(
        origin,
        s3={"secret_key": SECRET_KEY, "session_token": SESSION, **s3},
        auth={"enabled": True, "jwt": keys},
    )
    made["admin"] |= {"token": ADMIN}
    made["logging"] = {"level": "debug"}
    return made


def tokens():
    for secret in (JWT_SECRET, OLD_JWT_SECRET, "another-secret-0123456789abcdefghij"):
        for role in ("reader", "other"):
            yield jwt.encode({"sub": "a", "role": role}, secret, "HS256")
    yield CLIENT
    yield "a." + CLIENT + ".c"


def places(token):
    """A request with the token wherever one could be."""
    yield request_bytes("GET", "/files/key", [("Authorization", f"Bearer {token}")])
    yield request_bytes("GET", "/files/key", [("Authorization", f"Basic {token}")])
    yield request_bytes("GET", f"/files/key?token={token}&other={CLIENT}")
    yield request_bytes("GET", "/files/key", [("Cookie", f"session={token}; other={CLIENT}")])
    yield request_bytes("GET", "/files/key", [("X-Amz-Security-Token", token)])
    yield request_bytes("PUT", f"/files/key?token={token}", [("Authorization", token)])
    yield b"GET /files/key?token=" + token.encode() + b" HTTP/9.9\r\nHost: h\r\n\r\n"
    yield b"GET /files/%zz?token=" + token.encode() + b" HTTP/1.1\r\nHost: h\r\n\r\n"
    yield b"GET /files/key HTTP/1.1\r\nHost: h\r\nAuthorization : " + token.encode() + b"\r\n\r\n"


@pytest.mark.http1
def test_no_secret_is_in_anything_that_is_written(serve, origin):
    bearer = [("Authorization", f"Bearer {ADMIN}")]
    proxy = serve(configuration(origin))
    seen = set()
    for script in (
        say(answers.cacheable(b"body")),
        say(answers.error("403 Forbidden", "SignatureDoesNotMatch", extra=f"<S>{SECRET_KEY}</S>")),
        say(answers.error("403 Forbidden", "InvalidToken")),
        # In the code, in the words about it, in the region and in the request's name.
        say(answers.error("500 Oops", SECRET_KEY, extra=f"<Region>{SESSION}</Region>")),
        say(answers.error("400 Bad", f"Not {SESSION}", request_id=SECRET_KEY)),
        say_and_close(b""),
        say(b"not HTTP " + SESSION.encode() + b"\r\n\r\n"),
        InTurn(say(answers.stale(b"old")), say(answers.not_modified())),
    ):
        origin.script = script
        for token in tokens():
            for raw in places(token):
                seen.add(token)
                with proxy.connect() as connection:
                    connection.send(raw)
                    connection.read_answer()
    reached = b"".join(request.raw for request in origin.requests).decode()
    assert not [token for token in seen if token in reached]

    pages = b""
    for method, path in (
        ("GET", "/admin/config"),
        ("GET", "/admin/status"),
        ("GET", "/admin/explain?url=/files/key"),
        ("GET", "/metrics"),
        ("GET", "/admin/cache/stats"),
        ("POST", "/admin/reload"),
        ("GET", "/health"),
    ):
        answer = proxy.admin(method, path, bearer)
        assert answer.status in (200, 503), (path, answer)
        pages += answer.body
    body = json.dumps({"url": "/files/key", "token": next(tokens())}).encode()
    pages += proxy.admin("POST", "/admin/explain", bearer, body).body
    for wrong in (CLIENT, ADMIN[:-1], ""):
        pages += proxy.admin("GET", "/admin/config", [("Authorization", f"Bearer {wrong}")]).body

    rotated = copy.deepcopy(configuration(origin, secret_key=ROTATED))
    proxy.write(rotated)
    pages += proxy.admin("POST", "/admin/reload", bearer).body
    broken = configuration(origin, secret_key=[ROTATED], session_token={ROTATED: 1})
    proxy.write(broken)
    answer = proxy.admin("POST", "/admin/reload", bearer)
    assert answer.status == 422
    proxy.wait_for_line(
        lambda line: line["message"] == "the configuration was not reloaded", "the problem"
    )
    waiting.eventually(lambda: len(proxy.access_lines()) >= 8 * 8 * 9, "every access line")

    written = proxy.process.output()
    assert len(written) > 100_000
    assert MARK not in written
    assert MARK not in pages
    for token in seen:
        assert token.encode() not in written
        assert token.encode() not in pages

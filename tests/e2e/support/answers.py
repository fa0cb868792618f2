"""What a scripted origin says, as bytes."""

import email.utils
import time

from support.http1 import Headers

ETAG = '"5d41402abc4b2a76b9719d911017c592"'
DATE = "Mon, 02 Nov 2026 10:00:00 GMT"
LAST_MODIFIED = "Sun, 01 Nov 2026 10:00:00 GMT"


def raw(status_line: str, headers: Headers, body: bytes = b"") -> bytes:
    lines = [status_line, *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def ok(body: bytes = b"hello", headers: Headers = (), status: str = "200 OK") -> bytes:
    """A whole answer as S3 sends it; `headers` replace or extend the usual ones."""
    fields = {
        "Date": DATE,
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(body)),
        "ETag": ETAG,
        "Last-Modified": LAST_MODIFIED,
        "Accept-Ranges": "bytes",
    }
    given = list(headers)
    taken = {name.lower() for name, _ in given}
    usual = [(name, value) for name, value in fields.items() if name.lower() not in taken]
    return raw(f"HTTP/1.1 {status}", usual + given, body)


def date(seconds_from_now: float = 0) -> str:
    return email.utils.formatdate(time.time() + seconds_from_now, usegmt=True)


def cacheable(
    body: bytes = b"hello",
    cache_control: str | None = "max-age=600",
    headers: Headers = (),
    seconds_from_now: float = 0,
) -> bytes:
    """A whole answer as S3 sends it now, or at another time; fresh for ten minutes."""
    fields = [("Date", date(seconds_from_now))]
    if cache_control is not None:
        fields.append(("Cache-Control", cache_control))
    return ok(body, [*fields, *headers])


def stale(body: bytes = b"hello", directives: str = "", headers: Headers = ()) -> bytes:
    """The same, a minute too old when it comes."""
    cache_control = ", ".join(part for part in ("max-age=60", directives) if part)
    return cacheable(body, cache_control, [("Age", "120"), *headers])


def not_modified(headers: Headers = (), etag: str | None = ETAG) -> bytes:
    """S3's 304, of now."""
    fields = [("Date", date())] + ([("ETag", etag)] if etag else [])
    return raw("HTTP/1.1 304 Not Modified", [*fields, *headers])


def chunked(pieces: list[bytes], headers: Headers = (), end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end
    fields = [("Date", DATE), ("ETag", ETAG), ("Transfer-Encoding", "chunked"), *headers]
    return raw("HTTP/1.1 200 OK", fields, body)


def xml(code: str, extra: str = "", request_id: str = "S3REQUEST0001") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
        f"<Message>Internal words about {code}</Message><Resource>/secret-bucket/inner</Resource>"
        f"<HostId>inner-host-id</HostId><RequestId>{request_id}</RequestId>{extra}</Error>"
    ).encode()


def error(
    status: str,
    code: str,
    headers: Headers = (),
    extra: str = "",
    request_id: str = "S3REQUEST0001",
) -> bytes:
    """S3's own kind of error: status, XML with the code."""
    body = xml(code, extra, request_id)
    fields = [
        ("Date", DATE),
        ("Content-Type", "application/xml"),
        ("x-amz-request-id", request_id),
        ("x-amz-id-2", "inner-host-id"),
        ("Content-Length", str(len(body))),
        *headers,
    ]
    return raw(f"HTTP/1.1 {status}", fields, body)


def bodiless(status: str, headers: Headers = ()) -> bytes:
    return raw(f"HTTP/1.1 {status}", [("Date", DATE), ("Content-Length", "0"), *headers])

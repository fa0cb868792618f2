"""A browser loads a page with a hundred images over HTTP/2 and TLS: all of them, over one connection."""

import base64
import collections
import hashlib
import json
import pathlib
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from support import images
from support.configuration import CACHE, NO_CACHE, document, store_bucket
from support.metrics import page_of
from support.programs import run_program
from support.tls import Identity

pytestmark = pytest.mark.http1  # A client of its own.

IMAGES = 100
# The tag of the icon keeps the browser from asking for one on its own.
PAGE = """<!doctype html>
<title>not loaded</title>
<link rel="icon" href="data:,">
%s
<script>
addEventListener("load", () => {
  const whole = [...document.images].filter(
    (image, number) => image.complete && image.naturalWidth === 100 + number);
  document.title = `${whole.length} whole`;
});
</script>
"""
# What a browser does of its own accord, and what it wants of the machine.
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
]


@pytest.fixture(scope="module")
def bucket(one_store) -> str:
    """The page and its images: number n is 100 + n pixels wide, and of 10 to 20 KB."""
    name = one_store.make_bucket()

    def put(key: str, body: bytes, kind: str) -> None:
        one_store.client().put_object(Bucket=name, Key=key, Body=body, ContentType=kind)

    tags = "\n".join(f'<img src="images/{number}.png">' for number in range(IMAGES))
    put("index.html", (PAGE % tags).encode(), "text/html")
    for number in range(IMAGES):
        put(f"images/{number}.png", images.png(100 + number, 100, number), "image/png")
    return name


def key_digest(identity: Identity) -> str:
    """Of the certificate's public key, as the browser's option wants it."""
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def load(url: str, identity: Identity, folder: pathlib.Path) -> tuple[str, list[int]]:
    """The document when everything in it has been loaded, and over which sessions of HTTP/2 that was: how
    many requests each took."""
    journal = folder / "journal.json"
    shown = run_program(
        "chromium",
        *QUIET,
        f"--user-data-dir={folder / 'profile'}",
        f"--ignore-certificate-errors-spki-list={key_digest(identity)}",
        f"--log-net-log={journal}",
        "--dump-dom",
        url,
    ).decode()
    return shown, requests_of_sessions(json.loads(journal.read_text()))


def requests_of_sessions(journal: dict) -> list[int]:
    """Of Chromium's own account of what went over the network."""
    sent = journal["constants"]["logEventTypes"]["HTTP2_SESSION_SEND_HEADERS"]
    sessions = [event["source"]["id"] for event in journal["events"] if event["type"] == sent]
    return list(collections.Counter(sessions).values())


@pytest.mark.parametrize("cache", [NO_CACHE, CACHE], ids=["uncached", "cached"])
def test_a_page_and_its_images_are_loaded_over_one_connection(
    serve, one_store, bucket, tmp_path, cache
):
    identity = Identity(tmp_path, "localhost", "127.0.0.1")
    site = store_bucket(one_store, bucket, prefix="/site", index_document="index.html")
    proxy = serve(document(site, cache=cache, server={"tls": identity.block}))

    shown, sessions = load(f"https://127.0.0.1:{proxy.port}/site/", identity, tmp_path)

    title = re.search("<title>(.*)</title>", shown)
    assert title and title[1] == f"{IMAGES} whole", shown[:1000]
    proxy.wait_for_line(lambda _: len(proxy.access_lines()) > IMAGES, "a line for each request")
    lines = proxy.access_lines()
    assert len(lines) == IMAGES + 1
    assert {(line["protocol"], line["status"]) for line in lines} == {("HTTP/2", 200)}
    assert len({line["path"] for line in lines}) == IMAGES + 1
    assert sessions == [IMAGES + 1]
    page = page_of(proxy)
    # One, and another that is not used where the first was slow to open.
    assert page.sum("http_connections_total", protocol="http/2") in (1, 2)
    assert page.sum("http_connections_total", protocol="http/1") == 0

"""h2spec: every rule of RFC 9113 and RFC 7541 that it knows, strict ones included."""

import re
import subprocess

import pytest

from support import answers, places
from support.configuration import CACHE, document, origin_bucket
from support.origin import say

pytestmark = pytest.mark.http1  # A client of its own.

H2SPEC = "h2spec-2.2.1"


@pytest.mark.parametrize(("options", "cases"), [((), 145), (("--strict",), 146)], ids=["", "strict"])
def test_every_case_passes(serve, origin, transport, options, cases):
    origin.script = say(answers.cacheable(b"more than a few bytes"))
    bucket = origin_bucket(origin, prefix="/", index_document="index.html")
    proxy = serve(document(bucket, cache=CACHE, server=transport.server))
    command = [places.tool(H2SPEC), "-h", "127.0.0.1", "-p", str(proxy.port), "-o", "5", *options]
    if transport.identity is not None:
        command += ["--tls", "--insecure"]

    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=100,
    )

    summary = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", done.stdout)
    assert summary, done.stdout + done.stderr
    assert summary.groups() == (str(cases), str(cases), "0", "0"), done.stdout.partition("Failures")[2]

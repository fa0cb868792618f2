"""The byte-exact cases of HTTP/2 that others wrote: frames, header compression, messages."""

import concurrent.futures
import functools

import pytest

from support import places
from support.configuration import CACHE, document, origin_bucket
from support.http2_vectors import failure, load

VECTORS = places.others_vectors("http2/frames.json")
WORKERS = 8

pytestmark = [
    pytest.mark.http1,  # Clients of its own.
    pytest.mark.skipif(
        not VECTORS.exists(),
        reason="no imported HTTP/2 vectors: set YATAGARASU_VECTORS to their folder",
    ),
]


@pytest.fixture
def proxy(serve, origin, transport):
    """With a body of more than four octets at /, at hand."""
    bucket = origin_bucket(origin, prefix="/", index_document="index.html")
    server = {"threads": 1, **transport.server}
    made = serve(document(bucket, cache=CACHE, server=server))
    with transport.http2(made) as connection:
        assert connection.get("/") == (200, b"hello")
    return made


def test_every_case_has_an_outcome_that_it_allows(proxy, origin, transport):
    cases = [case for case in load(VECTORS) if case["category"] != "attack"]

    dial = functools.partial(transport.http2, proxy)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        wrong = list(pool.map(lambda case: failure(dial, case), cases))

    complaints = [complaint for complaint in wrong if complaint]
    assert not complaints, f"{len(complaints)} of {len(cases)}:\n" + "\n".join(complaints)
    with dial() as connection:
        assert connection.get("/") == (200, b"hello")
    hosts = {request.header("Host") for request in origin.requests}
    assert "b.test" not in hosts

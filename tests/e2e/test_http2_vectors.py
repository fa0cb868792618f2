"""The byte-exact cases of HTTP/2 that others wrote: frames, header compression, messages."""

import concurrent.futures

import pytest

from support import answers, http2_vectors, places
from support.configuration import CACHE, document, origin_bucket
from support.http2_vectors import failure, load

VECTORS = places.others_vectors("http2/frames.json")
WORKERS = 8

pytestmark = pytest.mark.skipif(
    not VECTORS.exists(), reason="no imported HTTP/2 vectors: set YATAGARASU_VECTORS to their folder"
)


@pytest.fixture
def proxy(serve, origin):
    """With a body of more than four octets at /, at hand."""
    bucket = origin_bucket(origin, prefix="/", index_document="index.html")
    made = serve(document(bucket, cache=CACHE, server={"threads": 1}))
    assert made.get("/").body == b"hello"
    return made


def test_every_case_has_an_outcome_that_it_allows(proxy, origin):
    cases = [case for case in load(VECTORS) if case["category"] != "attack"]

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        wrong = list(pool.map(lambda case: failure(proxy.address, case), cases))

    complaints = [complaint for complaint in wrong if complaint]
    assert not complaints, f"{len(complaints)} of {len(cases)}:\n" + "\n".join(complaints)
    assert proxy.get("/").status == 200
    hosts = {request.header("Host") for request in origin.requests}
    assert "b.test" not in hosts

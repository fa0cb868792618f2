"""Raw requests, smuggling included: each gets the verdict of RFC 9112, however it is split."""

import concurrent.futures

import pytest

from support import answers, places
from support.configuration import document, origin_bucket
from support.http1_vectors import SENTINEL_BODY, Runner, load
from support.origin import Origin
from support.transport import Transport

pytestmark = pytest.mark.http1  # Exact bytes.

# Preferred otherwise by the vectors, decided by the specification: any byte of a key may come
# percent-encoded, a fragment is cut off, square brackets stand for themselves.
DECIDED = {
    "rl-target-fragment",
    "rl-target-pct-overlong",
    "rl-target-pct-utf8-bad",
    "rl-target-square",
}
# Begins HTTP/2, and is served it: test_http2.py.
OTHER_PROTOCOL = {"pri-h2-preface"}
OTHERS = places.others_vectors("http1/imported.json")
WORKERS = 16


def script(exchange) -> None:
    sentinel = exchange.request.target.endswith("/sentinel")
    body = SENTINEL_BODY if sentinel else b"ok"
    answer = answers.ok(body)
    exchange.send(answer[: -len(body)] if exchange.request.method == "HEAD" else answer)


def run(serve, cases: list[dict], transport: Transport) -> None:
    """Plays all cases, a share per worker, each with a proxy and an origin of its own."""
    cases = [case for case in cases if case["id"] not in OTHER_PROTOCOL]
    for case in cases:
        if case["id"] in DECIDED:
            case.pop("prefer")
    origins = [Origin(script) for _ in range(WORKERS)]
    server = {"threads": 1, "timeouts": {"header": "10s"}, **transport.server}
    proxies = [
        serve(document(origin_bucket(origin, prefix="/"), server=server)) for origin in origins
    ]
    for proxy in proxies:
        proxy.tls = transport.identity.client() if transport.identity else None
    runners = [Runner(proxy, origin) for proxy, origin in zip(proxies, origins, strict=True)]

    def work(number: int) -> None:
        for case in cases[number::WORKERS]:
            runners[number].run(case)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))

    wrong = [complaint for runner in runners for complaint in runner.wrong]
    never = {path for case in cases for path in case.get("never_upstream", [])}
    for proxy, origin in zip(proxies, origins, strict=True):
        wrong += [
            f"{line['path']} is in the access log"
            for line in proxy.access_lines()
            if line.get("path") in never
        ]
        origin.end()
    assert not wrong, f"{len(wrong)} complaints about {len(cases)} cases:\n" + "\n".join(wrong)
    preferred = sum(runner.preferred for runner in runners)
    kept = sum(runner.preferred_kept for runner in runners)
    let_pass = "\n".join(sorted(case for runner in runners for case in runner.let_pass))
    assert kept >= 0.95 * preferred, f"{kept} of {preferred} doubtful requests refused:\n{let_pass}"


def test_the_projects_own_vectors_hold(serve, transport):
    run(serve, load(places.own_vectors("http1/own.json")), transport)


@pytest.mark.skipif(
    not OTHERS.exists(), reason="no imported HTTP/1 vectors: set YATAGARASU_VECTORS to their folder"
)
def test_the_imported_vectors_hold(serve, transport):
    run(serve, load(OTHERS), transport)

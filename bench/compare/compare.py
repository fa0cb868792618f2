#!/usr/bin/env python3
"""Compares the proxy with its peers, side by side, case by case.

    compare.py [--case miss1k ...] [--only proxy nginx ...] [--rounds 3] [--seconds 4] [--binary PATH] [--json FILE]

Every contender is measured in turn, round after round, so that drift of the machine falls on all alike; printed are the
medians, and each peer's processor time as a multiple of the proxy's. `floor` is the least a server can do here
(floor.cc), `copy-floor` and `splice-floor` the least a proxy can (floor_proxy.cc). The proxy and Traffic Server sign what
they send on, which is checked; the others only forward. A contender that is not installed is left out.
"""
import argparse
import dataclasses
import json
import pathlib
import socket
import statistics
import subprocess
import sys

import contenders
from measure import Running, Sample, any_certificate, fetch, fetch_http2, fetch_with_headers, h2load, load, wrk


@dataclasses.dataclass
class Case:
    path: str
    connections: int
    about: str
    object: str = ""  # What of the origin's bucket the answer must be.
    handshakes: str = ""  # A connection each: full or resumed.
    streams: int = 0  # Of HTTP/2, at once on each connection; 0: HTTP/1.1.


CASES = {
    "local": Case("/health", 64, "a small answer made by the server itself, HTTP/1.1 keep-alive"),
    "hit1k": Case("/hit/1k.txt", 64, "1 KiB from the cache", "1k.txt"),
    "h2hit1k": Case("/hit/1k.txt", 16, "1 KiB from the cache, HTTP/2, 16 connections with 32 streams each", "1k.txt", streams=32),
    "hit64k": Case("/hit/64k.bin", 64, "64 KiB from the cache", "64k.bin"),
    "jwt1k": Case("/jwt/1k.txt", 64, "1 KiB from the cache for who has a token (HS256)", "1k.txt"),
    "miss1k": Case("/miss/1k.txt", 64, "1 KiB from the origin", "1k.txt"),
    "miss1m": Case("/miss/1m.bin", 16, "1 MiB streamed from the origin", "1m.bin"),
    "miss100m": Case("/miss/100m.bin", 4, "100 MiB streamed from the origin", "100m.bin"),
    "tlsfull": Case("/hit/1k.txt", 8, "a connection for 1 KiB from the cache: full TLS 1.3 handshake, P-256", "1k.txt", "full"),
    "tlsresumed": Case("/hit/1k.txt", 8, "the same with the session of an earlier one", "1k.txt", "resumed"),
    "tlshit1k": Case("/hit/1k.txt", 64, "1 KiB from the cache over TLS, AES-128-GCM, keep-alive", "1k.txt"),
    "tlsmiss100m": Case("/miss/100m.bin", 4, "100 MiB streamed from the origin over TLS, AES-128-GCM", "100m.bin"),
}
TLS = {case for case in CASES if case.startswith("tls")}
CIPHER = "TLS_AES_128_GCM_SHA256"  # Of all who take part in those.
PLAIN = set(CASES) - TLS
MISSES = {case for case in CASES if case.startswith("miss")}
# Who takes part in which cases, where it is not all of them.
HITS = {"hit1k", "hit64k", "jwt1k", "tlshit1k"}
HTTP2 = {"h2hit1k"}
FLOORS = {"floor": "local", "floor-1k": "hit1k", "floor-64k": "hit64k"}
TAKES_PART = {
    "copy-floor": MISSES, "splice-floor": MISSES, "trafficserver": MISSES,
    "proxy": PLAIN, "proxy-no-log": PLAIN, "nginx": PLAIN - {"jwt1k"}, "nghttpd": HTTP2, "haproxy": PLAIN - {"jwt1k"} - HTTP2, "varnish": MISSES | {"hit1k", "hit64k"},
    "proxy-tls": TLS, "nginx-tls": TLS,
} | {name: {case} for name, case in FLOORS.items()}
SIGNS = {"proxy", "trafficserver"}


def url_of(running, path, http2=False):
    # The floors forward bytes as they are, so the client names the origin's path; nghttpd serves the bucket's files.
    name = running.contender.name
    if name.endswith("-floor"):
        path = path.replace("/miss/", "/bucket/")
    return running.contender.url(path.removeprefix("/hit") if name == "nghttpd" else path, http2)


def headers_of(case):
    return {"Authorization": f"Bearer {contenders.token()}"} if case == "jwt1k" else {}


def check(running, cases):
    """That the contender does what it is measured for."""
    if TLS & set(cases):
        with socket.create_connection(("127.0.0.1", running.contender.port)) as plain:
            with any_certificate().wrap_socket(plain) as secured:
                if secured.cipher()[0] != CIPHER:
                    raise RuntimeError(f"it speaks {secured.cipher()[0]}")
    for case in cases:
        url = url_of(running, CASES[case].path, case in HTTP2)
        got = fetch_http2(url) if case in HTTP2 else fetch(url, headers_of(case))
        if running.contender.name in {"proxy", "proxy-tls"} and case in HITS:
            again, headers = fetch_with_headers(url, headers_of(case))
            if again != got or headers["X-Cache"] != "HIT":
                raise RuntimeError(f"{case} is not answered from the cache")
        if running.contender.name in FLOORS:
            continue  # It answers with what it has.
        if CASES[case].object and got != (contenders.WORK / "www/bucket" / CASES[case].object).read_bytes():
            raise RuntimeError(f"the answer to {case} is not the origin's object")
    if running.contender.name in SIGNS and MISSES & set(cases):
        sent = fetch(url_of(running, "/miss/authorization")).decode()
        if not sent.startswith("AWS4-HMAC-SHA256 "):
            raise RuntimeError(f"its requests to the origin are not signed: {sent!r}")


def measure(running, case, seconds):
    if CASES[case].handshakes:
        program = contenders.compiled("tls_load", "-lssl", "-lcrypto")
        command = [program, running.contender.port, CASES[case].path, CASES[case].handshakes]
        load(*command, CASES[case].connections, 1)
        return running.cost_of(lambda: load(*command, CASES[case].connections, seconds))
    url = url_of(running, CASES[case].path, case in HTTP2)
    if case in HTTP2:
        h2load(url, CASES[case].connections, CASES[case].streams, 1)
        return running.cost_of(lambda: h2load(url, CASES[case].connections, CASES[case].streams, seconds))
    wrk(url, CASES[case].connections, 1, headers_of(case))
    return running.cost_of(lambda: wrk(url, CASES[case].connections, seconds, headers_of(case)))


def measure_round(known, options, samples):
    for name, make in known.items():
        cases = [case for case in options.case if case in TAKES_PART.get(name, CASES)]
        if not cases:
            continue
        try:
            with Running(make(), contenders.WORK) as running:
                check(running, cases)
                for case in cases:
                    samples.setdefault(case, {}).setdefault(name, []).append(measure(running, case, options.seconds))
            if name == "proxy" and MISSES & set(cases) and not contenders.logged_requests():
                raise RuntimeError("it wrote no access log")
        except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
            print(f"{name}: {error}", file=sys.stderr)


def medians(samples):
    numbers = [field.name for field in dataclasses.fields(Sample) if field.name != "problem"] + ["cpu_us"]
    result = {number: statistics.median(getattr(sample, number) for sample in samples) for number in numbers}
    return result | {"problem": next((sample.problem for sample in samples if sample.problem), "")}


def report(case, results):
    print(f"\n{case}: {CASES[case].about}")
    print(f"  {'':14s} {'CPU us':>10s} {'user':>9s} {'system':>10s} {'req/s':>9s} {'p99 ms':>8s} {'peak MB':>8s}  of the proxy")
    base = results.get("proxy-tls" if case in TLS else "proxy", {}).get("cpu_us")
    for name, result in results.items():
        ratio = f"x{result['cpu_us'] / base:.2f}" if base else ""
        print(f"  {name:14s} {result['cpu_us']:10.2f} {result['user_us']:9.2f} {result['system_us']:10.2f}"
              f" {result['requests_per_s']:9.0f} {result['p99_ms']:8.2f} {result['peak_mb']:8.0f}  {ratio}"
              + (f"  PROBLEM: {result['problem']}" if result["problem"] else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--only", nargs="+", default=[], metavar="CONTENDER")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--binary", default="build/release/yatagarasu")
    parser.add_argument("--json", type=pathlib.Path, help="also write the medians here: {case: {contender: {cpu_us, ...}}}")
    options = parser.parse_args()

    contenders.prepare()
    known = contenders.known(options.binary)
    unknown = set(options.only) - set(known)
    if unknown:
        parser.error(f"cannot run {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    known = {name: make for name, make in known.items() if not options.only or name in options.only}
    samples = {}
    with Running(contenders.origin(), contenders.WORK, cpu="1"):
        for _ in range(options.rounds):
            measure_round(known, options, samples)
    results = {case: {name: medians(taken) for name, taken in by_name.items()} for case, by_name in samples.items()}
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    for case, by_name in results.items():
        report(case, by_name)
    sys.exit(0 if results else 1)


if __name__ == "__main__":
    main()

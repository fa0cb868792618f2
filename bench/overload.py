#!/usr/bin/env python3
"""What the proxy does when twice as much is asked of it as it can do: what it still does, and what a refusal costs.

    bench/overload.py [--seconds 5] [--binary PATH]

One event loop on a processor of its own, S3 and the load on the other. Capacity is what as many clients get as requests
may be in flight, each asking again when it has its answer; then twice that many requests a second are sent whatever
comes back. Once S3 is the limit, which takes 20 ms for each answer, once the processor: 1 MiB streamed from nginx, the
proxy's part of the processor cut to QUOTA by a control group (root), or else the load would be the limit. A refusal's
cost is measured with the only slot taken.
"""
import argparse
import asyncio
import contextlib
import multiprocessing
import os
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "compare"))

import contenders  # noqa: E402
from measure import LOAD_CPU, Contender, Running, number, output_of, wrk  # noqa: E402

IN_FLIGHT = 64
CLIENTS = 512
PORT, SLOW_PORT = 9906, 9913
PERIOD_US, QUOTA = 5000, 0.25
SLOW_MS = 20
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n" + b"x" * 1024


def proxy(binary, max_requests, origin_port=contenders.ORIGIN_PORT):
    """The proxy of the comparison, but for those."""
    path = pathlib.Path(contenders.config("yatagarasu.yaml", "overload.yaml"))
    text = path.read_text().replace("threads: 1 }", f"threads: 1, max_requests: {max_requests} }}")
    assert "max_requests" in text
    path.write_text(text.replace(f":{contenders.ORIGIN_PORT}", f":{origin_port}"))
    return Contender("overload", [binary, "serve", "-c", str(path)], PORT)


class SlowStore(asyncio.Protocol):
    """Answers each request with 1 KiB, some time after its head has come."""

    def connection_made(self, transport):
        self.transport, self.received = transport, b""

    def data_received(self, data):
        self.received += data
        while b"\r\n\r\n" in self.received:
            self.received = self.received.partition(b"\r\n\r\n")[2]
            asyncio.get_running_loop().call_later(SLOW_MS / 1000, self.transport.write, ANSWER)

    @classmethod
    def serve(cls):
        os.sched_setaffinity(0, {int(LOAD_CPU)})

        async def run():
            server = await asyncio.get_running_loop().create_server(cls, "127.0.0.1", SLOW_PORT, backlog=1024)
            await server.serve_forever()

        asyncio.run(run())


@contextlib.contextmanager
def slow_store():
    process = multiprocessing.Process(target=SlowStore.serve, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


@contextlib.contextmanager
def part_of_the_processor(pid):
    """Version 1 or 2 of control groups."""
    root = pathlib.Path("/sys/fs/cgroup")
    old = root / "cpu"
    group = (old if old.exists() else root) / "yatagarasu-bench"
    group.mkdir(exist_ok=True)
    try:
        if old.exists():
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(int(PERIOD_US * QUOTA)))
        else:
            (group / "cpu.max").write_text(f"{int(PERIOD_US * QUOTA)} {PERIOD_US}")
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        (group.parent / "cgroup.procs").write_text(str(pid))
        group.rmdir()


class Asked:
    """What came of asking for some seconds: as fast as answers come, or `rate` times a second."""

    def __init__(self, path, clients, seconds, rate=0):
        out = output_of(contenders.compiled("paced_load"), PORT, path, f"{rate:.1f}", clients, seconds)
        self.good = number(r"answers 200, ([\d.]+)/s", out)
        self.refused = number(r"answers 503, ([\d.]+)/s", out)
        self.lost = number(r"(\d+) lost", out) + number(r"(\d+) unsent", out)
        self.p99_ms = number(r"p99 ([\d.]+) ms", out)

    def __str__(self):
        return (f"{self.good:.0f} good requests/s, p99 of those {self.p99_ms:.2f} ms,"
                f" {self.refused:.0f}/s refused with 503, {self.lost:.0f} lost or not sent")


def cost_of_refusal(binary, seconds):
    with Running(proxy(binary, 1), contenders.WORK) as running:
        with socket.create_connection(("127.0.0.1", PORT)) as held:
            held.sendall(b"GET /miss/100m.bin HTTP/1.1\r\nHost: h\r\n\r\n")
            held.recv(1)
            time.sleep(0.5)  # Its buffers are full; nobody reads on.
            url = running.contender.url("/hit/1k.txt")
            refused = running.cost_of(lambda: wrk(url, 64, seconds, {}))
    assert re.search(rf"Non-2xx or 3xx responses: {refused.requests}\b", refused.problem), refused.problem
    return refused


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--binary", default="build/release/yatagarasu")
    options = parser.parse_args()

    contenders.prepare()

    def twice(what, path):
        Asked(path, IN_FLIGHT, 1)
        able = Asked(path, IN_FLIGHT, options.seconds)
        print(f"{what}: {able}")
        asked = Asked(path, CLIENTS, options.seconds, 2 * able.good)
        print(f"  twice that: {asked}: {100 * asked.good / able.good:.1f} % of it")

    with slow_store(), Running(proxy(options.binary, IN_FLIGHT, SLOW_PORT), contenders.WORK):
        twice("what S3 can do", "/miss/1k.txt")
    with Running(contenders.origin(), contenders.WORK, cpu="1"):
        with Running(proxy(options.binary, IN_FLIGHT), contenders.WORK) as running:
            with part_of_the_processor(running.process.pid):
                twice("what the processor can do", "/miss/1m.bin")
        print(f"a refusal: {cost_of_refusal(options.binary, options.seconds).cpu_us:.2f} us of the processor")
        with Running(proxy(options.binary, IN_FLIGHT), contenders.WORK) as running:
            url = running.contender.url("/hit/1k.txt")
            wrk(url, 64, 1, {})
            hit = running.cost_of(lambda: wrk(url, 64, options.seconds, {}))
        print(f"a hit of 1 KiB: {hit.cpu_us:.2f} us {hit.problem}")


if __name__ == "__main__":
    main()

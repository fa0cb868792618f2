#!/usr/bin/env python3
"""What a client notices of another one's attack by HTTP/2: the p99 of its requests, and what the attack cost the proxy.

    tests/e2e's environment: $(tools/test-tools --print | head -1)/bin/python bench/http2_attacks.py [--seconds 20] [--binary PATH]

The proxy has one event loop and a processor of its own. The client asks for 1 KiB from the cache fifty times a second;
the attacker connects again whenever it is cut off. It has all of the other processor that the client does not want:
what is told is how long the proxy lets that one wait, not how long the attacker does.
"""
import argparse
import multiprocessing
import os
import pathlib
import socket
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench/compare"), str(ROOT / "tests/e2e")]

import contenders  # noqa: E402
from measure import Running, family, output_of, usage, wrk  # noqa: E402
from support.http2 import PREFACE, settings  # noqa: E402
from support.http2_attack import FLOODS  # noqa: E402
from support.http2_vectors import units  # noqa: E402

RATE = 50


def attack(port, steps, times):
    """Again and again until it is ended; `times` counts."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    greeting = PREFACE + settings()
    data = greeting + b"".join(unit for step in steps for unit in units(step))
    while True:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            try:
                # In pieces: a system call that goes on for long keeps the client from its processor too.
                for at in range(0, len(data), 1 << 14):
                    connection.sendall(data[at : at + (1 << 14)])
                while connection.recv(1 << 16):
                    pass
            except OSError:
                pass
        with times.get_lock():
            times.value += 1


def p99_ms(url, seconds):
    log = contenders.WORK / "h2load.log"
    log.unlink(missing_ok=True)
    output_of("h2load", "-c1", "-m1", f"--rps={RATE}", f"-D{seconds}", f"--log-file={log}", url)
    lines = [line.split("\t") for line in log.read_text().splitlines()]
    assert all(status == "200" for _, status, _ in lines), "not every request was answered"
    return sorted(int(duration) / 1000 for _, _, duration in lines)[len(lines) * 99 // 100]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--binary", default="build/release/yatagarasu")
    options = parser.parse_args()

    contenders.prepare()
    make = contenders.known(options.binary)["proxy"]
    with Running(contenders.origin(), contenders.WORK, cpu="1"), Running(make(), contenders.WORK) as running:
        url = running.contender.url("/hit/1k.txt")
        wrk(url, 1, 1, {})
        pids = family(running.process.pid)
        print(f"{'nobody':18s} p99 {p99_ms(url, options.seconds):7.3f} ms")
        for name, case in FLOODS.items():
            times = multiprocessing.Value("i", 0)
            attacker = multiprocessing.Process(target=attack, args=(running.contender.port, case["steps"], times))
            before = usage(pids)
            attacker.start()
            time.sleep(0.5)
            p99 = p99_ms(url, options.seconds)
            attacker.kill()
            attacker.join()
            after = usage(pids)
            spent = after[0] + after[1] - before[0] - before[1]
            print(f"{name:18s} p99 {p99:7.3f} ms, {times.value} connections cut off, {spent:.2f} s of the processor,"
                  f" peak {after[2]:.0f} MiB")


if __name__ == "__main__":
    main()

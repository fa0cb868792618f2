#!/usr/bin/env python3
"""A long mixed load with faults against the release binary: memory and descriptors must stay flat.

    tests/e2e's environment: $(tools/test-tools --print | head -1)/bin/python bench/soak.py [--minutes 20]

Clients hit and miss the cache, ask for ranges, send bad tokens, leave in the middle and read slowly;
the origin answers, fails, resets, cuts, stalls and restarts; the configuration is reloaded all the
time. Samples are printed; the exit code is 1 when the last ones lie more than 5 % and 4 MiB above
those of the second minute, a healthy request failed, or the process did not end well.
"""

import argparse
import os
import pathlib
import random
import statistics
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))

import jwt  # noqa: E402
import yaml  # noqa: E402

from support import answers  # noqa: E402
from support.configuration import document, origin_bucket  # noqa: E402
from support.http1 import Connection, Malformed, request_bytes  # noqa: E402
from support.origin import Origin  # noqa: E402
from support.proxy import Proxy  # noqa: E402

SECRET = "0123456789abcdef0123456789abcdef"
HOST = [("Host", "h")]
BODY = os.urandom(256 * 1024)


def body_of(path: str) -> bytes:
    number = int(path.rsplit("/", 1)[1].split("?")[0])
    return BODY[: 1 + number * 977 % len(BODY)]


def healthy(exchange) -> None:
    whole = body_of(exchange.request.target)
    wanted = exchange.request.header("Range")
    if wanted is None:
        exchange.send(answers.cacheable(whole, "max-age=2"))
        return
    part = whole[:10]
    exchange.send(
        answers.ok(part, [("Content-Range", f"bytes 0-9/{len(whole)}")], "206 Partial Content")
    )


def sick(exchange) -> None:
    chance = random.random()
    if chance < 0.6:
        healthy(exchange)
    elif chance < 0.7:
        exchange.send(answers.error("503 Slow Down", "SlowDown"))
    elif chance < 0.8:
        exchange.reset()
    elif chance < 0.9:
        exchange.send(answers.cacheable(BODY[:5000])[:-1000])
        exchange.close()
    else:
        exchange.send(answers.error("404 Not Found", "NoSuchKey"))


class Soak:
    def __init__(self, minutes: float):
        self.ends_at = time.monotonic() + minutes * 60
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.log = self.folder / "log"
        self.good, self.bad = Origin(healthy), Origin(sick)
        self.served = 0
        self.failed: list[str] = []
        self.rude = 0
        self.versions = [self._configuration(number) for number in range(4)]
        self.proxy = Proxy(self.folder, self.versions[0])

    def _configuration(self, number: int):
        keys = {"algorithm": "HS256", "secret": SECRET}
        patience = {"timeouts": {"connect": "1s", "first_byte": "1s", "stall": f"{1 + number % 2}s"}}
        return document(
            origin_bucket(self.good, name="good", prefix="/good"),
            origin_bucket(self.bad, name="bad", prefix="/bad", s3=patience),
            origin_bucket(
                self.good,
                name="closed",
                prefix="/closed",
                auth={"enabled": True, "jwt": keys},
                cache={"enabled": number < 2},
            ),
            cache={"memory": {"max_size": "32MiB"}},
            logging={"output": str(self.log)},
            server={"rate_limit": {"per_client": {"requests_per_second": 1_000_000}}},
        )

    def over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def ask_well(self) -> None:
        """Requests of which none may fail."""
        token = [("Authorization", "Bearer " + jwt.encode({"sub": "a"}, SECRET, "HS256"))]
        while not self.over():
            with self.proxy.connect() as connection:
                for _ in range(200):
                    path = f"/{random.choice(('good', 'closed'))}/{random.randrange(400)}"
                    ranged = [("Range", "bytes=0-9")] if random.random() < 0.1 else []
                    answer = connection.request("GET", path, [*HOST, *token, *ranged])
                    whole = body_of(path)
                    expected = whole[:10] if ranged and answer.status == 206 else whole
                    if answer.status not in (200, 206) or answer.body != expected:
                        self.failed.append(f"{path} {ranged}: {answer.status}")
                    self.served += 1

    def ask_rudely(self) -> None:
        while not self.over():
            self.rude += 1
            try:
                with self.proxy.connect(timeout=5) as connection:
                    for _ in range(random.randrange(1, 6)):
                        connection.send(request_bytes("GET", f"/bad/{random.randrange(400)}"))
                        if random.random() < 0.3:
                            connection.reset()
                            break
                        if random.random() < 0.2:
                            connection.take(100)
                            break
                        connection.read_answer()
                    connection.send(b"GET /\x00 nonsense\r\n\r\n")
                    bad_token = [("Authorization", f"Bearer {random.random()}")]
                    connection.send(request_bytes("GET", "/closed/1", bad_token))
            except (Malformed, OSError):
                pass

    def reload(self) -> None:
        number = 0
        address = self.proxy.admin_address
        while not self.over():
            number += 1
            self.proxy.file.write_text(yaml.safe_dump(self.versions[number % 4]))
            with Connection(address) as admin:
                answer = admin.request("POST", "/admin/reload", [("Host", "127.0.0.1")])
                if answer.status != 200:
                    self.failed.append(f"reload: {answer}")
                admin.request("GET", "/metrics", [("Host", "127.0.0.1")])
            if number % 10 == 0:
                self.bad.refuse()
                time.sleep(0.5)
                self.bad.listen()
            time.sleep(0.5)

    def run(self) -> int:
        began = time.monotonic()
        jobs = [self.ask_well, self.ask_well, self.ask_rudely, self.ask_rudely, self.reload]
        threads = [threading.Thread(target=job) for job in jobs]
        for thread in threads:
            thread.start()
        samples: list[tuple[float, int, int]] = []
        while not self.over():
            time.sleep(5)
            os.truncate(self.log, 0)
            self.good.forget()
            self.bad.forget()
            passed = time.monotonic() - began
            samples.append((passed, self.proxy.memory_kib(), self.proxy.descriptors()))
            if len(samples) % 12 == 0:
                print(
                    f"{passed / 60:5.1f} min  RSS {samples[-1][1] / 1024:6.1f} MiB  "
                    f"descriptors {samples[-1][2]:4d}  requests {self.served} + {self.rude} rude",
                    flush=True,
                )
        for thread in threads:
            thread.join()
        self.proxy.stop()
        return self.judge(samples)

    def judge(self, samples) -> int:
        early = [sample for sample in samples if 60 <= sample[0] < 120]
        late = samples[-12:]
        memory = [statistics.median(sample[1] for sample in part) for part in (early, late)]
        descriptors = [statistics.median(sample[2] for sample in part) for part in (early, late)]
        print(f"RSS: second minute {memory[0] / 1024:.1f} MiB, last {memory[1] / 1024:.1f} MiB")
        print(f"descriptors: second minute {descriptors[0]}, last {descriptors[1]}")
        print(f"requests: {self.served} good, {len(self.failed)} of them failed; {self.rude} rude")
        for failure in self.failed[:5]:
            print("failed:", failure)
        grew = memory[1] > memory[0] * 1.05 + 4096 or descriptors[1] > descriptors[0] + 16
        return 1 if self.failed or grew else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=20)
    return Soak(parser.parse_args().minutes).run()


if __name__ == "__main__":
    sys.exit(main())

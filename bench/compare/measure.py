"""What a server process costs per request on this machine.

A contender runs pinned to one processor; the load generator and the origin share another. The figure to compare is
processor time per request, user and system, of every process and thread of the contender: unlike requests per second
it does not depend on how fast the load side happens to be.
"""
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

SERVER_CPU, LOAD_CPU = "0", "1"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_S = 30


@dataclasses.dataclass
class Contender:
    name: str
    command: list
    port: int
    env: dict = dataclasses.field(default_factory=dict)
    scheme: str = "http"
    http2_port: int = 0  # Where it speaks HTTP/2 by prior knowledge, when that is a port of its own.
    http1: bool = True  # Whether it speaks HTTP/1.1 at all.

    def url(self, path, http2=False):
        return f"{self.scheme}://127.0.0.1:{http2 and self.http2_port or self.port}{path}"


@dataclasses.dataclass
class Sample:
    requests: int
    requests_per_s: float
    p99_ms: float
    problem: str
    user_us: float = 0  # Per request, as is the next.
    system_us: float = 0
    peak_mb: float = 0

    @property
    def cpu_us(self):
        return self.user_us + self.system_us


def status_of(pid):
    """Fields of /proc/PID/stat from the state on: the command before it may hold anything."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2:].split()


def family(root):
    """The process and all its descendants."""
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            children.setdefault(int(status_of(entry)[1]), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def usage(pids):
    """User seconds, system seconds and the sum of the peaks of resident MiB."""
    user = system = peak_kib = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = status_of(pid)
            user, system = user + int(fields[11]), system + int(fields[12])
            peak = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
            peak_kib += int(peak[1]) if peak else 0
    return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND, peak_kib / 1024


def fetch(url, headers=None):
    return fetch_with_headers(url, headers)[0]


def any_certificate():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def fetch_with_headers(url, headers=None):
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=10, context=any_certificate()) as response:
        return response.read(), response.headers


def fetch_http2(url):
    command = ["curl", "--http2-prior-knowledge", "-sSf", "-m", "10", url]
    return subprocess.run(command, capture_output=True, check=True).stdout


class Running:
    """A contender while the block runs: started, waited for, and ended with all its processes."""

    def __init__(self, contender, logs, cpu=SERVER_CPU):
        self.contender, self.log_path, self.cpu = contender, logs / f"{contender.name}.log", cpu

    def __enter__(self):
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", self.cpu, *self.contender.command], stdout=log, stderr=log,
                env={**os.environ, **self.contender.env}, start_new_session=True)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                if not self.contender.http1:
                    socket.create_connection(("127.0.0.1", self.contender.port)).close()
                    return self
                fetch(self.contender.url("/health"))
                return self
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    return self  # It answers; what it says to this path does not matter.
                time.sleep(0.05)
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"{self.contender.name} does not answer; see {self.log_path}")

    def __exit__(self, *_):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                os.killpg(self.process.pid, sign)
                self.process.wait(5)
                return

    def cost_of(self, load):
        user, system, _ = usage(family(self.process.pid))
        sample = load()
        user_after, system_after, sample.peak_mb = usage(family(self.process.pid))
        sample.user_us = 1e6 * (user_after - user) / max(1, sample.requests)
        sample.system_us = 1e6 * (system_after - system) / max(1, sample.requests)
        return sample


def wrk(url, connections, seconds, headers):
    sent = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    return load("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", *sent, url)


def h2load(url, connections, streams, seconds):
    out = output_of("h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", url)
    wrong = [f"{count} {what}" for count, what in re.findall(r"(\d+) (failed|errored|timeout|[345]xx)", out) if count != "0"]
    return Sample(
        requests=int(number(r"(\d+) 2xx", out)),
        requests_per_s=number(r"finished in .*?, ([\d.]+) req/s", out),
        p99_ms=0,
        problem=", ".join(wrong))


def output_of(*command):
    return subprocess.run(["taskset", "-c", LOAD_CPU, *map(str, command)], capture_output=True, text=True).stdout


def number(pattern, text):
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


def load(*command):
    out = output_of(*command)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    to_ms = {"us": 1e-3, "ms": 1, "s": 1e3}
    problems = r"Non-2xx or 3xx responses: \d+|Socket errors: .*|\d+ handshakes were not .*"
    return Sample(
        requests=int(number(r"(\d+) requests in", out)),
        requests_per_s=number(r"Requests/sec:\s+([\d.]+)", out),
        p99_ms=float(p99[1]) * to_ms[p99[2]] if p99 else 0,
        problem="; ".join(re.findall(problems, out)))

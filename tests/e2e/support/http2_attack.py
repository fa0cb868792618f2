"""Attacks on HTTP/2 by one client while another one goes on asking."""

import dataclasses
import statistics
import threading
import time

from support.http2 import DATA, HEADERS, PING, Http2, frame, rst_stream, settings
from support.http2_vectors import Case, units
from support.proxy import Proxy

RATE = 50  # requests a second of the other client, as the vectors' README says
MIB = 1024  # in KiB


def repeated(unit: bytes, times: int, each_stream: bool = False, first: bytes = b"") -> dict:
    """An attack in the form of the vectors."""
    steps: list[dict] = [{"send": first.hex()}] if first else []
    step = {"send": unit.hex(), "repeat": times, "increment_stream": each_stream}
    return {"steps": [*steps, step]}


def get(end: bool = True) -> bytes:
    block = bytes.fromhex("828684410161")  # GET http / a
    return frame(HEADERS, 4 | int(end), 1, block)


FLOODS = {
    "rapid-reset": repeated(get() + rst_stream(1), 20_000, True),
    "ping-flood": repeated(frame(PING, 0, 0, b"12345678"), 200_000),
    "settings-flood": repeated(settings(), 200_000),
    "unknown-flood": repeated(frame(77, 0, 0, b"x"), 200_000),
    "empty-data-flood": repeated(frame(DATA, 0, 1), 200_000, first=get(end=False)),
    "hpack-bomb": repeated(
        frame(
            HEADERS,
            5,
            1,
            bytes.fromhex("828684410161") + b"\x40\x01x\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 10000,
        ),
        50,
        True,
    ),
}


class OtherClient:
    """Asks for "/" again and again over a connection of its own."""

    def __init__(self, proxy: Proxy):
        self._proxy = proxy
        self._stop = threading.Event()
        self.statuses: list[int | None] = []
        self.seconds: list[float] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "OtherClient":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        with Http2(self._proxy.address) as connection:
            while not self._stop.wait(1 / RATE):
                begun = time.monotonic()
                self.statuses.append(connection.get("/")[0])
                self.seconds.append(time.monotonic() - begun)

    @property
    def p99_ms(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98] * 1000 if len(self.seconds) > 1 else 0.0


@dataclasses.dataclass
class Bill:
    """What an attack cost."""

    grown_mib: float
    cpu_s: float
    p99_ms: float
    statuses: set[int | None]
    goaway: str | None
    ended: bool


def send_all(connection: Http2, case: Case) -> None:
    """As fast as the server takes it; ends when the server has closed."""
    for step in case["steps"]:
        if "send" not in step:
            continue
        pace = step.get("interval_ms", 0) / 1000
        pending = bytearray()
        for unit in units(step):
            pending += unit
            if pace:
                time.sleep(pace)  # The attack's own pace.
            if pace or len(pending) > 1 << 16:
                if not connection.send(bytes(pending)):
                    return
                pending.clear()
        if not connection.send(bytes(pending)):
            return


def attack(proxy: Proxy, case: Case, ack: bool = True) -> Bill:
    proxy.get("/")
    memory, processor = proxy.memory_kib(), proxy.cpu_seconds()
    with OtherClient(proxy) as other:
        with Http2(proxy.address, replenish=False, ack=ack) as connection:
            send_all(connection, case)
            # Over, or answered: then nothing of it is left.
            connection.settles(lambda: connection.closed or connection.goaway() is not None, 5)
            goaway = connection.goaway()
            ended = connection.closed or goaway is not None
            peak = proxy.memory_kib()
    return Bill(
        grown_mib=(peak - memory) / MIB,
        cpu_s=proxy.cpu_seconds() - processor,
        p99_ms=other.p99_ms,
        statuses=set(other.statuses),
        goaway=goaway.error if goaway else None,
        ended=ended,
    )

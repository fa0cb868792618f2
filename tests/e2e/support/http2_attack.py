"""Attacks on HTTP/2 by one client while another one goes on asking."""

import dataclasses
import statistics
import threading
import time

from support.http2 import Http2
from support.http2_vectors import Case, units
from support.proxy import Proxy

RATE = 50  # requests a second of the other client, as the vectors' README says
MIB = 1024  # in KiB


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

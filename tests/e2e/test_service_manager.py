"""What systemd is told: ready, reloading, alive and stopping."""

import os
import re
import socket
import time

import pytest
import yaml

from support import waiting
from support.configuration import document, origin_bucket
from support.frozen import frozen, thread_named
from support.proxy import run

pytestmark = pytest.mark.http1  # What systemd is told.


class Manager:
    """The other end of $NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self.told: list[str] = []

    def take(self) -> list[str]:
        """Everything so far."""
        self._socket.setblocking(False)
        try:
            while True:
                self.told.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return self.told

    def wait_for(self, count: int, state: str) -> None:
        waiting.eventually(
            lambda: sum(each.startswith(state) for each in self.take()) >= count,
            f"{count} times {state}",
        )

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path)
    yield made
    made.close()


def test_it_says_ready_reloading_and_stopping(serve, origin, manager):
    proxy = serve(document(origin_bucket(origin)), environment={"NOTIFY_SOCKET": manager.path})
    manager.wait_for(1, "READY=1")

    before = time.monotonic_ns() // 1000
    proxy.admin("POST", "/admin/reload")
    manager.wait_for(2, "READY=1")
    proxy.file.write_text("buckets: [")
    proxy.admin("POST", "/admin/reload")
    manager.wait_for(3, "READY=1")
    proxy.stop()

    told = [each.split("\n") for each in manager.take()]
    assert [each[0] for each in told] == [
        *("READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"),
    ]
    at = int(re.fullmatch(r"MONOTONIC_USEC=(\d+)", told[1][1])[1])
    assert before <= at <= time.monotonic_ns() // 1000


def test_nothing_is_ready_that_did_not_start(origin, tmp_path, manager):
    made = document(origin_bucket(origin))
    made["server"]["port"] = origin.port
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(made))
    process = run("serve", "-c", file, environment={"NOTIFY_SOCKET": manager.path})

    assert process.wait(10) == 1
    assert manager.take() == []


def test_the_watchdog_hears_of_it_while_the_loops_run(serve, origin, manager):
    serve(
        document(origin_bucket(origin)),
        environment={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "1200000"},
    )

    manager.wait_for(3, "WATCHDOG=1")


@pytest.mark.skipif(os.geteuid() != 0, reason="stops a thread of another process: needs root")
def test_the_watchdog_hears_nothing_while_one_loop_hangs(serve, origin, manager, tmp_path_factory):
    watch = Manager(tmp_path_factory.mktemp("other"))

    def watched(by):
        environment = {"NOTIFY_SOCKET": by.path, "WATCHDOG_USEC": "400000"}
        return serve(document(origin_bucket(origin), server={"threads": 2}), environment=environment)

    proxy = watched(manager)
    watched(watch)  # All is well with it: it tells how time passes.
    manager.wait_for(1, "WATCHDOG=1")
    with frozen(thread_named(proxy.process.pid, "loop-1")):
        known = manager.take().count("WATCHDOG=1")
        watch.wait_for(watch.take().count("WATCHDOG=1") + 5, "WATCHDOG=1")

        # One may have been on its way.
        assert manager.take().count("WATCHDOG=1") <= known + 1
    manager.wait_for(known + 3, "WATCHDOG=1")
    watch.close()


def test_without_a_watchdog_it_hears_nothing(serve, origin, manager):
    proxy = serve(document(origin_bucket(origin)), environment={"NOTIFY_SOCKET": manager.path})
    for _ in range(3):
        proxy.admin("POST", "/admin/reload")

    assert not [each for each in manager.take() if "WATCHDOG" in each]

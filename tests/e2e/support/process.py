"""A child process with its output collected, and free ports."""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import threading
import time


def free_port() -> int:
    """A port that was free a moment ago, for servers that cannot pick one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """Collects stdout and stderr line by line; waiters are woken by each line."""

    def __init__(
        self,
        command: list[str | pathlib.Path],
        environment: dict[str, str] | None = None,
        descriptors: int | None = None,
        limits: dict[int, int] | None = None,
    ):
        """`limits`: further ones, by their number in `resource`."""
        def limit() -> None:
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
            for which, value in (limits or {}).items():
                resource.setrlimit(which, (value, value))

        self._popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            preexec_fn=limit,
        )
        self._changed = threading.Condition()
        self._lines: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        self._readers = [
            threading.Thread(target=self._collect, args=(name, stream), daemon=True)
            for name, stream in (("stdout", self._popen.stdout), ("stderr", self._popen.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def lines(self, stream: str = "stdout") -> list[bytes]:
        with self._changed:
            return list(self._lines[stream])

    def output(self) -> bytes:
        """Every byte it wrote, both streams."""
        return b"".join(self.lines("stdout")) + b"".join(self.lines("stderr"))

    def wait_for_change(self, seconds: float) -> None:
        """Until another line came or `seconds` passed."""
        with self._changed:
            self._changed.wait(seconds)

    def signal(self, number: int) -> None:
        self._popen.send_signal(number)

    def wait(self, seconds: float) -> int:
        """The exit code; everything it wrote has been collected then."""
        code = self._popen.wait(seconds)
        for reader in self._readers:
            reader.join(seconds)
        return code

    def kill(self) -> None:
        if self.running:
            self._popen.kill()
            self._popen.wait(30)

    def end(self, seconds: float = 30.0) -> int:
        """SIGTERM, then wait."""
        if self.running:
            self.signal(signal.SIGTERM)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _collect(self, name: str, stream) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._lines[name].append(line)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


def wait_for_port(process: Process, port: int, what: str, within: float = 60.0) -> None:
    """Until something listens on `port` of the loopback address."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not process.running:
            raise AssertionError(f"{what} ended: {process.output().decode(errors='replace')}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"{what} does not listen: {process.output().decode(errors='replace')}")

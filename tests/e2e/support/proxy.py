"""The binary under test as a process, with its log read as data."""

import json
import os
import pathlib
import signal
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from support import places
from support.configuration import Block, secrets_in
from support.http1 import Answer, Connection, Headers
from support.http2_connection import Http2Connection
from support.protocols import H1, Protocol
from support.process import Process

SANITIZER_MARKS = (b"Sanitizer", b"runtime error:")
# How the tokens of the tests begin: {"alg" and {"typ" in base64.
TOKEN_MARKS = ("eyJhbGci", "eyJ0eXAi")

LogLine = dict[str, Any]


def run(*arguments: str | pathlib.Path, environment: dict[str, str] | None = None) -> Process:
    """Runs one of the binary's commands."""
    return Process([places.binary(), *arguments], environment)


class Proxy:
    """Runs `serve` with a configuration and knows the port it bound."""

    def __init__(
        self,
        folder: pathlib.Path,
        configuration: Block,
        environment: dict[str, str] | None = None,
        descriptors: int | None = None,
        file: pathlib.Path | None = None,
        limits: dict[int, int] | None = None,
        prefix: Sequence[str] = (),
        protocol: Protocol = H1,
    ):
        """`file`: where `configuration` is already. `prefix`: what runs the command. `protocol`: what
        its clients speak."""
        self.protocol = protocol
        self.file = file or folder / "yatagarasu.yaml"
        if file is None:
            self.write(configuration)
        self._secrets = secrets_in(configuration)
        self._log_file: pathlib.Path | None = None
        output = configuration.get("logging", {}).get("output", "stdout")
        if output not in ("stdout", "stderr"):
            self._log_file = pathlib.Path(output)
        self._stream = "stderr" if output == "stderr" else "stdout"
        self.process = Process(
            [*prefix, places.binary(), "serve", "-c", self.file],
            environment,
            descriptors=descriptors,
            limits=limits,
        )
        self.port = self._bound_port()
        self.tls = protocol.client()
        self._stopped = False

    def write(self, configuration: Block) -> None:
        """The file, as an editor does it: all at once."""
        new = self.file.with_suffix(".new")
        new.write_text(yaml.safe_dump(self.protocol.applied_to(configuration), sort_keys=False))
        new.rename(self.file)

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    @property
    def admin_address(self) -> tuple[str, int]:
        line = self.wait_for_line(lambda line: line.get("listener") == "admin", "the admin port")
        return ("127.0.0.1", int(line["port"]))

    def admin(
        self, method: str, target: str, headers: Headers = (), body: bytes = b""
    ) -> Answer:
        with Connection(self.admin_address) as connection:
            return connection.request(method, target, [("Host", "127.0.0.1"), *headers], body)

    def purge(self, **members: Any) -> int:
        """What a purge says it removed."""
        answer = self.admin("POST", "/admin/cache/purge", body=json.dumps(members).encode())
        assert answer.status == 200, answer
        return json.loads(answer.body)["purged"]

    # Requests.

    def connect(
        self,
        timeout: float = 30.0,
        receive_buffer: int = 0,
        tls: ssl.SSLContext | None = None,
        server_name: str = "localhost",
        session: ssl.SSLSession | None = None,
    ) -> Connection | Http2Connection:
        secured = tls or self.tls
        if self.protocol.http2:
            return Http2Connection(self.address, timeout, secured)
        return Connection(self.address, timeout, receive_buffer, secured, server_name, session)

    def refuses(self) -> bool:
        """Whether it listens no more; says nothing, so that it does not matter what is spoken."""
        try:
            socket.create_connection(self.address, timeout=2).close()
            return False
        except OSError:
            return True

    def request(
        self, method: str, target: str | bytes, headers: Headers = (), body: bytes = b""
    ) -> Answer:
        with self.connect() as connection:
            return connection.request(method, target, headers, body)

    def get(self, target: str | bytes, headers: Headers = ()) -> Answer:
        return self.request("GET", target, headers)

    def head(self, target: str | bytes, headers: Headers = ()) -> Answer:
        return self.request("HEAD", target, headers)

    # The log.

    def log(self) -> list[LogLine]:
        """Every line so far, parsed; a line that is no JSON object fails the test."""
        if self._log_file is not None:
            data = self._log_file.read_bytes() if self._log_file.exists() else b""
            lines = data.splitlines(keepends=True)
        else:
            lines = self.process.lines(self._stream)
        return [_parse(line) for line in lines if line.endswith(b"\n")]

    def access_lines(self) -> list[LogLine]:
        return [line for line in self.log() if line.get("message") == "request"]

    def wait_for_line(
        self, fits: Callable[[LogLine], bool], what: str, within: float = 10.0
    ) -> LogLine:
        deadline = time.monotonic() + within
        while True:
            for line in self.log():
                if fits(line):
                    return line
            if time.monotonic() >= deadline:
                raise AssertionError(f"no log line: {what}; the log:\n{self.shown_output()}")
            self.process.wait_for_change(0.05)

    def access_line(self, answer: Answer) -> LogLine:
        """The access line of the request that got `answer`."""
        request_id = answer.header("X-Request-Id")
        assert request_id, "the answer has no X-Request-Id"
        return self.wait_for_line(
            lambda line: line.get("message") == "request" and line.get("request_id") == request_id,
            f"the access line of request {request_id}",
        )

    def shown_output(self) -> str:
        return self.process.output().decode(errors="replace")[-4000:]

    # The process.

    def memory_kib(self) -> int:
        """The resident set."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(row for row in status.splitlines() if row.startswith("VmRSS:")).split()[1])

    def descriptors(self) -> int:
        """Open descriptors. Only root may look: the binary cannot be dumped."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self) -> float:
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number: int) -> None:
        self.process.signal(number)

    def terminate(self) -> None:
        self.signal(signal.SIGTERM)

    def stop(self, expected: int = 0) -> None:
        """Ends it and checks how it ended: exit code, sanitizers, secrets."""
        if self._stopped:
            return
        self._stopped = True
        code = self.process.end()
        assert code == expected, f"exit code {code}, not {expected}:\n{self.shown_output()}"
        self.check_output()

    def check_output(self) -> None:
        output = self.process.output()
        if self._log_file is not None and self._log_file.exists():
            output += self._log_file.read_bytes()
        for mark in SANITIZER_MARKS:
            assert mark not in output, output.decode(errors="replace")
        for secret in [*self._secrets, *TOKEN_MARKS, "Signature="]:
            assert secret.encode() not in output, "a secret is in the output"

    def kill(self) -> None:
        self._stopped = True
        self.process.kill()

    def _bound_port(self) -> int:
        """The port of the main listener, from its log line."""
        deadline = time.monotonic() + 20
        while self.process.running and time.monotonic() < deadline:
            for line in self.log():
                if line.get("message") == "listening" and line.get("listener") != "admin":
                    return int(line["port"])
            self.process.wait_for_change(0.05)
        self.process.kill()
        raise AssertionError(f"the proxy did not start:\n{self.shown_output()}")


def _parse(line: bytes) -> LogLine:
    try:
        parsed = json.loads(line)
    except ValueError as error:
        raise AssertionError(f"a log line that is no JSON: {line!r}") from error
    assert isinstance(parsed, dict), f"a log line that is no object: {line!r}"
    return parsed

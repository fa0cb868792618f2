"""What the suite can be run against: ours, or nginx, which shows that the runner itself works."""

import contextlib
import os
import pathlib
import shutil
import socket
import string
import subprocess
import tempfile
from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent
STOP_SECONDS = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def _process(command: list, folder: str) -> Iterator[None]:
    with open(f"{folder}/output", "wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        died = process.poll() is not None
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if died or process.returncode < 0:
            print(pathlib.Path(f"{folder}/output").read_text(errors="replace")[-4000:])
            raise SystemExit(f"{command[0]} ended by itself or not on SIGTERM: {process.returncode}")


@contextlib.contextmanager
def _configured(template: str, command: list) -> Iterator[tuple[str, int]]:
    """Runs the command, whose last argument is the file made from the template."""
    origin_port, port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # nginx's worker is somebody else.
        text = string.Template((HERE / template).read_text())
        file = pathlib.Path(folder) / template
        file.write_text(text.substitute(PORT=port, ORIGIN_PORT=origin_port, FOLDER=folder))
        with _process([*command, file], folder):
            yield f"http://127.0.0.1:{port}", origin_port


def yatagarasu(binary: pathlib.Path) -> contextlib.AbstractContextManager:
    return _configured("yatagarasu.yaml", [binary.resolve(), "serve", "-c"])


def nginx() -> contextlib.AbstractContextManager:
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return _configured("nginx.conf", [program, "-g", "daemon off;", "-c"])

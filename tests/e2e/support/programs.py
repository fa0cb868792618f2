"""Programs of others that a test runs to their end."""

import pathlib
import shutil
import subprocess

import pytest


def run_program(
    *command: str | pathlib.Path,
    stdin: bytes = b"",
    environment: dict[str, str] | None = None,
    within: float = 100.0,
) -> bytes:
    """What it prints; the test is skipped where it is not installed, and fails when it fails."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed: see tools/packages.txt")
    done = subprocess.run(
        [program, *command[1:]], input=stdin, env=environment, capture_output=True, timeout=within
    )
    shown = (done.stdout[-4000:] + done.stderr[-4000:]).decode(errors="replace")
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {shown}"
    return done.stdout

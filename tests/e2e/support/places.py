"""Where things are: the binary under test, the test tools and the vectors."""

import functools
import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def binary() -> pathlib.Path:
    named = os.environ.get("YATAGARASU_BINARY")
    return pathlib.Path(named) if named else REPOSITORY / "build/release/yatagarasu"


@functools.cache
def binary_is_sanitized() -> bool:
    program = binary().read_bytes()
    return any(mark in program for mark in (b"__asan_init", b"__tsan_init"))


@functools.cache
def _tools_folder() -> pathlib.Path:
    script = REPOSITORY / "tools/test-tools"
    printed = subprocess.run([script, "--print"], check=True, capture_output=True, text=True)
    return pathlib.Path(printed.stdout.splitlines()[1])


def tool(name: str) -> pathlib.Path:
    """A program that tools/test-tools built."""
    path = _tools_folder() / "bin" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run tools/test-tools")
    return path


def own_vectors(relative: str) -> pathlib.Path:
    """A vector file of this project: part of the checkout."""
    copied = REPOSITORY / "tests/vectors" / relative
    return copied if copied.exists() else others_vectors(relative)


def others_vectors(relative: str) -> pathlib.Path:
    """A vector file from outside the project; may be absent (then the caller skips)."""
    folder = os.environ.get("YATAGARASU_VECTORS")
    base = pathlib.Path(folder) if folder else REPOSITORY.parent / "shared/vectors"
    return base / relative

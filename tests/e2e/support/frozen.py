"""Stops one thread of a process, as an endless loop in it would. Needs root."""

import contextlib
import ctypes
import os
import pathlib
from collections.abc import Iterator

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, thread: int) -> None:
    if _libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def thread_named(process: int, name: str) -> int:
    tasks = pathlib.Path(f"/proc/{process}/task")
    names = {int(each.name): (each / "comm").read_text().strip() for each in tasks.iterdir()}
    return next(thread for thread, each in names.items() if each == name)


@contextlib.contextmanager
def frozen(thread: int) -> Iterator[None]:
    _ptrace(_SEIZE, thread)
    _ptrace(_INTERRUPT, thread)
    os.waitpid(thread, _WALL)
    try:
        yield
    finally:
        _ptrace(_DETACH, thread)

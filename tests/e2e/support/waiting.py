"""Waiting until something is true, with a deadline: never a sleep that is hoped to be enough."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], what: str, within: float = 10.0) -> T:
    """Polls until `condition` yields something true and returns that."""
    deadline = time.monotonic() + within
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.01)

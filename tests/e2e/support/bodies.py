"""Object contents that show every misplaced, missing or repeated byte, at any size."""

import hashlib
import random
from collections.abc import Iterator

# A prime length: a repetition never lines up with a buffer.
_BLOCK = random.Random(20260102).randbytes(1_048_573)
_VECTOR_PERIOD = bytes((k * 31 + 7) % 251 for k in range(251))


def pieces(size: int) -> Iterator[bytes]:
    """`size` bytes of the test pattern, without holding them all."""
    whole, rest = divmod(size, len(_BLOCK))
    for _ in range(whole):
        yield _BLOCK
    if rest:
        yield _BLOCK[:rest]


def body(size: int) -> bytes:
    return b"".join(pieces(size))


def digest(size: int) -> str:
    return digest_of(pieces(size))


def digest_of(parts: Iterator[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(part)
    return total.hexdigest()


def vector_body(size: int) -> bytes:
    """The object that the range vectors describe: byte k is (k*31+7)%251."""
    return (_VECTOR_PERIOD * (size // 251 + 1))[:size]


class PatternFile:
    """The test pattern as a readable file, for streamed uploads."""

    def __init__(self, size: int):
        self._size = size
        self._at = 0

    def read(self, most: int = -1) -> bytes:
        left = self._size - self._at
        wanted = left if most is None or most < 0 else min(most, left)
        parts = []
        while wanted:
            offset = self._at % len(_BLOCK)
            part = _BLOCK[offset : offset + wanted]
            parts.append(part)
            self._at += len(part)
            wanted -= len(part)
        return b"".join(parts)

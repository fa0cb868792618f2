"""Plays the cases of vectors/http2/frames.json, as their README says.

The waits that the file spells in milliseconds are PINGs here: what the server has to say to the
frames before is there when the answer comes.
"""

import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from support.http2 import DATA, GOAWAY, PING, RST_STREAM, SETTINGS, ACK, Http2

Case = dict[str, Any]

SETTLE_S = 10.0
# Acknowledgements: of the SETTINGS that open the connection and of those in the case.
CLIENT_SETTINGS = 2


def load(path: pathlib.Path) -> list[Case]:
    return json.loads(path.read_text())["cases"]


def with_stream(unit: bytes, stream: int) -> bytes:
    """The frames of `unit` that are on a stream, on this one instead."""
    made = bytearray(unit)
    offset = 0
    while offset + 9 <= len(made):
        length = int.from_bytes(made[offset : offset + 3])
        if any(made[offset + 5 : offset + 9]):
            made[offset + 5 : offset + 9] = stream.to_bytes(4)
        offset += 9 + length
    return bytes(made)


def units(step: Case) -> Iterator[bytes]:
    """What a step sends, one repetition after the other."""
    unit = bytes.fromhex(step["send"])
    first = step.get("from_stream", 1)
    for number in range(step.get("repeat", 1)):
        yield with_stream(unit, first + 2 * number) if step.get("increment_stream") else unit


def connect(dial: Callable[..., Http2], case: Case) -> Http2:
    first = case["steps"][0]
    if "raw_connection" in first:
        return dial(greet=False, replenish=False)
    return dial(replenish=False)


def play(connection: Http2, case: Case) -> None:
    for step in case["steps"]:
        if "raw_connection" in step or "raw" in step:
            connection.send(bytes.fromhex(step.get("raw") or step["raw_connection"]))
        elif "wait_end_stream" in step:
            connection.wait_for_end(step["wait_end_stream"])
        elif "sleep_ms" in step:
            connection.barrier()
        else:
            for unit in units(step):
                connection.send(unit)


class Judge:
    """Whether what came is one of the outcomes that a case allows."""

    def __init__(self, connection: Http2, expect: Case):
        self._connection = connection
        self._expect = expect
        self._stream = expect.get("stream", 1)

    def holds(self) -> bool:
        return self._required() or self._allowed_instead()

    def complaint(self) -> str | None:
        """Waits for a verdict."""
        if not self._connection.settles(self.holds, SETTLE_S):
            return f"none of {self._expect}; came: {self._connection.frames}"
        return self._forbidden()

    def _frames(self, kind: int) -> list:
        # Called under the connection's lock, which can be taken again.
        return [f for f in self._connection.frames if f.type == kind]

    def _codes(self, kind: int) -> set[str]:
        found = self._frames(kind)
        if kind == RST_STREAM:
            found = [f for f in found if f.stream == self._stream]
        return {f.error for f in found}

    def _acked(self, payload: str) -> bool:
        return any(f.flags & ACK and f.payload.hex() == payload for f in self._frames(PING))

    def _has_status(self) -> bool:
        return self._connection.status(self._stream) is not None

    def _required(self) -> bool:
        expect = self._expect
        checks = []
        if expect.get("response"):
            checks.append(self._has_status())
        if "ping_ack" in expect:
            checks.append(self._acked(expect["ping_ack"]))
        if expect.get("settings_ack"):
            acks = [f for f in self._frames(SETTINGS) if f.flags & ACK]
            checks.append(len(acks) >= CLIENT_SETTINGS)
        if "data_max" in expect or "data_total" in expect:
            size = sum(len(f.payload) for f in self._frames(DATA))
            checks.append(size == expect.get("data_total", expect.get("data_max")))
        return bool(checks) and all(checks)

    def _allowed_instead(self) -> bool:
        expect = self._expect
        connection_codes = set(expect.get("connection_error", []))
        connection_codes |= set(expect.get("or_connection_error", []))
        stream_codes = {*expect.get("stream_error", []), *expect.get("or_stream_error", [])}
        statuses = expect.get("or_status", [])
        return (
            bool(self._codes(GOAWAY) & connection_codes)
            or bool(self._codes(RST_STREAM) & stream_codes)
            or bool(expect.get("or_close")) and self._connection.closed
            or self._connection.status(self._stream) in statuses
            or bool(expect.get("or_response")) and self._has_status()
            or "or_ping_ack" in expect and self._acked(expect["or_ping_ack"])
            or bool(expect.get("or_settings_ack")) and len(self._frames(SETTINGS)) > CLIENT_SETTINGS
        )

    def _forbidden(self) -> str | None:
        """What must not have come, once everything has."""
        expect = self._expect
        if not {"no_data", "no_ping_ack", "data_max", "data_total"} & set(expect):
            return None
        self._connection.barrier()
        size = sum(len(f.payload) for f in self._frames(DATA))
        if expect.get("no_data") and size:
            return f"{size} bytes of DATA"
        if "no_ping_ack" in expect and self._acked(expect["no_ping_ack"]):
            return "an acknowledgement was acknowledged"
        if size > expect.get("data_max", expect.get("data_total", size)):
            return f"{size} bytes of DATA"
        return None


def failure(dial: Callable[..., Http2], case: Case) -> str | None:
    """Plays one case on a connection of its own, which dial() opens; what went wrong."""
    with connect(dial, case) as connection:
        try:
            play(connection, case)
            complaint = Judge(connection, case["expect"]).complaint()
        except AssertionError as problem:
            if not Judge(connection, case["expect"]).holds():
                return f"{case['id']}: {problem}"
            complaint = None
        return f"{case['id']}: {complaint}" if complaint else None

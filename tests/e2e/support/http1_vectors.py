"""Runs raw HTTP/1 requests with the verdict of RFC 9112 against the proxy.

The rules are those of the vectors' README: one connection per case, a sentinel request behind
what may be kept alive, and an origin that records what reached it.
"""

import dataclasses
import json
import pathlib
import re
import socket
import time

from support.http1 import Answer, Malformed, half_close, parse_head
from support.origin import Origin
from support.proxy import Proxy

SENTINEL = b"GET /sentinel HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
SENTINEL_BODY = b"SENTINEL"
NOT_SYNTAX = {400, 414, 431, 505}
VARIANTS = ("as is", "as GET", "bytewise")


def load(path: pathlib.Path) -> list[dict]:
    cases = json.loads(path.read_text())["cases"]
    for case in cases:
        case["bytes"] = case["raw"].encode("latin-1")
        if case["id"] == "chunk-ext-per-byte":
            head, _, chunk = case["bytes"].partition(b"\r\n\r\n")
            case["bytes"] = head + b"\r\n\r\n" + chunk * 10_000
    return cases


@dataclasses.dataclass
class Outcome:
    answers: list[Answer]
    closed: bool
    sentinel: bool  # its answer came, as the last one

    @property
    def statuses(self) -> list[int]:
        answered = self.answers[:-1] if self.sentinel else self.answers
        return [answer.status for answer in answered]


class Runner:
    """Runs cases one after the other against a proxy of its own, so that blame is clear."""

    def __init__(self, proxy: Proxy, origin: Origin):
        self._proxy = proxy
        self._origin = origin
        self.wrong: list[str] = []
        self.preferred = 0  # runs whose preferred verdict is "reject"
        self.preferred_kept = 0
        self.let_pass: set[str] = set()

    def run(self, case: dict) -> None:
        outcomes = {}
        for variant in VARIANTS:
            data = case["bytes"]
            if variant == "as GET":
                if not data.startswith(b"POST "):
                    continue
                data = b"GET " + data[5:]
            self._origin.forget()
            try:
                outcome = self._play(case, data, variant == "bytewise")
            except (Malformed, ValueError) as error:
                self._blame(case, variant, f"no HTTP: {error}")
                continue
            outcomes[variant] = outcome
            for complaint in self._judge(case, data, outcome):
                self._blame(case, variant, f"{complaint}; got {outcome.statuses}")
            self._count_preferred(case, data, outcome)
        self._compare(case, outcomes)
        if self._proxy.get("/plain").status != 200:
            self._blame(case, "afterwards", "a plain GET is not answered")

    def _play(self, case: dict, data: bytes, bytewise: bool) -> Outcome:
        sentinel = case["expect"] == "accept" or not case.get("must_close")
        if sentinel:
            data += SENTINEL
        with self._proxy.connect(timeout=10).socket as connection:
            _send(connection, data, bytewise)
            received, closed = _receive(connection, 1.0)
            if not closed:
                try:
                    half_close(connection)
                except OSError:
                    pass
                more, closed = _receive(connection, 3.0)
                received += more
        answers = _parse(received, data.startswith(b"HEAD "))
        got_sentinel = bool(answers) and answers[-1].body == SENTINEL_BODY
        return Outcome(answers, closed, sentinel and got_sentinel)

    def _judge(self, case: dict, data: bytes, outcome: Outcome) -> list[str]:
        complaints = []
        if not outcome.closed:
            complaints.append("the connection stays open after the client's end")
        if any(not answer.complete for answer in outcome.answers):
            complaints.append("an answer is cut")
        reached = [request.target for request in self._origin.requests]
        for path in case.get("never_upstream", []):
            if any(path in target for target in reached):
                complaints.append(f"{path} reached the origin")
        if case["expect"] == "reject":
            judge = self._judge_body if case.get("fault") == "body" else self._judge_head
            complaints += judge(case, data, outcome, reached)
        elif case["expect"] == "accept":
            complaints += self._judge_accepted(case, data, outcome)
        if self._sentinel_went_wrong(case, outcome):
            complaints.append("the request behind it was not understood: a desync")
        return complaints

    @staticmethod
    def _judge_head(case: dict, data: bytes, outcome: Outcome, reached: list[str]) -> list[str]:
        complaints = []
        fitting = set(case.get("status", [400]))
        if not case["bytes"].startswith((b"GET ", b"HEAD ")):
            fitting |= {405, 501}  # 501 also fits an unknown coding when POST has become GET
        if b" HTTP/2.0\r\n" in data:
            fitting.add(505)
        if len(outcome.answers) > 1:
            complaints.append("more than one answer")
        if outcome.answers and outcome.answers[0].status not in fitting:
            complaints.append(f"not refused with one of {sorted(fitting)}")
        if [target for target in reached if not target.endswith("/sentinel")]:
            complaints.append(f"reached the origin: {reached}")
        return complaints

    @staticmethod
    def _judge_body(_case: dict, _data: bytes, outcome: Outcome, _reached: list[str]) -> list[str]:
        if len(outcome.answers) > 2:
            return ["more than one answer after the first"]
        if len(outcome.answers) == 2 and outcome.answers[1].status != 400:
            return ["what follows the broken body was run"]
        return []

    @staticmethod
    def _judge_accepted(case: dict, data: bytes, outcome: Outcome) -> list[str]:
        statuses = outcome.statuses
        if not statuses:
            return ["no answer"]
        complaints = []
        allowed = case.get("status")
        if allowed and data == case["bytes"] and statuses[0] not in allowed:
            complaints.append(f"not one of {allowed}")
        understood = statuses[:-1] if _due_to_a_missing_host(case, statuses) else statuses
        if not allowed and any(status in NOT_SYNTAX for status in understood):
            complaints.append("refused as bad syntax")
        least, most = case.get("responses", [1, 1 << 30])
        if not least <= len(statuses) <= most:
            complaints.append(f"{len(statuses)} answers, not {least} to {most}")
        return complaints

    @staticmethod
    def _sentinel_went_wrong(case: dict, outcome: Outcome) -> bool:
        """A 400 where nothing was wrong before it: bytes of one request were read as another."""
        if case["expect"] != "accept" or outcome.sentinel:
            return False
        if _due_to_a_missing_host(case, outcome.statuses):
            return False
        return len(outcome.statuses) > 1 and outcome.statuses[-1] in NOT_SYNTAX

    def _count_preferred(self, case: dict, data: bytes, outcome: Outcome) -> None:
        # A POST is refused for its method: that says nothing about the syntax.
        if case.get("prefer") != "reject" or data.startswith(b"POST "):
            return
        self.preferred += 1
        fitting = NOT_SYNTAX | {405, 408, 411, 413, 417, 501} | set(case.get("status", []))
        if not outcome.answers or any(answer.status in fitting for answer in outcome.answers):
            self.preferred_kept += 1
        else:
            self.let_pass.add(f"{case['id']}: {outcome.statuses}; {case['bytes'][:160]!r}")

    def _compare(self, case: dict, outcomes: dict[str, Outcome]) -> None:
        if "as is" not in outcomes or "bytewise" not in outcomes:
            return
        whole, split = outcomes["as is"].statuses, outcomes["bytewise"].statuses
        if whole and split and whole != split:
            self._blame(case, "bytewise", f"the split changes the verdict: {whole} and {split}")

    def _blame(self, case: dict, variant: str, complaint: str) -> None:
        self.wrong.append(
            f"{case['id']} ({case['expect']}, {variant}): {complaint}; {case['bytes'][:160]!r}"
        )


def _due_to_a_missing_host(case: dict, statuses: list[int]) -> bool:
    """Whether the last answer is the 400 that a later request of the case without Host must get."""
    later = case["bytes"].partition(b"\r\n\r\n")[2]
    hostless = any(
        b"\nhost:" not in found.group().lower()
        for found in re.finditer(rb"[A-Z]+ [^ \r\n]+ HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*", later)
    )
    return hostless and len(statuses) > 1 and statuses[-1] == 400


def _send(connection: socket.socket, data: bytes, bytewise: bool) -> None:
    try:
        if not bytewise:
            connection.sendall(data)
            return
        for index in range(len(data)):
            connection.sendall(data[index : index + 1])
            if index < 2048:
                time.sleep(0.001)  # the pace that the vectors ask for
    except OSError:
        pass  # the proxy has closed: what it said before is what counts


def _receive(connection: socket.socket, seconds: float) -> tuple[bytes, bool]:
    """What comes within `seconds`, and whether the proxy has closed."""
    received = bytearray()
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            data = connection.recv(65536)
        except TimeoutError:
            return bytes(received), False
        except OSError:
            return bytes(received), True
        if not data:
            return bytes(received), True
        received += data
    return bytes(received), False


def _parse(data: bytes, first_is_head: bool) -> list[Answer]:
    """All final answers in `data`."""
    answers: list[Answer] = []
    while data:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            raise Malformed(f"the connection ended inside a head: {data[:200]!r}")
        answer = parse_head(data[: end + 4], first_is_head and not answers)
        data = data[end + 4 :]
        if answer.status < 200:
            continue
        if answer.framing == "length":
            length = answer.length or 0
            answer.body, data = data[:length], data[length:]
            answer.complete = len(answer.body) == length
        elif answer.framing != "none":
            raise Malformed(f"an answer without a length: {answer.headers}")
        answers.append(answer)
    return answers

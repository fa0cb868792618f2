"""Runs `yatagarasu doctor` and reads its report."""

import dataclasses
import pathlib
import re

import yaml

from support.configuration import Block, secrets_in
from support.proxy import SANITIZER_MARKS, run

CHECKS = [
    "dns",
    "tcp",
    "tls",
    "answer",
    "clock",
    "credentials",
    "region",
    "bucket",
    "ListBucket",
    "GetObject",
]

FINDING = re.compile(r"  (ok|skipped|warn|FAIL) +(\S+) +(\S.*)")
FIX = re.compile(r" {24}fix: (\S.*)")


@dataclasses.dataclass
class Finding:
    outcome: str
    cause: str
    fix: str = ""


@dataclasses.dataclass
class Report:
    code: int
    text: str
    errors: str
    buckets: dict[str, dict[str, Finding]]
    summary: str

    @property
    def only(self) -> dict[str, Finding]:
        """What was found of the only bucket."""
        assert len(self.buckets) == 1, self.text
        return next(iter(self.buckets.values()))

    def outcomes(self) -> dict[str, str]:
        return {check: finding.outcome for check, finding in self.only.items()}

    def check_only_failure(self, check: str) -> Finding:
        """The one check that failed; exit 1, and everything before it is not to blame."""
        failed = [name for name, finding in self.only.items() if finding.outcome == "FAIL"]
        assert failed == [check], self.text
        assert self.code == 1, self.text
        return self.only[check]

    def check_only_warning(self, check: str) -> Finding:
        """Nothing failed, exit 0, and one check warns."""
        wanting = [name for name, each in self.only.items() if each.outcome in ("warn", "FAIL")]
        assert wanting == [check], self.text
        assert self.code == 0, self.text
        return self.only[check]


def examine(folder: pathlib.Path, configuration: Block, *arguments: str) -> Report:
    """Every line of the report must be understood, no secret in it."""
    file = folder / "doctor.yaml"
    file.write_text(yaml.safe_dump(configuration, sort_keys=False))
    process = run("doctor", "-c", file, *arguments)
    try:
        code = process.wait(60)
    finally:
        process.kill()
    output = process.output()
    for mark in SANITIZER_MARKS:
        assert mark not in output, output.decode(errors="replace")
    for secret in secrets_in(configuration):
        assert secret.encode() not in output, "a secret is in the report"
    text = b"".join(process.lines("stdout")).decode()
    errors = b"".join(process.lines("stderr")).decode()
    return Report(code, text, errors, *_parse(text))


def _parse(text: str) -> tuple[dict[str, dict[str, Finding]], str]:
    buckets: dict[str, dict[str, Finding]] = {}
    blocks = text.split("\n\n")
    for block in blocks[:-1]:
        heading, *lines = block.split("\n")
        findings: dict[str, Finding] = {}
        for line in lines:
            if fix := FIX.fullmatch(line):
                list(findings.values())[-1].fix = fix[1]
                continue
            found = FINDING.fullmatch(line)
            assert found, f"not a line of a report: {line!r}"
            findings[found[2]] = Finding(found[1], found[3])
        for check, finding in findings.items():
            assert bool(finding.fix) == (finding.outcome in ("warn", "FAIL")), (check, finding)
        buckets[heading.partition(":")[0]] = findings
    return buckets, blocks[-1].strip()

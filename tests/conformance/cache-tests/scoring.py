"""What the results of a run mean: the rules by which cache-tests.fyi shows them, applied to the tests that a read-only
S3 proxy can be measured with."""

import dataclasses
import functools
import json
import pathlib

# Of the published results, those of proxies; browsers play by other rules.
PROXIES = {
    "nginx": "nginx",
    "Squid": "squid",
    "Traffic Server": "trafficserver",
    "httpd": "apache",
    "Varnish": "varnish",
    "Caddy": "caddy",
    "HAProxy": "haproxy",
    "Fastly": "fastly",
}

GOOD = ("pass", "yes")

# What a test of each kind comes to when it holds, and when it does not.
OUTCOMES = {"required": ("pass", "fail"), "optimal": ("pass", "optional_fail"), "check": ("yes", "no")}


@dataclasses.dataclass(frozen=True)
class Test:
    id: str
    name: str
    suite: str
    kind: str  # required, optimal or check
    depends_on: tuple[str, ...]
    is_core: bool


class Suite:
    """tests.json and applicability.json of a folder, and the results published beside them."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        applicability = json.loads((folder / "applicability.json").read_text())
        core = {row["id"] for row in applicability["tests"] if self._is_core(row)}
        if len(core) != applicability["core"]:
            raise ValueError(f"{folder}: {len(core)} core tests, not {applicability['core']}")
        self.titles: dict[str, str] = {}
        self.tests: dict[str, Test] = {}
        for suite in json.loads((folder / "tests.json").read_text()):
            self.titles[suite["id"]] = suite["name"]
            for test in suite["tests"]:
                self.tests[test["id"]] = Test(
                    id=test["id"],
                    name=test["name"],
                    suite=suite["id"],
                    kind=test.get("kind", "required"),
                    depends_on=tuple(test.get("depends_on", ())),
                    is_core=test["id"] in core,
                )

    @staticmethod
    def _is_core(row: dict) -> bool:
        """Neither out of reach of a read-only proxy, nor about CDN-Cache-Control, nor about statuses no store sends."""
        is_odd = any(note.startswith("status S3 never sends") for note in row["note"])
        return row["applicable"] and row["suite"] != "cdn-cache-control" and not is_odd

    def core(self, kind: str | None = None) -> list[Test]:
        return [test for test in self.tests.values() if test.is_core and kind in (None, test.kind)]

    def published(self) -> dict[str, "Verdicts"]:
        return {name: Verdicts.read(self, self.folder / f"results/{file}.json") for name, file in PROXIES.items()}


class Verdicts:
    """One proxy's results, judged."""

    def __init__(self, suite: Suite, results: dict):
        self.suite = suite
        self.results = results

    @classmethod
    def read(cls, suite: Suite, path: pathlib.Path) -> "Verdicts":
        return cls(suite, json.loads(path.read_text()))

    @functools.cache
    def of(self, test_id: str) -> str:
        test = self.suite.tests[test_id]
        result = self.results.get(test_id)
        if result is None:
            return "untested"
        if any(self.of(needed) not in GOOD for needed in test.depends_on):
            return "dependency_fail"
        kind = result[0] if isinstance(result, list) else None
        if kind == "Setup":
            return "retry" if result[1] == "retry" else "setup_fail"
        if kind == "AbortError":
            return "harness_fail"
        good, bad = OUTCOMES[test.kind]
        return good if result is True else bad

    def message(self, test_id: str) -> str:
        """Why it is not good, in the suite's words."""
        if self.of(test_id) == "dependency_fail":
            missing = [needed for needed in self.suite.tests[test_id].depends_on if self.of(needed) not in GOOD]
            return "needs " + ", ".join(missing)
        result = self.results.get(test_id)
        return result[1] if isinstance(result, list) else ""

    def passed(self, kind: str, suite_id: str | None = None) -> int:
        return sum(self.of(test.id) in GOOD for test in self.suite.core(kind) if suite_id in (None, test.suite))

    def missing(self, kind: str) -> list[Test]:
        return [test for test in self.suite.core(kind) if self.of(test.id) not in GOOD]

"""The results of a run as a table for the terminal and as a page of the documentation."""

import json
import pathlib

from scoring import PROXIES, Suite, Verdicts

WORDS = {
    "pass": "pass",
    "yes": "yes",
    "no": "no",
    "fail": "**fail**",
    "optional_fail": "no",
    "dependency_fail": "–",
    "setup_fail": "setup",
    "harness_fail": "harness",
    "retry": "retry",
    "untested": "",
}


def explained(reasons: dict[str, str], test_id: str) -> str:
    """Why the proxy does not hold a test, where that is a decision; `reasons` has ids, or suites with a "*" behind."""
    if test_id in reasons:
        return reasons[test_id]
    for pattern, reason in reasons.items():
        if pattern.endswith("*") and test_id.startswith(pattern[:-1]):
            return reason
    return ""


def read_reasons(folder: pathlib.Path) -> dict[str, str]:
    return json.loads((folder / "not-held.json").read_text())


def summary(suite: Suite, ours: Verdicts, reasons: dict[str, str]) -> str:
    lines = [f"{'suite':<20} {'required':>9} {'optimal':>9} {'check':>9}"]
    for suite_id in suite.titles:
        cells = []
        for kind in ("required", "optimal", "check"):
            total = sum(test.suite == suite_id for test in suite.core(kind))
            cells.append(f"{ours.passed(kind, suite_id)}/{total}" if total else "")
        if any(cells):
            lines.append(f"{suite_id:<20} {cells[0]:>9} {cells[1]:>9} {cells[2]:>9}")
    totals = [f"{ours.passed(kind)}/{len(suite.core(kind))}" for kind in ("required", "optimal", "check")]
    lines.append(f"{'all':<20} {totals[0]:>9} {totals[1]:>9} {totals[2]:>9}")
    for kind in ("required", "optimal"):
        for test in ours.missing(kind):
            reason = explained(reasons, test.id)
            note = f"  [{reason}]" if reason else "  [unexplained]"
            lines.append(f"{kind}: {test.id}: {ours.of(test.id)}: {ours.message(test.id)}{note}")
    return "\n".join(lines)


def problems(suite: Suite, ours: Verdicts, reasons: dict[str, str], bars: dict[str, int]) -> list[str]:
    """What keeps a run from being good enough."""
    found = [
        f"{kind}: {ours.passed(kind)} of {len(suite.core(kind))} core tests, at least {bar} are wanted"
        for kind, bar in bars.items()
        if ours.passed(kind) < bar
    ]
    found += [
        f"{test.id}: {ours.of(test.id)}, and not-held.json gives no reason: {ours.message(test.id)}"
        for test in ours.missing("required")
        if not explained(reasons, test.id)
    ]
    published = suite.published()
    found += [
        f"{test.id}: {ours.of(test.id)}, though every published proxy passes it"
        for test in ours.missing("required")
        if all(verdicts.of(test.id) == "pass" for verdicts in published.values())
    ]
    return found


def page(suite: Suite, ours: Verdicts, reasons: dict[str, str], name: str) -> str:
    everyone = {name: ours, **suite.published()}
    required, optimal, check = (len(suite.core(kind)) for kind in ("required", "optimal", "check"))
    out = [
        "# Caching conformance",
        "",
        "<!-- Made by tests/conformance/cache-tests/run.py --page; do not edit. -->",
        "",
        "The caching suite of [http-tests/cache-tests](https://github.com/http-tests/cache-tests), through the real "
        f"binary: the {required + optimal + check} tests",
        "that a read-only proxy in front of S3 can be measured with (no other method than GET and HEAD, no "
        "CDN-Cache-Control, no statuses that no store",
        "sends). The other columns are the results published at [cache-tests.fyi](https://cache-tests.fyi), judged by "
        "the same rules.",
        "",
        f"| proxy | required of {required} | optimal of {optimal} | checks answered yes of {check} |",
        "|---|---|---|---|",
    ]
    for proxy, verdicts in everyone.items():
        figures = [str(verdicts.passed(kind)) for kind in ("required", "optimal", "check")]
        out.append(f"| {proxy} | " + " | ".join(figures) + " |")
    out += [
        "",
        "*Required*: what RFC 9111 demands. *Optimal*: what makes a cache more useful. *Check*: how a cache behaves "
        "where it may choose; yes is not better than no.",
        "",
        "## Not passed",
        "",
        "| test | kind | result | why |",
        "|---|---|---|---|",
    ]
    for kind in ("required", "optimal"):
        for test in ours.missing(kind):
            why = explained(reasons, test.id) or ours.message(test.id)
            out.append(f"| {test.id} | {kind} | {WORDS[ours.of(test.id)]} | {_cell(why)} |")
    out += ["", "## All tests", "", "– stands for a test whose precondition, another test, is not met.", ""]
    for suite_id, title in suite.titles.items():
        tests = [test for test in suite.core() if test.suite == suite_id]
        if not tests:
            continue
        out += [
            f"### {title}",
            "",
            f"| test | kind | {name} | " + " | ".join(PROXIES) + " |",
            "|---" * (3 + len(PROXIES)) + "|",
        ]
        for test in tests:
            cells = [WORDS[verdicts.of(test.id)] for verdicts in everyone.values()]
            out.append(f"| {test.id} | {test.kind} | " + " | ".join(cells) + " |")
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

#!/usr/bin/env python3
"""Runs the HTTP caching suite through a proxy, scores the results and compares them with those of other proxies.

    run.py                                      build/release/yatagarasu, with yatagarasu.yaml of this folder
    run.py --binary PATH
    run.py --proxy URL --origin-port N          a proxy that runs already, in front of 127.0.0.1:N
    run.py --nginx                              nginx as a plain caching proxy: shows that the runner works
    run.py --results FILE                       scores what an earlier run wrote, running nothing
    run.py --id ID                              one test, with what client and origin saw on standard error

--page FILE writes the results as a page of the documentation. Exit status 1 when fewer tests pass than are wanted, or
one that is required does not and not-held.json says nothing about it. About a minute. See README.md.
"""
import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys

import report
import targets
from scoring import Suite, Verdicts

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]

# The best of the published proxies.
BARS = {"required": 121, "optimal": 60}

SUITE_SECONDS = 300


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/yatagarasu")
    target.add_argument("--proxy")
    target.add_argument("--nginx", action="store_true")
    target.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--origin-port", type=int)
    parser.add_argument("--id")
    parser.add_argument("--page", type=pathlib.Path)
    chosen = parser.parse_args()
    if bool(chosen.proxy) != bool(chosen.origin_port):
        parser.error("--proxy and --origin-port go together")
    return chosen


def vectors() -> pathlib.Path:
    base = os.environ.get("YATAGARASU_VECTORS")
    folder = (pathlib.Path(base) if base else ROOT.parent / "shared/vectors") / "cache-tests"
    if not folder.is_dir():
        raise SystemExit(f"{folder} is missing: set YATAGARASU_VECTORS to the folder that holds cache-tests")
    return folder


def target(chosen: argparse.Namespace) -> contextlib.AbstractContextManager:
    if chosen.proxy:
        return contextlib.nullcontext((chosen.proxy.rstrip("/"), chosen.origin_port))
    return targets.nginx() if chosen.nginx else targets.yatagarasu(chosen.binary)


def run_suite(chosen: argparse.Namespace, folder: pathlib.Path) -> dict:
    subprocess.run([HERE / "fetch-tools"], check=True)
    printed = subprocess.run([HERE / "fetch-tools", "--print"], check=True, capture_output=True, text=True)
    node, engine = printed.stdout.splitlines()
    with target(chosen) as (proxy, origin_port):
        command = [node, "--no-warnings", HERE / "suite.mjs", engine, folder / "tests.json", proxy, str(origin_port)]
        if chosen.id:
            command.append(chosen.id)
        # Without a test to look at, what the origin says of odd requests is of no interest.
        log = None if chosen.id else subprocess.DEVNULL
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, timeout=SUITE_SECONDS)
    if done.returncode != 0:
        raise SystemExit(f"the suite did not run (status {done.returncode}); --id freshness-none shows what it says")
    return json.loads(done.stdout)


def main() -> int:
    chosen = arguments()
    folder = vectors()
    suite = Suite(folder)
    if chosen.results:
        results = json.loads(chosen.results.read_text())
    else:
        results = run_suite(chosen, folder)
    if chosen.id:
        print(json.dumps(results))
        return 0

    kept = ROOT / "build/cache-tests" / ("nginx.json" if chosen.nginx else "results.json")
    if not chosen.results:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(results, indent=1) + "\n")
        print(f"results: {kept}")
    ours = Verdicts(suite, results)
    reasons = {} if chosen.nginx else report.read_reasons(HERE)
    print(report.summary(suite, ours, reasons))
    if chosen.page:
        chosen.page.write_text(report.page(suite, ours, reasons, "nginx here" if chosen.nginx else "Yatagarasu"))
    if chosen.nginx:
        return 0
    found = report.problems(suite, ours, reasons, BARS)
    print("\n".join(found) or "good enough")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Prints the line coverage of every part and fails when one is under the floor.

    coverage.py BUILD FLOOR_PERCENT

BUILD is a directory built with the coverage preset, in whose profiles/ folder the tests have left their *.profraw.
"""
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def summaries(build):
    """Coverage of each file under src/, as llvm-cov counts it."""
    profiles = sorted((build / "profiles").glob("*.profraw"))
    binaries = sorted(path for path in build.rglob("*_test") if path.is_file()) + [build / "yatagarasu"]
    if not profiles or not all(path.exists() for path in binaries):
        sys.exit(f"{build}: no profiles or no binaries; run ./dev coverage")
    merged = build / "merged.profdata"
    subprocess.run(["llvm-profdata-19", "merge", "--sparse", "-o", merged, *profiles], check=True)
    objects = [str(binaries[0])] + [f"--object={path}" for path in binaries[1:]]
    exported = subprocess.run(["llvm-cov-19", "export", "--summary-only", f"--instr-profile={merged}", *objects],
                              check=True, capture_output=True, text=True).stdout
    for file in json.loads(exported)["data"][0]["files"]:
        path = pathlib.Path(file["filename"])
        if path.is_relative_to(ROOT / "src"):
            yield path.relative_to(ROOT / "src"), file["summary"]["lines"]


def main():
    build, floor = pathlib.Path(sys.argv[1]), float(sys.argv[2])
    lines, covered, worst = collections.Counter(), collections.Counter(), {}
    for path, summary in summaries(build):
        part = path.parts[0] if len(path.parts) > 1 else "app"
        lines[part] += summary["count"]
        covered[part] += summary["covered"]
        worst.setdefault(part, []).append((summary["count"] - summary["covered"], str(path)))
    low = []
    for part in sorted(lines):
        percent = 100 * covered[part] / lines[part]
        if percent < floor:
            low.append(part)
        missed = ", ".join(f"{name} ({count})" for count, name in sorted(worst[part], reverse=True)[:3] if count)
        print(f"{part:14s} {percent:6.1f} %  of {lines[part]:5d} lines{'  not run: ' + missed if missed else ''}")
    print(f"{'all':14s} {100 * covered.total() / lines.total():6.1f} %  of {lines.total():5d} lines")
    if low:
        sys.exit(f"under the floor of {floor:g} %: {', '.join(low)}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs clang-tidy over src/, as many files at a time as there are processors.

    tidy.py BUILD                  every file
    tidy.py BUILD --since COMMIT   what differs from COMMIT: changed .cc files, and for a changed header its own .cc file
                                   or, where it has none, one file that includes it
    tidy.py BUILD --fix            every file, one at a time, mending what clang-tidy knows how to mend

BUILD is a configured build directory; nothing in it needs to have been built. Exit status 1 when there is a finding.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-19"
# Without precompiled headers, which a fresh build directory does not have, clang-tidy is as fast.
PRECOMPILED = re.compile(r" -Winvalid-pch -Xclang -include-pch -Xclang \S+ -Xclang -include -Xclang \S+")


def database(build):
    """A compilation database of src/ for clang-tidy, and the files in it."""
    entries = json.loads((build / "compile_commands.json").read_text())
    entries = [entry for entry in entries if pathlib.Path(entry["file"]).is_relative_to(ROOT / "src")]
    for entry in entries:
        entry["command"] = PRECOMPILED.sub("", entry["command"])
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return folder, sorted({pathlib.Path(entry["file"]) for entry in entries})


def git(*arguments):
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout.splitlines()


def changed(commit, files):
    names = git("diff", "--name-only", commit, "--") + git("ls-files", "--others", "--exclude-standard")
    if {".clang-tidy", "tools/tidy.py"} & set(names):
        return files
    chosen = {path for path in files if str(path.relative_to(ROOT)) in names}
    for name in names:
        if not re.fullmatch(r"src/.*\.h", name) or not (ROOT / name).exists():
            continue
        own = (ROOT / name).with_suffix(".cc")
        include = f'#include "{name.removeprefix("src/")}"'
        users = [own] if own in files else [path for path in files if include in path.read_text()][:1]
        chosen.update(users)
    return sorted(chosen)


def tidy(folder, path, options=()):
    done = subprocess.run([TIDY, "-p", folder, "--quiet", *options, path], cwd=ROOT, capture_output=True, text=True)
    # What it counts in other people's headers is on stderr; a file that does not compile is told on stdout.
    return path, done.returncode, done.stdout.replace(f"{ROOT}/", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--since", metavar="COMMIT")
    parser.add_argument("--fix", action="store_true")
    options = parser.parse_args()
    folder, files = database(options.build)
    if options.since:
        files = changed(options.since, files)
    started = time.monotonic()
    failed = []
    with concurrent.futures.ThreadPoolExecutor(1 if options.fix else len(os.sched_getaffinity(0))) as pool:
        for path, status, output in pool.map(lambda path: tidy(folder, path, ["--fix"] if options.fix else []), files):
            if status != 0:
                failed.append(path)
                print(output, flush=True)
    print(f"clang-tidy: {len(files)} files, {len(failed)} with findings, {time.monotonic() - started:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

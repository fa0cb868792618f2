#!/usr/bin/env python3
"""Checks the rules for coroutines that a regular expression can see (CONTRIBUTING.md, "Coroutines").

    check_coawait.py [ROOT]

- Nothing is built inside a co_await expression: no braced temporary, no lambda. GCC 12 destroys such a temporary
  twice, and the reader has two things to follow at once.
- A lambda that is a coroutine captures nothing: the captures die with the lambda object, which is often gone at the
  first suspension.
- Nothing is detached: every spawned coroutine has an owner that joins it.

Each problem is one line, file and line number first. Exit status 1 when there is any.
"""
import pathlib
import re
import sys

# Comments, raw strings, strings and characters: what is in them is not code.
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])*'""",
    re.DOTALL)
CO_AWAIT = re.compile(r"\bco_await\b")
LAMBDA_COROUTINE = re.compile(
    r"\[[^\[\]]*[^\[\]\s][^\[\]]*\]\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*(?:mutable\b|noexcept\b|\s)*->\s*"
    r"(?:\w+::)*(?:Task|awaitable)\s*<")
DETACHED = re.compile(r"\basio::detached\b")


def code_only(text):
    """The text with everything that is not code blanked, every line where it was."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def awaited(code, start):
    """The expression after a co_await: up to its ';', or to the bracket or comma of what encloses it."""
    depth = 0
    for end in range(start, len(code)):
        if code[end] in "([{":
            depth += 1
        elif code[end] in ")]}":
            depth -= 1
        if depth < 0 or (depth == 0 and code[end] in ";,"):
            return code[start:end]
    return code[start:]


def problems_of(text):
    code = code_only(text)
    for match in CO_AWAIT.finditer(code):
        expression = awaited(code, match.end())
        # "{}" builds an empty value that owns nothing.
        braced = re.sub(r"\{\s*\}", "", expression)
        if "{" in braced:
            yield match.start(), "a braced temporary or a lambda inside a co_await expression: give it a name first"
    for match in LAMBDA_COROUTINE.finditer(code):
        yield match.start(), "a lambda coroutine with captures: pass parameters, or make it a member function"
    for match in DETACHED.finditer(code):
        yield match.start(), "a detached coroutine has no owner: spawn it in a TaskGroup"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    failed = False
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        text = path.read_text()
        for offset, problem in problems_of(text):
            failed = True
            print(f"{path.relative_to(root)}:{text.count(chr(10), 0, offset) + 1}: {problem}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

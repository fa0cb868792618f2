#!/usr/bin/env python3
"""Checks that the folders of src/ use each other only as tools/layers.txt allows.

    check_layers.py [ROOT]

Compared are the table, the includes of every file and USES of every src/<part>/CMakeLists.txt; each problem is one
line, file and line number first where there is one. Exit status 1 when there is any.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
USES = re.compile(r"add_part\(\s*(\w+)([^)]*)\)", re.DOTALL)

# A library's headers, and the only places that may include them: everything else goes through what those offer.
OWNERS = {
    "nghttp2/": ("http/codec/",),
    "boost/asio/ssl": ("io/tls",),
    "openssl/": ("crypto/", "io/tls"),
    "isa-l/": ("crypto/",),
    "yaml-cpp/": ("config/",),
    "pugixml": ("s3/",),
    "spdlog/": ("observability/",),
    "ares": ("io/",),
    "CLI/": ("app/", "main.cc"),
}


def read_table(path):
    """The table as {folder: names}, and what is wrong with it."""
    allowed, problems = {}, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        folder, _, names = line.partition(":")
        for name in sorted(set(names.split()) - set(allowed) - {"*"}):
            problems.append(f"{path}:{number}: '{folder}' names '{name}', which has no line above this one")
        allowed[folder] = set(names.split())
    return allowed, problems


def included(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1], match[2]


def reaches_asio(src, header):
    """Whether the header includes Asio, itself or through others of the project."""
    seen, todo = set(), [header]
    while todo:
        header = todo.pop()
        if header in seen or not (src / header).exists():
            continue
        seen.add(header)
        for _, own, foreign in included(src / header):
            if own:
                todo.append(own)
            elif foreign.startswith("boost/asio"):
                return True
    return False


class Folder:
    """One folder of src/ against its line in the table."""

    def __init__(self, src, name, allowed):
        self.src, self.name, self.allowed = src, name, allowed[name]
        self.sees_asio = name == "io" or "io" in self.allowed or "*" in self.allowed
        self.used = set()

    def problems(self):
        for path in sorted((self.src / self.name).rglob("*")):
            if path.suffix in {".h", ".cc"}:
                for number, own, foreign in included(path):
                    problem = self.of_project(own) if own else self.of_library(path, foreign)
                    if problem:
                        yield f"{path}:{number}: {problem}"
        yield from self.of_build()

    def of_project(self, header):
        folder, slash, _ = header.partition("/")
        if not slash:
            return f'"{header}" must be named from src/, as "{self.name}/{header}"'
        if folder == self.name or header == "core/version.h":
            return None
        self.used.add(folder)
        if folder not in self.allowed and "*" not in self.allowed:
            return f"'{self.name}' may not include '{folder}': its line in tools/layers.txt does not name it"
        if "/internal/" in header:
            return f"{header} is private to '{folder}'"
        if self.name == "config" and reaches_asio(self.src, header):
            return f"{header} brings in Asio: 'config' knows options and vocabulary of other parts, not their machinery"
        return None

    def of_library(self, path, header):
        if header.startswith("boost/asio") and not self.sees_asio:
            return f"'{self.name}' is below io and must not include Asio"
        place = str(path.relative_to(self.src))
        for library, owners in OWNERS.items():
            if header.startswith(library):
                if not place.startswith(owners):
                    return f"<{header}> may be included only under {' and '.join(owners)}"
                break
        return None

    def of_build(self):
        path = self.src / self.name / "CMakeLists.txt"
        declared = USES.search(path.read_text()) if path.exists() else None
        if not declared or declared[1] != self.name:
            yield f"{path}: there is no add_part({self.name} ...)"
            return
        words = declared[2].split()
        uses = set()
        if "USES" in words:
            for word in words[words.index("USES") + 1:]:
                if word.isupper():
                    break
                uses.add(word)
        wanted = self.used if "*" in self.allowed else self.allowed
        for name in sorted(wanted - uses):
            yield f"{path}: USES lacks '{name}'"
        for name in sorted(uses - wanted) if "*" not in self.allowed else []:
            yield f"{path}: USES names '{name}', the line in tools/layers.txt does not"
        for name in sorted(self.allowed - self.used - {"*"}):
            yield f"tools/layers.txt: '{self.name}' names '{name}' and includes nothing of it"


def problems(root):
    src = root / "src"
    allowed, found = read_table(root / "tools" / "layers.txt")
    yield from found
    folders = {path.name for path in src.iterdir() if path.is_dir()}
    for name in sorted(folders - set(allowed)):
        yield f"{src / name}: tools/layers.txt has no line for it"
    for name in sorted(set(allowed) - folders):
        yield f"tools/layers.txt: '{name}' has a line and no folder"
    for name in allowed:
        if name in folders:
            yield from Folder(src, name, allowed).problems()


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    found = list(problems(root))
    for problem in found:
        print(problem.removeprefix(f"{root}/"))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

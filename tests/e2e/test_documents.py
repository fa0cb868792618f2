"""The documents: configurations load, alerts name series that there are, links lead somewhere."""

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from support import places
from support.configuration import CACHE, document, origin_bucket
from support.metrics import page_of
from support.process import free_port
from support.proxy import run

pytestmark = pytest.mark.http1  # No traffic.

PAGES = [places.REPOSITORY / "README.md", *sorted((places.REPOSITORY / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
SECRET_FILE = re.compile(r"\$\{file:([^}]+)\}")
SERIES = re.compile(r"\b(?:yatagarasu|process)_[a-z0-9_]+\b")
# A series with its matchers, and the labels that a sum keeps.
SELECTOR = re.compile(r"\b((?:yatagarasu|process)_[a-z0-9_]+)\{([^}]*)\}")
KEPT = re.compile(r"\bby \(([^)]*)\) \(\w+\(((?:yatagarasu|process)_[a-z0-9_]+)")


def blocks(language: str) -> list[Any]:
    """Every fenced block in that language, named by its page and line."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in BLOCK.finditer(text):
            if match[1] == language:
                line = text.count("\n", 0, match.start()) + 1
                found.append(pytest.param(match[2], id=f"{page.name}:{line}"))
    return found


def blocks_with(key: str) -> list[Any]:
    """Those in YAML that have `key` at the top."""
    return [each for each in blocks("yaml") if key in members(each.values[0])]


def members(text: str) -> dict[str, Any]:
    """What is at the top of a block, of all its documents together; a part of one has nothing."""
    try:
        values = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return {}
    return {key: value for each in values if isinstance(each, dict) for key, value in each.items()}


def configurations() -> list[Any]:
    """What is a whole configuration: of a page, in a ConfigMap of a page, or a file."""
    found = blocks_with("buckets")
    for each in blocks_with("data"):
        for name, text in members(each.values[0])["data"].items():
            if "buckets" in members(text):
                found.append(pytest.param(text, id=f"{each.id}:{name}"))
    for file in sorted((places.REPOSITORY / "config").glob("*.yaml")):
        found.append(pytest.param(file.read_text(), id=file.name))
    return found


@pytest.mark.parametrize("text", configurations())
def test_a_configuration_loads(text, tmp_path):
    for number, named in enumerate(sorted(set(SECRET_FILE.findall(text)))):
        made = tmp_path / f"secret{number}"
        made.write_text("made-up\n")
        text = text.replace(f"${{file:{named}}}", f"${{file:{made}}}")
    file = tmp_path / "yatagarasu.yaml"
    file.write_text(text)

    process = run(
        "check", "-c", file, environment=dict.fromkeys(VARIABLE.findall(text), "made-up")
    )

    assert process.wait(20) == 0, process.output().decode()
    assert not process.lines("stderr"), "it loads with warnings"


def test_there_are_configurations_on_the_pages():
    named = {str(each.id).split(":")[0] for each in configurations()}

    assert {"README.md", "deployment.md", "security.md", "example.yaml"} <= named


@pytest.mark.parametrize("text", blocks("json"))
def test_json_is_json(text):
    json.loads(text)


@pytest.mark.parametrize("text", blocks_with("groups"))
def test_promtool_finds_nothing_in_the_alerts(text, tmp_path):
    file = tmp_path / "alerts.yaml"
    file.write_text(text)

    checked = subprocess.run(
        [places.tool("promtool"), "check", "rules", file],
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("text", blocks_with("scrape_configs"))
def test_promtool_finds_nothing_in_the_scrape_configuration(text, tmp_path):
    file = tmp_path / "prometheus.yaml"
    file.write_text(text)

    checked = subprocess.run(
        [places.tool("promtool"), "check", "config", "--syntax-only", file],
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_series_on_a_page_is_there_with_its_labels(serve, origin):
    closed = {"endpoint": f"http://127.0.0.1:{free_port()}"}
    proxy = serve(
        document(
            origin_bucket(origin),
            origin_bucket(origin, name="down", prefix="/down", s3=closed),
            cache=CACHE,
        )
    )
    assert proxy.get("/files/key").status == 200
    assert proxy.get("/down/key").status == 502
    page = page_of(proxy)
    labels: dict[str, set[str]] = {name: set() for name in page.types}
    for sample in page.samples:
        labels.setdefault(sample.name, set()).update(sample.labels)
    for name, kind in page.types.items():
        if kind == "histogram":
            for suffix in ("_bucket", "_sum", "_count"):
                labels.setdefault(name + suffix, set())

    used = {
        name: each.name
        for each in PAGES
        for name in SERIES.findall(each.read_text())
        if not name.endswith("_")  # As in `process_*`.
    }
    alerts = "\n".join(each.values[0] for each in blocks_with("groups"))
    selected = [
        (name, re.split(r"!?[=~]+", matcher)[0].strip())
        for name, matchers in SELECTOR.findall(alerts)
        for matcher in re.findall(r'\w+\s*[=!~]+\s*"[^"]*"', matchers)
    ]
    selected += [
        (name, label.strip())
        for kept, name in KEPT.findall(alerts)
        for label in kept.split(",")
    ]

    assert not {name: where for name, where in used.items() if name not in labels}
    assert len(selected) >= 8
    assert not [each for each in selected if each[1] not in labels[each[0]]]


def anchor(heading: str) -> str:
    """As the platforms that show these pages make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page):
    text = BLOCK.sub("", page.read_text())

    for link in LINK.findall(text):
        if "://" in link:
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if fragment:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert fragment in map(anchor, headings), link

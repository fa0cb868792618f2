"""The commands besides serve and doctor: check, explain, schema, version, help, demo."""

import json
import re

import pytest
import yaml

from support import signature
from support.configuration import ACCESS_KEY, SECRET_KEY, document, origin_bucket
from support.process import free_port, wait_for_port
from support.proxy import run


def ends(*arguments: str, within: float = 20) -> tuple[int, str, str]:
    process = run(*arguments)
    try:
        code = process.wait(within)
    finally:
        process.kill()
    return code, *(b"".join(process.lines(stream)).decode() for stream in ("stdout", "stderr"))


@pytest.fixture
def file(origin, tmp_path) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(document(origin_bucket(origin))))
    return str(path)


def test_check_summarises_a_good_file_without_its_secrets(file, origin):
    code, output, errors = ends("check", "-c", file)

    assert (code, errors) == (0, "")
    assert "files" in output and "/files" in output and "inner" in output
    assert SECRET_KEY not in output
    assert origin.accepted == 0


def test_check_tells_what_is_wrong(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("buckets:\n  - name: a\n    path_prefx: /a\n")

    code, _, errors = ends("check", "-c", str(path))

    assert code == 2
    assert "path_prefx" in errors and f"{path}:3" in errors


def test_explain_shows_where_a_url_leads_without_any_network(file, origin):
    code, output, _ = ends("explain", "-c", file, "http://proxy.example/files/a%20b+%C3%A9?x=1")

    assert code == 0
    assert "files" in output
    assert "a b+é" in output or "a%20b%2B%C3%A9" in output
    assert f"{origin.endpoint}/inner/a%20b%2B%C3%A9" in output
    assert "AWS4-HMAC-SHA256" in output
    assert signature.EMPTY_HASH in output
    assert re.search(r"^ *GET\n */inner/a%20b%2B%C3%A9\n", output, re.MULTILINE)
    assert f"host:127.0.0.1:{origin.port}" in output
    assert SECRET_KEY not in output
    assert origin.accepted == 0


def test_explain_takes_a_bare_path(file):
    code, output, _ = ends("explain", "-c", file, "/files/key")

    assert code == 0
    assert "/inner/key" in output


@pytest.mark.parametrize("url", ["/elsewhere", "/files/../x", "/files/%zz"])
def test_explain_says_why_a_url_leads_nowhere(file, url):
    code, output, errors = ends("explain", "-c", file, url)

    assert code in (0, 1, 2)
    assert "404" in output + errors or "400" in output + errors


def test_schema_is_a_json_schema_of_the_file():
    code, output, _ = ends("schema")

    schema = json.loads(output)
    assert code == 0
    assert "$schema" in schema
    assert {"server", "logging", "buckets"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False


def test_version_is_one_line():
    code, output, _ = ends("--version")

    assert code == 0
    assert re.fullmatch(r"\S*\s?\d+\.\d+\.\d+\S*.*\n", output)


def test_help_names_every_command():
    code, output, _ = ends("--help")

    assert code == 0
    for command in ("serve", "check", "explain", "doctor", "demo", "schema"):
        assert command in output


@pytest.mark.parametrize(
    "arguments", [(), ("no-such-command",), ("serve",), ("check", "--no-such-option"), ("explain",)]
)
def test_bad_usage_is_exit_2(arguments):
    code, _, errors = ends(*arguments)

    assert code == 2
    assert errors.strip()


def test_the_file_alone_serves(origin, tmp_path):
    port = free_port()
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(document(origin_bucket(origin), server={"port": port})))
    process = run("-c", path)

    wait_for_port(process, port, "the proxy")

    assert process.end() == 0


def test_the_demo_shows_itself_and_leaves():
    code, output, errors = ends("demo", "--once", within=60)

    assert code == 0, output + errors
    assert "200" in output and "206" in output and "X-Cache: HIT" in output


def test_the_demo_serves_a_folder(tmp_path):
    (tmp_path / "hello.txt").write_text("hello from a folder")

    code, output, errors = ends("demo", str(tmp_path), "--once", within=60)

    assert code == 0, output + errors
    assert "hello.txt" in output
    assert ACCESS_KEY not in output

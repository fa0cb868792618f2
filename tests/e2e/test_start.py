"""Starting: what is refused, with which exit code, and that nothing listens then."""

import socket

import pytest
import yaml

from support.configuration import document, origin_bucket, store_bucket
from support.process import free_port
from support.proxy import run

pytestmark = pytest.mark.http1  # No traffic.


def written(tmp_path, configuration) -> str:
    file = tmp_path / "config.yaml"
    text = configuration if isinstance(configuration, str) else yaml.safe_dump(configuration)
    file.write_text(text)
    return str(file)


def ends(*arguments: str, environment=None) -> tuple[int, str, str]:
    process = run(*arguments, environment=environment)
    try:
        code = process.wait(20)
    finally:
        process.kill()
    return code, *(b"".join(process.lines(stream)).decode() for stream in ("stdout", "stderr"))


def test_a_port_with_another_listener_is_exit_1(origin, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        file = written(tmp_path, document(origin_bucket(origin), server={"port": port}))

        code, _, errors = ends("serve", "-c", file)

    assert code == 1
    assert str(port) in errors


def test_a_port_with_another_proxy_is_exit_1(serve, origin, tmp_path):
    first = serve(document(origin_bucket(origin)))
    file = written(tmp_path, document(origin_bucket(origin), server={"port": first.port}))

    code, _, errors = ends("serve", "-c", file)

    assert code == 1
    assert str(first.port) in errors
    assert first.get("/files/key").status == 200


def test_a_listener_that_shares_its_port_is_still_exit_1(origin, tmp_path):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        file = written(tmp_path, document(origin_bucket(origin), server={"port": port}))

        code, _, _ = ends("serve", "-c", file)

    assert code == 1


def test_a_restart_gets_its_port_back_at_once(serve, origin):
    first = serve(document(origin_bucket(origin)))
    with first.connect() as connection:
        assert connection.get("/files/key").status == 200
        first.stop()

    second = serve(document(origin_bucket(origin), server={"port": first.port}))

    assert second.get("/files/key").status == 200


def test_all_problems_are_told_one_a_line_and_nothing_listens(origin, tmp_path):
    port = free_port()
    configuration = document(origin_bucket(origin), server={"port": port, "threds": 2})
    configuration["buckets"][0]["path_prefx"] = "/x"
    configuration["buckets"][0]["s3"].pop("secret_key")
    file = written(tmp_path, configuration)

    code, output, errors = ends("serve", "-c", file)

    assert code == 2
    assert "listening" not in output
    lines = [line for line in errors.splitlines() if line]
    assert len(lines) == 3, errors
    assert any("threds" in line and "did you mean `threads`" in line for line in lines)
    assert any("path_prefx" in line and "did you mean `path_prefix`" in line for line in lines)
    assert any("secret_key" in line for line in lines)
    assert all(file in line for line in lines)


def test_a_problem_has_its_line_and_column(tmp_path):
    file = written(tmp_path, "server:\n  port: 0\n  prot: 1\nbuckets: []\n")

    code, _, errors = ends("serve", "-c", file)

    assert code == 2
    assert f"{file}:3:3" in errors


@pytest.mark.parametrize(
    "text",
    [
        "",
        "buckets: [",
        "server: {port: 99999}\nbuckets: []\n",
        "buckets: [{name: a, path_prefix: a, s3: {bucket: b, region: r}}]\n",
        "buckets: [{name: '', path_prefix: /a, s3: {bucket: b, region: r}}]\n",
        "buckets: [{name: a, path_prefix: /a, s3: {bucket: b}}]\n",
        "buckets: [{name: a, path_prefix: /a, s3: {bucket: b, endpoint: 'not a url'}}]\n",
        "server: {port: 0}\nserver: {port: 0}\nbuckets: []\n",
        "server: {port: 0}\n",
    ],
)
def test_a_bad_file_is_exit_2(tmp_path, text):
    code, output, errors = ends("serve", "-c", written(tmp_path, text))

    assert code == 2
    assert errors.strip()
    assert "listening" not in output


def test_a_file_that_does_not_exist_is_exit_2(tmp_path):
    code, _, errors = ends("serve", "-c", str(tmp_path / "missing.yaml"))

    assert code == 2
    assert "missing.yaml" in errors


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Host", "x-amz-date"])
def test_a_header_that_must_not_be_forwarded_is_refused(origin, tmp_path, name):
    file = written(tmp_path, document(origin_bucket(origin, forward_request_headers=[name])))

    code, _, errors = ends("serve", "-c", file)

    assert code == 2
    assert name.lower() in errors.lower()


def test_a_missing_variable_is_named(origin, tmp_path):
    file = written(
        tmp_path, document(origin_bucket(origin, s3={"secret_key": "${NO_SUCH_VARIABLE_HERE}"}))
    )

    code, _, errors = ends("serve", "-c", file)

    assert code == 2
    assert "NO_SUCH_VARIABLE_HERE" in errors
    assert "secret_key" in errors


def test_secrets_come_from_the_environment_and_from_files(serve, store, bucket, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(store.secret_key + "\n")
    store.client().put_object(Bucket=bucket, Key="key", Body=b"value")
    keys = {"access_key": "${E2E_ACCESS_KEY}", "secret_key": f"${{file:{secret}}}"}
    proxy = serve(
        document(store_bucket(store, bucket, s3=keys)),
        environment={"E2E_ACCESS_KEY": store.access_key},
    )

    assert proxy.get("/files/key").body == b"value"
    proxy.stop()
    assert store.secret_key.encode() not in proxy.process.output()


def test_ipv6_is_listened_on(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"address": "::1"}))

    with socket.create_connection(("::1", proxy.port), timeout=10) as connection:
        connection.sendall(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_one_event_loop_serves_as_well_as_many(serve, origin):
    for threads in (1, 4):
        proxy = serve(document(origin_bucket(origin), server={"threads": threads}))
        assert all(proxy.get("/files/key").status == 200 for _ in range(20))

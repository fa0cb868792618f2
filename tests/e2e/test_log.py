"""The log: one access line per request whatever its end, complete, unforgeable, without secrets."""

import json
import re
import signal

import pytest
import yaml

from support import answers, bodies, places, waiting
from support.configuration import document, origin_bucket, store_bucket
from support.http1 import Connection
from support.origin import never_answer, say, say_and_close
from support.process import Process, free_port, wait_for_port

ALWAYS = {
    "timestamp": str,
    "level": str,
    "message": str,
    "request_id": str,
    "client_ip": str,
    "method": str,
    "path": str,
    "status": int,
    "bytes_sent": int,
    "duration_ms": (int, float),
    "user_agent": str,
    "protocol": str,
}
WITH_A_BUCKET = {"bucket": str, "s3_key": str, "cache": str}
WITH_S3 = {
    "s3_status": int,
    "s3_request_id": str,
    "s3_duration_ms": (int, float),
    "attempts": int,
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check_fields(line: dict, *tables: dict) -> None:
    for table in tables:
        for name, kind in table.items():
            assert isinstance(line.get(name), kind), f"{name}: {line.get(name)!r} in {line}"


def test_an_access_line_tells_everything(serve, store, bucket):
    store.client().put_object(Bucket=bucket, Key="dir/a key", Body=b"12345")
    proxy = serve(document(store_bucket(store, bucket)))

    answer = proxy.get("/files/dir/a%20key?secret=1", [("User-Agent", "e2e/1.0")])

    line = proxy.access_line(answer)
    check_fields(line, ALWAYS, WITH_A_BUCKET, WITH_S3)
    assert TIME.fullmatch(line["timestamp"])
    assert (line["level"], line["client_ip"], line["method"]) == ("info", "127.0.0.1", "GET")
    assert line["path"] in ("/files/dir/a%20key", "/files/dir/a key")
    assert (line["status"], line["bytes_sent"], line["protocol"]) == (200, 5, proxy.protocol.logged)
    assert (line["bucket"], line["s3_key"]) == ("files", "dir/a key")
    assert (line["s3_status"], line["attempts"]) == (200, 1)
    assert (line["user_agent"], line["cache"]) == ("e2e/1.0", answer.header("X-Cache"))
    assert line["s3_request_id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/elsewhere", 404),
        ("GET", "/files/", 404),
        ("DELETE", "/files/key", 405),
        ("OPTIONS", "/files/key", 204),
        ("GET", "/files/../key", 400),
        ("HEAD", "/files/key", 200),
    ],
)
def test_every_outcome_has_exactly_one_line(scripted, origin, method, path, status):
    origin.script = say(answers.bodiless("200 OK"))

    answer = scripted.request(method, path, [("User-Agent", "e2e/1.0")])

    line = scripted.access_line(answer)
    check_fields(line, ALWAYS)
    assert (line["method"], line["status"], line["bytes_sent"]) == (
        method,
        status,
        len(answer.body),
    )
    assert len(scripted.access_lines()) == 1


def test_a_request_whose_target_is_too_long_has_a_line_too(scripted):
    answer = scripted.get("/files/" + "k" * 9000)

    line = scripted.access_line(answer)
    assert (line["status"], line["error"]) == (414, "uri_too_long")


@pytest.mark.http1
def test_a_malformed_request_has_a_line_too(scripted):
    with scripted.connect() as connection:
        connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\nBad Header\r\n\r\n")
        assert connection.read_answer().status == 400

    line = scripted.wait_for_line(lambda line: line.get("message") == "request", "its line")
    assert line["status"] == 400


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (say_and_close(b"garbage\r\n\r\n"), 502),
        (never_answer, 504),
        (say(answers.error("503 Slow Down", "SlowDown")), 503),
        (say(answers.error("403 Forbidden", "SignatureDoesNotMatch")), 502),
    ],
    ids=["malformed", "silent", "busy", "credentials"],
)
def test_a_failure_says_error_and_reason(scripted, origin, script, status):
    origin.script = script

    answer = scripted.get("/files/key")

    line = scripted.access_line(answer)
    assert line["status"] == status == answer.status
    assert line["error"] == json.loads(answer.body)["error"]
    assert isinstance(line["reason"], str) and line["reason"]


def test_a_client_that_leaves_has_its_line_with_the_bytes_it_got(scripted, origin):
    def script(exchange):
        exchange.send(answers.ok(b"", [("Content-Length", str(1 << 30))]))
        for piece in bodies.pieces(1 << 30):
            if exchange.ended:
                return
            exchange.send(piece)

    origin.script = script
    connection = scripted.connect()
    connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    answer = connection.read_head()
    taken = len(connection.take(200_000))
    connection.reset()

    line = scripted.access_line(answer)
    assert line["status"] == 200
    assert taken <= line["bytes_sent"] < 1 << 30


def test_a_client_that_leaves_while_the_origin_stalls_is_not_the_origins_fault(serve, origin):
    def script(exchange):
        exchange.send(answers.ok(b"", [("Content-Length", "10000000")]) + bytes(1_000_000))
        exchange.wait_for_close()

    origin.script = script
    proxy = serve(document(origin_bucket(origin)))
    connection = proxy.connect()
    connection.send(b"GET /files/key HTTP/1.1\r\nHost: a.test\r\n\r\n")
    answer = connection.read_head()
    taken = 0
    while taken < 1_000_000:
        taken += len(connection.take(1_000_000))
    connection.close()

    line = proxy.access_line(answer)
    assert (line["error"], line["bytes_sent"]) == ("client_gone", 1_000_000)


def test_a_client_that_leaves_while_it_waits_for_a_connection_is_no_internal_error(serve, origin):
    limits = {"connections": {"max": 1}}
    proxy = serve(document(origin_bucket(origin, s3=limits), server={"threads": 1}))
    origin.script = lambda exchange: exchange.wait_for_close()
    holding, waits = proxy.connect(), proxy.connect()
    holding.send(b"GET /files/holds HTTP/1.1\r\nHost: a.test\r\n\r\n")
    origin.wait_for_requests(1)
    waits.send(b"GET /files/waits HTTP/1.1\r\nHost: a.test\r\n\r\n")
    waits.close()

    line = proxy.wait_for_line(lambda line: line.get("path") == "/files/waits", "its line")
    assert (line["status"], line["error"]) == (499, "client_gone")
    holding.close()


def test_a_client_cannot_forge_a_line(scripted):
    forged = '{"message":"request","status":200,"path":"/forged"}'
    agents = [f"a{forged}", '","path":"/forged', 'tab\tquote"back\\slash', "\xfc\xe9", "\x85x"]
    targets = ["/files/a%0a" + forged.replace('"', "%22").replace("{", "%7B").replace("}", "%7D")]
    targets += ["/files/%0d%0aX:%20y", "/files/%1b%5b31m", "/files/%ff%fe"]

    wanted = 0
    for agent in agents:
        assert scripted.get("/files/key", [("User-Agent", agent)]).status == 200
        wanted += 1
    for target in targets:
        assert scripted.get(target).status == 200
        wanted += 1

    waiting.eventually(lambda: len(scripted.access_lines()) == wanted, "all lines are there")
    assert not [line for line in scripted.log() if line.get("path") == "/forged"]
    raw = b"".join(scripted.process.lines("stdout"))
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw), "a control character is in the log"
    raw.decode("utf-8")


def test_no_secret_of_anyone_is_in_the_output(serve, origin):
    secrets = {
        "Authorization": "Bearer clients-secret-token",
        "Cookie": "session=clients-secret-cookie",
        "X-Amz-Security-Token": "clients-secret-session",
        "Proxy-Authorization": "Basic clients-secret-basic",
    }
    session = "SESSION-TOKEN-THAT-NOBODY-MAY-SEE"
    proxy = serve(
        document(origin_bucket(origin, s3={"session_token": session}), logging={"level": "debug"})
    )
    proxy.get("/files/key?token=clients-secret-query", list(secrets.items()))
    origin.script = say(answers.error("403 Forbidden", "SignatureDoesNotMatch"))
    proxy.get("/files/key", list(secrets.items()))
    origin.refuse()
    proxy.get("/files/key", list(secrets.items()))
    signatures = [request.header("Authorization").rpartition("=")[2] for request in origin.requests]

    proxy.stop()

    output = proxy.process.output()
    assert b"clients-secret" not in output
    assert session.encode() not in output
    assert len(signatures) >= 2
    for signature in signatures:
        assert signature.encode() not in output


def test_the_clients_address_comes_from_a_trusted_proxy_only(serve, origin):
    forwarded = [("X-Forwarded-For", "198.51.100.1, 192.0.2.7")]
    believing = serve(document(origin_bucket(origin), server={"trusted_proxies": ["127.0.0.0/8"]}))
    doubting = serve(document(origin_bucket(origin)))

    assert believing.access_line(believing.get("/files/key", forwarded))["client_ip"] == "192.0.2.7"
    assert doubting.access_line(doubting.get("/files/key", forwarded))["client_ip"] == "127.0.0.1"


def test_access_lines_can_be_switched_off(serve, origin):
    proxy = serve(document(origin_bucket(origin), logging={"access_log": False}))

    assert proxy.get("/files/key").status == 200
    proxy.stop()

    assert proxy.access_lines() == []


def test_the_log_goes_to_stderr_when_told(serve, origin):
    proxy = serve(document(origin_bucket(origin), logging={"output": "stderr"}))

    assert proxy.access_line(proxy.get("/files/key"))["status"] == 200
    assert proxy.process.lines("stdout") == []


def test_sigusr1_reopens_the_file(serve, origin, tmp_path):
    file = tmp_path / "access.log"
    moved = tmp_path / "access.log.1"
    proxy = serve(document(origin_bucket(origin), logging={"output": str(file)}))
    before = proxy.access_line(proxy.get("/files/before"))
    file.rename(moved)

    proxy.signal(signal.SIGUSR1)
    waiting.eventually(file.exists, "the file is there again")
    after = proxy.access_line(proxy.get("/files/after"))

    assert (before["path"], after["path"]) == ("/files/before", "/files/after")
    assert b"/files/before" in moved.read_bytes()
    assert b"/files/after" not in moved.read_bytes()
    assert b"/files/before" not in file.read_bytes()


def test_text_lines_name_the_request_too(origin, tmp_path):
    file = tmp_path / "text.log"
    port = free_port()
    text = document(
        origin_bucket(origin),
        server={"port": port},
        logging={"format": "text", "output": str(file)},
    )

    (tmp_path / "text.yaml").write_text(yaml.safe_dump(text))
    process = Process([places.binary(), "serve", "-c", tmp_path / "text.yaml"])
    wait_for_port(process, port, "the proxy")

    with Connection(("127.0.0.1", port)) as connection:
        assert connection.get("/files/text-key").status == 200

    assert process.end() == 0
    assert "/files/text-key" in file.read_text()

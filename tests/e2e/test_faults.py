"""The scenarios of vectors/faults: those that no other file shows, and that each one is shown."""

import ast
import contextlib
import json
import os
import pathlib
import resource
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest
import trustme

from support import answers, places, waiting
from support.configuration import CACHE, cached_document, document, origin_bucket, store_bucket
from support.http1 import Malformed, request_bytes
from support.origin import InTurn, say
from support.tls_front import tls_front

HOST = [("Host", "h")]

# There is nothing of the kind, so nothing to break: no cache is on a disk.
NOT_HERE = {"p-corrupt-cache"}


def shown() -> set[str]:
    """The ids that tests of this folder are marked with."""
    ids = set()
    for file in pathlib.Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr == "fault":
                    ids.add(ast.literal_eval(node.args[0]))
    return ids


def test_every_scenario_is_shown():
    vectors = places.own_vectors("faults/faults.json")
    cases = {case["id"] for case in json.loads(vectors.read_text())["cases"]}

    assert shown() == cases - NOT_HERE


@pytest.mark.fault("o-thundering-range")
def test_a_hundred_ranges_of_one_object_are_what_the_store_is_asked_for(serve, one_store):
    bucket = one_store.make_bucket()
    body = os.urandom(8_000_000)
    one_store.client().put_object(Bucket=bucket, Key="key", Body=body)
    proxy = serve(document(store_bucket(one_store, bucket), cache=CACHE))
    size = len(body) // 100
    wrong = []

    def ask(number):
        first, last = number * size, (number + 1) * size - 1
        answer = proxy.get("/files/key", [*HOST, ("Range", f"bytes={first}-{last}")])
        if answer.status != 206 or answer.body != body[first : last + 1]:
            wrong.append((number, answer.status))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    asked = sum(line["bytes_sent"] for line in proxy.access_lines())
    assert asked <= len(body)


@pytest.mark.fault("n-corrupt")
def test_a_bit_that_turns_on_an_encrypted_link_is_never_delivered(serve, origin, tmp_path):
    """A byte of the middle of each transfer is changed between the proxy and the TLS front."""
    body = os.urandom(300_000)
    origin.script = say(answers.ok(body))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with tls_front(authority, "localhost", origin.port) as front, corrupting(front.port) as port:
        s3 = {
            "endpoint": f"https://localhost:{port}",
            "tls": {"ca_file": str(tmp_path / "ca.pem")},
            "timeouts": {"connect": "2s", "first_byte": "2s", "stall": "2s"},
            "addressing": "path",
        }
        proxy = serve(document(origin_bucket(origin, s3=s3)))
        with proxy.connect() as connection:
            connection.send(request_bytes("GET", "/files/key"))
            answer = connection.read_head()
            assert answer.status == 200
            received = connection.read_rest()
        assert len(received) < len(body)
        assert body.startswith(received)


def pass_on(source: socket.socket, sink: socket.socket, turned: int | None) -> None:
    """The bytes, with one bit turned in that one."""
    passed = 0
    with contextlib.suppress(OSError):
        while data := bytearray(source.recv(65536)):
            if turned is not None and passed <= turned < passed + len(data):
                data[turned - passed] ^= 1
            passed += len(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def corrupting(port: int, turned: int = 100_000) -> Iterator[int]:
    """A link to `port` that turns one bit of what comes back, once a connection; its own port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection(("127.0.0.1", port))
                    for way in ((client, server, None), (server, client, turned)):
                        threading.Thread(target=pass_on, args=way, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.fault("n-rst-storm")
def test_connections_that_are_reset_all_the_time_fail_no_request_and_leak_nothing(serve, origin):
    s3 = {"retry": {"max_attempts": 3, "initial_backoff": "1ms"}}
    proxy = serve(document(origin_bucket(origin, s3=s3)))
    proxy.get("/files/key")
    descriptors = proxy.descriptors()
    stop = threading.Event()
    told: list[int] = []

    def ask():
        with proxy.connect() as connection:
            while not stop.is_set():
                told.append(connection.request("GET", "/files/key", HOST).status)

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(1, 20):
        waiting.eventually(lambda: len(told) > 20 * number, "requests between the resets")  # noqa: B023
        origin.reset_connections()
    stop.set()
    thread.join()

    assert set(told) == {200}
    waiting.eventually(lambda: proxy.descriptors() <= descriptors + 4, "no descriptor leaks")


@pytest.mark.fault("o-dns-change")
@pytest.mark.fault("o-refused")
def test_an_origin_that_moves_its_port_is_found_by_a_reload(serve, origin):
    """Names are resolved by their TTL (tests/unit/io); what a configuration names, by a reload."""
    proxy = serve(document(origin_bucket(origin)))
    assert proxy.get("/files/key").status == 200
    port = origin.port
    origin.refuse()
    assert proxy.get("/files/key").status == 502
    origin.port = 0
    origin.listen()
    assert origin.port != port

    proxy.file.write_text(proxy.file.read_text().replace(str(port), str(origin.port)))
    assert proxy.admin("POST", "/admin/reload").status == 200

    assert proxy.get("/files/key").status == 200


@pytest.mark.fault("p-enospc")
def test_a_full_disk_loses_lines_of_the_log_and_nothing_else(serve, origin, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root: a small file system of its own")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        output = str(disk / "log")
        proxy = serve(
            document(origin_bucket(origin), logging={"output": output}),
        )
        with proxy.connect() as connection:
            for _ in range(500):
                assert connection.request("GET", "/files/key", HOST).status == 200
        assert proxy.get("/health/live").status == 200
        before = (disk / "log").read_text()
        (disk / "log").write_text("")
        assert proxy.get("/files/key").status == 200
        waiting.eventually(
            lambda: "log lines dropped" in before + (disk / "log").read_text(),
            "the log goes on and says what it lost",
        )
        proxy.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.fault("p-cpu-starved")
def test_health_is_answered_by_a_process_that_hardly_gets_the_cpu(serve, origin):
    proxy = serve(document(origin_bucket(origin), server={"threads": 1}))
    here = {min(os.sched_getaffinity(0))}
    for thread in os.listdir(f"/proc/{proxy.process.pid}/task"):
        os.sched_setaffinity(int(thread), here)
    busy = [
        subprocess.Popen(["sh", "-c", "while :; do :; done"], preexec_fn=lambda: os.sched_setaffinity(0, here))
        for _ in range(4)
    ]
    try:
        with proxy.connect() as connection:
            for _ in range(20):
                assert connection.request("GET", "/health/live", HOST).status == 200
                assert connection.request("GET", "/files/key", HOST).status == 200
    finally:
        for one in busy:
            one.kill()
            one.wait()


@pytest.mark.fault("p-core-limits")
@pytest.mark.release
@pytest.mark.parametrize(
    ("which", "limit"),
    [(resource.RLIMIT_STACK, 256 * 1024), (resource.RLIMIT_AS, 1536 * 1024 * 1024)],
    ids=["stack", "address space"],
)
def test_small_limits_of_the_process_are_borne(serve, origin, which, limit):
    origin.script = say(answers.cacheable(os.urandom(1_000_000)))
    proxy = serve(cached_document(origin), limits={which: limit})

    with proxy.connect() as connection:
        for number in range(50):
            assert connection.request("GET", f"/files/{number}", HOST).status == 200


@pytest.mark.fault("p-fd-leak-soak")
@pytest.mark.slow
@pytest.mark.release
def test_a_soak_with_aborts_and_faults_leaves_no_more_than_it_found(serve, origin):
    """Half a minute here; bench/soak.py runs as long as it is told."""
    origin.script = InTurn(
        *(
            script
            for _ in range(200)
            for script in (
                say(answers.cacheable(b"x" * 20_000)),
                say(answers.error("503 Slow Down", "SlowDown")),
                lambda exchange: exchange.reset(),
                say(answers.ok(b"y" * 50_000)),
                lambda exchange: (exchange.send(answers.ok(b"z" * 100)[:-50]), exchange.close()),
            )
        ),
        say(answers.cacheable(b"x" * 20_000)),
    )
    proxy = serve(cached_document(origin))

    def round_of(number):
        with proxy.connect() as connection:
            for key in range(10):
                connection.send(request_bytes("GET", f"/files/{number}-{key}"))
                if (number + key) % 7 == 0:
                    return  # Without a look at the answer.
                try:
                    connection.read_answer()
                except (Malformed, OSError):  # Cut answers are part of it.
                    return

    for number in range(60):
        round_of(number)
    memory, descriptors = proxy.memory_kib(), proxy.descriptors()
    for number in range(60, 300):
        round_of(number)

    waiting.eventually(lambda: proxy.descriptors() <= descriptors + 8, "no descriptor leaks")
    assert proxy.memory_kib() <= memory + 24 * 1024

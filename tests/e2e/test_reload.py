"""Reload: by SIGHUP, the admin listener and the file itself; all of it or nothing, and no request fails."""

import copy
import json
import os
import signal
import threading
from collections.abc import Iterator

import jwt
import pytest
import yaml

from support import answers, waiting
from support.configuration import CACHE, cached_document, document, origin_bucket, store_bucket
from support.http1 import Connection, request_bytes
from support.origin import Held, Origin, say
from support.proxy import Proxy
from support.reload import post_reload, reload

HOST = [("Host", "127.0.0.1")]


def generation(proxy: Proxy) -> int:
    return json.loads(proxy.get("/health").body)["config_generation"]


@pytest.fixture
def second() -> Iterator[Origin]:
    made = Origin(say(answers.ok(b"from the second")))
    yield made
    made.end()


def test_a_new_bucket_is_served_and_a_removed_one_is_not(serve, origin):
    first = document(origin_bucket(origin, name="one", prefix="/one"))
    proxy = serve(first)
    after = document(origin_bucket(origin, name="two", prefix="/two"))

    said = reload(proxy, after)

    assert said["status"] == "ok"
    assert said["generation"] == 2 == generation(proxy)
    assert sorted(said["changes"]) == ["bucket `one` removed", "bucket `two` added"]
    assert proxy.get("/two/key").status == 200
    assert proxy.get("/one/key").status == 404


def test_sighup_reloads_and_the_log_names_what_changed(serve, origin, second):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    after = document(origin_bucket(second), server={"limits": {"uri_length": 2048}})
    proxy.write(after)

    proxy.signal(signal.SIGHUP)

    line = proxy.wait_for_line(lambda line: line["message"] == "configuration reloaded", "it")
    assert line["generation"] == 2
    assert line["changes"] == "server.limits.uri_length; bucket `files`: s3.endpoint"
    assert second.endpoint not in json.dumps(line)
    assert proxy.get("/files/key").body == b"from the second"
    assert proxy.get("/files/" + "k" * 3000).status == 414


def test_rotated_credentials_are_named_but_not_shown(serve, origin):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    after = copy.deepcopy(before)
    after["buckets"][0]["s3"] |= {"access_key": "AKIANEWNEWNEW1234567", "secret_key": "rotated-1"}

    said = reload(proxy, after)

    assert said["changes"] == ["bucket `files`: credentials rotated"]
    proxy.get("/files/key")
    assert "AKIANEWNEWNEW1234567" in origin.requests[-1].header("Authorization")
    assert b"rotated-1" not in proxy.process.output()


def test_a_request_in_flight_ends_with_what_it_began_with(serve, origin, second):
    held = Held(b" world", first=answers.ok(b"hello", [("Content-Length", "11")]))
    origin.script = held
    before = document(origin_bucket(origin))
    proxy = serve(before)
    with proxy.connect() as connection:
        connection.send(request_bytes("GET", "/files/key"))
        origin.wait_for_requests(1)

        reload(proxy, document(origin_bucket(second)))

        assert proxy.get("/files/key").body == b"from the second"
        held.go_on.set()
        assert connection.read_answer().body == b"hello world"
        # The same connection's next request is served by the new ones.
        assert connection.request("GET", "/files/key", HOST).body == b"from the second"


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (lambda made: made["buckets"][0].pop("path_prefix"), "path_prefix"),
        (lambda made: made.update(sever={}), "sever"),
        (lambda made: made["buckets"][0]["s3"].update(endpoint="nonsense"), "endpoint"),
        (lambda made: made["server"].update(port=1), "server.port"),
        (lambda made: made["server"].update(threads=1), "server.threads"),
        (lambda made: made["admin"].update(port=1), "admin.port"),
        (lambda made: made["admin"].update(enabled=False), "admin.enabled"),
        (lambda made: made.update(logging={"output": "/no/such/place/log"}), "logging.output"),
        (
            lambda made: made["buckets"][0]["s3"].update(
                endpoint="https://127.0.0.1:1", tls={"ca_file": "/no/such/file.pem"}
            ),
            "/no/such/file.pem",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_configuration_changes_nothing(serve, origin, breaks, says):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    broken = copy.deepcopy(before)
    breaks(broken)
    proxy.write(broken)

    status, body = post_reload(proxy)

    assert status == 422
    assert body["status"] == "error"
    assert any(says in problem for problem in body["problems"]), body
    assert generation(proxy) == 1
    assert proxy.get("/files/key").status == 200
    line = proxy.wait_for_line(
        lambda line: line["message"] == "the configuration was not reloaded", "the problem"
    )
    assert line["level"] == "error"
    # It can be tried again.
    assert reload(proxy, before)["generation"] == 2


def test_every_problem_is_reported(serve, origin):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    broken = copy.deepcopy(before)
    broken["sever"] = {}
    broken["buckets"][0]["path_prefix"] = "none"
    proxy.write(broken)

    status, body = post_reload(proxy)

    assert status == 422
    assert len(body["problems"]) == 2


def test_a_file_that_is_gone_or_half_written_changes_nothing(serve, origin):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    text = proxy.file.read_text()
    proxy.file.write_text(text[: text.index("path_prefix") + 4])
    assert post_reload(proxy)[0] == 422
    proxy.file.unlink()
    assert post_reload(proxy)[0] == 422
    assert proxy.get("/files/key").status == 200
    assert reload(proxy, before)["changes"] == []


def test_nothing_changed_is_a_reload_too(serve, origin):
    before = document(origin_bucket(origin))
    proxy = serve(before)

    assert reload(proxy, before) == {"status": "ok", "generation": 2, "changes": []}


# The file itself.


def watched(origin, **keys):
    return document(origin_bucket(origin, **keys), server={"reload": {"watch": True}})


def wait_for_generation(proxy, number):
    waiting.eventually(lambda: generation(proxy) == number, f"generation {number}")


@pytest.mark.parametrize("replace", [True, False], ids=["renamed", "in place"])
def test_a_watched_file_is_loaded_when_it_changes(serve, origin, second, replace):
    proxy = serve(watched(origin))
    changed = watched(second)

    if replace:
        proxy.write(changed)
    else:
        proxy.write(changed)

    wait_for_generation(proxy, 2)
    assert proxy.get("/files/key").body == b"from the second"


@pytest.mark.http1
def test_the_swap_of_a_mounted_volume_is_seen(serve, tmp_path, origin, second):
    """Kubernetes: config.yaml -> ..data/config.yaml, ..data -> a folder that is replaced."""

    def version(name, configuration):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "yatagarasu.yaml").write_text(yaml.safe_dump(configuration))
        return name

    def swap(name):
        (tmp_path / "..data_tmp").symlink_to(name)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    swap(version("..2026_01", watched(origin)))
    (tmp_path / "yatagarasu.yaml").symlink_to("..data/yatagarasu.yaml")
    proxy = serve(watched(origin), file=tmp_path / "yatagarasu.yaml")
    assert proxy.get("/files/key").body == b"hello"

    swap(version("..2026_02", watched(second)))

    wait_for_generation(proxy, 2)
    assert proxy.get("/files/key").body == b"from the second"
    swap(version("..2026_03", watched(origin)))
    wait_for_generation(proxy, 3)


def test_a_watched_file_that_becomes_bad_is_tried_once(serve, origin):
    proxy = serve(watched(origin))

    proxy.file.write_text("buckets: [")

    proxy.wait_for_line(
        lambda line: line["message"] == "the configuration was not reloaded", "the problem"
    )
    assert proxy.get("/files/key").status == 200
    proxy.write(watched(origin, index_document="index.html"))
    wait_for_generation(proxy, 2)
    proxy.wait_for_line(lambda line: line["message"] == "configuration reloaded", "the success")
    tried = [line for line in proxy.log() if line["message"] == "reloading"]
    assert len(tried) == 2


def test_a_file_is_not_watched_unless_asked_for(serve, origin, second):
    proxy = serve(document(origin_bucket(origin)))

    proxy.write(document(origin_bucket(second)))
    proxy.signal(signal.SIGUSR1)  # Whatever is to be done before this has been done.

    proxy.wait_for_line(lambda line: line["message"] == "log reopened", "the signal")
    assert proxy.get("/files/key").body == b"hello"
    assert generation(proxy) == 1


# What is kept, and what is not.


def test_entries_survive_a_reload_that_leaves_their_bucket_alone(serve, origin, second):
    origin.script = say(answers.cacheable(b"cached"))
    before = cached_document(origin)
    proxy = serve(before)
    assert proxy.get("/files/key").header("X-Cache") == "MISS"
    after = copy.deepcopy(before)
    after["buckets"].append(origin_bucket(second, name="other", prefix="/other"))
    after["buckets"][0]["response_headers"] = {"set": {"X-New": "1"}}

    reload(proxy, after)

    answer = proxy.get("/files/key")
    assert (answer.header("X-Cache"), answer.header("X-New")) == ("HIT", "1")
    assert len(origin.requests) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"secret_key": "another-secret-0000"},
        {"bucket": "another"},
        {"region": "eu-west-1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_entries_vanish_when_their_source_changes(serve, origin, change):
    origin.script = say(answers.cacheable(b"cached"))
    before = cached_document(origin)
    proxy = serve(before)
    proxy.get("/files/key")
    after = copy.deepcopy(before)
    after["buckets"][0]["s3"] |= change

    reload(proxy, after)

    waiting.eventually(
        lambda: json.loads(proxy.admin("GET", "/admin/cache/stats").body)["tiers"]["memory"][
            "objects"
        ]
        == 0,
        "the old entries are gone",
    )
    assert proxy.get("/files/key").header("X-Cache") == "MISS"
    assert len(origin.requests) == 2


def test_a_fill_that_began_before_serves_its_clients_to_the_end(serve, origin, second):
    held = Held(b" world", first=answers.cacheable(b"hello", headers=[("Content-Length", "11")]))
    origin.script = held
    before = cached_document(origin)
    proxy = serve(before)
    with proxy.connect() as leader, proxy.connect() as follower:
        leader.send(request_bytes("GET", "/files/key"))
        origin.wait_for_requests(1)
        follower.send(request_bytes("GET", "/files/key"))

        second.script = say(answers.cacheable(b"other"))
        reload(proxy, cached_document(second))
        assert proxy.get("/files/key").body == b"other"

        held.go_on.set()
        assert leader.read_answer().body == b"hello world"
        assert follower.read_answer().body == b"hello world"
    assert proxy.get("/files/key").body == b"other"


def test_the_size_of_the_cache_can_change(serve, origin):
    origin.script = say(answers.cacheable(b"cached"))
    before = cached_document(origin)
    proxy = serve(before)
    proxy.get("/files/key")
    smaller = copy.deepcopy(before)
    smaller["cache"] = {"memory": {"max_size": "32MiB"}}

    reload(proxy, smaller)

    stats = json.loads(proxy.admin("GET", "/admin/cache/stats").body)
    assert stats["tiers"]["memory"]["max_bytes"] == 32 * 1024 * 1024
    proxy.get("/files/key")
    assert proxy.get("/files/key").header("X-Cache") == "HIT"
    off = copy.deepcopy(before)
    off["cache"] = {"memory": {"max_size": 0}}
    reload(proxy, off)
    assert proxy.get("/files/key").header("X-Cache") == "BYPASS"


def test_connections_to_s3_are_kept(serve, origin):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    with proxy.connect() as connection:
        connection.request("GET", "/files/key", HOST)
        opened = origin.requests[-1].connection

        reload(proxy, {**before, "logging": {"level": "debug"}})

        connection.request("GET", "/files/key", HOST)
        assert origin.requests[-1].connection == opened


def test_limits_and_logging_follow(serve, origin, tmp_path):
    before = document(origin_bucket(origin))
    proxy = serve(before)
    log = tmp_path / "new.log"
    after = copy.deepcopy(before)
    after["server"]["limits"] = {"header_size": "1KiB"}
    after["logging"] = {"output": str(log), "format": "text"}
    with proxy.connect() as connection:
        connection.request("GET", "/files/key", HOST)
        # What was said before is not written to the new file.
        waiting.eventually(proxy.access_lines, "the first line")

        reload(proxy, after)

        big = [*HOST, ("X-Big", "b" * 2000)]
        assert connection.request("GET", "/files/key", big).status == 431
    waiting.eventually(lambda: log.exists() and "status=431" in log.read_text(), "the line")
    assert not log.read_text().startswith("{")


def test_the_admin_token_follows(serve, origin):
    before = document(origin_bucket(origin))
    proxy = serve(before)

    reload(proxy, document(origin_bucket(origin), admin={"token": "a-new-token"}))

    assert proxy.admin("GET", "/admin/status").status == 401
    told = proxy.admin("GET", "/admin/status", [("Authorization", "Bearer a-new-token")])
    assert told.status == 200


def test_a_rotated_jwt_secret_counts_at_once(serve, origin):
    def guarded(secret):
        keys = {"algorithm": "HS256", "secret": secret}
        return document(origin_bucket(origin, auth={"enabled": True, "jwt": keys}))

    old, new = "0123456789abcdef-old-secret-0000", "0123456789abcdef-new-secret-0000"
    old_token = [("Authorization", "Bearer " + jwt.encode({"sub": "a"}, old, "HS256"))]
    new_token = [("Authorization", "Bearer " + jwt.encode({"sub": "a"}, new, "HS256"))]
    proxy = serve(guarded(old))
    assert proxy.get("/files/key", old_token).status == 200
    assert proxy.get("/files/key", new_token).status == 401

    said = reload(proxy, guarded(new))

    assert said["changes"] == ["bucket `files`: auth.jwt.secret"]
    assert proxy.get("/files/key", old_token).status == 401
    assert proxy.get("/files/key", new_token).status == 200


def test_many_who_ask_at_once_all_get_an_answer(serve, origin):
    proxy = serve(document(origin_bucket(origin)))
    address = proxy.admin_address
    told = []

    def ask():
        with Connection(address) as connection:
            told.append(connection.request("POST", "/admin/reload", HOST).status)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == [200] * 20


@pytest.mark.fault("p-sighup-reload")
@pytest.mark.release
def test_a_thousand_reloads_under_load_fail_no_request_and_grow_nothing(serve, store, bucket):
    body = os.urandom(100_000)
    store.client().put_object(Bucket=bucket, Key="a", Body=body)
    other = store.make_bucket()
    store.client().put_object(Bucket=other, Key="a", Body=body)
    versions = [
        document(
            store_bucket(store, each, s3={"timeouts": {"connect": timeout}}),
            store_bucket(store, bucket, name="still", prefix="/still"),
            cache=cache,
            logging={"access_log": False},
        )
        for each, timeout in ((bucket, "3s"), (other, "4s"))
        for cache in ({"memory": {"max_size": 0}}, CACHE)
    ]
    proxy = serve(versions[0])
    stop = threading.Event()
    wrong = []
    served = [0, 0]

    def ask(number):
        with proxy.connect() as connection:
            while not stop.is_set():
                path = "/files/a" if number % 2 else "/still/a"
                answer = connection.request("GET", path, HOST)
                if answer.status != 200 or answer.body != body:
                    wrong.append(answer)
                served[number % 2] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()

    with Connection(proxy.admin_address) as admin:

        def reload_often(times):
            for number in range(times):
                proxy.write(versions[number % len(versions)])
                answer = admin.request("POST", "/admin/reload", HOST)
                assert answer.status == 200, answer

        reload_often(200)
        waiting.eventually(lambda: min(served) > 20, "some requests")
        memory, descriptors = proxy.memory_kib(), proxy.descriptors()
        reload_often(800)
    stop.set()
    for thread in threads:
        thread.join()

    assert not wrong, wrong[:3]
    assert generation(proxy) == 1001
    assert proxy.descriptors() <= descriptors + 16
    assert proxy.memory_kib() <= memory + 16 * 1024

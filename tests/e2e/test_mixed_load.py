"""All kinds of clients at once, some of them rude: the others notice nothing, nothing is left."""

import concurrent.futures
import random
import threading

import pytest

from support import answers, bodies, waiting
from support.configuration import document, origin_bucket, store_bucket

SIZES = [0, 1, 1000, 65_536, 300_000, 2_000_000]


def content(number: int) -> bytes:
    return bodies.body(SIZES[number] + number)[number:]


class Client:
    """A random sequence of requests; remembers what was wrong with the answers."""

    def __init__(self, proxy, seed: int):
        self._proxy = proxy
        self._chance = random.Random(seed)
        self._connection = proxy.connect()
        self.wrong: list[str] = []

    def run(self, steps: int) -> None:
        for _ in range(steps):
            number = self._chance.randrange(len(SIZES))
            kind = self._chance.choice(
                ["get", "get", "range", "head", "missing", "leave", "pipeline"]
            )
            getattr(self, kind)(number)
        self._connection.close()

    def _check(self, what: str, holds: bool) -> None:
        if not holds:
            self.wrong.append(what)

    def get(self, number: int) -> None:
        answer = self._connection.get(f"/files/{number}")
        self._check(f"get {number}", (answer.status, answer.body) == (200, content(number)))

    def head(self, number: int) -> None:
        answer = self._connection.request("HEAD", f"/files/{number}")
        self._check(f"head {number}", (answer.status, answer.length) == (200, len(content(number))))

    def missing(self, number: int) -> None:
        answer = self._connection.get(f"/files/missing-{number}")
        self._check(f"missing {number}", answer.status == 404)

    def range(self, number: int) -> None:
        first = self._chance.randrange(SIZES[number] + 1)
        last = first + self._chance.randrange(100_000)
        answer = self._connection.get(f"/files/{number}", [("Range", f"bytes={first}-{last}")])
        wanted = content(number)[first : last + 1]
        expected = (206, wanted) if wanted else (416, answer.body)
        self._check(f"range {number} {first}-{last}", (answer.status, answer.body) == expected)

    def leave(self, number: int) -> None:
        """Asks, reads a little or nothing, and is gone."""
        self._connection.send(f"GET /files/{number} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        if self._chance.random() < 0.5:
            self._connection.take(self._chance.randrange(1, 100_000))
        if self._chance.random() < 0.5:
            self._connection.reset()
        else:
            self._connection.close()
        self._connection = self._proxy.connect()

    def pipeline(self, _: int) -> None:
        numbers = [self._chance.randrange(len(SIZES)) for _ in range(5)]
        for number in numbers:
            self._connection.send(f"GET /files/{number} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        for number in numbers:
            answer = self._connection.read_answer()
            self._check(f"pipelined {number}", answer.body == content(number))


def test_rude_clients_do_not_disturb_the_others(serve, store, bucket):
    client = store.client()
    for number in range(len(SIZES)):
        client.put_object(Bucket=bucket, Key=str(number), Body=content(number))
    proxy = serve(document(store_bucket(store, bucket)))
    assert proxy.get("/files/1").status == 200
    before = proxy.descriptors()
    clients = [Client(proxy, seed) for seed in range(24)]

    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(lambda one: one.run(60), clients))

    assert [wrong for one in clients for wrong in one.wrong] == []
    waiting.eventually(lambda: proxy.descriptors() <= before + 96, "the descriptors are back")


@pytest.mark.fault("o-flap")
def test_an_origin_that_comes_and_goes_fails_only_while_it_is_gone(serve, origin):
    origin.script = lambda exchange: exchange.send(answers.ok(exchange.request.target.encode()))
    proxy = serve(document(origin_bucket(origin)))
    stop = threading.Event()
    wrong: list[str] = []

    def load(seed: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            answer = proxy.get(f"/files/{seed}-{number}")
            if answer.status == 200:
                if answer.complete and answer.body != f"/inner/{seed}-{number}".encode():
                    wrong.append(f"{answer.body!r} for {seed}-{number}")
            elif answer.status not in (502, 503, 504):
                wrong.append(str(answer.status))

    threads = [threading.Thread(target=load, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        origin.refuse()
        waiting.eventually(lambda: proxy.get("/files/x").status != 200, "it is felt")
        origin.listen()
        waiting.eventually(lambda: proxy.get("/files/x").status == 200, "it is back", within=15)
    stop.set()
    for thread in threads:
        thread.join(30)

    assert wrong == []

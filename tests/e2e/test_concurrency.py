"""Many clients at once: every one gets its own bytes, and memory stays in bounds."""

import asyncio
import resource

import pytest

from support import bodies, waiting
from support.configuration import document, origin_bucket, store_bucket

SIZE = 256 * 1024
OBJECTS = 10


@pytest.fixture
def many_descriptors():
    """Raises this process's own limit, which the proxy inherits; yields it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def content(number: int) -> bytes:
    """Another body for each object, of one size."""
    return bodies.body(SIZE + number)[number:]


async def download(port: int, number: int, start: asyncio.Event) -> str:
    """What is wrong with this download; empty when nothing is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    await start.wait()
    writer.write(
        f"GET /files/object-{number} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n".encode()
    )
    received = await reader.read(-1)
    writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        return head.decode("latin-1") + body[:300].decode("latin-1")
    return "" if body == content(number) else f"wrong body for {number}: {len(body)} bytes"


async def download_all(port: int, clients: int) -> list[str]:
    start = asyncio.Event()
    tasks = [
        asyncio.create_task(download(port, number % OBJECTS, start)) for number in range(clients)
    ]
    await asyncio.sleep(0)
    start.set()
    return [wrong for wrong in await asyncio.gather(*tasks) if wrong]


@pytest.mark.http1
@pytest.mark.release
def test_a_thousand_downloads_at_once_are_all_right(serve, store, bucket, many_descriptors):
    client = store.client()
    for number in range(OBJECTS):
        client.put_object(Bucket=bucket, Key=f"object-{number}", Body=content(number))
    proxy = serve(document(store_bucket(store, bucket)))
    assert proxy.get("/files/object-0").status == 200
    memory, descriptors = proxy.memory_kib(), proxy.descriptors()

    wrong = asyncio.run(download_all(proxy.port, 1000))
    grown = proxy.memory_kib() - memory

    assert not wrong, f"{len(wrong)} of 1000 are wrong, for example: {wrong[0]}"
    assert grown < 160 * 1024, f"grew by {grown} KiB"
    kept = 64 + 32  # connections.max_idle, and some pipes to splice with
    waiting.eventually(
        lambda: proxy.descriptors() <= descriptors + kept, "the descriptors are back"
    )


@pytest.mark.http1
@pytest.mark.release
def test_ten_thousand_idle_connections_are_cheap(serve, origin, many_descriptors):
    clients = min(10_000, many_descriptors - 500)
    proxy = serve(document(origin_bucket(origin), server={"timeouts": {"idle": "5m"}}))
    with proxy.connect() as connection:
        assert connection.get("/files/key").status == 200
    memory, descriptors = proxy.memory_kib(), proxy.descriptors()
    request = b"GET /health/live HTTP/1.1\r\nHost: a.test\r\n\r\n"

    connections = []
    for _ in range(clients):
        connection = proxy.connect()
        connection.send(request)
        connections.append(connection)
    for connection in connections:
        assert connection.read_answer().status == 200
    grown = proxy.memory_kib() - memory
    with proxy.connect() as connection:
        assert connection.get("/files/key").status == 200
    for connection in connections:
        connection.close()

    assert grown < 60 * 1024, (
        f"{clients} idle connections (limit of descriptors: {many_descriptors}) took {grown} KiB"
    )
    waiting.eventually(
        lambda: proxy.descriptors() <= descriptors + 8, "the descriptors are back", within=30
    )


@pytest.mark.release
def test_memory_does_not_creep_over_many_requests(serve, origin):
    proxy = serve(document(origin_bucket(origin)))

    def thousand() -> int:
        with proxy.connect() as connection:
            for _ in range(1000):
                assert connection.get("/files/key").status == 200
        return proxy.memory_kib()

    thousand()
    settled = thousand()

    assert thousand() - settled < 1024

"""The cache in front of real stores."""

import asyncio
import resource

import pytest

from support import bodies, checksums
from support.configuration import CACHE, document, store_bucket

CLIENTS = 1000
SIZE = 300_000


def seen(answer):
    return (answer.status, answer.header("X-Cache"), answer.body)


@pytest.fixture(scope="module")
def many_descriptors():
    """Raises this process's own limit, which the proxy inherits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def proxy(serve, store, bucket):
    return serve(document(store_bucket(store, bucket), cache=CACHE))


async def download(port: int, start: asyncio.Event) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    await start.wait()
    writer.write(b"GET /files/hot HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
    received = await reader.read(-1)
    writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    return body


async def download_all(port: int) -> list[bytes]:
    start = asyncio.Event()
    tasks = [asyncio.create_task(download(port, start)) for _ in range(CLIENTS)]
    await asyncio.sleep(0)
    start.set()
    return await asyncio.gather(*tasks)


@pytest.mark.http1
@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_clients_of_a_cold_key_make_one_request(proxy, store, bucket):
    body = bodies.body(SIZE)
    store.client().put_object(Bucket=bucket, Key="hot", Body=body)

    received = asyncio.run(download_all(proxy.port))

    assert all(each == body for each in received)
    proxy.wait_for_line(
        lambda _: len(proxy.access_lines()) == CLIENTS, "every request has its line", within=30
    )
    asked = [line for line in proxy.access_lines() if "s3_status" in line]
    assert [line["s3_status"] for line in asked] == [200]
    assert {line["cache"] for line in proxy.access_lines()} <= {"MISS", "HIT"}


def test_a_hit_is_what_the_store_sent(proxy, store, bucket):
    store.client().put_object(
        Bucket=bucket,
        Key="full",
        Body=bodies.body(SIZE),
        ContentType="text/plain",
        ContentEncoding="x-packed",
        ContentLanguage="de",
        ContentDisposition="inline",
        CacheControl="max-age=60",
        Metadata={"colour": "blue"},
    )
    told_each_time = {"age", "x-cache", "cache-status", "x-request-id"}

    miss, hit = (proxy.get("/files/full") for _ in range(2))

    assert [seen(answer) for answer in (miss, hit)] == [
        (200, "MISS", bodies.body(SIZE)),
        (200, "HIT", bodies.body(SIZE)),
    ]
    for answer in (miss, hit):
        assert answer.header("x-amz-meta-colour") == "blue"
        assert answer.header("Content-Encoding") == "x-packed"
        answer.headers = [
            field for field in answer.headers if field[0].lower() not in told_each_time
        ]
    assert sorted(miss.headers) == sorted(hit.headers)


@pytest.mark.parametrize("size", [0, 1, SIZE])
def test_an_unchanged_object_is_confirmed(proxy, store, bucket, size):
    body = bodies.body(size)
    store.client().put_object(Bucket=bucket, Key="same", Body=body, CacheControl="max-age=0")
    name = f"/files/same?{size}"

    assert proxy.get(name).status == 200
    confirmed = proxy.get(name)

    assert seen(confirmed) == (200, "REVALIDATED", body)
    assert proxy.access_line(confirmed)["s3_status"] == 304
    assert confirmed.header("Cache-Control") == "max-age=0"
    assert "fwd-status=304" in confirmed.header("Cache-Status")


def test_a_changed_object_is_seen_when_the_old_one_has_expired(proxy, store, bucket):
    client = store.client()
    for number in range(3):
        body = bodies.body(SIZE + number)[number:]
        client.put_object(Bucket=bucket, Key="new", Body=body, CacheControl="max-age=0")

        answer = proxy.get("/files/new")

        assert seen(answer) == (200, "MISS", body)
        assert proxy.access_line(answer)["s3_status"] == 200
    assert proxy.get("/files/new").header("X-Cache") == "REVALIDATED"


def test_an_object_that_is_deleted_is_gone_when_it_has_expired(proxy, store, bucket):
    client = store.client()
    client.put_object(Bucket=bucket, Key="gone", Body=b"body", CacheControl="max-age=0")
    client.put_object(Bucket=bucket, Key="kept", Body=b"body", CacheControl="max-age=60")
    for key in ("gone", "kept"):
        assert proxy.get(f"/files/{key}").status == 200
        client.delete_object(Bucket=bucket, Key=key)

    assert proxy.get("/files/gone").status == 404
    assert seen(proxy.get("/files/kept")) == (200, "HIT", b"body")


@pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
@pytest.mark.parametrize("size", [0, 5, 3_000_000])
def test_an_object_with_a_checksum_is_kept(proxy, store, bucket, algorithm, size):
    body = bodies.body(size)
    key = f"{algorithm}-{size}"
    sums = {f"Checksum{algorithm}": checksums.value(algorithm, body)}
    store.client().put_object(Bucket=bucket, Key=key, Body=body, **sums)

    miss, hit = (proxy.get(f"/files/{key}") for _ in range(2))

    assert [seen(answer) for answer in (miss, hit)] == [(200, "MISS", body), (200, "HIT", body)]
    for answer in (miss, hit):
        assert checksums.field(algorithm, body)[1] in answer.all(f"x-amz-checksum-{algorithm}")
    assert proxy.head(f"/files/{key}").length == size


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_an_object_of_several_parts_is_kept(proxy, store, bucket, algorithm):
    client = store.client()
    key = f"parts-{algorithm}"
    upload = client.create_multipart_upload(Bucket=bucket, Key=key, ChecksumAlgorithm=algorithm)
    body = bodies.body(5 * 1024 * 1024 + 100_000)
    parts = []
    for number, part in enumerate((body[: 5 * 1024 * 1024], body[5 * 1024 * 1024 :]), 1):
        sent = client.upload_part(
            Bucket=bucket,
            Key=key,
            PartNumber=number,
            UploadId=upload["UploadId"],
            Body=part,
            ChecksumAlgorithm=algorithm,
        )
        sums = {name: value for name, value in sent.items() if name.startswith("Checksum")}
        sums.pop("ChecksumType", None)
        parts.append({"PartNumber": number, "ETag": sent["ETag"], **sums})
    client.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload["UploadId"], MultipartUpload={"Parts": parts}
    )

    miss, hit = (proxy.get(f"/files/{key}") for _ in range(2))

    assert [seen(answer) for answer in (miss, hit)] == [(200, "MISS", body), (200, "HIT", body)]

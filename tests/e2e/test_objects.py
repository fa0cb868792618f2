"""Objects of real stores come back as they were put: bytes, length and what describes them."""

import gzip

import pytest

from support import bodies

PASSED = {
    "content-type",
    "content-length",
    "content-encoding",
    "content-disposition",
    "content-language",
    "cache-control",
    "expires",
    "etag",
    "last-modified",
    "accept-ranges",
}


@pytest.fixture(scope="module")
def client(store):
    return store.client()


def test_a_small_object_comes_whole(files, client, bucket):
    client.put_object(Bucket=bucket, Key="small", Body=b"hello, world")

    answer = files.get("/files/small")

    assert (answer.status, answer.body, answer.complete) == (200, b"hello, world", True)
    assert answer.framing == "length"


def test_an_empty_object_comes_empty(files, client, bucket):
    client.put_object(Bucket=bucket, Key="empty", Body=b"")

    answer = files.get("/files/empty")

    assert (answer.status, answer.body, answer.length) == (200, b"", 0)


def test_a_head_has_the_headers_of_the_get_and_no_body(files, client, bucket):
    client.put_object(Bucket=bucket, Key="headed", Body=b"x" * 1234, ContentType="text/plain")

    with files.connect() as connection:
        head = connection.request("HEAD", "/files/headed")
        get = connection.get("/files/headed")

    for name in PASSED:
        assert head.header(name) == get.header(name), name
    assert head.length == 1234


def test_what_describes_the_object_is_kept(files, client, bucket):
    packed = gzip.compress(b"text that was packed by who put it")
    client.put_object(
        Bucket=bucket,
        Key="described",
        Body=packed,
        ContentType="text/html; charset=utf-8",
        ContentEncoding="gzip",
        ContentDisposition='attachment; filename="a b.html"',
        ContentLanguage="de-CH",
        CacheControl="public, max-age=60",
        Metadata={"colour": "blue", "long-name": "v" * 500},
    )

    answer = files.get("/files/described", [("Accept-Encoding", "identity")])

    direct = client.get_object(Bucket=bucket, Key="described")["ResponseMetadata"]["HTTPHeaders"]
    assert answer.body == packed
    for name in PASSED | {"x-amz-meta-colour", "x-amz-meta-long-name"}:
        assert answer.header(name) == direct.get(name), name
    assert answer.header("x-amz-meta-colour") == "blue"


def test_the_etag_keeps_its_quotes(files, client, bucket):
    put = client.put_object(Bucket=bucket, Key="tagged", Body=b"tag")

    answer = files.get("/files/tagged")

    assert answer.header("ETag") == put["ETag"]
    assert answer.header("ETag").startswith('"')


def test_a_stored_checksum_comes_with_the_whole_object(files, client, bucket):
    put = client.put_object(Bucket=bucket, Key="summed", Body=b"sum", ChecksumAlgorithm="SHA256")

    answer = files.get("/files/summed")

    assert answer.header("x-amz-checksum-sha256") == put["ChecksumSHA256"]


@pytest.mark.parametrize("size", [10_000_000, 100_000_000])
def test_a_large_object_comes_whole(files, client, bucket, size):
    client.upload_fileobj(bodies.PatternFile(size), bucket, f"size-{size}")

    with files.connect() as connection:
        connection.send(f"GET /files/size-{size} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        answer = connection.read_head()
        found = bodies.digest_of(connection.chunks_of(answer))

    assert (answer.status, answer.length, answer.complete) == (200, size, True)
    assert found == bodies.digest(size)


def test_an_object_uploaded_in_parts_comes_whole(files, client, bucket):
    size = 12 * 1024 * 1024
    begun = client.create_multipart_upload(Bucket=bucket, Key="parts")
    whole = bodies.body(size)
    parts = []
    for number, start in enumerate(range(0, size, 5 * 1024 * 1024), 1):
        part = client.upload_part(
            Bucket=bucket,
            Key="parts",
            PartNumber=number,
            UploadId=begun["UploadId"],
            Body=whole[start : start + 5 * 1024 * 1024],
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    client.complete_multipart_upload(
        Bucket=bucket, Key="parts", UploadId=begun["UploadId"], MultipartUpload={"Parts": parts}
    )

    answer = files.get("/files/parts")

    assert answer.body == whole
    assert answer.header("ETag").endswith('-3"')


def test_many_objects_come_over_one_connection(files, client, bucket):
    for number in range(20):
        client.put_object(Bucket=bucket, Key=f"many/{number}", Body=bodies.body(number * 7919))

    with files.connect() as connection:
        for number in range(20):
            assert connection.get(f"/files/many/{number}").body == bodies.body(number * 7919)


def test_a_missing_key_is_404(files):
    answer = files.get("/files/there-is-no-such-key")

    assert answer.status == 404


def test_a_missing_key_is_404_for_head_too(files):
    answer = files.head("/files/there-is-no-such-key")

    assert (answer.status, answer.body) == (404, b"")

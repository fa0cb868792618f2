"""A gigabyte passes through in constant memory."""

import pytest

from support import bodies

SIZE = 1 << 30


@pytest.mark.release
@pytest.mark.slow
def test_one_gibibyte_comes_whole_in_constant_memory(files, store, bucket):
    store.client().upload_fileobj(bodies.PatternFile(SIZE), bucket, "gibibyte")
    assert files.get("/files/gibibyte", [("Range", "bytes=0-99999")]).status == 206  # warm pools
    before = files.memory_kib()
    peak = before

    with files.connect() as connection:
        connection.send(b"GET /files/gibibyte HTTP/1.1\r\nHost: a.test\r\n\r\n")
        answer = connection.read_head()

        def measured():
            nonlocal peak
            for number, piece in enumerate(connection.chunks_of(answer)):
                if number % 256 == 0:
                    peak = max(peak, files.memory_kib())
                yield piece

        found = bodies.digest_of(measured())

    store.client().delete_object(Bucket=bucket, Key="gibibyte")
    assert (answer.status, answer.length, answer.complete) == (200, SIZE, True)
    assert found == bodies.digest(SIZE)
    assert peak - before < 4096, f"grew by {peak - before} KiB"

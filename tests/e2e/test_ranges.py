"""Ranges and conditional requests against real stores: the vectors and the rules of our own."""

import concurrent.futures
import datetime
import email.message
import email.utils
import json
import random
import time

import pytest

from support import bodies, places, waiting

VECTORS = places.others_vectors("range/range.json")
CASES = (
    [case for case in json.loads(VECTORS.read_text())["cases"] if not case.get("scenario")]
    if VECTORS.exists()
    else []
)
VECTOR_DATE = datetime.datetime(2025, 1, 1)
NEWER = "Thu, 01 Jan 2026 00:00:00 GMT"
SIZES = (0, 10, 11, 526, 1000, 10_000, 8_388_608)


class Sized:
    """The vectors' objects on one store, with the validators that it gave them."""

    def __init__(self, store, bucket):
        client = store.client()
        self.etags, self.modified = {}, {}
        for size in SIZES:
            key = f"size-{size}"
            client.put_object(Bucket=bucket, Key=key, Body=bodies.vector_body(size))
            head = client.head_object(Bucket=bucket, Key=key)
            self.etags[size] = head["ETag"].strip('"')
            self.modified[size] = head["LastModified"].replace(tzinfo=None)
        # "Newer than the object" must not be in the future.
        last = max(self.modified.values()).replace(tzinfo=datetime.UTC).timestamp()
        waiting.eventually(lambda: time.time() > last + 2, "two seconds are over")

    def header(self, size: int, value: str) -> str:
        """A header of a vector with this object's ETag and dates in it."""
        modified = self.modified[size]
        http_date = email.utils.format_datetime(modified.replace(tzinfo=datetime.UTC), usegmt=True)
        newer = modified.replace(tzinfo=datetime.UTC) + datetime.timedelta(seconds=1)
        exchanged = {
            "Wed, 01 Jan 2025 00:00:00 GMT": http_date,
            "Wed, 01 Jan 2025 00:00:00": http_date.removesuffix(" GMT"),
            "Wed, 1 Jan 2025 00:00:00 GMT": http_date.replace(", 0", ", "),
            VECTOR_DATE.ctime(): modified.ctime(),
            NEWER: email.utils.format_datetime(newer, usegmt=True),
        }
        return exchanged.get(value, value.replace("abc123", self.etags[size]))


@pytest.fixture(scope="module")
def sized(store, bucket) -> Sized:
    return Sized(store, bucket)


def parts_of(answer) -> list[tuple[str, bytes]]:
    """The parts of a multipart/byteranges answer: Content-Range and bytes."""
    message = email.message.Message()
    message["Content-Type"] = answer.header("Content-Type")
    mark = b"--" + message.get_boundary().encode()
    parts = []
    for piece in answer.body.split(mark)[1:-1]:
        head, _, body = piece.partition(b"\r\n\r\n")
        lines = [
            line for line in head.decode().split("\r\n") if line.lower().startswith("content-r")
        ]
        parts.append((lines[0].partition(":")[2].strip(), body.removesuffix(b"\r\n")))
    return parts


def agrees(answer, outcome, whole: bytes) -> bool:
    """Whether the answer is this outcome, completely."""
    if answer.status != outcome["status"] or not answer.complete:
        return False
    if "multipart" in outcome:
        if not (answer.header("Content-Type") or "").startswith("multipart/byteranges"):
            return False
        expected = []
        for name in outcome["multipart"]:
            first, last = name.split(" ")[1].split("/")[0].split("-")
            expected.append((name, whole[int(first) : int(last) + 1]))
        return parts_of(answer) == expected
    if "content_range" in outcome and answer.header("Content-Range") != outcome["content_range"]:
        return False
    if "content_length" in outcome and answer.length != outcome["content_length"]:
        return False
    if "first" in outcome:
        return answer.body == whole[outcome["first"] : outcome["last"] + 1]
    return True


@pytest.mark.skipif(not CASES, reason="no range vectors: set YATAGARASU_VECTORS to their folder")
def test_the_vectors_hold(files, sized):
    assert len(CASES) > 140
    wrong = []
    with files.connect() as connection:
        for case in CASES:
            size = case["size"]
            headers = [(name, sized.header(size, value)) for name, value in case["headers"].items()]
            ranges = case["range"]
            if ranges is not None:
                fields = ranges if isinstance(ranges, list) else [ranges]
                headers += [("Range", field) for field in fields]
            answer = connection.request(case["method"], f"/files/size-{size}", headers)
            whole = bodies.vector_body(size)
            if not any(agrees(answer, outcome, whole) for outcome in case["allowed"]):
                got = (
                    answer.status,
                    answer.header("Content-Range"),
                    answer.length,
                    answer.body[:40],
                )
                wrong.append(f"{case['id']}: sent {headers}, got {got}, not in {case['allowed']}")
    assert not wrong, f"{len(wrong)} of {len(CASES)}:\n" + "\n".join(line[:600] for line in wrong)


@pytest.mark.parametrize(
    ("value", "status", "content_range"),
    [
        ("bytes=0-9", 206, "bytes 0-9/1000"),
        ("bytes=990-", 206, "bytes 990-999/1000"),
        ("bytes=-10", 206, "bytes 990-999/1000"),
        ("bytes=500-99999", 206, "bytes 500-999/1000"),
        ("BYTES=0-9", 206, "bytes 0-9/1000"),
        ("bytes=9-1", 200, None),
        ("bytes=", 200, None),
        ("bytes=x", 200, None),
        ("lines=0-9", 200, None),
        ("bytes=0-9,10-19", 206, "bytes 0-19/1000"),  # adjacent
        ("bytes=0-9,5-19", 206, "bytes 0-19/1000"),  # overlapping
        ("bytes=0-9,100-109", 200, None),  # apart
        ("bytes=1000-", 416, "bytes */1000"),
        ("bytes=-0", 416, "bytes */1000"),
        ("bytes=5000-6000", 416, "bytes */1000"),
    ],
)
def test_a_range_is_answered_by_the_rules(files, sized, value, status, content_range):
    answer = files.get("/files/size-1000", [("Range", value)])

    assert (answer.status, answer.header("Content-Range")) == (status, content_range)
    if status == 206:
        first, last = content_range.split(" ")[1].split("/")[0].split("-")
        assert answer.body == bodies.vector_body(1000)[int(first) : int(last) + 1]
    if status == 200:
        assert answer.body == bodies.vector_body(1000)
    if status == 416:
        assert json.loads(answer.body)["error"] == "range_not_satisfiable"


def test_a_range_request_bypasses_the_cache(files, sized):
    answer = files.get("/files/size-1000", [("Range", "bytes=0-9")])

    assert answer.header("X-Cache") == "BYPASS"


def test_a_304_has_the_etag_and_no_body(files, sized):
    etag = f'"{sized.etags[1000]}"'

    answer = files.get("/files/size-1000", [("If-None-Match", etag)])

    assert (answer.status, answer.body, answer.header("ETag")) == (304, b"", etag)


def test_a_412_is_json(files, sized):
    answer = files.get("/files/size-1000", [("If-Match", '"other"')])

    assert answer.status == 412
    assert json.loads(answer.body)["status"] == 412


@pytest.mark.parametrize(
    ("validator", "status"),
    [
        ('"{etag}"', 206),
        ('W/"{etag}"', 200),
        ('"other"', 200),
        ("Tue, 01 Jan 2019 00:00:00 GMT", 200),
    ],
)
def test_if_range_decides_between_part_and_whole(files, sized, validator, status):
    value = validator.format(etag=sized.etags[1000])

    answer = files.get("/files/size-1000", [("Range", "bytes=10-19"), ("If-Range", value)])

    whole = bodies.vector_body(1000)
    assert (answer.status, answer.body) == (status, whole[10:20] if status == 206 else whole)


def test_if_range_with_the_objects_own_date_gives_part_or_whole(files, sized):
    date = sized.header(1000, "Wed, 01 Jan 2025 00:00:00 GMT")

    answer = files.get("/files/size-1000", [("Range", "bytes=10-19"), ("If-Range", date)])

    # A store that counts fractions of a second takes its own date for older than the object.
    whole = bodies.vector_body(1000)
    assert (answer.status, answer.body) in [(206, whole[10:20]), (200, whole)]


def test_random_ranges_are_slices_of_the_object(files, sized):
    size = 8_388_608
    whole = bodies.vector_body(size)
    chance = random.Random(42)
    with files.connect() as connection:
        for _ in range(500):
            first = chance.randrange(size)
            last = min(size - 1, first + int(chance.expovariate(1 / 5000)))
            answer = connection.get(f"/files/size-{size}", [("Range", f"bytes={first}-{last}")])
            assert answer.status == 206
            assert answer.body == whole[first : last + 1], (first, last)


def test_64_parallel_readers_get_their_own_ranges(files, store, bucket):
    size = 100 * 1024 * 1024
    store.client().upload_fileobj(bodies.PatternFile(size), bucket, "shared")
    whole = bodies.body(size)

    def read(seed: int) -> bool:
        chance = random.Random(seed)
        with files.connect(timeout=90) as connection:
            for _ in range(5):
                first = chance.randrange(size)
                last = min(size - 1, first + chance.randrange(1, 1 << 20))
                answer = connection.get("/files/shared", [("Range", f"bytes={first}-{last}")])
                if answer.body != whole[first : last + 1]:
                    return False
        return True

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        assert all(pool.map(read, range(64)))

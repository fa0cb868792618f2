"""`yatagarasu doctor`: each thing broken in turn is told apart, with what to do about it."""

import datetime
import json
import threading
import xml.sax.saxutils

import pytest
import trustme

from support import answers
from support.configuration import SECRET_KEY, document, origin_bucket, store_bucket
from support.doctor import CHECKS, examine
from support.origin import never_answer, say
from support.process import free_port
from support.store import names
from support.tls_front import tls_front


@pytest.fixture(scope="module")
def stored(store, bucket) -> str:
    """A bucket with an object."""
    store.client().put_object(Bucket=bucket, Key="site/a.txt", Body=b"value")
    return bucket


@pytest.fixture(scope="module")
def minio(running_stores):
    """MinIO, which gives out credentials that may do only some things."""
    if "minio" not in names():
        pytest.skip("needs a MinIO of its own")
    return running_stores("minio")


@pytest.fixture(scope="module")
def in_minio(minio) -> str:
    name = minio.make_bucket()
    minio.client().put_object(Bucket=name, Key="site/a.txt", Body=b"value")
    return name


@pytest.fixture
def ask(tmp_path):
    """ask(bucket) examines a configuration with that bucket alone."""
    return lambda bucket, *arguments: examine(tmp_path, document(bucket), *arguments)


def listing(*keys: str, headers=(), date=None) -> bytes:
    """S3's answer to ListObjectsV2."""
    contents = "".join(
        f"<Contents><Key>{xml.sax.saxutils.escape(key)}</Key></Contents>" for key in keys
    )
    body = f"<ListBucketResult><KeyCount>{len(keys)}</KeyCount>{contents}</ListBucketResult>"
    return answers.ok(body.encode(), [("Date", date or answers.date()), *headers])


def error(status: str, code: str, extra: str = "", headers=()) -> bytes:
    """S3's error, of now."""
    body = answers.xml(code, extra)
    fields = [("Date", answers.date()), ("Content-Length", str(len(body))), *headers]
    return answers.raw(f"HTTP/1.1 {status}", fields, body)


def script(to_listing: bytes, to_object: bytes = b""):
    """One answer for the bucket, another for its objects."""

    def answer(exchange) -> None:
        is_listing = "list-type=2" in exchange.request.target
        exchange.send(to_listing if is_listing else to_object or answers.cacheable())

    return answer


# Nothing is broken.


def test_all_is_fine(ask, store, stored):
    report = ask(store_bucket(store, stored))

    assert report.code == 0, report.text
    assert report.outcomes() == {check: "ok" for check in CHECKS} | {"tls": "skipped"}
    assert list(report.only) == CHECKS
    assert "site/a.txt" in report.only["GetObject"].cause
    assert report.summary == "1 bucket asked: 1 ok"
    assert report.errors == ""


def test_an_empty_bucket_is_fine(ask, store):
    report = ask(store_bucket(store, store.make_bucket()))

    assert report.code == 0, report.text
    assert report.outcomes() == {check: "ok" for check in CHECKS} | {"tls": "skipped"}


def test_an_index_document_that_is_there_is_fine(ask, store, stored):
    report = ask(store_bucket(store, stored, s3={"key_prefix": "site/"}, index_document="a.txt"))

    assert report.code == 0, report.text
    assert report.only["index"].outcome == "ok"
    assert "site/a.txt" in report.only["index"].cause


def test_all_is_fine_behind_tls(ask, minio, in_minio, authority, pem):
    with tls_front(authority, "127.0.0.1", minio.port) as front:
        report = ask(behind(front, minio, in_minio, ca_file=pem))

    assert report.code == 0, report.text
    assert report.outcomes() == {check: "ok" for check in CHECKS}
    assert report.only["tls"].cause.startswith("TLSv1.3")


# The way there.


def test_a_host_name_that_does_not_exist(ask, origin):
    report = ask(origin_bucket(origin, s3={"endpoint": "http://no-such-host.invalid:9000"}))

    report.check_only_failure("dns")
    assert "no-such-host.invalid" in report.only["dns"].cause
    assert {report.only[check].outcome for check in CHECKS[1:]} == {"skipped"}
    assert report.summary == "1 bucket asked: 0 ok, 1 failed (files)"


def test_a_closed_port(ask, origin):
    port = free_port()

    report = ask(origin_bucket(origin, s3={"endpoint": f"http://127.0.0.1:{port}"}))

    failure = report.check_only_failure("tcp")
    assert "refused" in failure.cause
    assert f"nothing listens on port {port}" in failure.fix
    assert {report.only[check].outcome for check in CHECKS[2:]} == {"skipped"}


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def pem(authority, tmp_path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def behind(front, store, bucket, **tls):
    endpoint = f"https://127.0.0.1:{front.port}"
    return store_bucket(store, bucket, s3={"endpoint": endpoint, "tls": tls})


def test_a_certificate_of_an_unknown_authority(ask, minio, in_minio, authority):
    with tls_front(authority, "127.0.0.1", minio.port) as front:
        report = ask(behind(front, minio, in_minio))

    failure = report.check_only_failure("tls")
    assert "issuer is unknown" in failure.cause
    assert "s3.tls.ca_file" in failure.fix
    assert {report.only[check].outcome for check in CHECKS[3:]} == {"skipped"}


def test_a_certificate_for_another_name(ask, minio, in_minio, authority, pem):
    with tls_front(authority, "elsewhere.test", minio.port) as front:
        report = ask(behind(front, minio, in_minio, ca_file=pem))

    failure = report.check_only_failure("tls")
    assert "for another host" in failure.cause and "elsewhere.test" in failure.cause
    assert "s3.endpoint" in failure.fix


def dated(days: float) -> dict[str, datetime.datetime]:
    """A certificate that ends so many days from now."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    return {
        "not_before": now - datetime.timedelta(days=100),
        "not_after": now + datetime.timedelta(days=days),
    }


def test_an_expired_certificate(ask, minio, in_minio, authority, pem):
    with tls_front(authority, "127.0.0.1", minio.port, **dated(-1)) as front:
        report = ask(behind(front, minio, in_minio, ca_file=pem))

    failure = report.check_only_failure("tls")
    assert "has expired" in failure.cause
    assert "renew" in failure.fix


def test_a_certificate_that_ends_soon(ask, minio, in_minio, authority, pem):
    with tls_front(authority, "127.0.0.1", minio.port, **dated(5.5)) as front:
        report = ask(behind(front, minio, in_minio, ca_file=pem))

    assert "ends in 5 days" in report.check_only_warning("tls").cause


def test_a_certificate_that_nobody_looks_at(ask, minio, in_minio, authority):
    with tls_front(authority, "127.0.0.1", minio.port) as front:
        report = ask(behind(front, minio, in_minio, verify=False))

    assert "s3.tls.verify" in report.check_only_warning("tls").fix


def test_https_to_a_port_that_speaks_http(ask, store, stored):
    endpoint = store.endpoint.replace("http://", "https://")

    report = ask(store_bucket(store, stored, s3={"endpoint": endpoint}))

    assert "http://" in report.check_only_failure("tls").fix


def test_http_to_a_port_that_speaks_https(ask, origin, authority):
    with tls_front(authority, "127.0.0.1", origin.port) as front:
        endpoint = f"http://127.0.0.1:{front.port}"
        report = ask(origin_bucket(origin, s3={"endpoint": endpoint}))

    assert "https://" in report.check_only_failure("answer").fix


def test_a_store_that_says_nothing(ask, origin):
    origin.script = never_answer

    report = ask(origin_bucket(origin, s3={"timeouts": {"first_byte": "300ms"}}))

    assert "s3.timeouts.first_byte (300 ms)" in report.check_only_failure("answer").fix


@pytest.mark.parametrize(
    "answer",
    [
        answers.ok(b"<html><body>Welcome</body></html>"),
        answers.raw("HTTP/1.1 404 Not Found", [("Content-Length", "0")]),
        answers.raw("HTTP/1.1 301 Moved", [("Location", "/ui"), ("Content-Length", "0")]),
        b"220 mail.example ESMTP\r\n\r\n",
    ],
)
def test_somebody_who_does_not_speak_s3(ask, origin, answer):
    origin.script = say(answer)

    assert "the port" in ask(origin_bucket(origin)).check_only_failure("answer").fix


def test_a_store_that_fails(ask, origin):
    origin.script = say(error("503 Slow Down", "SlowDown"))

    assert "SlowDown" in ask(origin_bucket(origin)).check_only_failure("answer").cause


# The clock.


@pytest.mark.parametrize(("minutes", "words"), [(20, "behind"), (-20, "ahead of")])
def test_a_clock_that_is_wrong(ask, origin, minutes, words):
    origin.script = script(listing("a", date=answers.date(minutes * 60)))

    failure = ask(origin_bucket(origin)).check_only_failure("clock")

    assert words in failure.cause
    assert "clock" in failure.fix


def test_a_clock_that_is_a_little_wrong(ask, origin):
    origin.script = script(listing("a", date=answers.date(5 * 60)))

    assert "behind" in ask(origin_bucket(origin)).check_only_warning("clock").cause


def test_a_clock_that_s3_refuses(ask, origin):
    origin.script = say(error("403 Forbidden", "RequestTimeTooSkewed"))

    report = ask(origin_bucket(origin))

    assert "RequestTimeTooSkewed" in report.check_only_failure("clock").cause
    assert report.only["credentials"].outcome == "skipped"


# Credentials.


def test_a_wrong_access_key(ask, store, stored):
    report = ask(store_bucket(store, stored, s3={"access_key": "AKIANOSUCHKEY0000000"}))

    assert "s3.access_key" in report.check_only_failure("credentials").fix
    assert {report.only[check].outcome for check in CHECKS[6:]} == {"skipped"}
    assert "AKIANOSUCHKEY0000000" not in report.text


def test_a_wrong_secret_key(ask, store, stored):
    report = ask(store_bucket(store, stored, s3={"secret_key": "not-the-secret-at-all"}))

    failure = report.check_only_failure("credentials")
    assert "SignatureDoesNotMatch" in failure.cause
    assert "s3.secret_key" in failure.fix


def test_a_wrong_session_token(ask, minio, in_minio):
    limited = minio.limited_credentials("s3:*")

    wrong = ask(store_bucket(minio, in_minio, s3={**limited, "session_token": "no-such-token"}))
    del limited["session_token"]
    absent = ask(store_bucket(minio, in_minio, s3=limited))

    assert "correct s3.session_token" in wrong.check_only_failure("credentials").fix
    assert "set s3.session_token" in absent.check_only_failure("credentials").fix


def test_an_expired_session_token(ask, origin):
    origin.script = say(error("400 Bad Request", "ExpiredToken"))

    report = ask(origin_bucket(origin, s3={"session_token": "a-session-token"}))

    assert "new temporary credentials" in report.check_only_failure("credentials").fix


def test_what_s3_repeats_is_hidden(ask, origin):
    # Behind the message, so that its own element is not the first.
    message = f"<Error><Code>AccessDenied</Code><Message>{SECRET_KEY} a-token</Message></Error>"
    head = [("Date", answers.date()), ("Content-Length", str(len(message)))]
    origin.script = say(answers.raw("HTTP/1.1 403 Forbidden", head, message.encode()))

    report = ask(origin_bucket(origin, s3={"session_token": "a-token"}))

    assert "403 AccessDenied: *** ***" in report.only["ListBucket"].cause


# The region.


@pytest.mark.parametrize(
    "answer",
    [
        error("400 Bad Request", "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
        error(
            "301 Moved Permanently",
            "PermanentRedirect",
            headers=[("x-amz-bucket-region", "eu-west-1")],
        ),
    ],
)
def test_a_wrong_region(ask, origin, answer):
    origin.script = say(answer)

    report = ask(origin_bucket(origin))

    failure = report.check_only_failure("region")
    assert "eu-west-1" in failure.cause and "us-east-1" in failure.cause
    assert failure.fix.startswith("set s3.region to eu-west-1")
    assert report.only["credentials"].outcome == "skipped"


def test_a_wrong_region_of_a_real_store(ask, store, stored):
    report = ask(store_bucket(store, stored, s3={"region": "mars-north-7"}))

    if report.code != 0:  # MinIO takes any.
        assert f"set s3.region to {store.region}" in report.check_only_failure("region").fix


# The bucket and what may be done with it.


def test_a_missing_bucket(ask, store):
    report = ask(store_bucket(store, "there-is-no-such-bucket"))

    failure = report.check_only_failure("bucket")
    assert "NoSuchBucket" in failure.cause
    assert "s3.bucket" in failure.fix
    assert report.only["credentials"].outcome == "ok"


def test_without_listing_one_can_still_read(ask, minio, in_minio):
    limited = minio.limited_credentials("s3:GetObject")

    report = ask(store_bucket(minio, in_minio, s3=limited))

    warning = report.check_only_warning("ListBucket")
    assert f"s3:ListBucket on arn:aws:s3:::{in_minio}" in warning.fix
    assert report.only["GetObject"].outcome == "ok"
    assert report.summary == "1 bucket asked: 0 ok, 1 with warnings"


def test_without_reading_nothing_works(ask, minio, in_minio):
    limited = minio.limited_credentials("s3:ListBucket")

    report = ask(store_bucket(minio, in_minio, s3=limited))

    failure = report.check_only_failure("GetObject")
    assert "AccessDenied" in failure.cause
    assert f"s3:GetObject on arn:aws:s3:::{in_minio}/*" in failure.fix
    assert report.only["ListBucket"].outcome == "ok"


def test_without_both_a_key_tells(ask, minio, in_minio):
    bucket = store_bucket(minio, in_minio, s3=minio.limited_credentials("s3:PutObject"))

    unknown = ask(bucket)
    named = ask(bucket, "--bucket", "files", "--key", "site/a.txt")

    assert (unknown.code, unknown.only["GetObject"].outcome) == (0, "warn"), unknown.text
    assert "--key" in unknown.only["GetObject"].fix
    assert "s3:GetObject" in named.check_only_failure("GetObject").fix


def test_a_public_bucket_needs_no_credentials(ask, minio):
    name = minio.make_bucket()
    minio.client().put_object(Bucket=name, Key="a b+é", Body=b"value")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    minio.client().put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    report = ask(store_bucket(minio, name, s3={"access_key": "", "secret_key": ""}))

    assert report.code == 0, report.text
    skipped = [check for check, each in report.only.items() if each.outcome == "skipped"]
    assert skipped == ["tls", "credentials", "region"]
    assert report.only["GetObject"].cause == "a b+é can be read"


def test_a_prefix_that_nothing_has(ask, store, stored):
    report = ask(store_bucket(store, stored, s3={"key_prefix": "elsewhere/"}))

    assert "s3.key_prefix" in report.check_only_warning("ListBucket").fix


def test_an_index_document_that_is_missing(ask, store, stored):
    report = ask(store_bucket(store, stored, index_document="index.html"))

    assert "index.html" in report.check_only_warning("index").cause


def test_a_key_that_does_not_exist(ask, store, stored):
    report = ask(store_bucket(store, stored), "--bucket", "files", "--key", "no-such-key")

    assert "NoSuchKey" in report.check_only_failure("GetObject").cause


def test_a_key_cannot_write_lines_of_its_own(ask, origin):
    key = "a\n  ok       bucket\x7f\u202e"
    origin.script = script(listing(key))

    report = ask(origin_bucket(origin))

    assert report.code == 0, report.text
    assert "\\n" in report.only["ListBucket"].cause
    assert not {"\x7f", "\u202e"} & set(report.text)


# Many buckets.


class Crowd:
    """Answers nobody before `wanted` requests are there at once."""

    def __init__(self, wanted: int):
        self._wanted = wanted
        self._lock = threading.Lock()
        self._all_here = threading.Event()
        self._here = 0
        self.most = 0

    def __call__(self, exchange) -> None:
        with self._lock:
            self._here += 1
            self.most = max(self.most, self._here)
            if self._here == self._wanted:
                self._all_here.set()
        self._all_here.wait(30)
        with self._lock:
            self._here -= 1
        script(listing("a"))(exchange)


def test_many_buckets_are_asked_a_few_at_a_time_and_told_in_order(tmp_path, origin):
    crowd = Crowd(8)
    origin.script = crowd
    order = [f"bucket-{number * 7 % 20}" for number in range(20)]
    buckets = [origin_bucket(origin, name=name, prefix=f"/{name}") for name in order]

    report = examine(tmp_path, document(*buckets))

    assert report.code == 0, report.text
    assert list(report.buckets) == order
    assert crowd.most == 8
    assert report.summary == "20 buckets asked: 20 ok"


def test_one_that_fails_does_not_hide_the_others(tmp_path, store, stored):
    report = examine(
        tmp_path,
        document(
            store_bucket(store, stored, name="good", prefix="/good"),
            store_bucket(store, "there-is-no-such-bucket", name="bad", prefix="/bad"),
        ),
    )

    assert report.code == 1
    assert report.buckets["good"]["GetObject"].outcome == "ok"
    assert report.buckets["bad"]["bucket"].outcome == "FAIL"
    assert report.summary == "2 buckets asked: 1 ok, 1 failed (bad)"


def test_one_bucket_alone_can_be_asked(tmp_path, store, stored):
    configuration = document(
        store_bucket(store, stored, name="good", prefix="/good"),
        store_bucket(store, "there-is-no-such-bucket", name="bad", prefix="/bad"),
    )

    report = examine(tmp_path, configuration, "--bucket", "good")

    assert report.code == 0
    assert list(report.buckets) == ["good"]


# Usage.


@pytest.mark.parametrize(
    "arguments", [("--bucket", "no-such-bucket"), ("--key", "a"), ("--no-such-option",)]
)
def test_bad_usage_is_exit_2(tmp_path, origin, arguments):
    report = examine(tmp_path, document(origin_bucket(origin)), *arguments)

    assert report.code == 2
    assert report.errors.strip() and not report.text
    assert not origin.requests


def test_a_bad_configuration_is_exit_2(tmp_path, origin):
    report = examine(tmp_path, document(origin_bucket(origin, colour="green")))

    assert report.code == 2
    assert "colour" in report.errors
    assert not origin.requests

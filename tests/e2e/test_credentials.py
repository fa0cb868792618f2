"""Wrong keys, buckets and regions at real stores: the operator's trouble, told apart in the log."""

import json

import pytest

from support import waiting
from support.configuration import document, store_bucket


def reasons(proxy, answer) -> str:
    return json.dumps(proxy.access_line(answer))


@pytest.fixture(scope="module")
def stored(store, bucket):
    store.client().put_object(Bucket=bucket, Key="key", Body=b"value")
    return bucket


def test_a_wrong_access_key_is_502_and_the_log_says_so(serve, store, stored):
    proxy = serve(document(store_bucket(store, stored, s3={"access_key": "AKIANOSUCHKEY0000000"})))

    answer = proxy.get("/files/key")

    assert answer.status == 502
    found = reasons(proxy, answer)
    assert "InvalidAccessKeyId" in found or "XAdminUserNotFound" in found


def test_a_wrong_secret_is_502_and_the_log_says_so(serve, store, stored):
    proxy = serve(document(store_bucket(store, stored, s3={"secret_key": "not-the-secret-at-all"})))

    answer = proxy.get("/files/key")

    assert answer.status == 502
    assert "SignatureDoesNotMatch" in reasons(proxy, answer)


def test_a_head_with_a_known_wrong_secret_is_502(serve, store, stored):
    proxy = serve(document(store_bucket(store, stored, s3={"secret_key": "not-the-secret-at-all"})))
    assert proxy.get("/files/key").status == 502

    waiting.eventually(lambda: proxy.head("/files/key").status == 502, "the HEAD is 502, not 403")


def test_a_missing_bucket_is_404_and_the_log_says_so(serve, store):
    proxy = serve(document(store_bucket(store, "there-is-no-such-bucket")))

    answer = proxy.get("/files/key")

    assert answer.status == 404
    assert "NoSuchBucket" in reasons(proxy, answer)


def test_a_missing_key_is_told_from_a_missing_bucket(serve, store, stored):
    proxy = serve(document(store_bucket(store, stored)))

    answer = proxy.get("/files/there-is-no-such-key")

    assert answer.status == 404
    assert "NoSuchKey" in reasons(proxy, answer)


def test_a_wrong_region_is_502_unless_the_store_does_not_care(serve, store, stored):
    proxy = serve(document(store_bucket(store, stored, s3={"region": "mars-north-7"})))

    answer = proxy.get("/files/key")

    assert answer.status in (200, 502)
    if answer.status == 502:
        assert "AuthorizationHeaderMalformed" in reasons(proxy, answer)


def test_credentials_of_one_bucket_are_not_used_for_another(serve, store, stored):
    proxy = serve(
        document(
            store_bucket(store, stored, name="good", prefix="/good"),
            store_bucket(
                store, stored, name="bad", prefix="/bad", s3={"secret_key": "not-the-secret-at-all"}
            ),
        )
    )

    assert [proxy.get(f"/{name}/key").status for name in ("good", "bad") * 3] == [200, 502] * 3

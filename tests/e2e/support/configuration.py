"""Configurations for the proxy under test, as the dictionaries that become YAML."""

from typing import Any

from support.origin import Origin
from support.store import Store

ACCESS_KEY = "AKIATESTTESTTEST1234"
SECRET_KEY = "wJalrXUtnFEMIK7MDENGbPxRfiCYTESTSECRET00"

Block = dict[str, Any]


# What most tests are about is what reaches the store.
NO_CACHE: Block = {"memory": {"max_size": 0}}
CACHE: Block = {"memory": {"max_size": "64MiB"}}


def document(
    *buckets: Block,
    server: Block | None = None,
    logging: Block | None = None,
    cache: Block | None = None,
    admin: Block | None = None,
) -> Block:
    """A whole file: loopback, free ports, a short drain, no cache."""
    made: Block = {
        "server": {
            "address": "127.0.0.1",
            "port": 0,
            "threads": 2,
            "shutdown_timeout": "10s",
            **(server or {}),
        },
        "admin": {"port": 0, **(admin or {})},
        "cache": cache or NO_CACHE,
        "buckets": list(buckets),
    }
    if logging is not None:
        made["logging"] = logging
    return made


def store_bucket(
    store: Store,
    bucket: str,
    name: str = "files",
    prefix: str = "/files",
    s3: Block | None = None,
    **keys: Any,
) -> Block:
    """A bucket of a real store."""
    return {
        "name": name,
        "path_prefix": prefix,
        "s3": {
            "bucket": bucket,
            "region": store.region,
            "endpoint": store.endpoint,
            "access_key": store.access_key,
            "secret_key": store.secret_key,
            **(s3 or {}),
        },
        **keys,
    }


def origin_bucket(
    origin: Origin,
    name: str = "files",
    prefix: str = "/files",
    s3: Block | None = None,
    **keys: Any,
) -> Block:
    """A bucket of the scripted origin, without retries and circuit breaker; its S3 bucket is called
    `inner`."""
    return {
        "name": name,
        "path_prefix": prefix,
        "s3": {
            "bucket": "inner",
            "region": "us-east-1",
            "endpoint": origin.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            # Most tests count requests, and many fail again and again.
            "retry": {"max_attempts": 1},
            "circuit_breaker": {"failure_threshold": 1_000_000},
            **(s3 or {}),
        },
        **keys,
    }


def cached_document(
    origin: Origin,
    caching: Block | None = None,
    server: Block | None = None,
    s3: Block | None = None,
    **keys: Any,
) -> Block:
    """The scripted origin behind a cache, with short timeouts."""
    patience = {"connect": "2s", "first_byte": "2s", "stall": "2s"}
    made = {"timeouts": patience, **(s3 or {})}
    bucket = origin_bucket(origin, s3=made, **keys)
    return document(bucket, server=server, cache={**CACHE, **(caching or {})})


def secrets_in(block: Any) -> list[str]:
    """Every value of a configuration that must never be shown."""
    if isinstance(block, list):
        return [secret for entry in block for secret in secrets_in(entry)]
    if not isinstance(block, dict):
        return []
    found = []
    for key, value in block.items():
        is_secret = key in ("secret_key", "session_token", "secret", "token")
        if is_secret and isinstance(value, str) and value and "${" not in value:
            found.append(value)
        if key == "previous_secrets":
            found += value
        found += secrets_in(value)
    return found

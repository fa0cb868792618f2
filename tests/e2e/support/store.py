"""Real S3 servers: MinIO and versitygw on loopback, or the one that TEST_S3_ENDPOINT names."""

import dataclasses
import json
import os
import pathlib
import secrets
import shutil
import urllib.parse

import boto3
import botocore.client
import botocore.config
import botocore.exceptions

from support import places, waiting
from support.process import Process, free_port, wait_for_port
from support.tls import Identity


@dataclasses.dataclass
class Store:
    name: str
    endpoint: str
    access_key: str
    secret_key: str
    region: str
    process: Process | None = None
    buckets: list[str] = dataclasses.field(default_factory=list)
    ca_file: str | None = None  # whom its certificate is trusted by; None: it speaks plain HTTP

    @property
    def port(self) -> int:
        parts = urllib.parse.urlsplit(self.endpoint)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def host(self) -> str:
        return urllib.parse.urlsplit(self.endpoint).hostname or ""

    def client(self) -> "botocore.client.BaseClient":
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            verify=self.ca_file,
            config=botocore.config.Config(
                s3={"addressing_style": "path"},
                retries={"max_attempts": 5},
                connect_timeout=10,
                read_timeout=60,
            ),
        )

    def make_bucket(self) -> str:
        name = f"e2e-{secrets.token_hex(6)}"
        options = {}
        if self.process is None and self.region != "us-east-1":
            options["CreateBucketConfiguration"] = {"LocationConstraint": self.region}
        self.client().create_bucket(Bucket=name, **options)
        self.buckets.append(name)
        return name

    def limited_credentials(self, *actions: str) -> dict[str, str]:
        """Temporary credentials, as an `s3` block has them, that may do only these; of MinIO."""
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": list(actions), "Resource": ["arn:aws:s3:::*"]}
            ],
        }
        sts = boto3.client(
            "sts",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
        )
        given = sts.assume_role(
            RoleArn="arn:aws:iam::123456789012:role/any",
            RoleSessionName="limited",
            Policy=json.dumps(policy),
        )["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }

    def end(self) -> None:
        """Stops a server of our own; leaves a foreign store as it was found."""
        if self.process is not None:
            self.process.kill()
            return
        client = self.client()
        for bucket in self.buckets:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for entry in page.get("Contents", []):
                    client.delete_object(Bucket=bucket, Key=entry["Key"])
            client.delete_bucket(Bucket=bucket)


def names() -> list[str]:
    return ["external"] if "TEST_S3_ENDPOINT" in os.environ else ["minio", "versitygw"]


def start(name: str, folder: pathlib.Path, secured: Identity | None = None) -> Store:
    """`secured`: what it speaks TLS with; a foreign store speaks what it does."""
    if name == "external":
        return _external()
    return {"minio": _minio, "versitygw": _versitygw}[name](folder, secured)


def _external() -> Store:
    return Store(
        "external",
        os.environ["TEST_S3_ENDPOINT"],
        os.environ["TEST_S3_ACCESS_KEY"],
        os.environ["TEST_S3_SECRET_KEY"],
        os.environ.get("TEST_S3_REGION", "us-east-1"),
    )


def _minio(folder: pathlib.Path, secured: Identity | None) -> Store:
    access, secret, port = _credentials()
    command = [places.tool("minio"), "server", "--quiet", "--address", f"127.0.0.1:{port}"]
    if secured is not None:
        certificates = folder.parent / f"{folder.name}-certificates"
        certificates.mkdir()
        shutil.copy(secured.certificate, certificates / "public.crt")
        shutil.copy(secured.private_key, certificates / "private.key")
        command += ["--certs-dir", certificates]
    process = Process(
        [*command, folder],
        {
            "MINIO_ROOT_USER": access,
            "MINIO_ROOT_PASSWORD": secret,
            "MINIO_BROWSER": "off",
            "MINIO_SCANNER_SPEED": "slowest",
        },
    )
    return _ready("minio", port, access, secret, process, secured)


def _versitygw(folder: pathlib.Path, secured: Identity | None) -> Store:
    access, secret, port = _credentials()
    command = [places.tool("versitygw"), "--quiet", "--port", f"127.0.0.1:{port}"]
    if secured is not None:
        command += ["--cert", secured.certificate, "--key", secured.private_key]
    process = Process(
        [*command, "posix", folder],
        {"ROOT_ACCESS_KEY": access, "ROOT_SECRET_KEY": secret},
    )
    return _ready("versitygw", port, access, secret, process, secured)


def _credentials() -> tuple[str, str, int]:
    return "AK" + secrets.token_hex(9).upper(), secrets.token_hex(20), free_port()


def _ready(
    name: str, port: int, access: str, secret: str, process: Process, secured: Identity | None
) -> Store:
    scheme = "http" if secured is None else "https"
    store = Store(name, f"{scheme}://127.0.0.1:{port}", access, secret, "us-east-1", process)
    store.ca_file = None if secured is None else secured.ca_file
    wait_for_port(process, port, name)

    def answers() -> bool:
        try:
            store.client().list_buckets()
            return True
        except botocore.exceptions.BotoCoreError:
            return False
        except botocore.exceptions.ClientError:
            return False

    waiting.eventually(answers, f"{store.name} answers", within=60)
    return store

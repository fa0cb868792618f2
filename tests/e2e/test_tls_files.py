"""Certificates, keys and authorities as files: what is refused when it is loaded, and what is only unwise."""

import os

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives import serialization

from support.configuration import document, origin_bucket
from support.process import Process
from support.proxy import run
from support.tls import Identity

pytestmark = pytest.mark.http1  # Clients of its own.


@pytest.fixture
def identity(tmp_path) -> Identity:
    return Identity(tmp_path, "localhost")


@pytest.fixture
def check(tmp_path, origin):
    """check(tls block) runs the command; its exit code, and what it says on stderr."""

    def ended(tls, command="check") -> tuple[int, str, str]:
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(document(origin_bucket(origin), server={"tls": tls})))
        process: Process = run(command, "-c", file)
        try:
            code = process.wait(20)
        finally:
            process.kill()
        return code, *(b"".join(process.lines(name)).decode() for name in ("stdout", "stderr"))

    return ended


def encrypted(identity: Identity, tmp_path) -> str:
    key = serialization.load_pem_private_key(identity.private_key.read_bytes(), None)
    path = tmp_path / "encrypted.key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return str(path)


def test_a_good_certificate_is_shown_as_it_stands(check, identity):
    code, shown, errors = check(identity.block)

    assert (code, errors) == (0, "")
    assert str(identity.certificate) in shown
    assert "PRIVATE KEY" not in shown


def test_a_key_of_another_certificate_is_refused_by_every_command(check, identity, tmp_path):
    other = Identity(tmp_path, "other.test")
    tls = {**identity.block, "private_key": str(other.private_key)}

    for command in ("check", "serve"):
        code, _, errors = check(tls, command)

        assert code == 2
        assert "`server.tls.private_key`: " in errors
        assert f"is not the key of the certificate {identity.certificate}" in errors


@pytest.mark.parametrize("key", ["certificate", "private_key", "ocsp_file", "client_ca"])
@pytest.mark.parametrize("fault", ["missing", "directory", "empty", "garbage", "binary"])
def test_a_file_that_is_of_no_use_is_refused(check, identity, tmp_path, key, fault):
    path = tmp_path / fault
    if fault == "directory":
        path.mkdir()
    elif fault != "missing":
        path.write_bytes({"empty": b"", "garbage": b"no PEM\n" * 20, "binary": os.urandom(500)}[fault])

    code, _, errors = check({**identity.block, key: str(path)})

    assert code == 2
    assert f"`server.tls.{key}`: {path} " in errors
    assert len(errors.splitlines()) == 1, errors


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(check, identity, tmp_path):
    code, _, errors = check({**identity.block, "private_key": encrypted(identity, tmp_path)})

    assert code == 2
    assert "is encrypted" in errors


def test_all_problems_are_told_with_their_places(check, identity, tmp_path):
    tls = {
        **identity.block,
        "certificates": [
            {"certificate": "/nonexistent/a.crt", "private_key": "/nonexistent/a.key"},
            {**identity.block, "ocsp_file": str(identity.certificate)},
        ],
        "client_ca": "/nonexistent/ca.pem",
    }

    code, _, errors = check(tls)

    assert code == 2
    for place in (
        "certificates[0].certificate",
        "certificates[0].private_key",
        "certificates[1].ocsp_file",
        "client_ca",
    ):
        assert f"`server.tls.{place}`: " in errors, errors
    assert len(errors.splitlines()) == 4


def test_an_ocsp_response_for_another_certificate_is_refused(check, identity, tmp_path):
    other = Identity(tmp_path, "other.test", authority=identity.authority)

    code, _, errors = check({**identity.block, "ocsp_file": other.staple()})

    assert code == 2
    assert "says nothing of the certificate" in errors


@pytest.mark.parametrize(
    ("tls", "complaint"),
    [
        ({}, "needs a `certificate` and its `private_key`"),
        ({"certificate": "a.crt"}, "has a `certificate` without a `private_key`"),
        ({"private_key": "a.key"}, "has a `private_key` without a `certificate`"),
        ({"ocsp_file": "a.ocsp"}, "has an `ocsp_file` without a `certificate`"),
        ({"certificates": []}, "needs a `certificate` and its `private_key`"),
        ({"certificates": [{"certificate": "a.crt"}]}, "`private_key` is missing"),
        ({"min_version": "1.1"}, "must be one of `1.2`, `1.3`"),
        ({"client_auth": "never"}, "must be one of `optional`, `require`"),
        ({"client_auth": "require"}, "has a `client_auth` without a `client_ca`"),
        ({"certificat": "a.crt"}, "did you mean `certificate`?"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(check, tls, complaint):
    code, _, errors = check(tls)

    assert code == 2
    assert complaint in errors


def test_an_expired_certificate_is_a_warning(check, serve, origin, tmp_path):
    authority = trustme.CA()
    old = Identity(tmp_path, "localhost", authority=authority, days=-1)

    code, _, errors = check(old.block)
    assert code == 0
    assert "has expired" in errors and "(warning)" in errors

    proxy = serve(document(origin_bucket(origin), server={"tls": old.block}))
    proxy.wait_for_line(
        lambda line: line["level"] == "warn" and "has expired" in line.get("reason", ""),
        "the warning",
    )
    proxy.tls = old.client()
    proxy.tls.check_hostname = False
    proxy.tls.verify_mode = 0
    assert proxy.get("/files/key").status == 200


def test_a_list_alone_is_enough(check, serve, origin, identity):
    tls = {"certificates": [identity.block]}

    assert check(tls)[0] == 0
    proxy = serve(document(origin_bucket(origin), server={"tls": tls}))
    proxy.tls = identity.client()
    assert proxy.get("/files/key").status == 200

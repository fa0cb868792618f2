"""What scanners of others say of TLS here: nothing weak is spoken, and no known attack finds a way in."""

import json
import xml.etree.ElementTree

import pytest
import trustme

from support.configuration import document, origin_bucket
from support.programs import run_program
from support.tls import Identity

pytestmark = pytest.mark.http1  # Clients of its own.

CIPHERS13 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
GROUPS = {"x25519", "secp256r1 (NIST P-256)", "secp384r1 (NIST P-384)"}
# testssl's names of what must be found good, not merely be found nothing about.
GOOD = {
    "SSLv2",
    "SSLv3",
    "TLS1_2",
    "TLS1_3",
    "ALPN_HTTP2",
    "cipherlist_NULL",
    "cipherlist_aNULL",
    "cipherlist_EXPORT",
    "cipherlist_LOW",
    "PFS",
    "cipher_order",
    "heartbleed",
    "CCS",
    "ticketbleed",
    "ROBOT",
    "secure_renego",
    "secure_client_renego",
    "CRIME_TLS",
    "BREACH",
    "POODLE_SSL",
    "fallback_SCSV",
    "SWEET32",
    "FREAK",
    "DROWN",
    "LOGJAM",
    "BEAST",
    "LUCKY13",
    "RC4",
}
NOT_OFFERED = {"TLS1", "TLS1_1", "cipherlist_3DES_IDEA", "cipherlist_AVERAGE", "NPN"}


@pytest.fixture
def scanned(serve, origin, tmp_path):
    """scanned(keys) is the address of a proxy that speaks TLS with a key of that type, and more keys."""

    def start(key: trustme.KeyType, **more) -> str:
        identity = Identity(tmp_path, "localhost", "127.0.0.1", key=key)
        tls = {**identity.block, **more}
        bucket = origin_bucket(origin, prefix="/", index_document="index.html")
        return f"127.0.0.1:{serve(document(bucket, server={'tls': tls})).port}"

    return start


def sslscan(address: str):
    printed = run_program("sslscan", "--xml=-", "--no-colour", address)
    return xml.etree.ElementTree.fromstring(printed).find("ssltest")


def ciphers(found, version: str) -> set[str]:
    return {
        each.get("cipher") for each in found.iter("cipher") if each.get("sslversion") == version
    }


def protocols(found) -> set[tuple[str, str]]:
    enabled = [each for each in found.iter("protocol") if each.get("enabled") == "1"]
    return {(each.get("type"), each.get("version")) for each in enabled}


@pytest.mark.parametrize("key", [trustme.KeyType.ECDSA, trustme.KeyType.RSA], ids=["ECDSA", "RSA"])
def test_sslscan_finds_nothing_weak(scanned, key):
    found = sslscan(scanned(key))

    assert protocols(found) == {("tls", "1.2"), ("tls", "1.3")}
    assert ciphers(found, "TLSv1.3") == CIPHERS13
    assert ciphers(found, "TLSv1.2") == {
        f"ECDHE-{key.name}-{cipher}"
        for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    }
    assert {each.get("strength") for each in found.iter("cipher")} <= {"strong", "acceptable"}
    groups = [each for each in found.iter("group") if each.get("sslversion") == "TLSv1.3"]
    assert {each.get("name") for each in groups} == GROUPS
    assert found.find("renegotiation").get("supported") == "0"
    heartbleed = list(found.iter("heartbleed"))
    assert heartbleed and {each.get("vulnerable") for each in heartbleed} == {"0"}


def test_sslscan_finds_1_3_alone_where_nothing_older_is_wanted(scanned):
    found = sslscan(scanned(trustme.KeyType.ECDSA, min_version="1.3"))

    assert protocols(found) == {("tls", "1.3")}
    assert ciphers(found, "TLSv1.2") == set()
    assert ciphers(found, "TLSv1.3") == CIPHERS13


@pytest.mark.slow
def test_testssl_finds_nothing_weak(scanned, tmp_path):
    """Protocols, ciphers, forward secrecy, preferences and attacks; not the certificate, a test's."""
    report = tmp_path / "report.json"
    run_program(
        "testssl",
        *("--quiet", "--warnings", "off", "--color", "0", "--jsonfile", report),
        *("--protocols", "--std", "--fs", "--server-preference", "--vulnerable"),
        scanned(trustme.KeyType.RSA),
    )
    found = {entry["id"]: entry for entry in json.loads(report.read_text())}

    weak = [entry for entry in found.values() if entry["severity"] not in ("OK", "INFO", "WARN")]
    assert not weak
    assert {name for name in GOOD if found[name]["severity"] != "OK"} == set()
    assert {name for name in NOT_OFFERED if found[name]["finding"] != "not offered"} == set()

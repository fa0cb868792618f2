"""Certificates of an authority of the tests' own, as files, and clients that trust it."""

import datetime
import pathlib
import ssl

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

Block = dict[str, str]


class Identity:
    """A certificate for `names` in `folder`, and the authority that issued it."""

    def __init__(
        self,
        folder: pathlib.Path,
        *names: str,
        authority: trustme.CA | None = None,
        days: int = 30,
        key: trustme.KeyType = trustme.KeyType.ECDSA,
    ):
        self.authority = authority or trustme.CA()
        self._folder = folder
        self._stem = names[0].replace("*", "any")
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        self.issued = self.authority.issue_cert(*names, not_after=until, key_type=key)
        self.certificate = folder / f"{self._stem}.crt"
        self.private_key = folder / f"{self._stem}.key"
        self.certificate.write_bytes(b"".join(pem.bytes() for pem in self.issued.cert_chain_pems))
        self.issued.private_key_pem.write_to_path(str(self.private_key))

    @property
    def block(self) -> Block:
        """The keys of a certificate."""
        return {"certificate": str(self.certificate), "private_key": str(self.private_key)}

    @property
    def ca_file(self) -> str:
        return pem(self.authority, self._folder)

    def client(self, **options) -> ssl.SSLContext:
        return client(self.authority, **options)

    def staple(self, hours: int = 24) -> str:
        """A file with the authority's word that this certificate is good, for so long."""
        certificate = x509.load_pem_x509_certificate(self.issued.cert_chain_pems[0].bytes())
        issuer = x509.load_pem_x509_certificate(self.authority.cert_pem.bytes())
        key = serialization.load_pem_private_key(self.authority.private_key_pem.bytes(), None)
        begun = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=48)
        response = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                certificate,
                issuer,
                hashes.SHA1(),
                ocsp.OCSPCertStatus.GOOD,
                begun,
                begun + datetime.timedelta(hours=48 + hours),
                None,
                None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, issuer)
            .sign(key, hashes.SHA256())
        )
        path = self._folder / f"{self._stem}.ocsp"
        path.write_bytes(response.public_bytes(serialization.Encoding.DER))
        return str(path)


def client(
    authority: trustme.CA,
    version: ssl.TLSVersion | None = None,
    protocols: list[str] | None = None,
    ciphers: str | None = None,
    identity: Identity | None = None,
) -> ssl.SSLContext:
    """A client that trusts `authority`, and shows `identity` when it is asked for one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if protocols is not None:
        context.set_alpn_protocols(protocols)
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.private_key)
    return context


def pem(authority: trustme.CA, folder: pathlib.Path, name: str = "authority") -> str:
    """The authority's certificate as a file."""
    path = folder / f"{name}.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)

"""Keys and tokens of every algorithm, minted by two libraries that know nothing of each other."""

import dataclasses
import functools
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import joserfc.errors
import joserfc.jwk
import joserfc.jws
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

Claims = dict[str, Any]
Jwk = dict[str, Any]

SYMMETRIC = ("HS256", "HS384", "HS512")
ASYMMETRIC = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384"),
    "EdDSA",
)
ALGORITHMS = (*SYMMETRIC, *ASYMMETRIC)

_CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1}


@dataclasses.dataclass(frozen=True)
class Key:
    """A key and the algorithm it is for."""

    algorithm: str
    kid: str
    private: bytes  # PEM; of HS* the secret itself
    public: bytes  # PEM; of HS* nothing

    @property
    def is_symmetric(self) -> bool:
        return self.algorithm in SYMMETRIC

    def jwk(self, **members: Any) -> Jwk:
        """Its entry in a JWK set; a member of None is left out."""
        made = self.joserfc().as_dict(private=self.is_symmetric)
        made |= {"kid": self.kid, "use": "sig", "alg": self.algorithm} | members
        return {name: value for name, value in made.items() if value is not None}

    def joserfc(self) -> Any:
        kind = joserfc.jwk.OKPKey
        if self.is_symmetric:
            kind = joserfc.jwk.OctKey
        elif self.algorithm in _CURVES:
            kind = joserfc.jwk.ECKey
        elif self.algorithm != "EdDSA":
            kind = joserfc.jwk.RSAKey
        return kind.import_key(self.private)


@functools.cache
def key(algorithm: str, kid: str = "one") -> Key:
    """The key of that name: the same at each call, since RSA keys take long to make."""
    if algorithm in SYMMETRIC:
        # As long as the longest hash: both libraries frown at less.
        return Key(algorithm, kid, f"{kid}-{algorithm}-secret-".encode().ljust(64, b"x"), b"")
    if algorithm in _CURVES:
        made: Any = ec.generate_private_key(_CURVES[algorithm]())
    elif algorithm == "EdDSA":
        made = ed25519.Ed25519PrivateKey.generate()
    else:
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(algorithm, kid, private, public)


def claims(**given: Any) -> Claims:
    """Of a token that holds for an hour; a claim of None is left out."""
    now = int(time.time())
    made = {"sub": "somebody", "iat": now, "exp": now + 3600} | given
    return {name: value for name, value in made.items() if value is not None}


def _header(key: Key, given: Claims) -> Claims:
    made = {"typ": "JWT", "kid": key.kid} | given
    return {name: value for name, value in made.items() if value is not None}


def mint_pyjwt(key: Key, payload: Claims, **header: Any) -> str:
    made = _header(key, header)
    # PyJWT writes "typ" unless told that there is none.
    made.setdefault("typ", None)
    return jwt.encode(payload, key.private, algorithm=key.algorithm, headers=made)


def mint_joserfc(key: Key, payload: Claims, **header: Any) -> str:
    made = {"alg": key.algorithm} | _header(key, header)
    body = json.dumps(payload).encode()
    with warnings.catch_warnings():
        # RFC 9864 renames EdDSA; tokens will say it for years.
        warnings.simplefilter("ignore", joserfc.errors.SecurityWarning)
        return joserfc.jws.serialize_compact(made, body, key.joserfc(), [key.algorithm])


MINTERS: dict[str, Callable[..., str]] = {"pyjwt": mint_pyjwt, "joserfc": mint_joserfc}


def mint(key: Key, payload: Claims | None = None, **header: Any) -> str:
    """A token that holds, by one of the libraries; a header member of None is left out."""
    return mint_pyjwt(key, claims() if payload is None else payload, **header)


def bearer(token: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {token}")]

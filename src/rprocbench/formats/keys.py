# SPDX-License-Identifier: GPL-2.0-or-later
"""RSA and ECDSA keys behind `Signer` and `Verifier`; no other module imports cryptography (ours).

RSA means RSASSA-PKCS1-v1_5 with SHA-256, ECDSA means P-256 with SHA-256 and r||s as signature
(optee_os: scripts/sign_rproc_fw.py).
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NoReturn, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.files import read_file

PREHASHED = Prehashed(SHA256())
PKCS1 = padding.PKCS1v15()
RSA_BITS = (2048, 3072, 4096)
EC_SIZE = 32
PEM_TITLE = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
MAX_PEM = 64 * 1024


class KeyType(IntEnum):
    """What a key signs with, as SIGNTYPE writes it."""

    RSA = 1
    ECC = 2


def parse_key_type(text: str) -> KeyType:
    """The key type called `text`, upper case. Raises `InputError` BAD_VALUE for any other text."""
    if text not in KeyType.__members__:
        raise InputError(InputCode.BAD_VALUE, f"the key type is RSA or ECC, not {text!r}")
    return KeyType[text]


class Signer(Protocol):
    """Something that signs: a key here, or one in a token elsewhere."""

    @property
    def key_type(self) -> KeyType: ...

    @property
    def signature_size(self) -> int: ...

    def sign(self, digest: bytes) -> bytes:
        """The signature of a 32-byte SHA-256 digest."""
        ...


class Verifier(Protocol):
    """Something that verifies what a `Signer` signed."""

    @property
    def key_type(self) -> KeyType: ...

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether `signature` is one of the 32-byte SHA-256 `digest` by this key."""
        ...


@dataclass(frozen=True)
class RsaPublicKey:
    """A public RSA key and its numbers."""

    key: rsa.RSAPublicKey
    key_type = KeyType.RSA

    @cached_property
    def bits(self) -> int:
        """The length of the modulus in bits."""
        return self.key.key_size

    @property
    def exponent(self) -> int:
        """The public exponent."""
        return self.key.public_numbers().e

    @property
    def modulus(self) -> int:
        """The modulus as a number."""
        return self.key.public_numbers().n

    @cached_property
    def modulus_bytes(self) -> bytes:
        """The modulus, big-endian, as OP-TEE embeds it; signatures have the same length."""
        return self.modulus.to_bytes((self.bits + 7) // 8, "big")

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the DER SubjectPublicKeyInfo, in hex."""
        return sha256(
            self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest()

    def pem(self) -> bytes:
        """The key as PEM."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether `signature` is one of `digest` by this key."""
        if len(signature) != len(self.modulus_bytes) or len(digest) != SHA256.digest_size:
            return False
        try:
            self.key.verify(signature, digest, PKCS1, PREHASHED)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class EcPublicKey:
    """A public P-256 key."""

    key: ec.EllipticCurvePublicKey
    key_type = KeyType.ECC

    @property
    def bits(self) -> int:
        """The size of the curve in bits."""
        return self.key.key_size

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the DER SubjectPublicKeyInfo, in hex."""
        return sha256(
            self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest()

    def pem(self) -> bytes:
        """The key as PEM."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether `signature`, r||s, is one of `digest` by this key."""
        if len(signature) != 2 * EC_SIZE or len(digest) != SHA256.digest_size:
            return False
        r, s = (int.from_bytes(part, "big") for part in (signature[:EC_SIZE], signature[EC_SIZE:]))
        try:
            self.key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(PREHASHED))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, repr=False)
class RsaPrivateKey:
    """A private RSA key."""

    key: rsa.RSAPrivateKey
    key_type = KeyType.RSA

    @property
    def public(self) -> RsaPublicKey:
        """The public half."""
        return RsaPublicKey(self.key.public_key())

    @property
    def signature_size(self) -> int:
        """The length of a signature in bytes."""
        return (self.key.key_size + 7) // 8

    def sign(self, digest: bytes) -> bytes:
        """The signature of a SHA-256 digest; always the same for the same digest."""
        return self.key.sign(digest, PKCS1, PREHASHED)

    def pem(self, passphrase: str | None = None) -> bytes:
        """The key as PKCS#8 PEM, encrypted if a passphrase is given."""
        return _private_pem(self.key, passphrase)


@dataclass(frozen=True, repr=False)
class EcPrivateKey:
    """A private P-256 key."""

    key: ec.EllipticCurvePrivateKey
    key_type = KeyType.ECC
    signature_size = 2 * EC_SIZE

    @property
    def public(self) -> EcPublicKey:
        """The public half."""
        return EcPublicKey(self.key.public_key())

    def sign(self, digest: bytes) -> bytes:
        """The signature of a SHA-256 digest, r||s; another one each time."""
        r, s = decode_dss_signature(self.key.sign(digest, ec.ECDSA(PREHASHED)))
        return r.to_bytes(EC_SIZE, "big") + s.to_bytes(EC_SIZE, "big")

    def pem(self, passphrase: str | None = None) -> bytes:
        """The key as PKCS#8 PEM, encrypted if a passphrase is given."""
        return _private_pem(self.key, passphrase)


PublicKey = RsaPublicKey | EcPublicKey
PrivateKey = RsaPrivateKey | EcPrivateKey


def _private_pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: str | None
) -> bytes:
    how = BestAvailableEncryption(_secret(passphrase)) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def _secret(passphrase: str) -> bytes:
    return passphrase.encode("utf-8", "surrogateescape")


def generate_key(key_type: KeyType = KeyType.RSA, bits: int = 2048) -> PrivateKey:
    """A new key: RSA of 2048, 3072 or 4096 bits, or ECC (P-256, whatever `bits` says).

    Raises `InputError` BAD_VALUE for another size.
    """
    if key_type is KeyType.ECC:
        return EcPrivateKey(ec.generate_private_key(ec.SECP256R1()))
    if bits not in RSA_BITS:
        text = f"an RSA key has 2048, 3072 or 4096 bits here, not {bits}"
        raise InputError(InputCode.BAD_VALUE, text)
    return RsaPrivateKey(rsa.generate_private_key(65537, bits))


def load_private_key(pem: bytes, passphrase: str | None = None, name: str = "key") -> PrivateKey:
    """The private key in `pem` (PKCS#1, PKCS#8 or SEC1); `name` is what messages call it.

    A passphrase that is not needed is ignored. Raises `InputError` BAD_KEY or BAD_PASSPHRASE.
    """
    title = _title(pem, name)
    if b"PRIVATE" not in title:
        kind = "a certificate" if b"CERTIFICATE" in title else "only a public key"
        if b"CERTIFICATE" not in title and b"PUBLIC" not in title:
            _refuse(f"{name} holds no key (its PEM block is {title.decode()!r})")
        _refuse(f"{name} is {kind}: signing needs the private key")
    key = _open(pem, passphrase, name)
    if isinstance(key, rsa.RSAPrivateKey):
        return RsaPrivateKey(key)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        _check_curve(key.curve, name)
        return EcPrivateKey(key)
    return _refuse(f"{name} is a {_kind(key)} key; it must be RSA or ECC (P-256)")


def _open(pem: bytes, passphrase: str | None, name: str) -> object:
    """The key in `pem`, of whatever kind, decrypted where it must be."""
    is_encrypted = b"ENCRYPTED" in pem
    if is_encrypted and not passphrase:
        raise InputError(InputCode.BAD_PASSPHRASE, f"{name} is encrypted: it needs a passphrase")
    try:
        return load_pem_private_key(pem, _secret(passphrase) if passphrase else None)
    except TypeError:  # a passphrase too many, or one too few for a key that hides its encryption
        if not passphrase:
            text = f"{name} is encrypted: it needs a passphrase"
            raise InputError(InputCode.BAD_PASSPHRASE, text) from None
        return _open(pem, None, name)
    except ValueError as error:
        if is_encrypted:
            text = f"the passphrase does not open {name}"
            raise InputError(InputCode.BAD_PASSPHRASE, text) from None
        _refuse(f"{name} is a damaged private key ({_short(error)})")
    except UnsupportedAlgorithm as error:
        _refuse(f"{name} is of an unsupported kind ({_short(error)})")


def load_public_key(pem: bytes, name: str = "key") -> PublicKey:
    """The public key in `pem`, or the public half of the unencrypted private key in it.

    Raises `InputError` BAD_KEY, or BAD_PASSPHRASE for an encrypted private key.
    """
    title = _title(pem, name)
    if b"PRIVATE" in title:
        return load_private_key(pem, None, name).public
    if b"PUBLIC" not in title:
        _refuse(f"{name} holds no key (its PEM block is {title.decode()!r})")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        _refuse(f"{name} is a damaged public key ({_short(error)})")
    if isinstance(key, rsa.RSAPublicKey):
        return RsaPublicKey(key)
    if isinstance(key, ec.EllipticCurvePublicKey):
        _check_curve(key.curve, name)
        return EcPublicKey(key)
    return _refuse(f"{name} is a {_kind(key)} key; it must be RSA or ECC (P-256)")


def as_public_key(key: object, name: str = "key") -> PublicKey:
    """The public key in whatever holds one: a key here or in `cryptography`, PEM, DER, a path.

    Of a private key it is the public half. Raises `InputError` BAD_KEY, or what `read_file` raises.
    """
    if isinstance(key, RsaPublicKey | EcPublicKey):
        return key
    if isinstance(key, RsaPrivateKey | EcPrivateKey):
        return key.public
    if isinstance(key, str) and "-----BEGIN" in key:
        return load_public_key(key.encode(), name)
    if isinstance(key, str | Path):
        return as_public_key(read_file(Path(key)), str(key))
    if isinstance(key, bytes | bytearray | memoryview):
        held = bytes(key)
        return load_public_key(held, name) if b"-----BEGIN" in held else _from_der(held, name)
    return _wrapped(key, name)


def rsa_public_key(modulus: int, exponent: int = 65537) -> RsaPublicKey:
    """The key with these numbers. Raises `InputError` BAD_KEY if there is none."""
    try:
        return RsaPublicKey(rsa.RSAPublicNumbers(exponent, modulus).public_key())
    except ValueError as error:
        return _refuse(f"these numbers are no RSA key ({_short(error)})")


def _wrapped(key: object, name: str) -> PublicKey:
    """A key of `cryptography`, as one of ours."""
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        key = key.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return RsaPublicKey(key)
    if isinstance(key, ec.EllipticCurvePublicKey):
        _check_curve(key.curve, name)
        return EcPublicKey(key)
    return _refuse(f"{name} is no RSA or ECC key ({type(key).__name__})")


def _from_der(der: bytes, name: str) -> PublicKey:
    for load in (load_der_public_key, lambda data: load_der_private_key(data, None)):
        try:
            return _wrapped(load(der), name)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return _refuse(f"{name} is neither PEM nor DER")


def check_key_type(signer: Signer, key_type: KeyType, name: str = "key") -> None:
    """Raise `InputError` BAD_KEY unless `signer` signs with `key_type`."""
    if signer.key_type is not key_type:
        have, want = signer.key_type.name, key_type.name
        _refuse(f"{name} is an {have} key, but the key type asked for is {want}")


def _title(pem: bytes, name: str) -> bytes:
    if not pem.strip():
        _refuse(f"{name} is empty")
    found = PEM_TITLE.search(pem[:MAX_PEM])
    if not found or len(pem) > MAX_PEM:
        _refuse(f"{name} is not a PEM file")
    # An EC key file may begin with a block of curve parameters; the key follows it.
    titles: list[bytes] = PEM_TITLE.findall(pem)
    titles.sort(key=lambda title: (b"PRIVATE" not in title, b"KEY" not in title))
    return titles[0]


def _check_curve(curve: ec.EllipticCurve, name: str) -> None:
    if not isinstance(curve, ec.SECP256R1):
        text = f"{name} is on the curve {curve.name}: signatures of this format have 64 bytes,"
        _refuse(f"{text} which is P-256 (secp256r1) only")


def _kind(key: object) -> str:
    return type(key).__name__.removesuffix("Key").removesuffix("Private").removesuffix("Public")


def _short(error: Exception) -> str:
    lines = str(error).split(".")[0].splitlines()
    return lines[0][:80] if lines else type(error).__name__


def _refuse(text: str) -> NoReturn:
    raise InputError(InputCode.BAD_KEY, text)

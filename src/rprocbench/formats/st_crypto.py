# SPDX-License-Identifier: GPL-2.0-or-later
"""What ST's downstream images need of cryptography: AES-CBC, public keys in DER, key hashes (ours).

Layout: tee.md section 7. Beside `keys.py` the only module that imports cryptography.
"""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rprocbench.base.errors import InputCode, InputError

from .keys import EcPublicKey, PublicKey, RsaPublicKey

AES_BLOCK = 16
AES_SIZES = (16, 24, 32)
EC_POINT = 64
EXPONENT_SIZE = 3  # of 65537, which is the only one that fits the fixed DER length
# How SubjectPublicKeyInfo begins for RSA of 2048 bits with that exponent, and for P-256.
RSA_DER = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
EC_DER = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
RSA_DER_SIZE, EC_DER_SIZE = 294, 91


def check_aes_key(key: bytes) -> None:
    """Raise `InputError` BAD_KEY unless `key` has 16, 24 or 32 bytes."""
    if len(key) not in AES_SIZES:
        text = f"an AES key has 16, 24 or 32 bytes, not {len(key)}"
        raise InputError(InputCode.BAD_KEY, text)


def aes_cbc_encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """`data` in AES-CBC without padding. Raises `InputError` BAD_KEY, BAD_VALUE (its length)."""
    check_aes_key(key)
    if len(data) % AES_BLOCK:
        text = f"{len(data)} bytes are no whole blocks of {AES_BLOCK}"
        raise InputError(InputCode.BAD_VALUE, text)
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def aes_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """What `aes_cbc_encrypt` was given. Raises as it does."""
    check_aes_key(key)
    if len(data) % AES_BLOCK:
        text = f"{len(data)} bytes are no whole blocks of {AES_BLOCK}"
        raise InputError(InputCode.BAD_VALUE, text)
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def public_der(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo of `key`: 294 bytes for RSA-2048 with exponent 65537, 91 for P-256."""
    return key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_hash(key: PublicKey) -> bytes:
    """What the OTP words `oem_rproc_pkh` hold: SHA-256 of modulus and exponent, or of X and Y."""
    der = public_der(key)
    return sha256(rsa_part(der) if isinstance(key, RsaPublicKey) else der[len(EC_DER) :]).digest()


def rsa_part(der: bytes) -> bytes:
    """Modulus and exponent, as they lie in a DER key of 294 bytes."""
    end = len(RSA_DER) + 256
    return der[len(RSA_DER) : end] + der[-EXPONENT_SIZE:]


def rsa_from_numbers(modulus: int, exponent: int) -> RsaPublicKey | None:
    """The RSA key of these numbers; None where they are none (even, or too small)."""
    try:
        return RsaPublicKey(rsa.RSAPublicNumbers(exponent, modulus).public_key())
    except ValueError:
        return None


def ec_from_point(point: bytes) -> EcPublicKey | None:
    """The P-256 key at X and Y, 64 bytes; None where no point of the curve lies there."""
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    try:
        return EcPublicKey(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    except ValueError:
        return None

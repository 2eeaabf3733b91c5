# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys: what opens, what is refused and why, and that signatures are what they should be."""

from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from rprocbench.base.errors import InputCode, InputError
from rprocbench.formats.keys import (
    EcPrivateKey,
    KeyType,
    RsaPrivateKey,
    RsaPublicKey,
    Signer,
    Verifier,
    check_key_type,
    generate_key,
    load_private_key,
    load_public_key,
    parse_key_type,
)
from tests.formats.recorded import VECTORS, key, pem

DIGEST = sha256(b"firmware").digest()
DEMO = Path(__file__).parents[2] / "data" / "keys"
SIZES = {"rsa1028": 129, "rsa2048": 256, "rsa3072": 384, "rsa4096": 512, "ecc_p256": 64}


def encrypted(secret: str, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    """The recorded RSA key, locked with `secret`."""
    private = key("rsa2048")
    assert isinstance(private, RsaPrivateKey)
    return private.key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(secret.encode()))


@pytest.mark.parametrize("name", SIZES)
def test_a_signature_has_the_size_of_the_key_and_verifies(name: str) -> None:
    signer: Signer = key(name)
    public = load_public_key(key(name).public.pem())
    verifier: Verifier = public
    signature = signer.sign(DIGEST)
    assert len(signature) == signer.signature_size == SIZES[name]
    assert verifier.verify(DIGEST, signature)
    assert verifier.key_type is signer.key_type
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    for other in (flipped, signature[:-1], signature + b"\0", b""):
        assert not verifier.verify(DIGEST, other)
    assert not verifier.verify(b"", signature)
    assert not verifier.verify(bytes(32), signature)
    assert not verifier.verify(DIGEST, bytes(len(signature)))
    assert not verifier.verify(DIGEST, b"\xff" * len(signature))


def test_rsa_signatures_are_the_same_in_every_form_of_the_key() -> None:
    want = key("rsa2048").sign(DIGEST)
    private = key("rsa2048")
    assert isinstance(private, RsaPrivateKey)
    pkcs1 = private.key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    assert pkcs1.startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    forms = [
        load_private_key(pem("rsa2048_pkcs8")),
        load_private_key(pkcs1),
        load_private_key(encrypted("open sesame"), "open sesame"),
        load_private_key(encrypted("old form", PrivateFormat.TraditionalOpenSSL), "old form"),
        load_private_key(private.pem("again"), "again"),
        load_private_key(pem("rsa2048"), "a passphrase that nobody asked for"),
    ]
    assert [form.sign(DIGEST) for form in forms] == [want] * 6
    assert len({form.public.fingerprint for form in forms}) == 1


def test_a_public_key_shows_its_numbers() -> None:
    public = load_public_key(pem("rsa2048_pub"))
    assert isinstance(public, RsaPublicKey)
    assert (public.bits, public.exponent, len(public.modulus_bytes)) == (2048, 65537, 256)
    assert int.from_bytes(public.modulus_bytes, "big") == public.modulus
    assert public == load_public_key(public.pem())
    assert public.fingerprint == key("rsa2048").public.fingerprint
    assert public.fingerprint != key("rsa2048_other").public.fingerprint
    number = pow(int.from_bytes(key("rsa2048").sign(DIGEST), "big"), 65537, public.modulus)
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo of SHA-256
    padding = b"\0\1" + b"\xff" * (256 - 3 - len(prefix) - 32) + b"\0"
    assert number.to_bytes(256, "big") == padding + prefix + DIGEST
    assert load_public_key(pem("ecc_p256")).fingerprint == key("ecc_p256").public.fingerprint


def test_an_ecc_signature_is_r_and_s_and_another_one_each_time() -> None:
    signer = key("ecc_p256")
    assert isinstance(signer, EcPrivateKey)
    assert signer.sign(DIGEST) != signer.sign(DIGEST)
    assert signer.public.bits == 256


def other_keys() -> dict[str, bytes]:
    """Keys that cannot be used, by a name."""
    signature = dsa.generate_private_key(1024)  # noqa: S505  it is refused, and quick to make
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = signature.public_key()
    return {
        "dsa": signature.private_bytes(*form),
        "dsa_pub": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "ed25519": ed25519.Ed25519PrivateKey.generate().private_bytes(*form),
        "secp256k1": ec.generate_private_key(ec.SECP256K1()).private_bytes(*form),
    }


OTHER = other_keys()
REFUSED = {
    "only a public key": (pem("rsa2048_pub"), None, InputCode.BAD_KEY, "only a public key"),
    "no passphrase": (pem("rsa2048_enc"), None, InputCode.BAD_PASSPHRASE, "needs a passphrase"),
    "empty passphrase": (pem("rsa2048_enc"), "", InputCode.BAD_PASSPHRASE, "needs a passphrase"),
    "wrong passphrase": (pem("rsa2048_enc"), "wrong", InputCode.BAD_PASSPHRASE, "does not open"),
    "wrong, old form": (
        encrypted("x", PrivateFormat.TraditionalOpenSSL), "y", InputCode.BAD_PASSPHRASE, "not open",
    ),
    "P-384": (pem("ecc_p384"), None, InputCode.BAD_KEY, "P-256"),
    "P-521": (pem("ecc_p521"), None, InputCode.BAD_KEY, "P-256"),
    "secp256k1": (OTHER["secp256k1"], None, InputCode.BAD_KEY, "P-256"),
    "DSA": (OTHER["dsa"], None, InputCode.BAD_KEY, "DSA"),
    "Ed25519": (OTHER["ed25519"], None, InputCode.BAD_KEY, "Ed25519"),
    "DSA, public": (OTHER["dsa_pub"], None, InputCode.BAD_KEY, "only a public key"),
    "empty": (b"", None, InputCode.BAD_KEY, "empty"),
    "text": (b"int main(void);\n", None, InputCode.BAD_KEY, "not a PEM file"),
    "DER": (bytes.fromhex("308204bd"), None, InputCode.BAD_KEY, "not a PEM file"),
    "damaged": (
        pem("rsa2048")[:400] + b"\n-----END PRIVATE KEY-----\n", None, InputCode.BAD_KEY, "damaged",
    ),
    "cut": (pem("rsa2048")[:400], None, InputCode.BAD_KEY, "damaged"),
    "certificate": (b"-----BEGIN CERTIFICATE-----\nAAAA\n", None, InputCode.BAD_KEY, "certificate"),
    "no key": (b"-----BEGIN DH PARAMETERS-----\nAAAA\n", None, InputCode.BAD_KEY, "holds no key"),
    "huge": (b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 100000, None, InputCode.BAD_KEY, "PEM"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_a_key_that_cannot_sign_is_refused_with_its_reason(case: str) -> None:
    data, passphrase, code, words = REFUSED[case]
    with pytest.raises(InputError) as caught:
        load_private_key(data, passphrase, "my.pem")
    assert caught.value.code is code
    assert words in caught.value.why
    assert "my.pem" in caught.value.why
    assert "\n" not in caught.value.why


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OTHER["dsa_pub"], InputCode.BAD_KEY),
        (pem("ecc_p384"), InputCode.BAD_KEY),
        (pem("rsa2048_enc"), InputCode.BAD_PASSPHRASE),
        (pem("rsa2048_pub")[:200], InputCode.BAD_KEY),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", InputCode.BAD_KEY),
        ((VECTORS / "keys" / "kinfo.bin").read_bytes(), InputCode.BAD_KEY),
    ],
)
def test_what_is_no_public_key_is_refused(data: bytes, code: InputCode) -> None:
    with pytest.raises(InputError) as caught:
        load_public_key(data)
    assert caught.value.code is code


@pytest.mark.parametrize("text", ["DSA", "rsa", "", "ecc", "RSA "])
def test_a_key_type_is_rsa_or_ecc(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_key_type(text)
    assert caught.value.code is InputCode.BAD_VALUE
    assert parse_key_type("RSA") == 1
    assert parse_key_type("ECC") == 2


@pytest.mark.parametrize(("name", "type_"), [("ecc_p256", KeyType.RSA), ("rsa2048", KeyType.ECC)])
def test_a_key_of_the_other_type_is_refused(name: str, type_: KeyType) -> None:
    with pytest.raises(InputError) as caught:
        check_key_type(key(name), type_)
    assert caught.value.code is InputCode.BAD_KEY


def test_keys_are_generated() -> None:
    private = generate_key(KeyType.RSA, 2048)
    assert isinstance(private, RsaPrivateKey)
    assert load_private_key(private.pem("secret"), "secret").public == private.public
    assert b"ENCRYPTED" in private.pem("secret")
    curve = generate_key(KeyType.ECC)
    assert load_private_key(curve.pem()).public == curve.public
    for bits in (0, 1024, 2047, 8192):
        with pytest.raises(InputError):
            generate_key(KeyType.RSA, bits)


def test_a_private_key_does_not_print_itself() -> None:
    assert "0x" in repr(key("rsa2048"))
    assert str(key("rsa2048").sign) != ""
    assert "PRIVATE" not in repr(key("rsa2048"))


def test_the_demo_key_is_the_one_its_readme_tells_of() -> None:
    demo = load_private_key((DEMO / "demo_rsa2048.pem").read_bytes())
    readme = (DEMO / "README.md").read_text()
    assert isinstance(demo, RsaPrivateKey)
    assert demo.public.bits == 2048
    assert demo.public.fingerprint in readme
    assert "PUBLISHED" in readme
    assert isinstance(demo.key, rsa.RSAPrivateKey)

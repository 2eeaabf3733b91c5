# SPDX-License-Identifier: GPL-2.0-or-later
"""The signed half of the chain: header, digest, signature and key."""

from collections.abc import Iterator

from rprocbench.base.errors import RprocError, Span
from rprocbench.formats.keys import KeyType, RsaPublicKey
from rprocbench.formats.signed_image import MAGIC, VERSION, RemoteprocFwHdr, SignedImage
from rprocbench.formats.tlv import TlvType
from rprocbench.tee.arithmetic import add_overflow, roundup_64

from . import chain_commands as shell
from .chain_link import Command, Link, Stage, Verdict
from .chain_rsa import Opened, opened
from .chain_ta import TaLens

PUB_PEM = "that key as a file: openssl pkey -in KEY.pem -pubout -out pub.pem"
OPENS = "it opens with the key that is built into OP-TEE"
INFO = (
    "SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.1 (sha256), NULL }, OCTET STRING (32 bytes) }"
)
LENGTHS = ("tlv_len", "sign_len", "img_len")


def header_link(lens: TaLens, file: str) -> Link:
    """Header: magic, version, lengths."""
    header, size = lens.header, len(lens.data)
    why = next(_header_faults(lens), "")
    parts = [roundup_64(getattr(header, name)) for name in LENGTHS]
    total = add_overflow(RemoteprocFwHdr.SIZE, *parts)
    sum_ = " + ".join(map(str, (RemoteprocFwHdr.SIZE, *parts)))
    span = _clip(lens, 0, RemoteprocFwHdr.SIZE)
    return Link(
        "header", "header", Stage.HEADER, "Header", (span,),
        "20 + R8(tlv_len) + R8(sign_len) + R8(img_len) = size of the file",
        f"{sum_} = {'more than 32 bits hold' if total is None else total}; the file has {size}",
        Verdict.FAIL if why else Verdict.PASS,
        why or "magic and version are right, the lengths add up",
        "BAD_PARAMETERS",
        tuple((name, _field(header, name)) for name in RemoteprocFwHdr.FIELDS),
        _header_commands(lens, span, file) if span else (),
    )  # fmt: skip


def _header_commands(lens: TaLens, span: Span, file: str) -> tuple[Command, ...]:
    lengths = span.sub(RemoteprocFwHdr.SPANS["tlv_len"][0], len(span))
    told = (shell.numbers(file, lengths, lens.data),) if len(span) == RemoteprocFwHdr.SIZE else ()
    return (shell.dump(file, span, lens.data), *told, shell.length(file, len(lens.data)))


def key_link(lens: TaLens, key: RsaPublicKey) -> Link:
    """The key that is built into OP-TEE: no byte of the image."""
    return Link(
        "key", "key", Stage.SIGNATURE, "Key that is built into OP-TEE", (Span(lens.fw.name, 0, 0),),
        "SHA-256(DER SubjectPublicKeyInfo)", key.fingerprint, Verdict.PASS,
        "given: nothing in the image can replace it",
        facts=(
            ("key", f"RSA, {key.bits} bits, e = {key.exponent}"),
            ("modulus", key.modulus_bytes.hex()),
            ("pub.pem", PUB_PEM),
        ),
        commands=shell.built_in(key.modulus_bytes, key.fingerprint),
    )  # fmt: skip


def _field(header: RemoteprocFwHdr, name: str) -> str:
    number = getattr(header, name)
    return f"{number:#010x}" if name == "magic" else f"{number} ({number:#x})"


def _header_faults(lens: TaLens) -> Iterator[str]:
    """What is wrong, in the order in which the TA finds it."""
    header, size = lens.header, len(lens.data)
    yield from _length_faults(lens)
    if header.magic != MAGIC:
        yield f"the magic is {header.magic:#010x}, not {MAGIC:#010x}"
    if header.version != VERSION:
        yield f"the version is {header.version}, not {VERSION}"
    parts = (roundup_64(getattr(header, name)) for name in LENGTHS)
    total = add_overflow(RemoteprocFwHdr.SIZE, *parts)
    if total != size:
        told = "more than 32 bits hold" if total is None else total
        yield f"the lengths add up to {told}, the file has {size} bytes"


def _length_faults(lens: TaLens) -> Iterator[str]:
    header, size = lens.header, len(lens.data)
    if size < RemoteprocFwHdr.SIZE:
        yield f"the file has {size} bytes, a header 20"
    if lens.length is None:
        yield "the lengths overflow 32 bits"
    elif size <= lens.length:
        yield f"header, records and signature take {lens.length} bytes, the file has {size}"
    for name in ("sign_len", "tlv_len"):
        if not getattr(header, name):
            yield f"{name} is 0"


def digest_links(
    lens: TaLens, image: SignedImage, key: RsaPublicKey, file: str
) -> tuple[Link, Link]:
    """The digest of what is signed, and the signature that vouches for it."""
    signed = _clip(lens, 0, lens.signed_end)
    signature = _clip(lens, lens.signed_end, lens.signed_end + image.header.sign_len)
    sealed = opened(key, lens.data[signature.start : signature.end])
    is_rsa = _sign_type(lens) != KeyType.ECC
    inside = sealed.digest if is_rsa else b""
    if not inside:
        verdict, why = Verdict.UNDECIDED, "there is no digest in the signature to hold it against"
    elif inside == image.digest:
        verdict, why = Verdict.PASS, "the signature holds the same digest"
    else:
        verdict, why = Verdict.FAIL, "the signature is genuine, but was made for another digest"
    computed = image.digest.hex()
    facts = (("in the signature", inside.hex() or "none that can be read"), ("computed", computed))
    digest = Link(
        "digest", "digest", Stage.DIGEST, "Digest of header and records", (signed,),
        f"SHA-256(image[0:{signed.end}])", computed, verdict, why, "SIGNATURE_INVALID", facts,
        (shell.digest(file, signed, computed),),
    )  # fmt: skip
    good = inside == image.digest
    return digest, _signature(lens, signature, sealed, key, is_rsa=is_rsa, commands=_commands(
        file, signed, signature, sealed, good=good))  # fmt: skip


def _commands(
    file: str, signed: Span, signature: Span, sealed: Opened, *, good: bool
) -> tuple[Command, ...]:
    if not sealed.block:
        return ()
    verify = shell.verify(file, signed, signature, good=good)
    return (*verify, shell.recover(file, signature, sealed.block))


def _signature(  # noqa: PLR0913  all that the link shows
    lens: TaLens, span: Span, sealed: Opened, key: RsaPublicKey, *, is_rsa: bool,
    commands: tuple[Command, ...],
) -> Link:  # fmt: skip
    code, why, formula = "SIGNATURE_INVALID", sealed.why, "sig^e mod n = EMSA-PKCS1-v1_5(digest)"
    value = sealed.shown or "it cannot be opened"
    facts = [
        ("key", f"RSA, {key.bits} bits, e = {key.exponent}"),
        ("fingerprint", f"SHA-256 of the DER key: {key.fingerprint}"),
        ("pub.pem", PUB_PEM),
    ]
    if sealed.digest:
        facts += [
            ("padding", f"00 01, {len(sealed.block) - 54} × ff, 00"),
            ("DigestInfo", INFO),
            ("digest inside", sealed.digest.hex()),
        ]  # fmt: skip
    if lens.header.sign_len > len(span):
        code = "TARGET_DEAD" if lens.header.sign_len > roundup_64(lens.header.sign_len) else code
        why = f"it claims {lens.header.sign_len} bytes, the file has {len(span)} of them"
    if not is_rsa:
        code, why = "NOT_SUPPORTED", "SIGNTYPE says ECDSA P-256, which OP-TEE does not verify"
        half = len(span) // 2
        raw = lens.data[span.start : span.end]
        value, formula = f"r = {raw[:half].hex()}, s = {raw[half:].hex()}", "ECDSA: r || s"
        commands = ()
    return Link(
        "signature", "signature", Stage.SIGNATURE, "Signature and key", (span,), formula, value,
        Verdict.FAIL if why else Verdict.PASS, why or OPENS, code,
        tuple(facts), commands,
    )  # fmt: skip


def _sign_type(lens: TaLens) -> int:
    found = lens.record(TlvType.SIGNTYPE)
    return 0 if isinstance(found, RprocError) else lens.ctx.copy.fetch(found[0], 1)[0]


def _clip(lens: TaLens, start: int, end: int) -> Span:
    size = len(lens.data)
    return Span(lens.fw.name, min(start, size), min(end, size))

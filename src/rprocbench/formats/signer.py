# SPDX-License-Identifier: GPL-2.0-or-later
"""Signing ELF files for OP-TEE: the same bytes as OP-TEE's script, and clearer words (our zone).

Behaviour: optee_os, scripts/sign_rproc_fw.py. Where that script stops with a traceback, this raises
`InputError`; where it writes an image that the TA refuses, this writes it too, with a warning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rprocbench.base.errors import InputCode, InputError

from .containers import advice, identify
from .elf import EM_ARM, ElfView
from .elf_names import P_TYPES, name_of
from .finding import Finding
from .keys import KeyType, Signer, check_key_type
from .sign_warnings import sign_warnings
from .signed_image import MAX_IMAGES, SignedImage
from .signed_image_build import build_signed, hash_rows, standard_tlvs
from .tlv import PLATFORM, TlvType, align8

U32 = 1 << 32
MAX_HASHED = 1 << 30  # thousands of segments over the same bytes are an attack, not a firmware


@dataclass(frozen=True, slots=True)
class SignResult:
    """A signed image, and what there is to know about it; spans of warnings point into `image`."""

    image: bytes
    warnings: tuple[Finding, ...]


def sign_image(
    elfs: Sequence[tuple[str, bytes]],
    signer: Signer,
    key_type: KeyType | None = None,
    key_info: bytes | None = None,
    plat_tlvs: Iterable[tuple[str, str]] = (),
) -> SignResult:
    """Sign `elfs`, pairs of a name for messages and the file's bytes, in that order.

    `key_type` is what the caller believes the key to be; `plat_tlvs` are pairs of texts as on the
    command line. Raises `InputError`: NOT_ELF, TRUNCATED, UNSUPPORTED, BAD_KEY, BAD_VALUE, ...
    """
    check_key_type(signer, key_type or signer.key_type)
    if not elfs:
        raise InputError(
            InputCode.BAD_VALUE, "there is nothing to sign: give at least one ELF file"
        )
    if len(elfs) > MAX_IMAGES:
        text = f"a signed image holds at most {MAX_IMAGES} ELF files, not {len(elfs)}"
        raise InputError(InputCode.BAD_VALUE, text)
    platform = platform_tlvs(plat_tlvs)
    views = [_elf(name, data) for name, data in elfs]
    images = [view.data for view in views]
    if sum(align8(len(image)) for image in images) >= U32:
        raise InputError(InputCode.TOO_LARGE, "the images have 4 GiB or more together")
    if sum(len(view.content_span(phdr)) for view in views for phdr in view.segments) > MAX_HASHED:
        raise InputError(InputCode.TOO_LARGE, "the segments have more than 1 GiB together")
    rows = [row for view in views for row in hash_rows(view)]
    tlvs = standard_tlvs(signer.key_type, images, rows)
    if key_info is not None:
        tlvs.append((TlvType.PKEYINFO, key_info))
    tlvs += platform.items()
    signed = build_signed(tlvs, images, signer.sign, signer.signature_size)
    names = [name for name, _data in elfs]
    return SignResult(signed, tuple(sign_warnings(SignedImage.parse(signed), names, signer)))


def platform_tlvs(pairs: Iterable[tuple[str, str]]) -> dict[int, bytes]:
    """Platform records from texts: a number, and `0x...` (four bytes, little-endian) or any text.

    A number given again replaces the value but keeps its place. Raises `InputError` BAD_VALUE.

    >>> platform_tlvs([("0x10001", "0x80"), ("65538", "7"), ("0x10001", "")])
    {65537: b'', 65538: b'7'}
    """
    return {_platform_id(id_): _platform_value(id_, value) for id_, value in pairs}


def _platform_id(text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        hint = (
            " (names are understood by ST's downstream script only)" if text.isidentifier() else ""
        )
        why = f"a platform TLV has a number, not {text!r}{hint}"
        raise InputError(InputCode.BAD_VALUE, why) from None
    if number not in PLATFORM:
        why = f"platform TLV {number:#x} is not in {PLATFORM.start:#x}..{PLATFORM.stop - 1:#x}"
        raise InputError(InputCode.BAD_VALUE, why)
    return number


def _platform_value(id_: str, text: str) -> bytes:
    if not text.startswith("0x"):
        try:
            return text.encode()
        except UnicodeEncodeError:
            why = f"the value of platform TLV {id_} is not text"
            raise InputError(InputCode.BAD_VALUE, why) from None
    try:
        return int(text, 16).to_bytes(4, "little")
    except ValueError:
        why = (
            f"the value {text!r} of platform TLV {id_} begins with 0x but is no hexadecimal number"
        )
        raise InputError(InputCode.BAD_VALUE, why) from None
    except OverflowError:
        why = f"the value {text} of platform TLV {id_} does not fit into 32 bits"
        raise InputError(InputCode.BAD_VALUE, why) from None


def _elf(name: str, data: bytes) -> ElfView:
    try:
        view = ElfView.parse(data, name)
    except InputError as error:
        kind = identify(data)
        what = (
            f"{name} is not an ELF file: it is a {kind}"
            if error.code is InputCode.NOT_ELF
            else name
        )
        if error.code is InputCode.TRUNCATED:
            what = f"{name} is cut short: {error.why}"
        elif advice(kind):
            what += f"; {advice(kind)}"
        raise InputError(error.code, what, span=error.span) from None
    header = view.header
    if header.ei_data == 2 or header.ei_class != 1 or header.e_machine != EM_ARM:
        bits = {1: "32-bit", 2: "64-bit"}.get(header.ei_class, f"class {header.ei_class}")
        order = "big-endian" if header.ei_data == 2 else "little-endian"
        machine = name_of("e_machine", header.e_machine)
        text = f"{name} is for another machine ({bits} {order} {machine}): 32-bit Arm is needed"
        raise InputError(InputCode.UNSUPPORTED, text, span=header.span("e_machine"))
    if len(view.segments) < header.e_phnum:
        text = f"{name} is cut short: only {len(view.segments)} of {header.e_phnum}"
        text += " program headers are there"
        raise InputError(InputCode.TRUNCATED, text, span=header.span("e_phoff"))
    for index, phdr in enumerate(view.segments):
        if phdr.p_type not in P_TYPES:
            text = f"program header {index} of {name} is of the unknown type {phdr.p_type:#x}"
            raise InputError(InputCode.UNSUPPORTED, text, span=phdr.span("p_type"))
    return view

# SPDX-License-Identifier: GPL-2.0-or-later
"""Exercises of 30_signature_chain."""

from rprocbench.bench.demo import demo_image, with_flipped_byte
from rprocbench.formats.signed_image import RemoteprocFwHdr, SignedImage
from rprocbench.formats.tlv import TlvType

from .answers import code, name, number
from .exercise import Key, exercise
from .firmware_tables import cover_of
from .images import flipped
from .runs import boot


def value_of(type_: TlvType) -> int:
    """Where the value of a record of the demonstration's image begins."""
    tlv = SignedImage.parse(demo_image()).first(type_)
    assert tlv
    return tlv.value_span.start


@exercise("30.1", number, (
    "The signature covers the header as well.",
    "The header's size, plus tlv_len.",
))  # fmt: skip
def how_much_is_signed() -> Key:
    """How many bytes of the image does the signature cover?"""
    image = SignedImage.parse(demo_image())
    tlvs, head = image.header.tlv_len, RemoteprocFwHdr.SIZE
    return Key(
        len(image.signed_span),
        "Header and records, and nothing of the ELF file. That comes in through the hashes.",
        {
            tlvs: "Those are the records alone. Who says that their length is true?",
            head: "That is the header alone.",
            image.signature_span.end: "A signature cannot cover itself.",
            len(image.data): "Nothing covers all of it: look at what is covered by nothing.",
            len(image.digest): "That is the size of the digest, whatever it was made of.",
        },
    )


@exercise("30.2", code, (
    "IMGSIZE is one of the records. What covers them?",
    "The signature is verified before any record is believed.",
))  # fmt: skip
def a_bit_of_imgsize() -> Key:
    """One bit of the record IMGSIZE is flipped. With which TEE result does the TA answer?"""
    run = boot("v22", image=flipped(demo_image(), value_of(TlvType.IMGSIZE)))
    hashed = boot("v22", image=with_flipped_byte(demo_image()))
    assert run.code
    return Key(
        run.code,
        "The digest is another one now, and the signature is none of it.",
        {
            str(hashed.code): "So answers a segment that differs from its hash. This is a record.",
            str(run.errno): "That is what Linux makes of it. What did the TA say?",
            "BAD_PARAMETERS": "So answers a header that contradicts itself. This one does not.",
        },
    )


def unnoticed(offset: int) -> str | None:
    """None if a flipped bit at `offset` still boots; else a hint."""
    if not 0 <= offset < len(demo_image()):
        return f"The image has {len(demo_image())} bytes: that is not one of them."
    run = boot("v22", image=flipped(demo_image(), offset))
    if run.cause is None:
        return None
    cover = cover_of(demo_image(), offset)
    if cover == "nothing":
        return f"No hash covers that byte, but the ELF file cannot be read without it: {run.code}."
    return f"That byte is {cover if cover != 'the signature' else 'in the signature'}: {run.code}."


@exercise("30.4", number, (
    "Look at the picture of what covers what: where are the gaps?",
    "Symbol names, say. They are at the end of the file, and nobody loads them.",
))  # fmt: skip
def a_bit_that_nobody_misses() -> Key:
    """Which byte (its offset) can have its lowest bit flipped, so that the image still boots?"""
    image = SignedImage.parse(demo_image())
    elf = image.images[0].elf
    assert elf
    last = max(elf.content_span(segment).end for segment in elf.segments)
    answer = next(offset for offset in range(last, len(demo_image())) if unnoticed(offset) is None)
    return Key(
        answer,
        "It is not loaded, so it need not be believed. What is loaded must match a signed row.",
        judge=unnoticed,
        shown=f"{answer:#x}, for one",
    )


@exercise("30.3", name, (
    "Both are noticed sooner or later. Which is looked at first?",
    "The records are believed only after the signature; the hashes are in the records.",
))  # fmt: skip
def which_check_comes_first() -> Key:
    """A bit of the hash table and a bit of a segment are flipped. Which function says no?"""
    table = value_of(TlvType.HASHTABLE) + 40
    both = boot("v22", image=flipped(with_flipped_byte(demo_image()), table))
    segment = boot("v22", image=with_flipped_byte(demo_image()))
    assert both.cause
    assert segment.cause
    return Key(
        both.cause.function,
        "The signature comes first: no hash is compared before the table of hashes is authentic.",
        {
            segment.cause.function: "It would, if it were asked. Something refuses before it.",
            "remoteproc_verify_signature": "Close: it asks somebody else to do the arithmetic.",
            "rproc_pta_verify_digest": "Close: it passes on what the arithmetic says.",
        },
    )

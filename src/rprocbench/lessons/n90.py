# SPDX-License-Identifier: GPL-2.0-or-later
"""Exercises of 90_debug_my_image, on its built-in example."""

from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf
from rprocbench.formats.signed_image import SignedImage

from .answers import image, name, number
from .exercise import Key, exercise
from .images import EXAMPLE_SEGMENT, broken_example, elf_in, moved, signed, view_elf
from .runs import boot


@exercise("90.1", name, (
    "run.cause goes down from what the user was told to the check that first said no.",
    "run.cause.function",
))  # fmt: skip
def who_said_no() -> Key:
    """Which function was the first to refuse the example, under v22?"""
    run = boot("v22", image=broken_example())
    assert run.cause
    told = "That one passed on what another had said. Who said it first?"
    passed_on = {e.function for e in run.trace if type(e).__name__ == "Failed"}  # type: ignore[union-attr]
    return Key(
        run.cause.function,
        "Everything above it only passed the answer on.",
        dict.fromkeys(passed_on - {run.cause.function}, told),
    )


@exercise("90.2", number, (
    "run.cause.why names the address.",
    "It is the load address (p_paddr) of one of the segments.",
))  # fmt: skip
def which_address() -> Key:
    """Which device address can the secure world not place?"""
    segments = view_elf(broken_example()).segments
    answer = segments[EXAMPLE_SEGMENT].p_paddr
    fine = {segment.p_paddr: "That one is in a region." for segment in segments}
    return Key(
        answer,
        "The M4's bus has memory there; but no region of the device tree is known by that address.",
        {address: text for address, text in fine.items() if address != answer},
        shown=f"{answer:#x}",
    )


def boots(given: bytes) -> str | None:
    """None if an image boots under v22 and echoes; else a hint."""
    if given == broken_example():
        return "That is the example as it was."
    if given == elf_in(given):
        return "That is no signed image. signed(elf) makes one of an ELF file."
    run = Bench().boot(given)
    if run.cause is None:
        return None
    offset = SignedImage.parse(given).images[0].span.start if SignedImage.parse(given).images else 0
    if given[:offset] == broken_example()[:offset]:
        return (
            f"The ELF file has changed, the hash table has not: {run.code}. It must be signed anew."
        )
    return f"It still does not boot: {run.cause.function} says {run.code}, {run.cause.why}."


@exercise("90.3", image, (
    "Move the segment to where .data lives on this board: 0x10020000.",
    "signed(moved(elf_in(image), 2, 0x10020000))",
))  # fmt: skip
def mend_it() -> Key:
    """Mend the example: which image has its segment in a region, is signed, and boots?"""
    home = view_elf(demo_elf()).segments[EXAMPLE_SEGMENT].p_paddr
    mended = signed(moved(elf_in(broken_example()), EXAMPLE_SEGMENT, home))
    assert boots(mended) is None
    return Key(
        mended,
        "The address is one that both worlds know, and the new hash table says the same.",
        judge=boots,
        shown=f"signed(moved(elf_in(image), {EXAMPLE_SEGMENT}, {home:#x}))",
    )

# SPDX-License-Identifier: GPL-2.0-or-later
"""What a lesson does to firmware: move a segment, flip a bit, sign again, read a user's file."""

from functools import cache
from pathlib import Path

from rprocbench.base.errors import InputError
from rprocbench.base.files import read_file
from rprocbench.bench.demo import FIRMWARE, demo_elf, demo_key
from rprocbench.formats.containers import Kind, identify
from rprocbench.formats.elf import ElfView
from rprocbench.formats.resource_table import ResourceTable, find_table_section
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signer import sign_image

EXAMPLE_SEGMENT = 2
EXAMPLE_ADDRESS = 0x2002_0000


def elf_in(image: bytes) -> bytes:
    """The ELF file that `image` is, or the first one in a signed container.

    Raises `InputError` where there is none.
    """
    if identify(image) is Kind.SIGNED:
        payloads = SignedImage.parse(image).images
        return payloads[0].data if payloads else b""
    return image


def view_elf(image: bytes) -> ElfView:
    """The view of that ELF file. Raises `InputError`."""
    return ElfView.parse(elf_in(image))


def resource_table(image: bytes) -> ResourceTable:
    """The resource table as it lies in the file; an empty one where there is none.

    Raises `InputError` for what holds no ELF file.
    """
    elf = view_elf(image)
    section = find_table_section(elf)
    return ResourceTable.parse(elf.content(section.header) if section else b"")


def flipped(image: bytes, offset: int, bit: int = 0) -> bytes:
    """`image` with one bit of one byte changed. Outside the image nothing changes."""
    changed = bytearray(image)
    if 0 <= offset < len(changed):
        changed[offset] ^= 1 << bit
    return bytes(changed)


def moved(elf: bytes, segment: int, address: int) -> bytes:
    """`elf` with a segment's load address (`p_paddr`) changed, and nothing else."""
    span = ElfView.parse(elf).segments[segment].span("p_paddr")
    return elf[: span.start] + (address & 0xFFFF_FFFF).to_bytes(4, "little") + elf[span.end :]


def signed(elf: bytes) -> bytes:
    """`elf` in OP-TEE's container, signed with the demonstration's published key."""
    return sign_image([(FIRMWARE, elf)], demo_key()).image


@cache
def broken_example() -> bytes:
    """An image that is signed in good order and does not boot: its linker script was changed."""
    return signed(moved(demo_elf(), EXAMPLE_SEGMENT, EXAMPLE_ADDRESS))


def my_image(path: str | Path | None) -> bytes:
    """The bytes of the user's file; without one that can be read, the broken example."""
    if path is None:
        return broken_example()
    try:
        return read_file(Path(path))
    except InputError as problem:
        print(f"{problem}. The built-in example takes its place.")  # noqa: T201  in a notebook
        return broken_example()

# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc: the generations of the TA, as switches that its functions look at.

Each switch names one commit's difference, so the same functions serve all generations.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Generation:
    """Which of the TA's checks exist."""

    name: str
    title: str
    checks_tlv_lengths: bool = True
    """07917406b (2025-08-05): a TLV's length is held against the end of the area."""
    checks_elf_ranges: bool = True
    """5597ed385 (2026-02-03): headers, sections and names are held against the image's end.

    It moved the check of e_phoff from before the walk into it, and so opened W-01.
    """
    reads_paddr_first: bool = True
    """p_paddr is read before its program header is known to be in the image (W-01)."""
    refuses_wrapping_lengths: bool = False
    """Against W-13 and W-14: a length whose padding would wrap to 0 is refused."""
    compares_second_read: bool = False
    """Against W-04: the copied header must say what the shared one said."""
    requires_every_row: bool = False
    """Against W-02: every PT_LOAD row of the hash table must have been loaded."""


HEAD = Generation("HEAD", "the pinned snapshot, August 2026")
PRE_ELF_FIX = replace(
    HEAD,
    name="pre-5597ed385",
    title="before the ELF parser fix of February 2026",
    checks_elf_ranges=False,
)
PRE_TLV_FIX = replace(
    PRE_ELF_FIX,
    name="pre-07917406b",
    title="before the TLV parser fix of August 2025",
    checks_tlv_lengths=False,
)
HARDENED = replace(
    HEAD,
    name="hardened",
    title="HEAD with W-01, W-02, W-04, W-13 and W-14 closed; ours, not upstream",
    reads_paddr_first=False,
    refuses_wrapping_lengths=True,
    compares_second_read=True,
    requires_every_row=True,
)

GENERATIONS = {each.name: each for each in (HEAD, PRE_ELF_FIX, PRE_TLV_FIX, HARDENED)}

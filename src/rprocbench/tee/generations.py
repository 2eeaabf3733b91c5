# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc: the generations of TA, PTA and driver, as switches they look at.

Each switch is one difference, and its docstring cites the commit (or the weakness of tee.md section
9) that it is about; so the same functions serve all generations. `changes.py` tells them apart.
"""

from dataclasses import dataclass, replace

from rprocbench.base.errors import InputCode, InputError


@dataclass(frozen=True, slots=True)
class Generation:
    """Which of the checks exist. The defaults are the pinned snapshot's."""

    name: str
    title: str

    # commits, oldest first
    reloads_loaded: bool = True
    """ad50321f4 (2024-03-08): LOAD of a loaded firmware is SUCCESS (W-17); BAD_STATE before."""
    has_release: bool = True
    """5c669b6d1, 3ebb03495, b8f759633 (2024-08): RELEASE_FW, and the PTA's clean-up behind it."""
    refuses_pager_sram: bool = True
    """beedc4600 (2024-10-10): no region of the M4 may meet the SRAM that the pager uses."""
    guards_scmi: bool = True
    """a03044318, cfd9e05e3 (2024-10-11): SCMI refuses the normal world the M4's reset lines."""
    checks_isolation: bool = True
    """0cc468d19, f0440c1f6 (2024-10): the RCC must be secure, and MCKPROT is set."""
    checks_tlv_lengths: bool = True
    """07917406b (2025-08-05): a TLV's length is held against the end of the area."""
    checks_elf_ranges: bool = True
    """5597ed385 (2026-02-03): headers, sections and names are held against the image's end.

    It moved the check of e_phoff from before the walk into it, and so opened W-01.
    """

    # ours: what `hardened` closes, one weakness each
    reads_paddr_first: bool = True
    """W-01: p_paddr is read before its program header is known to be in the image."""
    requires_every_row: bool = False
    """Against W-02: every PT_LOAD row of the hash table must have been loaded."""
    requires_row_order: bool = False
    """Against W-03: segments come in the order of their rows, each once."""
    compares_second_read: bool = False
    """Against W-04: the copied header must say what the shared one said."""
    binds_rsc_table: bool = False
    """Against W-05: the resource table lies in hashed bytes of a segment that was loaded."""
    checks_every_ehdr: bool = False
    """Against W-06: the ELF header of each image is checked, against its own size."""
    binds_rows_to_image: bool = False
    """Against W-07: program header n of all images is row n of the table, byte for byte."""
    matches_whole_row: bool = False
    """Against W-08: the first row that matches in all fields decides, not in p_paddr alone."""
    firewalls_segments: bool = False
    """Against W-09: from its copy to RELEASE, only the M4 may write a segment (not the table)."""
    refuses_wrapping_signature: bool = False
    """Against W-13: a sign_len whose padding would wrap to 0 is refused."""
    refuses_wrapping_tlvs: bool = False
    """Against W-14: a tlv_len whose padding would wrap to 0 is refused."""
    asks_before_context: bool = False
    """Against W-15: no context before the PTA knows the processor."""
    requires_kernel_login: bool = False
    """Against W-16: only the normal world's kernel may open a session."""
    compares_loaded: bool = False
    """Against W-17: LOAD of a loaded firmware verifies, and is SUCCESS for the same tables only."""
    checks_size_first: bool = False
    """Against W-18: a buffer shorter than the header is refused before the header is read."""
    captures_section_table: bool = False
    """Against W-19: fields of the section table are fetched once, and then used."""
    verifies_before_tlvs: bool = False
    """Against W-25: the signature is verified before any TLV is looked at."""
    scrubs: bool = False
    """Against W-26: memory is zeroed after STOP, and after a LOAD that failed."""
    stop_asks_pta: bool = False
    """Against W-27: STOP of a firmware that is not known to run asks the PTA all the same."""
    stores_value: bool = False
    """Against W-28: SET_MEMORY stores the byte that it was asked for."""
    names_what_is_missing: bool = False
    """Against W-29: a missing TLV is ITEM_NOT_FOUND, a table without the row NO_DATA, no image
    BAD_FORMAT."""

    # ST's downstream tree (tee.md section 7)
    is_st: bool = False
    """Encrypted segments, platform TLVs, boot address, firewall, key in the image (D-1 to D-7)."""


HEAD = Generation("head", "the pinned snapshot, August 2026")
PRE_ELF_FIX = replace(
    HEAD,
    name="preelf",
    title="before the ELF parser fix of February 2026 (5597ed385)",
    checks_elf_ranges=False,
    reads_paddr_first=False,
)
PRE_TLV_FIX = replace(
    PRE_ELF_FIX,
    name="pretlv",
    title="before the TLV parser fix of August 2025 (07917406b)",
    checks_tlv_lengths=False,
)
V2024 = replace(
    PRE_TLV_FIX,
    name="v2024",
    title="September 2024: RELEASE_FW is there, the isolation work of October is not",
    refuses_pager_sram=False,
    guards_scmi=False,
    checks_isolation=False,
)
FIRST = replace(
    V2024,
    name="first",
    title="January 2024: the first state that could be built (f16923686)",
    reloads_loaded=False,
    has_release=False,
)
HARDENED = replace(
    HEAD,
    name="hardened",
    title="head with every weakness closed that TA, PTA or driver can close; ours, not upstream",
    reads_paddr_first=False,
    requires_every_row=True,
    requires_row_order=True,
    compares_second_read=True,
    binds_rsc_table=True,
    checks_every_ehdr=True,
    binds_rows_to_image=True,
    matches_whole_row=True,
    firewalls_segments=True,
    refuses_wrapping_signature=True,
    refuses_wrapping_tlvs=True,
    asks_before_context=True,
    requires_kernel_login=True,
    compares_loaded=True,
    checks_size_first=True,
    captures_section_table=True,
    verifies_before_tlvs=True,
    scrubs=True,
    stop_asks_pta=True,
    stores_value=True,
    names_what_is_missing=True,
)
ST = replace(
    PRE_TLV_FIX,
    name="st",
    title="ST's downstream tree: encryption, boot address, firewall, key in the image",
    reloads_loaded=False,
    has_release=False,
    is_st=True,
)

HISTORY = (FIRST, V2024, PRE_TLV_FIX, PRE_ELF_FIX, HEAD)
GENERATIONS = {each.name: each for each in (*HISTORY, HARDENED, ST)}
ALIASES = {"HEAD": "head", "pre-5597ed385": "preelf", "pre-07917406b": "pretlv"}


def generation_of(name: str | Generation) -> Generation:
    """The generation called `name`, an older name included. Raises `InputError` BAD_VALUE."""
    if isinstance(name, Generation):
        return name
    found = GENERATIONS.get(ALIASES.get(name, name))
    if found is None:
        why = f"no generation of the TA is called {name!r}: {', '.join(GENERATIONS)}"
        raise InputError(InputCode.BAD_VALUE, why)
    return found

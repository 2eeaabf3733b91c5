# SPDX-License-Identifier: GPL-2.0-or-later
"""What changed from one generation to the next: commit by commit, and for which images (ours).

Facts: tee.md section 10. The history begins with f16923686 (2024-01-05), which fixed the name of an
option: until then no PTA was ever built. Which images change their verdict is computed, never
written down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from rprocbench.soc.board import Board
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .generations import HISTORY, Generation
from .pta_remoteproc import Verifier
from .quick import QuickTa


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of optee_os, what it did, and by which switches the models know it."""

    sha: str
    date: str
    effect: str
    switches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A commit between two neighbours; `images` whose verdict it changed: before, after."""

    older: str
    newer: str
    commit: Commit
    images: Mapping[str, tuple[str, str]] = field(default_factory=dict)


COMMITS: dict[tuple[str, str], tuple[Commit, ...]] = {
    ("first", "v2024"): (
        Commit(
            "ad50321f4", "2024-03-08",
            "LOAD of a loaded firmware is SUCCESS without a look at the image (W-17)",
            ("reloads_loaded",),
        ),
        Commit(
            "5c669b6d1, 3ebb03495, b8f759633", "2024-08",
            "RELEASE_FW: a way back from LOADED, and memory is zeroed", ("has_release",),
        ),
    ),
    ("v2024", "pretlv"): (
        Commit(
            "beedc4600", "2024-10-10",
            "regions in the pager's SRAM are refused: before, a device tree could let the M4 in",
            ("refuses_pager_sram",),
        ),
        Commit(
            "a03044318, cfd9e05e3", "2024-10-11",
            "SCMI refuses the M4's reset lines: the normal world could reset or hold it",
            ("guards_scmi",),
        ),
        Commit(
            "0cc468d19, f0440c1f6", "2024-10",
            "the RCC must be secure and isolates the M4 (MCKPROT)", ("checks_isolation",),
        ),
        Commit("fb2b4f6fe", "2025-02-24", "a build break of a03044318; nothing at run time"),
        Commit("39a4a0ee3", "2025-02-26", "the signer takes encrypted keys; nothing on the device"),
        Commit(
            "5d5d7d0b1", "2025-04-15",
            "the default key has 4096 bits, and is as public as before (W-12)",
        ),
    ),
    ("pretlv", "preelf"): (
        Commit(
            "07917406b", "2025-08-05",
            "lengths of TLVs are checked: before, unsigned bytes could hang or crash the TA, and a "
            "signed table could be read past its end", ("checks_tlv_lengths",),
        ),
        Commit(
            "68dc1d623, 14a1a72ba", "2025-09, 2025-10",
            "the TLV look-up is clearer, key info without content comes last; nothing changes",
        ),
    ),
    ("preelf", "head"): (
        Commit(
            "5597ed385", "2026-02-03",
            "section table, names and segments are held against the image's end; refuses ELF files "
            "without sections; opens W-01, a read before its check",
            ("checks_elf_ranges", "reads_paddr_first"),
        ),
    ),
}  # fmt: skip


def neighbours() -> Iterator[tuple[Generation, Generation]]:
    """Each generation of the history and the next."""
    yield from pairwise(HISTORY)


def changes(
    images: Mapping[str, bytes] | None = None,
    key: Verifier | None = None,
    board: Board = STM32MP157C_DK2,
) -> tuple[Change, ...]:
    """Every commit of the history, oldest first.

    With `images`, which are signed by `key`, each says for which of them LOAD_FW answers otherwise
    than just before it: another result, other PTA calls, or another resource table.
    """
    found: list[Change] = []
    for older, newer in neighbours():
        before = older
        for commit in COMMITS[older.name, newer.name]:
            after = replace(before, **{name: getattr(newer, name) for name in commit.switches})
            differ = compare(before, after, images, key, board) if images and key else {}
            found.append(Change(older.name, newer.name, commit, differ))
            before = after
    return tuple(found)


def compare(
    before: Generation,
    after: Generation,
    images: Mapping[str, bytes],
    key: Verifier,
    board: Board = STM32MP157C_DK2,
) -> dict[str, tuple[str, str]]:
    """The images that two generations judge differently: what the one says, and the other."""
    one, other = QuickTa(key, board, before), QuickTa(key, board, after)
    differ: dict[str, tuple[str, str]] = {}
    if before == after:
        return differ
    for name, image in images.items():
        first, second = one.load(image), other.load(image)
        if (first.result, first.calls, first.rsc_table) != (
            second.result, second.calls, second.rsc_table,
        ):  # fmt: skip
            differ[name] = said(first.result.name, first.why), said(second.result.name, second.why)
    return differ


def said(result: str, why: str) -> str:
    """A result and its reason in one line."""
    return f"{result}: {why}" if why else result

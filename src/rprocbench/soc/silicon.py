# SPDX-License-Identifier: GPL-2.0-or-later
"""What no device tree says: the chip around a remote processor, known by its `compatible`."""

from dataclasses import dataclass

from .memory import MIB, Chip, Da, Mapping, Pa, Region


@dataclass(frozen=True, slots=True)
class Silicon:
    """One family of chips. `compatibles` are those of the remote processor's node, ours first.

    `ipc_shmem` is a memory that the vendor's trees give to OP-TEE beside Linux's. Memories that are
    outside (DRAM) are not here: a board's device tree says which parts of them are used.
    """

    name: str
    compatibles: tuple[str, ...]
    core: str
    bits: int
    m4_hz: int
    chips: tuple[Chip, ...]
    a7: tuple[Mapping[Pa], ...]
    m4: tuple[Mapping[Da], ...]
    dma_pool: Region
    mailbox_channels: int
    vendor: str = "st"
    ipc_shmem: Region | None = None


POOL_SIZE = 64 * MIB

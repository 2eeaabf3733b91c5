# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/remoteproc_core.c: the TA's globals, and a firmware's context."""

from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane
from rprocbench.formats.signed_image import HashRow
from rprocbench.formats.tee_params import Login
from rprocbench.soc.memory import Pa

from .arithmetic import BITS_32, Pointers
from .generations import Generation
from .heap import Heap, HeapBlock
from .pta_remoteproc import Pta
from .shared_memory import SharedBuffer
from .states import RemoteprocState
from .undefined import Hazards

CONTEXT_SIZE = {32: 64, 64: 112}


@dataclass
class Ta(Watched):
    """One instance of the TA: its globals. It has one as long as it lives, in all its sessions."""

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset(
        {"pta", "generation", "heap", "shm_granule", "hazards", "pointers", "login"}
    )

    run: Run
    pta: Pta
    generation: Generation
    heap: Heap
    shm_granule: int
    session_refcount: int = 0
    contexts: tuple["RemoteprocContext", ...] = ()
    hazards: Hazards | None = None
    pointers: Pointers = BITS_32
    login: Login = Login.REE_KERNEL

    def __post_init__(self) -> None:
        self.watch("remoteproc TA")


@dataclass
class RemoteprocContext(Watched):
    """`struct remoteproc_context`: what the TA knows of the firmware of one processor.

    `fw` is the image in the normal world's memory, `fw_img` the offset in it where the ELF images
    start; `sec_cpy` is the TA's own copy of everything before.
    """

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset(
        {
            "ta",
            "fw",
            "sec_cpy",
            "hash_table",
            "rows_loaded",
            "last_row",
            "first_row",
            "next_row",
            "row_size",
            "is_encrypted",
            "genuine",
            "segments",
        }
    )

    run: Run
    ta: Ta
    rproc_id: int
    state: RemoteprocState = RemoteprocState.OFF
    rsc_pa: Pa = field(default=Pa(0))
    rsc_size: int = 0
    fw_img: int = 0
    fw_img_sz: int = 0
    fw: SharedBuffer | None = None
    sec_cpy: HeapBlock | None = None
    hash_table: HeapBlock | None = None
    rows_loaded: frozenset[int] = frozenset()
    last_row: int = -1
    first_row: int = 0
    next_row: int = 0
    genuine: bytes = b""
    row_size: int = HashRow.SIZE
    is_encrypted: bool = False
    segments: tuple[tuple[int, int, int], ...] = ()

    def __post_init__(self) -> None:
        self.watch(f"firmware {self.rproc_id}")

    @property
    def image(self) -> SharedBuffer:
        """`fw`, where the C follows the pointer without asking."""
        assert self.fw is not None
        return self.fw

    @property
    def copy(self) -> HeapBlock:
        """`sec_cpy`, where the C follows the pointer without asking."""
        assert self.sec_cpy is not None
        return self.sec_cpy

# SPDX-License-Identifier: GPL-2.0-or-later
"""The secure world for questions by the thousand: the same functions, no trace, no memory (ours).

What would be written to the M4's memories is listed instead. A signature is verified once for each
digest. One `QuickTa` gives the same answer to the same image however often it was asked before.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from rprocbench.base.errors import RprocError, Span, TeeResult
from rprocbench.base.run import Run
from rprocbench.base.trace import Event, Lane
from rprocbench.formats.tee_params import Param, memref, value
from rprocbench.soc.board import Board, Soc
from rprocbench.soc.memory import AddressSpace, Pa, Ram
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .arithmetic import Pointers
from .generations import Generation, generation_of
from .heap import TA_HEAP_SIZE, Heap
from .panic import TaPanic
from .pta_remoteproc import Pta, Verifier
from .shared_memory import PAGE
from .st_driver import stm32_remoteproc_default_firewall
from .st_otp import Fuses
from .st_pta import StPta
from .st_setup import become_st
from .states import OFF, PtaState
from .stm32_remoteproc import Stm32Rproc, stm32_remoteproc_probe
from .ta_context import Ta
from .ta_remoteproc import TA_OpenSessionEntryPoint, remoteproc_load_fw
from .undefined import Hazard, Hazards

IMAGE = "image"
Write = tuple[int, bytes] | tuple[int, int, int]  # address and data, or address, size and value


@dataclass
class BareRun(Run):
    """A run that nobody reads."""

    ANNOUNCES: ClassVar[bool] = False
    HAS_PLACES: ClassVar[bool] = False
    is_quiet: bool = True

    def record(self, event: Event) -> None:
        """Forget it."""

    def log(self, lane: Lane, text: str, level: str = "info") -> None:
        """Say nothing."""


@dataclass
class Paper:
    """An address space that writes down what is written to it, and remembers the last of it only.

    That is enough for a PTA, which reads a segment back when it has written it.
    """

    space: AddressSpace[Pa]
    writes: list[Write] = field(default_factory=list)

    def locate(self, address: Pa, size: int) -> tuple[Ram, int] | None:
        """Which memory would be meant."""
        return self.space.locate(address, size)

    def write(self, address: int, data: bytes, _lane: Lane) -> None:
        """Write down `data`."""
        if data:
            self.writes.append((address, data))

    def read(self, _address: int, size: int, _lane: Lane) -> bytes:
        """What was written last."""
        return cast("bytes", self.writes[-1][1]) if size else b""

    def fill(self, address: int, size: int, value: int, _lane: Lane) -> None:
        """Write down a fill."""
        if size:
            self.writes.append((address, size, value))


@dataclass
class KeptVerdicts:
    """A key that is asked once for each digest and signature."""

    key: Verifier
    seen: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)

    @property
    def modulus_bytes(self) -> bytes:
        """The key's modulus."""
        return self.key.modulus_bytes

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether it is a signature by this key."""
        asked = digest, signature
        if asked not in self.seen:
            if len(self.seen) > 1000:
                self.seen.clear()
            self.seen[asked] = self.key.verify(digest, signature)
        return self.seen[asked]


@dataclass(frozen=True, slots=True)
class QuickAnswer:
    """What LOAD_FW answers, and what it did until then.

    `function`, `why` and `span` are those of the check that said no. `calls` are in the notation of
    the recordings. `writes` are `(address, data)` and `(address, size, value)`, in order.
    """

    result: TeeResult
    function: str = ""
    why: str = ""
    span: Span | None = None
    calls: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    rsc_table: tuple[int, int] | None = None
    hazards: tuple[Hazard, ...] = ()


class QuickTa:
    """A fresh TA for each image, on one board. Options are those of `OpTee`."""

    def __init__(
        self,
        key: Verifier,
        board: Board = STM32MP157C_DK2,
        generation: Generation | str = "head",
        *,
        bits: int = 32,
        heap_size: int | None = TA_HEAP_SIZE,
        shm_granule: int = PAGE,
        safe: bool = False,
        otp: Fuses | None = None,
    ) -> None:
        self.run = BareRun()
        self.generation = generation_of(generation)
        soc = Soc(board, self.run)
        self.paper = Paper(soc.a7)
        soc.a7 = cast("Any", self.paper)
        driver = Stm32Rproc(self.run, soc, generation=self.generation)
        self.pta = Pta(self.run, driver, KeptVerdicts(key), generation=self.generation)
        if self.generation.is_st:
            become_st(self.pta, otp, Hazards(self.run))
        stm32_remoteproc_probe(driver)
        if self.generation.is_st:
            stm32_remoteproc_default_firewall(driver)
        self.bits, self.heap_size, self.shm_granule, self.safe = bits, heap_size, shm_granule, safe

    @property
    def rproc_id(self) -> int:
        """The processor that the driver knows."""
        return self.pta.driver.rproc_id

    def _fresh(self) -> Ta:
        """A TA that knows of no firmware, and a session with it."""
        self.run.live.clear()
        self.run.labels.clear()
        self.pta.state = PtaState.OFF
        self.pta.protection.lift()
        hazards = Hazards(self.run, self.safe)
        if isinstance(self.pta.st, StPta):
            self.pta.st.otp.hazards = hazards
            state = self.pta.st.state
            state.boot_addr = state.boot_sec = None
        heap = Heap(self.run, self.heap_size, 0, self.bits, hazards)
        ta = Ta(
            self.run, self.pta, self.generation, heap, self.shm_granule,
            hazards=hazards, pointers=Pointers(self.bits),
        )  # fmt: skip
        TA_OpenSessionEntryPoint(ta, (value(self.rproc_id),))
        return ta

    def load(self, image: bytes | bytearray | None, offset: int = 0) -> QuickAnswer:
        """LOAD_FW of `image`, whose buffer is `offset` bytes from an aligned address."""
        ta = self._fresh()
        self.pta.calls.clear()
        self.paper.writes.clear()
        buffer = bytearray(image) if isinstance(image, bytes) else image
        error: RprocError | None = None
        try:
            remoteproc_load_fw(ta, value(self.rproc_id), self._memref(buffer, offset))
        except RprocError as raised:
            error = raised
        calls, writes = tuple(self.pta.calls), tuple(self.paper.writes)
        found = tuple(ta.hazards.found) if ta.hazards else ()
        if error is None:
            context = ta.contexts[0]
            table = (context.rsc_pa, context.rsc_size) if context.rsc_size else None
            return QuickAnswer(TeeResult.SUCCESS, "", "", None, calls, writes, table, found)
        dead = isinstance(error, TaPanic)
        assert isinstance(error.code, TeeResult)
        result = TeeResult.TARGET_DEAD if dead else error.code
        assert dead or all(context.state is OFF for context in ta.contexts)
        function = blamed(error)
        return QuickAnswer(result, function, error.why, error.span, calls, writes, None, found)

    def _memref(self, buffer: bytearray | None, offset: int) -> Param:
        return memref(buffer, IMAGE, offset=offset)


def blamed(error: BaseException) -> str:
    """The modelled function that raised `error`, or the one that its caller turned it into."""
    while isinstance(error.__cause__, RprocError):
        error = error.__cause__
    names = [""]
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "step":
            names.append(trace.tb_frame.f_locals["name"])
        trace = trace.tb_next
    return names[-1]

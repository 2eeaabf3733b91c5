# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/kernel/tee_ta_manager.c: the border from the secure side: sessions, instances."""

from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Run, Unwind, Watched, mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.tee_params import (
    NUM_PARAMS,
    PTA_REMOTEPROC_UUID,
    TA_REMOTEPROC_UUID,
    CloseSession,
    Invoke,
    OpenSession,
    Origin,
    Param,
    SmcCall,
    SmcResult,
)
from rprocbench.soc.board import Soc

from .arithmetic import Pointers
from .generations import Generation, generation_of
from .heap import TA_HEAP_SIZE, Heap
from .panic import TaPanic
from .pta_remoteproc import Pta, Verifier, rproc_pta_open_session
from .shared_memory import PAGE
from .st_driver import stm32_remoteproc_default_firewall
from .st_otp import Fuses
from .st_setup import become_st
from .stm32_remoteproc import CorePanic, DeviceNode, Stm32Rproc, stm32_remoteproc_probe
from .ta_context import Ta
from .ta_remoteproc import (
    TA_CloseSessionEntryPoint,
    TA_CreateEntryPoint,
    TA_InvokeCommandEntryPoint,
    TA_OpenSessionEntryPoint,
)
from .undefined import Hazard, Hazards

manager_c = mirrors("optee_os:core/kernel/tee_ta_manager.c")


class TaFlags(IntFlag):
    """`TA_FLAG_*`: how the core treats a TA's sessions and instances."""

    SINGLE_INSTANCE = 1 << 2
    MULTI_SESSION = 1 << 3
    INSTANCE_KEEP_ALIVE = 1 << 4
    DEVICE_ENUM = 1 << 9


REMOTEPROC_FLAGS = TaFlags.DEVICE_ENUM | TaFlags.SINGLE_INSTANCE | TaFlags.INSTANCE_KEEP_ALIVE


@dataclass
class OpTee(Watched):
    """The secure world of one board. Plug `optee_entry` into `soc.smc`.

    - `generation`: which TA, PTA and driver, by name (`GENERATIONS`) or as switches
    - `bits`: the width of the TA's build, 32 or 64
    - `heap_size` None gives the TA a heap without end
    - `shm_granule` 1 maps nothing but the client's own bytes
    - `flags` with MULTI_SESSION lets several clients in at a time, as upstream does not
    - `safe`: the TA looks before it reads, so that no `hazards` are reached but the first
    - `otp`: what is burnt into the chip, for ST's downstream generation
    - `node`: another device tree than the board's; `cfg_insecure`: a build for tests

    `hazards` are the places where the real code would have left defined behaviour.
    """

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset(
        {
            "soc",
            "key",
            "generation",
            "pta",
            "next_session",
            "origin",
            "bits",
            "safe",
            "node",
            "cfg_insecure",
            "undefined",
            "otp",
        }
    )

    run: Run
    soc: Soc
    key: Verifier
    generation: Generation | str = "head"
    heap_size: int | None = TA_HEAP_SIZE
    shm_granule: int = PAGE
    flags: TaFlags = REMOTEPROC_FLAGS
    ta: Ta | None = None
    sessions: tuple[int, ...] = ()
    dead_sessions: tuple[int, ...] = ()
    next_session: int = 1
    origin: Origin = Origin.TEE
    bits: int = 32
    safe: bool = False
    node: DeviceNode | None = None
    cfg_insecure: bool = False
    otp: Fuses | None = None
    panicked: bool = False

    def __post_init__(self) -> None:
        self.generation = generation = generation_of(self.generation)
        self.undefined = Hazards(self.run, self.safe)
        self.watch("OP-TEE")
        driver = Stm32Rproc(
            self.run, self.soc, node=self.node, generation=generation,
            cfg_insecure=self.cfg_insecure,
        )  # fmt: skip
        self.pta = Pta(self.run, driver, self.key, generation=generation)
        if generation.is_st:
            become_st(self.pta, self.otp, self.undefined, self.node)
        try:
            stm32_remoteproc_probe(driver)
            if generation.is_st:
                stm32_remoteproc_default_firewall(driver)
        except CorePanic as panic:
            self.run.log(Lane.OPTEE, panic.why, "err")
            self.panicked = True
        except ModelledError as error:
            self.run.log(Lane.OPTEE, f"no remote processor: {error}", "err")

    @property
    def hazards(self) -> list[Hazard]:
        """Where the real code would have left defined behaviour, so far."""
        return self.undefined.found

    def optee_entry(self, call: SmcCall) -> SmcResult:
        """Serve one call. An error becomes its code, the death of the TA TARGET_DEAD."""
        if self.panicked:
            return SmcResult(TeeResult.COMMUNICATION, Origin.COMMS, why="OP-TEE has panicked")
        self.origin = Origin.TEE
        session = 0
        try:
            match call:
                case OpenSession():
                    session = tee_ta_open_session(self, call)
                case Invoke():
                    tee_ta_invoke_command(self, call)
                case CloseSession():
                    tee_ta_close_session(self, call)
        except TaPanic as panic:
            tee_ta_panic(self, panic)
            return SmcResult(TeeResult.TARGET_DEAD, Origin.TEE, why=panic.why)
        except ModelledError as error:
            # An errno can only be injected here; it means nothing to this world.
            code = error.code if isinstance(error.code, TeeResult) else TeeResult.GENERIC
            return SmcResult(code, self.origin, why=error.why)
        params = () if isinstance(call, CloseSession) else call.params
        return SmcResult(TeeResult.SUCCESS, self.origin, session, params=params)


def four(optee: OpTee, params: tuple[Param, ...]) -> tuple[Param, ...]:
    """All four parameters of a call; shared memory among them becomes known by its name."""
    for param in params:
        if param.buffer is not None and param.name:
            optee.run.buffers[param.name] = param.buffer
    return params + tuple(Param() for _ in range(NUM_PARAMS - len(params)))


@manager_c
def tee_ta_open_session(optee: OpTee, call: OpenSession) -> int:
    """A session with the TA; a second one is BUSY. The PTA is not for the normal world."""
    params = four(optee, call.params)
    if call.uuid == PTA_REMOTEPROC_UUID:
        optee.origin = Origin.TRUSTED_APP
        rproc_pta_open_session(optee.pta, None, params)
    if call.uuid != TA_REMOTEPROC_UUID:
        raise ModelledError(TeeResult.ITEM_NOT_FOUND, f"no trusted application {call.uuid}")
    if optee.sessions and TaFlags.MULTI_SESSION not in optee.flags:
        raise ModelledError(TeeResult.BUSY, "the TA serves one session at a time")
    if optee.ta is None:
        tee_ta_init_instance(optee)
    assert optee.ta is not None
    optee.origin = Origin.TRUSTED_APP
    optee.ta.login = call.login
    TA_OpenSessionEntryPoint(optee.ta, params)
    session, optee.next_session = optee.next_session, optee.next_session + 1
    optee.sessions += (session,)
    return session


@manager_c
def tee_ta_init_instance(optee: OpTee) -> None:
    """Make an instance of the TA, with globals of its own."""
    assert isinstance(optee.generation, Generation)
    heap = Heap(optee.run, optee.heap_size, 0, optee.bits, optee.undefined)
    optee.ta = Ta(
        optee.run, optee.pta, optee.generation, heap, optee.shm_granule,
        hazards=optee.undefined, pointers=Pointers(optee.bits),
    )  # fmt: skip
    with Unwind(optee) as unwind:
        unwind.label("forget_instance", tee_ta_forget_instance, optee)
        TA_CreateEntryPoint(optee.ta)


@manager_c
def tee_ta_invoke_command(optee: OpTee, call: Invoke) -> None:
    """Hand a command to the TA."""
    params = four(optee, call.params)
    if call.session in optee.dead_sessions:
        raise ModelledError(TeeResult.TARGET_DEAD, "the TA of this session is dead")
    if call.session not in optee.sessions:
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"no session {call.session}")
    assert optee.ta is not None
    optee.origin = Origin.TRUSTED_APP
    TA_InvokeCommandEntryPoint(optee.ta, call.cmd, params)


@manager_c
def tee_ta_close_session(optee: OpTee, call: CloseSession) -> None:
    """End a session. The instance stays, and what it knows."""
    if call.session in optee.dead_sessions:
        optee.dead_sessions = tuple(s for s in optee.dead_sessions if s != call.session)
        return
    if call.session not in optee.sessions:
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"no session {call.session}")
    assert optee.ta is not None
    TA_CloseSessionEntryPoint(optee.ta)
    optee.sessions = tuple(s for s in optee.sessions if s != call.session)
    if not optee.sessions and TaFlags.INSTANCE_KEEP_ALIVE not in optee.flags:
        tee_ta_forget_instance(optee)


def tee_ta_panic(optee: OpTee, panic: TaPanic) -> None:
    """Discard the instance and all it knew. The PTA, and the M4, go on as they were."""
    optee.run.log(Lane.OPTEE, f"TA panicked: {panic.why}", "err")
    optee.dead_sessions += optee.sessions
    optee.sessions = ()
    tee_ta_forget_instance(optee)


def tee_ta_forget_instance(optee: OpTee) -> None:
    """Free an instance: its contexts, its heap, itself."""
    ta, optee.ta = optee.ta, None
    if ta is not None:
        contexts, ta.contexts = ta.contexts, ()
        for each in (*contexts, ta.heap, ta):
            each.gone()

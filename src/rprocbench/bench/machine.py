# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole machine, assembled: silicon, secure world, Linux, and the M4's engine.

This is what a user of the board has in hand: sysfs, debugfs, /dev/rpmsg. Nothing here is modelled;
everything is a call of something that is.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from rprocbench.base.errors import Errno, InputCode, InputError, ModelledError
from rprocbench.base.run import At, Disturbance, Run
from rprocbench.base.trace import Lane, Logged
from rprocbench.designs import Design
from rprocbench.emulator.machine import CortexM4
from rprocbench.emulator.waiting import Waiting, waits_for
from rprocbench.kernel.remoteproc import Host, Rproc
from rprocbench.kernel.remoteproc_sysfs import state_store
from rprocbench.kernel.stm32_rproc import stm32_rproc_probe, stm32_rproc_remove, stm32_rproc_wdg
from rprocbench.kernel.versions import LinuxVersion, kernel_called
from rprocbench.kernel.virtproc import VirtprocInfo
from rprocbench.soc.board import Board, Soc
from rprocbench.soc.mcu import Core
from rprocbench.tee.optee import OpTee
from rprocbench.tee.pta_remoteproc import Verifier

from .linux import Linux
from .rpmsg_user import ANSWER_MS, Device, NoChannelError
from .rpmsg_way import Way

ANNOUNCE_MS = 1000
SETTLE_MS = 1


class Machine:
    """One board with power on. Nothing is probed yet, and nothing was asked of it.

    `files` is /lib/firmware. Without `engine` no code of the M4 runs, and nobody answers for it.
    `linux` is a kernel, or names one; a `hardened` one reports an error instead of crashing.
    """

    def __init__(  # noqa: PLR0913  all that makes one machine differ from another
        self,
        board: Board,
        design: Design,
        key: Verifier,
        files: dict[str, bytes],
        script: Mapping[At, Disturbance] | None = None,
        *,
        generation: str = "head",
        engine: bool = True,
        linux: str | LinuxVersion = "7.3",
        hardened: bool = False,
    ) -> None:
        self.run = Run(script=script or {}, patches=design.by_name)
        self.design = design
        self.soc = Soc(board, self.run)
        self.optee = OpTee(self.run, self.soc, key, generation)
        self.soc.smc = self.optee.optee_entry
        if engine:
            if board.core != "cortex-m4":
                why = f"{board.name} has a {board.core}, and only Armv7-M code is executed here"
                raise InputError(InputCode.UNSUPPORTED, f"{why} (without the engine, Linux's side)")
            core = CortexM4(self.soc, self.run)
            self.soc.mcu.plug(FollowedCore(core, self.follow_log))
            self.way = Way(self, core)
        version = kernel_called(linux) if isinstance(linux, str) else linux
        self.host = Host(
            self.run, self.soc, files, linux=version, hardened=hardened, bits=board.bits
        )
        self.rproc: Rproc | None = None
        self._shown = 0

    def probe(self) -> Rproc:
        """Load the design's modules, then the platform driver. Raises what the probe reports."""
        for module in self.design.modules:
            module(self.host)
        self.rproc = stm32_rproc_probe(self.host)
        self.host.run_work()
        return self.rproc

    def write_state(self, text: str) -> None:
        """`echo TEXT > /sys/class/remoteproc/remoteproc0/state`. Raises what write(2) reports."""
        assert self.rproc, "probe first"
        state_store(self.rproc, text)

    def crash(self) -> None:
        """The M4's watchdog bites. Linux takes the interrupt, and recovers if it is told to."""
        assert self.rproc, "probe first"
        stm32_rproc_wdg(self.rproc)
        self.host.run_work()

    def remove(self) -> None:
        """Unbind the driver and unload the modules, whatever state they are in."""
        if self.rproc:
            stm32_rproc_remove(self.rproc)
            self.rproc = None
        for leave in self.design.exits:
            with suppress(ModelledError):
                leave(self.host)

    def wait(self, until: Callable[[], bool], timeout_ms: int) -> bool:
        """Let the M4 run, and Linux work, until `until()`. False when time or progress is up."""

        def settled() -> bool:
            self.host.run_work()
            return until()

        return self.soc.wait(settled, timeout_ms)

    def settle(self) -> None:
        """Let the M4 finish what it is doing: until it sleeps, or for a moment if it never does."""
        self.wait(lambda: False, SETTLE_MS)

    @property
    def linux(self) -> Linux:
        """What a user of this Linux has in hand: sysfs, debugfs, devices."""
        return Linux(self)

    @property
    def buses(self) -> list[VirtprocInfo]:
        """The rpmsg buses that are up."""
        vdevs = [rvdev.vdev for rvdev in self.rproc.rvdevs] if self.rproc else []
        return [v.priv for v in vdevs if v is not None and isinstance(v.priv, VirtprocInfo)]

    @property
    def devices(self) -> list[Device]:
        """The /dev/rpmsgN and /dev/ttyRPMSGn that the firmware's announcements have brought."""
        return [port.device for port in self.linux.rpmsg.ports()]

    def wait_for_channel(self, timeout_ms: int = ANNOUNCE_MS) -> Device | None:
        """The first such file, once the firmware has announced its endpoint, or None."""
        if not self.buses:
            self.settle()
        else:
            self.wait(lambda: bool(self.devices), timeout_ms)
            self.settle()
            if self.devices:
                return self.devices[0]
        if waiting := self.waits_for():
            self.run.log(Lane.M4, f"firmware {waiting}")
        return None

    def waits_for(self) -> Waiting | None:
        """What the firmware waits for; None while it gets on, and without the engine."""
        followed = self.soc.mcu.core
        if not isinstance(followed, FollowedCore) or not isinstance(followed.core, CortexM4):
            return None
        return waits_for(followed.core)

    def say(self, payload: bytes, timeout_ms: int = ANSWER_MS) -> bytes | None:
        """Write to the first such file and read the answer; None if there is none in time.

        Raises what write(2) reports, and `NoChannelError` (ENOENT) where there is no such file.
        """
        ports = self.linux.rpmsg.ports()
        if not ports:
            raise NoChannelError(Errno.ENOENT, "the firmware has announced no channel")
        port = ports[0]
        port.write(payload)
        if not self.wait(lambda: bool(port.waiting), timeout_ms):
            return None
        self.settle()
        return port.read()

    def follow_log(self) -> None:
        """Log what the firmware has written to its trace buffer since the last time.

        Linux does not look: this reads as a debugger would, and leaves no call in the trace.
        """
        if self.run.is_quiet:
            return
        if self.rproc is None or not self.rproc.traces:
            self._shown = 0
            return
        trace = self.rproc.traces[0]
        if self.soc.m4.locate(trace.da, trace.len) is None:
            return
        text = self.soc.m4.read(trace.da, trace.len).split(b"\0")[0].decode("utf-8", "replace")
        whole = text.rfind("\n") + 1
        if whole < self._shown:
            self._shown = 0
        new, self._shown = text[self._shown : whole], whole
        for line in new.splitlines():
            self.run.record(Logged(Lane.M4, "trace", line))


class FollowedCore:
    """A core, and somebody who looks after each stretch that it ran."""

    def __init__(self, core: Core, look: Callable[[], None]) -> None:
        self.core = core
        self.look = look

    @property
    def cycles(self) -> int:
        """The core's time."""
        return self.core.cycles

    def reset(self) -> None:
        """Reset the core."""
        self.core.reset()

    def halt(self) -> None:
        """Halt the core."""
        self.core.halt()

    def run_until(self, cycles: int) -> bool:
        """Run the core, then look."""
        progress = self.core.run_until(cycles)
        self.look()
        return progress

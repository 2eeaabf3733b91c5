# SPDX-License-Identifier: GPL-2.0-or-later
"""The assembly hall: the only room that builds a whole machine, and boots an image on it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from rprocbench.base.errors import Crash, ModelledError
from rprocbench.base.run import At, Disturbance
from rprocbench.designs import V22, Design
from rprocbench.kernel.versions import LinuxVersion
from rprocbench.soc.board import Board
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee.pta_remoteproc import Verifier

from .cause import Cause, cause_of
from .demo import demo_key
from .machine import Machine
from .recording import Recording

FIRMWARE = "rproc-m4-fw"


@dataclass(frozen=True)
class Bench:
    """A board, a design and the key that is built into OP-TEE: enough to boot an image.

    `generation` is the TA's, `linux` the kernel (one of `kernel.versions.LINUX`); a `hardened`
    kernel reports an error where the real one would crash. Without `engine` the M4 runs no code.
    """

    board: Board = STM32MP157C_DK2
    design: Design = V22
    key: Verifier = field(default_factory=lambda: demo_key().public)
    generation: str = "head"
    engine: bool = True
    linux: str | LinuxVersion = "7.3"
    hardened: bool = False

    def machine(self, image: bytes, script: Mapping[At, Disturbance] | None = None) -> Machine:
        """The machine with power on, `image` among its firmware files, and nothing done yet."""
        return Machine(
            self.board, self.design, self.key, {FIRMWARE: image}, script,
            generation=self.generation, engine=self.engine, linux=self.linux,
            hardened=self.hardened,
        )  # fmt: skip

    def boot(
        self,
        image: bytes,
        name: str = "image",
        script: Mapping[At, Disturbance] | None = None,
        say: Sequence[bytes] = (b"hello",),
    ) -> Recording:
        """Probe, start, say something and hear the answer, stop, remove. Nothing is left behind.

        Whatever is refused on the way is in the recording, not raised; only a bug is.
        """
        machine = self.machine(image, script)
        recording = Recording(
            name, image, self.design.name, self.board.name, dict(script or {}), machine.run.trace
        )
        with suppress(Crash):  # and after a crash, nothing
            with suppress(ModelledError):
                machine.probe()
                machine.write_state("start")
                if machine.wait_for_channel():
                    for payload in say:
                        machine.say(payload)
                machine.write_state("stop")
            with suppress(ModelledError):
                machine.remove()
        return recording


__all__ = ["Bench", "Cause", "Machine", "Recording", "cause_of"]

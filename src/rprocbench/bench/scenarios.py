# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user does with a machine, by name: each from power-on, whatever is refused on the way.

A user's shell prints an error and goes on; so does a scenario. The error is in the trace. A crash
of the model ends a scenario, as it would end the user's session.
"""

from collections.abc import Callable

from rprocbench.base.errors import InputError, ModelledError
from rprocbench.base.trace import Lane
from rprocbench.formats.elf import PT_LOAD, ElfView
from rprocbench.formats.signed_image import MAGIC, SignedImage
from rprocbench.kernel.stm32_rproc_structs import M4State
from rprocbench.soc.memory import Da

from .machine import Machine

TABLE_SECTION = ".resource_table"


def shell(command: Callable[..., object], *args: object) -> bool:
    """Run `command`; whether it reported no error."""
    try:
        command(*args)
    except ModelledError:
        return False
    return True


def start(machine: Machine) -> bool:
    """`echo start > state`, and wait for the firmware to announce itself."""
    if machine.rproc is None or not shell(machine.write_state, "start"):
        return False
    machine.wait_for_channel()
    return True


def stop(machine: Machine) -> bool:
    """`echo stop > state`."""
    return machine.rproc is not None and shell(machine.write_state, "stop")


def crash(machine: Machine) -> None:
    """The watchdog bites; wait for the firmware to announce itself again."""
    if machine.rproc is not None:
        shell(machine.crash)
        machine.wait_for_channel()


def boot(machine: Machine) -> None:
    """Probe and start. The machine is left running."""
    shell(machine.probe)
    start(machine)


def boot_shutdown(machine: Machine) -> None:
    """Probe, start, stop, remove. What did not start is not stopped."""
    shell(machine.probe)
    if start(machine):
        stop(machine)
    shell(machine.remove)


def recovery(machine: Machine) -> None:
    """Probe, start, crash, let Linux recover, stop, remove."""
    shell(machine.probe)
    if start(machine):
        crash(machine)
        stop(machine)
    shell(machine.remove)


def attach(machine: Machine) -> None:
    """A boot loader has started the M4: probe, attach, stop, remove."""
    boot_loader(machine)
    shell(machine.probe)
    if start(machine):
        stop(machine)
    shell(machine.remove)


def boot_loader(machine: Machine) -> None:
    """Before Linux: load the image that is now among its files, start the M4, leave a note of both.

    A boot loader of this kind checks no signature. An image that it cannot read is not started.
    """
    image = next(iter(machine.host.files.values()), b"")
    try:
        elf = elf_of(image)
        load(machine, elf)
    except (InputError, IndexError) as error:
        machine.run.log(Lane.HARDWARE, f"boot loader: the image cannot be used: {error}", "err")
        return
    table = elf.section(TABLE_SECTION)
    syscon, mcu = machine.soc.syscon, machine.soc.mcu
    syscon.rsc_tbl = table.header.sh_addr if table else 0
    syscon.m4_state = int(M4State.CRUN)
    machine.run.log(Lane.HARDWARE, "boot loader: the M4 is loaded and started")
    mcu.set_boot_mcu(True, Lane.HARDWARE)  # noqa: FBT003  a register bit
    mcu.set_boot_mcu(False, Lane.HARDWARE)  # noqa: FBT003
    machine.settle()


def elf_of(image: bytes) -> ElfView:
    """The ELF file that `image` is, or the first one in a signed container."""
    if image[:4] != MAGIC.to_bytes(4, "little"):
        return ElfView.parse(image)
    payloads = SignedImage.parse(image).images
    return ElfView.parse(payloads[0].data if payloads else b"")


def load(machine: Machine, elf: ElfView) -> None:
    """Put the segments where the M4 finds them. `IndexError`: it finds nothing there."""
    for segment in elf.segments:
        if segment.p_type == PT_LOAD and segment.p_memsz:
            data = elf.content(segment).ljust(segment.p_memsz, b"\0")
            machine.soc.m4.write(Da(segment.p_paddr), data, Lane.HARDWARE)


SCENARIOS: dict[str, Callable[[Machine], None]] = {
    "boot": boot,
    "boot-shutdown": boot_shutdown,
    "recovery": recovery,
    "attach": attach,
}

# SPDX-License-Identifier: GPL-2.0-or-later
"""One image in, Linux's verdict out: what it does with the image, to the errno (our zone)."""

from collections.abc import Callable
from functools import partial

from rprocbench.base.errors import Crash, InputCode, InputError, ModelledError, RprocError, Span
from rprocbench.kernel.remoteproc import Firmware
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_fw_boot, rproc_shutdown
from rprocbench.kernel.versions import kernel_called
from rprocbench.soc.board import Board
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .linux_machine import LinuxMachine, stage_of
from .linux_vdevs import vdevs_of
from .linux_verdict import (
    LinuxCarveout,
    LinuxTable,
    LinuxTrace,
    LinuxVdev,
    LinuxVerdict,
)

WIDTHS = (32, 64)


def linux_load(
    image: bytes,
    *,
    board: Board = STM32MP157C_DK2,
    linux: str = "7.3",
    hardened: bool = False,
    bits: int | None = None,
) -> LinuxVerdict:
    """Let Linux boot `image` on `board`, and stop it again: what comes of it.

    `linux` is one of 6.1, 6.12, 7.3; a `hardened` kernel reports an error where that one would
    leave defined behaviour; `bits` is the width of the kernel's `size_t`, by default the board's.
    Nothing executes on the M4. Raises `InputError` BAD_VALUE for a kernel or a width that is not
    modelled.
    """
    machine = LinuxMachine(board, kernel_called(linux), width(bits or board.bits), hardened)
    machine.host.files[machine.rproc.firmware] = image
    return play(machine, partial(rproc_boot, machine.rproc))


def fw_load(machine: LinuxMachine, image: bytes) -> LinuxVerdict:
    """The same with an image that the firmware loader has handed over already, even an empty one.

    The recordings of the real code begin there.
    """
    machine.rproc.power = 1
    fw = Firmware("firmware.elf", bytearray(image), machine.hardened, machine.bits)
    return play(machine, partial(rproc_fw_boot, machine.rproc, fw))


def width(bits: int) -> int:
    """A width of `size_t`. Raises `InputError` BAD_VALUE."""
    if bits not in WIDTHS:
        raise InputError(InputCode.BAD_VALUE, f"a kernel has 32 or 64 bits, not {bits}")
    return bits


def play(machine: LinuxMachine, boot: Callable[[], None]) -> LinuxVerdict:
    """Boot, look, shut down; one verdict of it all."""
    rproc, seen, lines = machine.rproc, machine.seen, machine.run.lines
    failure = attempt(boot)
    booted = failure is None
    stage = "ok" if failure is None else stage_of(failure)
    log = tuple(lines)
    vdevs: tuple[LinuxVdev, ...] = ()
    leaked = rproc.leaked_pdevs
    if booted:
        vdevs = vdevs_of(rproc, machine.probes)
        failure = attempt(partial(rproc_shutdown, rproc))
        stage = "shutdown" if failure else "ok"
    elif isinstance(failure, ModelledError) and not seen.starts:
        machine.look_at_memories()
    undefined = failure.why if isinstance(failure, Crash) else first(machine.host.survived)
    errno = failure.code.name if isinstance(failure, ModelledError) else None
    return LinuxVerdict(
        linux=machine.linux.name,
        bits=machine.bits,
        hardened=machine.hardened,
        stage=stage,
        errno=errno,
        message=message_of(failure, log if not booted else tuple(lines)),
        log=log,
        spans=spans_of(failure),
        undefined=undefined,
        started=bool(seen.starts),
        parse_fw=seen.parse_fw,
        boot_address=seen.boot_addr,
        table=seen.table,
        carveouts=seen.carveouts,
        traces=seen.traces,
        vdevs=vdevs,
        changed=seen.changed,
        leaked_devices=leaked,
        shutdown=errno if booted else None,
    )


def first(texts: tuple[str, ...]) -> str | None:
    """The first of `texts`, if there is one."""
    return texts[0] if texts else None


def attempt(step: Callable[[], None]) -> RprocError | None:
    """What `step` reports, or how it crashes; None if neither."""
    try:
        step()
    except (ModelledError, Crash) as error:
        return error
    return None


def message_of(failure: RprocError | None, log: tuple[str, ...]) -> str:
    """The line of `log` that says why: the error's own if it was logged, else the last error."""
    if not isinstance(failure, ModelledError):
        return ""
    texts = [line.removeprefix("err:") for line in log if line.startswith("err:")]
    if failure.why in texts or not texts:
        return failure.why
    return texts[-1]


def spans_of(failure: RprocError | None) -> tuple[Span, ...]:
    """The bytes that the error blames, and those of the errors that led to it."""
    spans: list[Span] = []
    error: BaseException | None = failure
    while isinstance(error, RprocError):
        if error.span and error.span not in spans:
            spans.append(error.span)
        error = error.__cause__
    return tuple(spans)


__all__ = [
    "LinuxCarveout", "LinuxTable", "LinuxTrace", "LinuxVdev", "LinuxVerdict", "fw_load",
    "linux_load",
]  # fmt: skip

# SPDX-License-Identifier: GPL-2.0-or-later
"""At least two wrong answers for every exercise: the ones that people come to, and others."""

from typing import Any

from rprocbench.base.errors import Errno, TeeResult
from rprocbench.base.run import At, Fail
from rprocbench.bench.demo import demo_elf
from rprocbench.lessons import broken_example, elf_in, moved, signed

EIO = Fail(Errno.EIO)

WRONG: dict[str, tuple[Any, ...]] = {
    "10.1": (2272, 176, 7),
    "10.2": (0, 0x10000000),
    "10.3": (0xFFFFFFFF, 0x10041000, 0),
    "10.4": (0x10020000, 0x50000000, 0x30020000),
    "30.1": (280, 20, 556, 8476, 32),
    "30.2": (TeeResult.SECURITY, Errno.EIO, "BAD_PARAMETERS", "GENERIC"),
    "30.3": ("rproc_pta_load_segment", "rproc_pta_verify_digest", "rproc_boot"),
    "30.4": (0x600, 0x100, 0x200, 0x22C, -1, 1 << 40),
    "40.1": ("RUNNING", "DETACHED", "CRASHED"),
    "40.2": (2, 3),
    "40.3": (
        {At("rproc_tee_start"): EIO},
        {At("no_such_function"): EIO},
        {At("rproc_fw_sanity_check"): EIO},
        {At("stm32_rproc_kick"): EIO},
    ),
    "40.4": ("rproc_start", "request_firmware"),
    "50.1": (1, 2, 40),
    "50.2": ("Linux", "M4", "hardware"),
    "50.3": (0x8200, 0x4000_0000, 0),
    "50.4": (0x1000_0956, 0x1000_0952 + 1, 0x1000_0966, 0x1000_0970, 0),
    "60.1": (16, 1, 32),
    "60.2": ("EAGAIN", "EPIPE"),
    "60.3": ("ENOENT", "EAGAIN"),
    "60.4": ("stm32_rproc_start", "no_such_function", "rproc_shutdown", "rproc_virtio_notify"),
    "70.1": ("mainline", "v22"),
    "70.2": (
        {At("no_such_function"): EIO},
        {At("request_firmware"): EIO},
        {At("rproc_shutdown"): EIO},
    ),
    "70.3": (["v2"], ["v22"], list[str]()),
    "70.4": (0, 1, 40),
    "90.1": ("rproc_boot", "state_store", "main"),
    "90.2": (0, 0x10000000, 5),
    "90.3": (
        broken_example(),
        demo_elf(),
        b"nothing",
        signed(moved(elf_in(broken_example()), 2, 0x50000000)),
    ),
}

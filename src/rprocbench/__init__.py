# SPDX-License-Identifier: GPL-2.0-or-later
"""Secure boot of a remote processor: an executable specification, and a bench to try it on.

A tour:

    from rprocbench import Bench, demo_image, show
    run = Bench().boot(demo_image())          # Linux, OP-TEE and the M4, in one run
    run.verdict, run.messages                 # 'running', and the echo
    show(run)                                 # its lanes; in a notebook, end a cell with `run`
    run.state_at(100).objects["MCU"]          # any moment of it
    Bench().boot(demo_image(), script={At("rproc_tee_start"): Fail(Errno.EIO)}).cause

Names are loaded when they are first used, so `import rprocbench` costs nothing.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rprocbench.base.errors import Errno, TeeResult
    from rprocbench.base.run import At, Fail, Poke
    from rprocbench.bench import Bench, Recording
    from rprocbench.bench.demo import demo_elf, demo_image, demo_key, with_flipped_byte
    from rprocbench.designs import DESIGNS
    from rprocbench.formats.signed_image import SignedImage
    from rprocbench.views.show import show
    from rprocbench.views.workbench import workbench

HOMES = {
    "At": "base.run",
    "Bench": "bench",
    "DESIGNS": "designs",
    "Errno": "base.errors",
    "Fail": "base.run",
    "Poke": "base.run",
    "Recording": "bench",
    "SignedImage": "formats.signed_image",
    "TeeResult": "base.errors",
    "demo_elf": "bench.demo",
    "demo_image": "bench.demo",
    "demo_key": "bench.demo",
    "show": "views.show",
    "with_flipped_byte": "bench.demo",
    "workbench": "views.workbench",
}
__all__ = [
    "DESIGNS", "At", "Bench", "Errno", "Fail", "Poke", "Recording", "SignedImage", "TeeResult",
    "demo_elf", "demo_image", "demo_key", "show", "with_flipped_byte",
    "workbench",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"rprocbench has no {name!r}")
    return getattr(import_module(f"rprocbench.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


if "IPython" in sys.modules:  # a cell may end with one of our objects
    import_module("rprocbench.views.show").register()

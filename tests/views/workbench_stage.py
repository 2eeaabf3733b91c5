# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs that the views of runs are tried on, and a stage with a theme and a width for widgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from rprocbench.base.errors import Cite, Errno
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Changed, Created, Entered, Failed, Gone, Lane, Trace
from rprocbench.bench import Bench, Recording
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.bench.scenarios import SCENARIOS
from rprocbench.designs import MAINLINE
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.views.states import state_machines
from tests.harness.browser import offline, strict_page
from tests.harness.widget import WidgetBridge
from tests.views.hostile import ATTACK, hostile_trace


@cache
def clean() -> Recording:
    return Bench().boot(demo_image())


@cache
def refused() -> Recording:
    return Bench().boot(demo_image(), script={At("rproc_tee_start"): Fail(Errno.EIO)})


@cache
def recovery() -> Trace:
    machine = Bench(design=MAINLINE).machine(demo_elf())
    SCENARIOS["recovery"](machine)
    return machine.run.trace


def hostile_image() -> bytes:
    """An image whose section is an attack, and whose segments fit nowhere."""
    segments = [
        Seg(0x1000_0000, bytes(64)),
        Seg(0x6000_0000, bytes(64)),
        Seg(0x1003_FFF0, bytes(64)),
    ]
    return build_elf(segments, [Sec(ATTACK, segment=0, fields={"sh_flags": 2})])


def hostile_run() -> Recording:
    """A run in which every string is an attack, with objects of the kinds that the views read."""
    cite = Cite("linux", ATTACK, ATTACK)
    place = (("name", ATTACK), ("len", 4096), ("da", 0x1000_0000), ("va", None), ("dma", 0))
    trace: Trace = [
        *hostile_trace(),
        Created(f"carveout {ATTACK}", "RprocMemEntry", Lane.LINUX, place),
        Created(f"r{ATTACK}", "Rproc", Lane.LINUX, (("state", ATTACK),)),
        Entered("rproc_boot", 1, 0, cite, f"r{ATTACK}"),
        Changed(f"r{ATTACK}", "state", ATTACK, f"S{ATTACK}"),
        Entered("rproc_detach", 1, 1, cite, f"r{ATTACK}"),
        Failed("rproc_detach", 1, ATTACK, ATTACK),
        Failed("rproc_boot", 0, ATTACK, ATTACK),
        Created(f"t{ATTACK}", "RprocDebugTrace", Lane.LINUX, (("da", -5), ("len", 1 << 90))),
        Created(f"q{ATTACK}", "Virtqueue", Lane.LINUX, (("ring", ((ATTACK, 1),)),)),
        Gone(f"q{ATTACK}"),
    ]
    return Recording(ATTACK, hostile_image(), ATTACK, ATTACK, {}, trace)


@contextmanager
def staged(browser: Any, *widgets: Any, **options: Any) -> Iterator[Any]:
    """Widgets on a page of their own, with a theme, a width and so on."""
    with offline(browser, **options) as context, strict_page(context) as page:
        bridge = WidgetBridge(page)
        for widget in widgets:
            bridge.mount(widget)
        page.add_style_tag(
            content="body { margin: 12px; background: Canvas; color-scheme: light dark; }"
        )
        yield page


def step_of(cause: str) -> int:
    """The event of the undisturbed run in which a state machine was asked for something first."""
    machines = state_machines(clean().trace).told
    return next(step.index for each in machines for step in each.steps if step.cause == cause)

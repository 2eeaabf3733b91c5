# SPDX-License-Identifier: GPL-2.0-or-later
"""What a design is: a patch that runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rprocbench.base.errors import Cite


@dataclass(frozen=True)
class Design:
    """One answer to the question where a signed firmware is loaded.

    `patches` are the functions that the design adds to the kernel or replaces in it; a replaced one
    is copied whole, each differing line marked `# [name]`. `modules` are the functions that its
    new modules run when they are loaded, before the platform driver probes; `exits` run after it is
    gone, the other way round. Each takes the host. `signed` tells which image the design boots: a
    signed container, or a plain ELF. `caveats` say where it does not work, what it relies on, and
    where it had to be completed to run at all; each is one sentence or two.
    """

    name: str
    family: str
    title: str
    date: str
    thread: Cite
    why: str
    signed: bool = False
    patches: tuple[Callable[..., Any], ...] = ()
    modules: tuple[Callable[..., Any], ...] = ()
    exits: tuple[Callable[..., Any], ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def by_name(self) -> Mapping[str, Callable[..., Any]]:
        """The patched functions as a run takes them."""
        return {patch.__name__: patch for patch in self.patches}

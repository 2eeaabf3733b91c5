# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: what remote processors are told when Linux dies."""

from rprocbench.base.run import mirrors

from .remoteproc import Host, RprocState

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")

TOLD = (RprocState.RUNNING, RprocState.ATTACHED)


@core_c
def rproc_panic_handler(host: Host) -> int:
    """Call `panic` of each processor that runs, and wait for the one that asks for most time.

    How long Linux waits, in ms. It only counts: nothing of Linux's works any more.
    """
    longest = 0
    for rproc in host.rprocs:
        if rproc.state in TOLD and rproc.ops.panic:
            longest = max(longest, int(rproc.ops.panic(rproc)))
    return longest

# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: what starts and stops with the remote processor.

Subdevices start in list order: the driver's own first, then the vdevs. They stop in reverse.
"""

from rprocbench.base.errors import ModelledError
from rprocbench.base.run import mirrors

from .remoteproc import Rproc, RprocSubdev

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")


@core_c
def rproc_prepare_subdevices(rproc: Rproc) -> None:
    """Prepare all; when one fails, unprepare those before it."""
    done: list[RprocSubdev] = []
    for subdev in rproc.subdevs:
        if subdev.prepare:
            try:
                subdev.prepare(subdev)
            except ModelledError:
                for earlier in reversed(done):
                    if earlier.unprepare:
                        earlier.unprepare(earlier)
                raise
        done.append(subdev)


@core_c
def rproc_start_subdevices(rproc: Rproc) -> None:
    """Start all; when one fails, stop those before it as if the core had crashed."""
    done: list[RprocSubdev] = []
    for subdev in rproc.subdevs:
        if subdev.start:
            try:
                subdev.start(subdev)
            except ModelledError:
                for earlier in reversed(done):
                    if earlier.stop:
                        earlier.stop(earlier, True)
                raise
        done.append(subdev)
    rproc.subdevs_started = True


@core_c
def rproc_stop_subdevices(rproc: Rproc, crashed: bool) -> None:
    """Stop all, unless that was done already (which older kernels do not ask)."""
    if rproc.host.linux.subdevs_started_guard and not rproc.subdevs_started:
        return
    for subdev in reversed(rproc.subdevs):
        if subdev.stop:
            subdev.stop(subdev, crashed)
    rproc.subdevs_started = False


@core_c
def rproc_unprepare_subdevices(rproc: Rproc) -> None:
    """Unprepare all."""
    for subdev in reversed(rproc.subdevs):
        if subdev.unprepare:
            subdev.unprepare(subdev)


@core_c
def rproc_add_subdev(rproc: Rproc, subdev: RprocSubdev) -> None:
    """Let something start and stop together with the remote processor."""
    rproc.subdevs += (subdev,)


@core_c
def rproc_remove_subdev(rproc: Rproc, subdev: RprocSubdev) -> None:
    """Take it off the list again."""
    rproc.subdevs = tuple(other for other in rproc.subdevs if other is not subdev)

# SPDX-License-Identifier: GPL-2.0-or-later
"""A processor behind an IOMMU (reference 2.3, 4.4, 4.7), and a panic (2.9)."""

from dataclasses import replace

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Logged
from rprocbench.kernel.remoteproc import Rproc, RprocMapping
from rprocbench.kernel.remoteproc import RprocState as S
from rprocbench.kernel.remoteproc_core_device import rproc_del
from rprocbench.kernel.remoteproc_core_panic import rproc_panic_handler
from rprocbench.kernel.remoteproc_sysfs import state_store
from rprocbench.soc.memory import Da, Pa

from .driver import OPS, calls, machine
from .images import ANY, carveout, elf, table
from .provoke import in_state, start

UART = carveout(b"uart", da=0x4000_0000, length=0x400, kind=1)


def test_devmem_is_mapped_and_unmapped() -> None:
    rproc = start(elf(table(UART)), iommu=True)
    assert rproc.mappings == (RprocMapping(Da(0x4000_0000), Pa(0), 0x400),)
    assert rproc.domain
    state_store(rproc, "stop")
    left: tuple[object, bool] = (rproc.mappings, rproc.domain)
    assert left == ((), False)


@pytest.mark.parametrize("da", [0x8000_0000, ANY])
def test_a_carveout_with_a_fixed_address_is_mapped_there(da: int) -> None:
    rproc = start(elf(table(carveout(b"x", da=da))), iommu=True)
    mem = rproc.carveouts[-1]
    assert (mem.name, mem.da) == ("x", da if da != ANY else mem.dma)
    mapped = [RprocMapping(Da(da), mem.dma, 0x1000)] if da != ANY else []
    assert list(rproc.mappings) == mapped
    warned = [e for e in rproc.run.trace if isinstance(e, Logged) and e.level == "warn"]
    assert not warned  # the remote finds it where it asked for it


def test_memory_that_cannot_be_mapped_is_given_back() -> None:
    script = {At("iommu_map"): Fail(Errno.EEXIST)}
    with pytest.raises(ModelledError) as caught:
        start(elf(table(carveout(b"x", da=0x8000_0000))), iommu=True, script=script)
    assert caught.value.code == Errno.ENOMEM


def test_a_device_that_the_iommu_does_not_take() -> None:
    rproc = machine(elf(table(UART)), iommu=True, script={At("iommu_attach_device"):
                                                           Fail(Errno.EBUSY)})  # fmt: skip
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, "start")
    assert caught.value.code == Errno.EBUSY
    assert calls(rproc).count("iommu_domain_free") == 1
    assert (rproc.domain, rproc.power) == (False, 0)


def panicking(state: S, delay: int) -> Rproc:
    rproc = in_state(state)
    rproc.ops = replace(OPS, panic=lambda _rproc: delay)
    return rproc


@pytest.mark.parametrize("state", [state for state in S if state not in (S.LAST, S.SUSPENDED)])
def test_a_panic_tells_those_that_run(state: S) -> None:
    rproc = panicking(state, 70)
    waits = rproc_panic_handler(rproc.host)
    assert waits == (70 if state in (S.RUNNING, S.ATTACHED) else 0)


def test_the_longest_delay_counts() -> None:
    first, second = panicking(S.RUNNING, 5), panicking(S.RUNNING, 9)
    first.host.rprocs += (second,)
    assert rproc_panic_handler(first.host) == 9
    rproc_del(first)
    assert first not in first.host.rprocs

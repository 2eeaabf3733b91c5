# SPDX-License-Identifier: GPL-2.0-or-later
"""The platform driver: wires, registers, mailboxes."""

from dataclasses import replace

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import At, Fail, Run
from rprocbench.base.state import check
from rprocbench.base.trace import Lane, Logged, Signalled
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.kernel.mailbox import MboxClient, mbox_request_channel_byname, mbox_send_message
from rprocbench.kernel.remoteproc import Host, RprocState
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_core_attach import rproc_detach
from rprocbench.kernel.stm32_ipcc import stm32_ipcc_probe
from rprocbench.kernel.stm32_rproc import (
    stm32_rproc_probe,
    stm32_rproc_remove,
    stm32_rproc_wdg,
)
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .scripted_m4 import TABLE_DA, Machine, image, machine, table_of


def booted(**options: object) -> Machine:
    bench = machine(**options)  # type: ignore[arg-type]
    rproc_boot(bench.rproc)
    bench.turn()
    return bench


def wires(bench: Machine) -> list[str]:
    return [
        f"{e.line} {e.what}"
        for e in bench.run.trace
        if isinstance(e, Signalled) and not e.line.startswith("ipcc")
    ]


def warnings(bench: Machine) -> list[str]:
    return [e.text for e in bench.run.trace if isinstance(e, Logged) and e.level in ("warn", "err")]


def test_start_pulses_hold_boot_and_stop_resets() -> None:
    bench = booted()
    bench.soc.syscon.m4_state = 2
    assert wires(bench) == ["hold_boot released", "hold_boot held"]
    assert (bench.soc.mcu.running, bench.soc.syscon.pdds) == (True, 0)
    rproc_shutdown(bench.rproc)
    assert wires(bench)[2:] == ["hold_boot held", "mcu_rst asserted"]
    assert not bench.soc.mcu.running
    assert (bench.soc.syscon.pdds, bench.soc.syscon.m4_state) == (1, 0)
    assert warnings(bench) == []


def test_carveouts_and_dump_segments() -> None:
    bench = booted()
    carveouts = bench.rproc.carveouts
    regions = bench.soc.board.linux_regions
    assert [c.name for c in carveouts] == [r.name for r in regions]
    assert [c.da for c in carveouts[:2]] == [0, 0x3000_0000]
    assert (carveouts[-1].va, carveouts[-1].da, carveouts[-1].of_resm_idx) == (None, 0x10042000, 5)
    segments = [segment.da for segment in bench.rproc.dump_segments]
    assert segments == [*(c.da for c in carveouts[:-1]), 0x1000_0400]  # the trace comes last


def test_a_region_that_the_m4_does_not_see_fails_the_boot() -> None:
    board = replace(STM32MP157C_DK2, dma_ranges=STM32MP157C_DK2.dma_ranges[1:])
    bench = machine(board=board)
    with pytest.raises(ModelledError) as caught:
        rproc_boot(bench.rproc)
    assert caught.value.code == Errno.EINVAL
    with pytest.raises(ModelledError):
        machine(board=replace(board, dma_ranges=()))


def test_an_image_without_a_table_boots() -> None:
    bench = booted(elf=build_elf([Seg(0, bytes(16))]))
    assert bench.rproc.state == RprocState.RUNNING
    assert bench.rproc.table_ptr is None


@pytest.mark.parametrize(
    "place",
    [
        At("stm32_rproc_set_hold_boot", 3),
        At("reset_control_assert"),
        At("regmap_update_bits", 5),
        At("regmap_write"),
    ],
)
def test_each_step_of_a_stop_may_fail_it(place: At) -> None:
    bench = booted(script={place: Fail(Errno.EIO)})
    with pytest.raises(ModelledError) as caught:
        rproc_shutdown(bench.rproc)
    assert caught.value.code == Errno.EIO
    assert (bench.rproc.state, bench.rproc.power) == (RprocState.RUNNING, 1)
    rproc_shutdown(bench.rproc)
    assert bench.rproc.state == RprocState.OFFLINE


def test_a_deaf_m4_is_stopped_after_half_a_second() -> None:
    bench = booted(deaf=True)
    before = bench.m4.cycles
    rproc_shutdown(bench.rproc)
    assert (bench.m4.cycles - before) * 1000 == 500 * bench.soc.board.m4_hz
    assert warnings(bench) == [
        "shutdown without the M4's consent: ETIME: mailbox channel 2: not taken within 500 ms"
    ]


def test_without_an_engine_the_shutdown_request_gives_up_at_once() -> None:
    run = Run()
    host = Host(run, Soc(STM32MP157C_DK2, run), files={"rproc-m4-fw": image()})
    rproc = stm32_rproc_probe(host)
    rproc_boot(rproc)
    rproc_shutdown(rproc)
    assert rproc.state == RprocState.OFFLINE


def test_a_crash_is_not_asked_to_shut_down() -> None:
    bench = booted()
    bench.rproc.recovery_disabled = True
    stm32_rproc_wdg(bench.rproc)
    bench.host.run_work()
    assert bench.rproc.state == RprocState.CRASHED
    rings = len([e for e in bench.run.trace if isinstance(e, Signalled) and "channel 2" in e.line])
    rproc_shutdown(bench.rproc)
    after = [e for e in bench.run.trace if isinstance(e, Signalled) and "channel 2" in e.line]
    assert len(after) == rings == 0


def test_the_watchdog_leads_to_recovery() -> None:
    bench = booted()
    stm32_rproc_wdg(bench.rproc)
    bench.host.run_work()
    assert (bench.rproc.state, bench.rproc.crash_cnt) == (RprocState.RUNNING, 1)
    assert bench.soc.mcu.starts == 2


def running_already(table_da: int = TABLE_DA) -> Machine:
    """A board whose boot loader has left a running M4, and a table."""
    bench = machine()
    stm32_rproc_remove(bench.rproc)
    bench.soc.m4.write(Da(TABLE_DA), table_of(), Lane.M4)
    bench.soc.syscon.m4_state = 2
    bench.soc.syscon.rsc_tbl = table_da
    bench.soc.mcu.set_boot_mcu(True, Lane.OPTEE)
    bench.rproc = stm32_rproc_probe(bench.host)
    return bench


def test_attach_and_detach() -> None:
    bench = running_already()
    assert bench.rproc.state == RprocState.DETACHED
    rproc_boot(bench.rproc)
    bench.turn()
    assert (bench.rproc.state, bench.rproc.table_sz) == (RprocState.ATTACHED, 1024)
    assert bench.status() == 7
    rproc_detach(bench.rproc)
    assert bench.rproc.state == RprocState.DETACHED
    assert bench.soc.mcu.running
    assert wires(bench)[-2:] == ["hold_boot held", "hold_boot released"]
    assert bench.status() == 0


@pytest.mark.parametrize(("table_da", "code"), [(0, Errno.ENOENT), (0x9000_0000, Errno.EINVAL)])
def test_attaching_needs_a_table_that_can_be_found(table_da: int, code: Errno) -> None:
    bench = running_already(table_da)
    with pytest.raises(ModelledError) as caught:
        rproc_boot(bench.rproc)
    assert caught.value.code == code


def test_removing_stops_the_m4_and_frees_the_mailboxes() -> None:
    bench = booted()
    stm32_rproc_remove(bench.rproc)
    check(bench.run.trace)
    assert not bench.soc.mcu.running
    assert bench.rproc.priv.mb == ()
    assert not bench.soc.ipcc.a7_pending
    rproc = stm32_rproc_probe(bench.host)
    rproc_boot(rproc)
    assert rproc.state == RprocState.RUNNING


def test_missing_mailboxes_are_done_without() -> None:
    bench = booted(board=replace(STM32MP157C_DK2, mailboxes=("vq1", "vq0")))
    assert [mb.chan.index if mb.chan else None for mb in bench.rproc.priv.mb] == [1, 0, None, None]
    rproc_shutdown(bench.rproc)


def test_a_mailbox_that_may_come_later_defers_the_probe() -> None:
    script = {At("mbox_request_channel", 2): Fail(Errno.EPROBE_DEFER)}
    with pytest.raises(ModelledError) as caught:
        machine(script=script)  # type: ignore[arg-type]
    assert caught.value.code == Errno.EPROBE_DEFER


def test_a_message_after_the_stop_is_dropped() -> None:
    bench = booted()
    bench.soc.ipcc.send_to_a7(0)
    bench.soc.ipcc.deliver()
    assert bench.host.work
    rproc_shutdown(bench.rproc)
    assert bench.host.work == []


def test_a_full_mailbox_loses_the_kick() -> None:
    run = Run()
    ipcc = stm32_ipcc_probe(Soc(STM32MP157C_DK2, run))
    chan = mbox_request_channel_byname(ipcc, MboxClient("test"), "vq0")
    for _ in range(21):  # one on its way, twenty that wait
        mbox_send_message(chan, "kick")
    with pytest.raises(ModelledError) as caught:
        mbox_send_message(chan, "kick")
    assert caught.value.code == Errno.ENOBUFS
    ipcc.soc.ipcc.taken_by_m4(0)
    ipcc.soc.ipcc.deliver()
    assert ipcc.soc.ipcc.to_m4 == 1  # the next one is on its way
    assert len(chan.queue) == 19
    with pytest.raises(ModelledError) as caught:
        mbox_request_channel_byname(ipcc, MboxClient("other"), "vq0")
    assert caught.value.code == Errno.EBUSY

# SPDX-License-Identifier: GPL-2.0-or-later
"""Reset, hold-boot and the mailbox, as the reference manual has them."""

from typing import TYPE_CHECKING

import pytest

from rprocbench.base.run import Run
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.ipcc import Ipcc
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2 as BOARD

if TYPE_CHECKING:
    from collections.abc import Callable


class Toy:
    """A core that counts, and does one thing at a time it was told."""

    def __init__(self) -> None:
        self.cycles = 0
        self.resets = 0
        self.halted = True
        self.todo: dict[int, Callable[[], None]] = {}

    def reset(self) -> None:
        self.resets += 1
        self.halted = False

    def halt(self) -> None:
        self.halted = True

    def run_until(self, cycles: int) -> bool:
        due = sorted(at for at in self.todo if at <= cycles)
        if self.halted or not due:
            return False
        self.cycles = due[0]
        self.todo.pop(due[0])()
        return True


@pytest.fixture
def soc() -> Soc:
    return Soc(BOARD, Run())


def test_a_pulse_of_hold_boot_starts_the_core_and_lets_it_run(soc: Soc) -> None:
    core = Toy()
    soc.mcu.plug(core)
    soc.mcu.set_boot_mcu(True, Lane.OPTEE)
    soc.mcu.set_boot_mcu(False, Lane.OPTEE)
    assert (soc.mcu.running, core.resets, core.halted) == (True, 1, False)
    soc.mcu.set_boot_mcu(True, Lane.OPTEE)
    assert core.resets == 1


def test_reset_stops_the_core_unless_boot_mcu_is_set(soc: Soc) -> None:
    core = Toy()
    soc.mcu.plug(core)
    soc.mcu.set_boot_mcu(True, Lane.OPTEE)
    soc.mcu.assert_reset(Lane.OPTEE)
    assert (soc.mcu.running, core.resets) == (True, 2)
    soc.mcu.set_boot_mcu(False, Lane.OPTEE)
    soc.mcu.assert_reset(Lane.OPTEE)
    assert (soc.mcu.running, core.halted) == (False, True)


def test_a_mailbox_channel_is_occupied_until_it_is_taken() -> None:
    ipcc = Ipcc(Run())
    heard: list[tuple[str, int]] = []
    ipcc.listen(lambda kind, channel: heard.append((kind, channel)))
    ipcc.send_to_m4(1)
    assert ipcc.to_m4 == 0b10
    ipcc.taken_by_m4(1)
    ipcc.taken_by_m4(1)
    ipcc.send_to_a7(3)
    ipcc.send_to_a7(0)
    ipcc.send_to_a7(0)
    pending = [ipcc.a7_pending]
    ipcc.deliver()
    pending.append(ipcc.a7_pending)
    assert pending == [True, False]
    assert heard == [("free", 1), ("rx", 0), ("rx", 3)]
    assert ipcc.to_a7 == 0b1001
    ipcc.taken_by_a7(3)
    assert ipcc.to_a7 == 1


def test_an_interrupt_waits_until_somebody_listens() -> None:
    ipcc = Ipcc(Run())
    ipcc.send_to_a7(2)
    ipcc.deliver()
    heard: list[int] = []
    ipcc.listen(lambda _kind, channel: heard.append(channel))
    ipcc.deliver()
    assert heard == [2]


def test_waiting_runs_the_core_and_ends_in_its_own_time(soc: Soc) -> None:
    core = Toy()
    soc.mcu.plug(core)
    assert not soc.wait(lambda: False, 1)
    soc.mcu.set_boot_mcu(True, Lane.LINUX)
    heard: list[int] = []
    soc.ipcc.listen(lambda _kind, channel: heard.append(channel))
    core.todo[100] = lambda: soc.ipcc.send_to_a7(0)
    core.todo[BOARD.m4_hz // 1000 + 1] = lambda: soc.ipcc.send_to_a7(1)
    assert soc.wait(lambda: heard == [0], 1)
    assert not soc.wait(lambda: heard == [0, 1], 0)
    assert heard == [0]
    assert soc.wait(lambda: heard == [0, 1], 1)


def test_without_a_core_waiting_is_over_at_once(soc: Soc) -> None:
    assert not soc.wait(lambda: False, 1000)
    assert soc.wait(lambda: True, 0)

# SPDX-License-Identifier: GPL-2.0-or-later
"""The STM32 driver: regions, translation, cleaning, reset lines."""

from dataclasses import replace

import pytest

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Signalled
from rprocbench.formats.tee_params import ParamType, PtaCmd, value
from rprocbench.soc.memory import Da, Pa, Region
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee.pta_remoteproc import rproc_pta_invoke_command
from rprocbench.tee.stm32_remoteproc import (
    stm32_remoteproc_clean,
    stm32_remoteproc_da_to_pa,
    stm32_remoteproc_map,
    stm32_remoteproc_start,
)

from .machine import GOOD, Machine

DRIVER = Machine().tee.pta.driver


@pytest.mark.parametrize(
    ("da", "size", "pa"),
    [
        (0, 0x1_0000, 0x3800_0000),
        (0xFFFC, 4, 0x3800_FFFC),
        (0x1000_0000, 1, 0x1000_0000),
        (0x3003_FFFF, 1, 0x3003_FFFF),
        (0x1004_8000, 0x8000, 0x1004_8000),
    ],
)
def test_device_addresses(da: int, size: int, pa: int) -> None:
    assert stm32_remoteproc_da_to_pa(DRIVER, 0, Da(da), size) == pa


@pytest.mark.parametrize(
    ("da", "size"),
    [
        (0, 0),
        (0xFFFC, 8),
        (0x1003_FFFC, 8),
        (0x1004_6000, 4),
        (0x1005_0000, 4),
        (0x2000_0000, 4),
        (0x3004_0000, 4),
        (0x3800_0000, 4),
        (0xFFFF_FFF0, 0x20),
    ],
)
def test_no_region_holds(da: int, size: int) -> None:
    with pytest.raises(ModelledError, match="ACCESS_DENIED"):
        stm32_remoteproc_da_to_pa(DRIVER, 0, Da(da), size)


def test_an_unknown_processor() -> None:
    with pytest.raises(ModelledError, match="BAD_PARAMETERS"):
        stm32_remoteproc_da_to_pa(DRIVER, 1, Da(0), 4)
    with pytest.raises(ModelledError, match="BAD_PARAMETERS"):
        stm32_remoteproc_clean(DRIVER, 1)
    with pytest.raises(ModelledError, match="GENERIC"):
        stm32_remoteproc_start(DRIVER, 1)


def test_only_regions_are_mapped() -> None:
    with pytest.raises(ModelledError, match="ACCESS_DENIED"):
        stm32_remoteproc_map(DRIVER, 0, Pa(0x1004_5FFC), 8)


def signals(machine: Machine) -> list[tuple[str, str]]:
    events = machine.run.trace[machine.mark :]
    machine.pta_calls()
    return [(e.line, e.what) for e in events if isinstance(e, Signalled)]


def test_the_order_of_the_reset_lines() -> None:
    machine = Machine()
    machine.open()
    machine.load(GOOD)
    assert signals(machine) == []
    machine.start()
    assert signals(machine) == [("hold_boot", "released"), ("hold_boot", "held")]
    machine.stop()
    assert signals(machine) == [("hold_boot", "held"), ("mcu_rst", "asserted")]


def test_a_hold_boot_that_cannot_be_held_again_leaves_the_core_running() -> None:
    machine = Machine({At("rstctrl_assert_to", 3): Fail(TeeResult.TIMEOUT)})
    machine.open()
    machine.load(GOOD)
    assert machine.start().ret is TeeResult.TIMEOUT
    assert machine.soc.mcu.running
    assert machine.stop().ret is TeeResult.BAD_STATE
    assert machine.start().ret is TeeResult.SUCCESS


BROKEN = {
    "GENERIC": Region("pager", Pa(0x2FFD_0000), 0x1000),
    "BAD_PARAMETERS": Region("empty", Pa(0x3000_0000), 0),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_board_that_the_driver_refuses_has_no_remote_processor(code: str) -> None:
    board = replace(STM32MP157C_DK2, optee_regions=(BROKEN[code],))
    machine = Machine(board=board)
    assert code in str([e for e in machine.run.trace if getattr(e, "level", "") == "err"])
    assert machine.open().ret is TeeResult.NOT_SUPPORTED


def test_a_region_that_the_m4_cannot_see_is_refused() -> None:
    board = replace(STM32MP157C_DK2, dma_ranges=STM32MP157C_DK2.dma_ranges[:1])
    assert Machine(board=board).open().ret is TeeResult.NOT_SUPPORTED


def test_without_dma_ranges_both_worlds_use_the_same_addresses() -> None:
    machine = Machine(board=replace(STM32MP157C_DK2, dma_ranges=()))
    driver = machine.tee.pta.driver
    assert stm32_remoteproc_da_to_pa(driver, 0, Da(0x3800_0000), 4) == 0x3800_0000


def test_set_memory_stores_one_for_any_value_but_zero() -> None:
    machine = Machine()
    rproc_pta_invoke_command(
        machine.tee.pta, PtaCmd.SET_MEMORY, value(), value(0x10, 9), value(4, 9), value(0xAA)
    )
    assert machine.soc.a7.read(Pa(0x3800_0010), 5).hex() == "01010101a5"


def test_a_device_address_has_no_high_word() -> None:
    out = value(type_=ParamType.VALUE_OUTPUT)
    with pytest.raises(ModelledError, match="BAD_PARAMETERS"):
        rproc_pta_invoke_command(
            Machine().tee.pta, PtaCmd.FIRMWARE_DA_TO_PA, value(), value(0, 1), value(4), out
        )

# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/base/regmap/regmap.c: the registers and the reset line that stm32_rproc.c turns."""

from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane

from .stm32_rproc_structs import Stm32Rproc

regmap_c = mirrors("linux:drivers/base/regmap/regmap.c")
reset_c = mirrors("linux:drivers/reset/core.c")

PDDS, RSC_TBL, M4_STATE, HOLD_BOOT = "pdds", "rsc_tbl", "m4_state", "hold_boot"


def has_register(ddata: Stm32Rproc, register: str) -> bool:
    """Whether the device tree says where `register` is: else its map is NULL, and C looks first."""
    return f"st,syscfg-{register.replace('_', '-')}" in ddata.soc.board.syscons


@regmap_c
def regmap_update_bits(ddata: Stm32Rproc, register: str, value: int) -> None:
    """Write the bits of `register`: pdds, or hold_boot, where 0 holds and 1 releases."""
    if register == HOLD_BOOT:
        ddata.soc.mcu.set_boot_mcu(bool(value), Lane.LINUX)
    else:
        setattr(ddata.soc.syscon, register, value)


@regmap_c
def regmap_write(ddata: Stm32Rproc, register: str, value: int) -> None:
    """Write all of `register`."""
    setattr(ddata.soc.syscon, register, int(value))


@regmap_c
def regmap_read(ddata: Stm32Rproc, register: str) -> int:
    """Read `register`."""
    value: int = getattr(ddata.soc.syscon, register)
    return value


@reset_c
def reset_control_assert(ddata: Stm32Rproc) -> None:
    """Pulse `mcu_rst`."""
    ddata.soc.mcu.assert_reset(Lane.LINUX)

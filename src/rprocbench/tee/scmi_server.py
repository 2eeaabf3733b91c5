# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/arch/arm/plat-stm32mp1/scmi_server.c: reset lines that the normal world asks for.

The M4's are among them. Since October 2024 they are refused while the secure world loads it.
"""

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane

from .optee import OpTee
from .stm32_remoteproc import stm32_remoteproc_is_secure

scmi_c = mirrors("optee_os:core/arch/arm/plat-stm32mp1/scmi_server.c")

MCU, MCU_HOLD_BOOT = "mcu_rst", "hold_boot"


@scmi_c
def plat_scmi_rd_set_state(optee: OpTee, line: str, *, is_asserted: bool) -> None:
    """Move a reset line for the normal world. ACCESS_DENIED (SCMI: DENIED) for a secure M4."""
    if stm32_remoteproc_is_secure(optee.pta.driver):
        why = f"{line} is the secure world's: it loads the M4"
        raise ModelledError(TeeResult.ACCESS_DENIED, why)
    mcu = optee.soc.mcu
    if line == MCU_HOLD_BOOT:
        mcu.set_boot_mcu(not is_asserted, Lane.OPTEE)
    elif is_asserted:
        mcu.assert_reset(Lane.OPTEE)

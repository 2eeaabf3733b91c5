# SPDX-License-Identifier: GPL-2.0-or-later
"""The core's registers, as unicorn numbers them."""

from enum import IntEnum

from unicorn import arm_const

T = 1 << 24  # xPSR: Thumb state

R = tuple(getattr(arm_const, f"UC_ARM_REG_R{n}") for n in range(13))
S = tuple(getattr(arm_const, f"UC_ARM_REG_S{n}") for n in range(32))


class Reg(IntEnum):
    """Registers with a name. `R` and `S` hold the numbered ones."""

    SP = arm_const.UC_ARM_REG_SP
    LR = arm_const.UC_ARM_REG_LR
    PC = arm_const.UC_ARM_REG_PC
    MSP = arm_const.UC_ARM_REG_MSP
    PSP = arm_const.UC_ARM_REG_PSP
    XPSR = arm_const.UC_ARM_REG_XPSR
    CONTROL = arm_const.UC_ARM_REG_CONTROL
    PRIMASK = arm_const.UC_ARM_REG_PRIMASK
    BASEPRI = arm_const.UC_ARM_REG_BASEPRI
    FAULTMASK = arm_const.UC_ARM_REG_FAULTMASK
    FPSCR = arm_const.UC_ARM_REG_FPSCR


MASKS = (Reg.PRIMASK, Reg.BASEPRI, Reg.FAULTMASK)
STATE = (*R, *S, Reg.FPSCR, Reg.LR, Reg.MSP, Reg.PSP, *MASKS, Reg.CONTROL)

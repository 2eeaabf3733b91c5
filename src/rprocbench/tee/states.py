# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/remoteproc_core.c, core/pta/stm32mp/remoteproc_pta.c: the states.

The functions keep their C `switch`; these tables are what they must agree with (a test tries every
cell) and what diagrams are drawn from. A missing entry means BAD_STATE.
"""

from enum import IntEnum

from rprocbench.formats.tee_params import PtaCmd, TaCmd


class RemoteprocState(IntEnum):
    """`enum remoteproc_state`: what the TA thinks of one processor's firmware."""

    OFF = 0
    LOADED = 1
    STARTED = 2


class PtaState(IntEnum):
    """`enum rproc_load_state`: the PTA's one state, for all processors."""

    OFF = 0
    ON = 1


OFF, LOADED, STARTED = RemoteprocState
TA_FIRMWARE: dict[TaCmd, dict[RemoteprocState, RemoteprocState]] = {
    TaCmd.LOAD_FW: {OFF: LOADED, LOADED: LOADED},
    TaCmd.START_FW: {LOADED: STARTED, STARTED: STARTED},
    TaCmd.STOP_FW: {STARTED: OFF, OFF: OFF},
    TaCmd.GET_RSC_TABLE: {LOADED: LOADED, STARTED: STARTED},
    TaCmd.RELEASE_FW: {OFF: OFF, LOADED: OFF},
}
PTA_STATE: dict[PtaCmd, dict[PtaState, PtaState]] = {
    PtaCmd.HW_CAPABILITIES: {PtaState.OFF: PtaState.OFF, PtaState.ON: PtaState.ON},
    PtaCmd.LOAD_SEGMENT_SHA256: {PtaState.OFF: PtaState.OFF},
    PtaCmd.SET_MEMORY: {PtaState.OFF: PtaState.OFF},
    PtaCmd.FIRMWARE_START: {PtaState.OFF: PtaState.ON},
    PtaCmd.FIRMWARE_STOP: {PtaState.ON: PtaState.OFF},
    PtaCmd.FIRMWARE_DA_TO_PA: {PtaState.OFF: PtaState.OFF, PtaState.ON: PtaState.ON},
    PtaCmd.VERIFY_DIGEST: {PtaState.OFF: PtaState.OFF},
    PtaCmd.RELEASE: {PtaState.OFF: PtaState.OFF},
}

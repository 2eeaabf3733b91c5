# SPDX-License-Identifier: GPL-2.0-or-later
"""Every cell of both state tables, tried."""

import pytest

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.formats.tee_params import Param, ParamType, PtaCmd, TaCmd, value
from rprocbench.tee import PTA_STATE, TA_FIRMWARE, PtaState, RemoteprocState
from rprocbench.tee.commands import Memref
from rprocbench.tee.heap import HeapBlock
from rprocbench.tee.pta_remoteproc import rproc_pta_invoke_command

from .machine import GOOD, Machine

OFF, LOADED, STARTED = RemoteprocState


def machine_in(state: RemoteprocState) -> Machine:
    machine = Machine()
    machine.open()
    machine.load(GOOD[:-8] if state is OFF else GOOD)
    if state is STARTED:
        machine.start()
    return machine


def do(machine: Machine, cmd: TaCmd) -> TeeResult:
    match cmd:
        case TaCmd.LOAD_FW:
            return machine.load(GOOD).ret
        case TaCmd.GET_RSC_TABLE:
            return machine.get_rsc()[0].ret
        case _:
            return machine.invoke(cmd, value(0)).ret


@pytest.mark.parametrize("cmd", TA_FIRMWARE)
@pytest.mark.parametrize("state", RemoteprocState)
def test_every_cell_of_the_ta(cmd: TaCmd, state: RemoteprocState) -> None:
    machine = machine_in(state)
    assert machine.tee.ta is not None
    (context,) = machine.tee.ta.contexts
    assert context.state is state
    after = TA_FIRMWARE[cmd].get(state)
    assert do(machine, cmd) is (TeeResult.BAD_STATE if after is None else TeeResult.SUCCESS)
    assert context.state is (state if after is None else after)


PTA_PARAMS: dict[PtaCmd, tuple[Param | Memref, ...]] = {
    PtaCmd.LOAD_SEGMENT_SHA256: (
        value(),
        Memref(HeapBlock(bytearray(4)), 0, 4),
        value(),
        Memref(HeapBlock(bytearray(32)), 0, 32),
    ),
    PtaCmd.SET_MEMORY: (value(), value(), value(4), value()),
    PtaCmd.FIRMWARE_DA_TO_PA: (value(), value(), value(4), value(type_=ParamType.VALUE_OUTPUT)),
    PtaCmd.VERIFY_DIGEST: (value(), *[Memref(HeapBlock(bytearray(8)), 0, 8)] * 3),
    PtaCmd.HW_CAPABILITIES: (value(), *[value(type_=ParamType.VALUE_OUTPUT)] * 2),
}


@pytest.mark.parametrize("cmd", PTA_STATE)
@pytest.mark.parametrize("state", PtaState)
def test_every_cell_of_the_pta(cmd: PtaCmd, state: PtaState) -> None:
    pta = Machine().tee.pta
    pta.state = state
    code = None
    try:
        rproc_pta_invoke_command(pta, cmd, *PTA_PARAMS.get(cmd, (value(),)))
    except ModelledError as error:
        code = error.code
    after = PTA_STATE[cmd].get(state)
    # With these parameters a segment has the wrong hash, and a signature no supported algorithm.
    refused = {PtaCmd.LOAD_SEGMENT_SHA256: TeeResult.SECURITY}
    refused[PtaCmd.VERIFY_DIGEST] = TeeResult.NOT_SUPPORTED
    assert code is (TeeResult.BAD_STATE if after is None else refused.get(cmd))
    assert pta.state is (state if after is None else after)

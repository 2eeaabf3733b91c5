# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameter types of every command of the TA and of the PTA: exact, or refused."""

from collections.abc import Iterator
from itertools import product

import pytest

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.formats.tee_params import Param, ParamType, PtaCmd, TaCmd, param_types
from rprocbench.tee import COMMANDS, PTA_COMMANDS
from rprocbench.tee.commands import Command
from rprocbench.tee.pta_remoteproc import rproc_pta_invoke_command

from .machine import Machine

TA_TYPES = {1: 0x51, 2: 0x1, 3: 0x1, 4: 0x221, 6: 0x1}
PTA_TYPES = {1: 0x221, 3: 0x5151, 4: 0x1111, 5: 1, 6: 1, 7: 0x2111, 8: 0x5551, 9: 1}


def word(command: Command) -> int:
    assert command.types is not None
    return param_types(tuple(Param(kind) for kind in command.types))


def test_declared_types_are_the_documented_ones() -> None:
    assert {n: word(c) for n, c in COMMANDS.items() if c.types is not None} == TA_TYPES
    assert {n: word(c) for n, c in PTA_COMMANDS.items()} == PTA_TYPES
    assert set(COMMANDS) == set(TaCmd)
    assert set(PTA_COMMANDS) == set(PtaCmd) - {PtaCmd.FIRMWARE_LOAD}


def wrong(types: int) -> Iterator[tuple[Param, ...]]:
    for kinds in product(ParamType, ParamType, (ParamType.NONE, ParamType.VALUE_OUTPUT)):
        params = tuple(Param(kind) for kind in kinds)
        if param_types(params) != types:
            yield params


@pytest.mark.parametrize("cmd", TA_TYPES)
def test_the_ta_refuses_any_other_types(cmd: int) -> None:
    machine = Machine()
    machine.open()
    for params in wrong(TA_TYPES[cmd]):
        result = machine.invoke(cmd, *params)
        assert result.ret is TeeResult.BAD_PARAMETERS
        assert "parameter types" in result.why


@pytest.mark.parametrize("cmd", PTA_TYPES)
def test_the_pta_refuses_any_other_types(cmd: int) -> None:
    pta = Machine().tee.pta
    for params in wrong(PTA_TYPES[cmd]):
        with pytest.raises(ModelledError, match="BAD_PARAMETERS: wrong parameter types"):
            rproc_pta_invoke_command(pta, cmd, *params)


@pytest.mark.parametrize("types", [0, 1, 0x51, 0x7777])
def test_a_core_dump_is_not_implemented_whatever_the_types(types: int) -> None:
    machine = Machine()
    machine.open()
    params = tuple(Param(ParamType(types >> 4 * i & 15)) for i in range(4))
    assert machine.invoke(TaCmd.GET_COREDUMP, *params).ret is TeeResult.NOT_IMPLEMENTED


@pytest.mark.parametrize("cmd", [0, 7, 0x8000_0000])
def test_unknown_commands(cmd: int) -> None:
    machine = Machine()
    machine.open()
    assert machine.invoke(cmd).ret is TeeResult.BAD_PARAMETERS
    with pytest.raises(ModelledError, match="NOT_IMPLEMENTED"):
        rproc_pta_invoke_command(machine.tee.pta, 2 if cmd == 7 else cmd)

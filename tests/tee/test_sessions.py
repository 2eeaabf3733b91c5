# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions, instances, and who may talk to whom."""

from uuid import UUID

import pytest

from rprocbench.base.errors import Errno, TeeResult
from rprocbench.base.run import At, Fail
from rprocbench.formats.tee_params import (
    PTA_REMOTEPROC_UUID,
    OpenSession,
    Origin,
    TaCmd,
    value,
)
from rprocbench.tee import Panic

from .machine import GOOD, Machine


def test_a_second_session_is_busy_until_the_first_is_closed() -> None:
    machine = Machine()
    machine.open()
    first = machine.session
    busy = machine.open()
    assert (busy.ret, busy.origin) == (TeeResult.BUSY, Origin.TEE)
    assert machine.close().ret is TeeResult.SUCCESS
    assert machine.open().ret is TeeResult.SUCCESS
    assert machine.session != first


def test_the_normal_world_may_not_open_the_pta() -> None:
    machine = Machine()
    asked = OpenSession(PTA_REMOTEPROC_UUID, params=(value(0),))
    result = machine.tee.optee_entry(asked)
    assert (result.ret, result.origin) == (TeeResult.ACCESS_DENIED, Origin.TRUSTED_APP)


def test_an_unknown_application_is_not_found() -> None:
    result = Machine().tee.optee_entry(OpenSession(UUID(int=0), params=(value(0),)))
    assert (result.ret, result.origin) == (TeeResult.ITEM_NOT_FOUND, Origin.TEE)


def test_commands_without_a_session() -> None:
    machine = Machine()
    for result in (machine.start(), machine.close()):
        assert (result.ret, result.origin) == (TeeResult.BAD_PARAMETERS, Origin.TEE)


def test_a_failed_load_is_the_tas_own_word() -> None:
    machine = Machine()
    machine.open()
    result = machine.load(GOOD[:-8])
    assert (result.ret, result.origin) == (TeeResult.BAD_PARAMETERS, Origin.TRUSTED_APP)
    assert "1916" in result.why


def test_a_lost_instance_leaves_a_core_that_no_command_stops() -> None:
    machine = Machine({At("remoteproc_get_coredump"): Panic()})
    machine.open()
    machine.load(GOOD)
    machine.start()
    dead = machine.invoke(TaCmd.GET_COREDUMP)
    assert (dead.ret, dead.origin) == (TeeResult.TARGET_DEAD, Origin.TEE)
    assert machine.stop().ret is TeeResult.TARGET_DEAD
    assert machine.tee.ta is None
    machine.open()
    got = [machine.stop().ret, machine.load(GOOD).ret, machine.stop().ret, machine.start().ret]
    assert [code.name for code in got] == ["BAD_PARAMETERS", "BAD_STATE", "SUCCESS", "BAD_STATE"]
    assert machine.release().ret is TeeResult.BAD_STATE
    assert machine.soc.mcu.running


def test_a_dead_session_can_be_closed() -> None:
    machine = Machine({At("remoteproc_get_coredump"): Panic()})
    machine.open()
    machine.invoke(TaCmd.GET_COREDUMP)
    assert machine.close().ret is TeeResult.SUCCESS
    assert machine.start().ret is TeeResult.BAD_PARAMETERS


def test_state_survives_the_session() -> None:
    machine = Machine()
    machine.open()
    machine.load(GOOD)
    machine.close()
    machine.open()
    assert machine.start().ret is TeeResult.SUCCESS


@pytest.mark.parametrize("place", ["TEE_InvokeTACommand", "remoteproc_verify_header"])
def test_an_injected_errno_is_a_generic_error(place: str) -> None:
    machine = Machine({At(place): Fail(Errno.EIO)})
    machine.open()
    assert machine.load(GOOD).ret is TeeResult.GENERIC
    assert machine.load(GOOD).ret is TeeResult.SUCCESS


def test_an_instance_that_cannot_be_made_is_tried_again() -> None:
    machine = Machine({At("TA_CreateEntryPoint"): Fail(TeeResult.OUT_OF_MEMORY)})
    assert machine.open().ret is TeeResult.OUT_OF_MEMORY
    assert machine.tee.ta is None
    assert machine.open().ret is TeeResult.SUCCESS


def test_57_bogus_processors_exhaust_the_heap_for_good() -> None:
    machine = Machine()
    machine.open()
    codes = [machine.load(GOOD, rproc_id=n).ret for n in range(1, 58)]
    assert set(codes[:-1]) == {TeeResult.NOT_SUPPORTED}
    assert codes[-1] is TeeResult.OUT_OF_MEMORY
    assert machine.load(GOOD).ret is TeeResult.OUT_OF_MEMORY


def test_nothing_of_the_heap_is_lost_by_a_load() -> None:
    machine = Machine()
    machine.open()
    machine.load(GOOD[:-8])
    assert machine.tee.ta is not None
    before = machine.tee.ta.heap.used
    for image in (GOOD[:-1], GOOD):
        machine.load(image)
        assert machine.tee.ta.heap.used == before

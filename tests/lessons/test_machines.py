# SPDX-License-Identifier: GPL-2.0-or-later
"""What lessons show of a running M4: places, calls, writers, faults, a skipped instruction."""

import pytest

from rprocbench.base.errors import InputError
from rprocbench.bench.session import Session
from rprocbench.emulator.watch import Address, ExceptionTaken, Sleep
from rprocbench.lessons import (
    calls,
    check,
    dearest,
    faults,
    fill_up,
    here,
    lies,
    listing,
    opened,
    running,
    said,
    skipping,
    story_of,
    talking,
    unreached,
    writers,
)
from rprocbench.lessons.machines import instructions, secret
from rprocbench.lessons.table import Table


def values(table: Table) -> dict[str, tuple[str, ...]]:
    """The rows by their first cell."""
    return {row[0]: row[1:] for row in table.rows}


def at(session: Session, name: str) -> int:
    """The address of a symbol."""
    symbol = session.info.symbol(name)
    assert symbol
    return symbol.da


def test_the_place_of_the_cursor_has_a_source_line() -> None:
    session = opened("echo")
    assert values(here(session))["function"] == ("Reset_Handler",)
    session.run(until=[Address(at(session, "rpmsg_send"))])
    assert "common/rpmsg.c" in values(here(session))["source"][0]
    innermost, *others = [row[1] for row in calls(session).rows]
    assert "rpmsg_send" in innermost
    assert "main" in " ".join(others)


def test_a_session_on_a_machine_knows_the_names_of_its_firmware() -> None:
    plain = Session(running("echo"))
    assert plain.info.symbol("rpmsg_send")


def test_who_wrote_it_last() -> None:
    session = opened("echo")
    session.run(until=[Sleep()])
    places = {
        "vring": at(session, "resource_table") + 100, "ticks": at(session, "ticks"), "vectors": 0,
        "ring": 0x1005_8000,
    }  # fmt: skip
    who = {name: row[1] for name, row in values(writers(session, places)).items()}
    assert who == {"vring": "Linux", "ticks": "M4", "vectors": "OP-TEE", "ring": "nobody"}


@pytest.mark.parametrize(
    ("word", "bits", "bfar"),
    [("bus", "PRECISERR, BFARVALID", "0x60000000"), ("usage", "UNDEFINSTR", "0x00000000")],
)
def test_fault_registers_are_read_in_words(word: str, bits: str, bfar: str) -> None:
    session = talking("crash")
    assert session.machine
    session.machine.linux.rpmsg["rpmsg-raw"].write(word)
    session.run(until=[ExceptionTaken(3)])
    rows = values(faults(session))
    assert rows["CFSR"][1] == bits
    assert rows["HFSR"][1] == "FORCED"
    assert rows["BFAR"][0] == bfar
    assert ("BFARVALID" in rows["BFAR"][1]) == (word == "usage")


def test_the_cost_and_what_was_not_tried() -> None:
    session = talking("echo")
    assert values(dearest(session, 3))["Reset_Handler"][2] == "1"
    rows = values(unreached(session))
    assert rows["common/fault.c"][0].startswith("0 of")
    assert rows["echo/echo.c"][1], "nobody has said anything yet"


def test_a_listing_ends_at_the_first_way_out() -> None:
    session = opened("secure_counter")
    assert [one.text for one in instructions(session, "pin_is_right")][-1] == "pop {r3, pc}"
    assert listing(session, "hear").rows[-1][1].startswith("b.w")
    assert listing(session, "no_such_function").rows == ()


def test_only_some_skipped_instructions_open_the_safe() -> None:
    session = opened("secure_counter")
    code = {one.text.split()[0]: one.da for one in instructions(session, "pin_is_right")}
    assert skipping(code["clz"]) == secret()
    assert skipping(code["lsrs"]) == b"wrong"
    assert skipping(0x1000_0000) is None
    call = next(one.da for one in instructions(session, "hear") if one.text.startswith("bl "))
    assert check("50.4", call).is_right
    assert check("50.4", hex(code["clz"])).is_right


def test_a_full_ring_refuses_and_loses_nothing() -> None:
    machine = running("echo")
    assert fill_up(machine, "rpmsg-raw") == (16, "EAGAIN")
    answers = list(machine.linux.rpmsg["rpmsg-raw"])
    assert answers == [f"message {number}".encode() for number in range(16)]


def test_a_story_has_the_lines_of_both_in_order() -> None:
    machine = running("echo")
    rows = story_of(machine).rows
    assert {row[1] for row in rows} == {"Linux", "M4"}
    assert [row[2] for row in rows if row[1] == "M4"] == said(machine)
    assert len(story_of(machine, int(rows[-1][0])).rows) == 1


def test_lies_end_otherwise_where_linux_is_hardened() -> None:
    (row,) = lies("used-zero-leak").rows
    assert row[2:4] == ("misled", "refused")
    with pytest.raises(InputError):
        lies("no-such-lie")


def test_a_firmware_that_there_is_not() -> None:
    for make in (opened, running):
        with pytest.raises(InputError):
            make("no_such_firmware")


@pytest.mark.parametrize("place", ["rproc_virtio_find_vqs", "rproc_start_subdevices()"])
def test_the_race_is_at_several_places(place: str) -> None:
    assert check("60.4", place).is_right

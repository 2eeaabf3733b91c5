# SPDX-License-Identifier: GPL-2.0-or-later
"""What is debugged: signed or plain, with debug information from wherever it is."""

from pathlib import Path

import pytest

from rprocbench.base.errors import InputError
from rprocbench.bench import Bench
from rprocbench.bench.demo import with_flipped_byte
from rprocbench.debug import open_target
from rprocbench.designs import DESIGNS

from .firmwares import compile_shapes, shipped


def test_a_signed_image_finds_its_debug_information_beside_it() -> None:
    found = open_target(shipped("echo", "sign"), Bench())
    assert found.info.has_lines
    assert found.firmware.notes == ()
    reset = found.info.symbol("Reset_Handler")
    assert reset
    assert found.session.pc == reset.da
    assert found.session.core.is_running


def test_a_plain_elf_is_signed_for_a_design_that_wants_it() -> None:
    found = open_target(shipped("echo"), Bench())
    assert "signed with the demonstration's key" in found.firmware.notes[0]
    mainline = open_target(shipped("echo"), Bench(design=DESIGNS["mainline"]))
    assert mainline.firmware.notes == ()
    inside = open_target(shipped("echo", "sign"), Bench(design=DESIGNS["mainline"]))
    assert "gets the ELF file inside" in inside.firmware.notes[0]
    assert inside.session.pc == mainline.session.pc == found.session.pc


def test_a_file_of_its_own_may_hold_the_symbols(tmp_path: Path) -> None:
    alone = tmp_path / "alone.elf"
    alone.write_bytes(shipped("echo").read_bytes())
    bare = open_target(alone, Bench())
    assert not bare.info.has_lines
    assert "no debug information, symbols only" in bare.firmware.notes[0]
    full = open_target(alone, Bench(), symbols=shipped("echo", "debug"))
    assert full.info.has_lines
    assert not any("does not describe" in note for note in full.firmware.notes)
    other = open_target(alone, Bench(), symbols=shipped("crash", "debug"))
    assert any("does not describe this image" in note for note in other.firmware.notes)
    with pytest.raises(InputError, match="no ELF file with symbols"):
        open_target(alone, Bench(), symbols=shipped("echo", "sign"))


def test_another_firmwares_debug_file_beside_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "a.elf").write_bytes(shipped("echo").read_bytes())
    (tmp_path / "a.debug").write_bytes(shipped("crash", "debug").read_bytes())
    assert not open_target(tmp_path / "a.elf", Bench()).info.has_lines
    (tmp_path / "a.debug").write_bytes(b"\x7fELF garbage")
    assert not open_target(tmp_path / "a.elf", Bench()).info.has_lines


def test_debug_information_may_be_in_the_image_itself(tmp_path: Path) -> None:
    found = open_target(compile_shapes(tmp_path, "-g"), Bench())
    assert found.info.has_lines
    assert found.info.line_at(found.session.pc) is not None


def test_a_refused_image_is_refused_in_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sign"
    bad.write_bytes(with_flipped_byte(shipped("echo", "sign").read_bytes()))
    with pytest.raises(InputError, match="OP-TEE said SECURITY") as caught:
        open_target(bad, Bench())
    assert "\n" not in str(caught.value)


def test_beginning_anew_gives_the_same_again() -> None:
    found = open_target(shipped("echo"), Bench())
    first = found.registers()
    found.session.run(limit=100_000)
    assert found.registers() != first
    found.restart()
    assert found.registers() == first

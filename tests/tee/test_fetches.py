# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared memory is read through one verb, and the normal world can strike before each read."""

from collections import Counter

import pytest

from rprocbench.base.errors import TeeResult
from rprocbench.base.run import At, Disturbance, Poke
from rprocbench.base.state import check
from rprocbench.base.trace import Fetched
from rprocbench.formats.elf_records import Elf32_Ehdr
from rprocbench.tee import HEAD

from .images import NEGATIVE, elf_at, put, without_table
from .machine import GOOD, Machine

ELF = elf_at(GOOD)
SEGMENT = ELF + 148
CODE = GOOD[SEGMENT : SEGMENT + 64]


def place(field: str) -> int:
    return ELF + Elf32_Ehdr.SPANS[field][0]


def load(
    script: dict[At, Disturbance] | None = None, image: bytes = GOOD, generation: str = "head"
) -> tuple[Machine, TeeResult]:
    machine = Machine(script, generation=generation)
    machine.open()
    return machine, machine.load(image).ret


def fetches(machine: Machine) -> list[Fetched]:
    return [event for event in machine.run.trace if isinstance(event, Fetched)]


def test_each_read_is_one_event_and_one_place() -> None:
    machine, _ = load({At("fetch", 10_000): Poke("image", 0, b"")})
    assert len(fetches(machine)) == machine.run.calls["fetch"]
    starts = Counter(f"fetch image+{event.span.start:#x}" for event in fetches(machine))
    assert all(machine.run.calls[name] == count for name, count in starts.items())
    check(machine.run.trace)


def test_a_script_that_strikes_nowhere_changes_nothing() -> None:
    plain, _ = load()
    scripted, _ = load({At("fetch", 10_000): Poke("image", 0, b"")})
    assert scripted.run.trace == plain.run.trace


@pytest.mark.parametrize("generation", ["head", "hardened"])
def test_the_header_is_fetched_twice_and_may_differ(generation: str) -> None:
    small = put(put(GOOD, 8, 8), 12, 8)
    script: dict[At, Disturbance] = {
        At("fetch image+0x0"): Poke("image", 8, GOOD[8:16])  # the copy, after the two lengths
    }
    dead = TeeResult.TARGET_DEAD if generation == "head" else TeeResult.BAD_PARAMETERS
    assert load(script, small, generation)[1] is dead


def test_a_segment_is_fetched_once_by_the_pta() -> None:
    machine, _ = load()
    assert [e.span for e in fetches(machine) if SEGMENT in e.span] == [
        fetches(machine)[0].span.__class__("image", SEGMENT, SEGMENT + 64)
    ]


def test_a_segment_changed_before_its_read_is_caught_and_after_it_has_no_effect() -> None:
    at = At(f"fetch image+{SEGMENT:#x}")
    assert load({at: Poke("image", SEGMENT, b"evil")})[1] is TeeResult.SECURITY
    late: dict[At, Disturbance] = {
        At("stm32_remoteproc_unmap"): Poke("image", SEGMENT, b"evil"),
    }
    machine, result = load(late)
    assert result is TeeResult.SUCCESS
    from rprocbench.soc.memory import Pa

    assert machine.soc.a7.read(Pa(0x3800_0000), 64) == CODE


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_the_number_of_program_headers_is_asked_in_every_turn(turn: int) -> None:
    """Asked once by the header check, then before each turn: cut short, later segments are lost."""
    at = place("e_phnum")
    script: dict[At, Disturbance] = {
        At(f"fetch image+{at:#x}", turn + 1): Poke("image", at, b"\0\0")
    }
    machine, result = load(script)
    assert result is TeeResult.SUCCESS
    loaded = [call for call in machine.tee.pta.calls if "LOADSEG" in call]
    assert len(loaded) == turn - 1


def test_a_section_table_that_grows_after_its_check_is_read_past_the_end() -> None:
    at = place("e_shnum")
    script: dict[At, Disturbance] = {At(f"fetch image+{at:#x}", 3): Poke("image", at, b"\xff\xff")}
    machine, result = load(script, without_table())
    assert result is TeeResult.TARGET_DEAD  # W-19
    assert machine.tee.hazards
    machine, result = load(script, without_table(), "hardened")
    assert result is TeeResult.SUCCESS
    assert not machine.tee.hazards


def test_a_string_index_that_grows_after_its_check() -> None:
    at = place("e_shstrndx")
    script: dict[At, Disturbance] = {At(f"fetch image+{at:#x}", 2): Poke("image", at, b"\xff\xff")}
    machine, _ = load(script)
    assert machine.tee.hazards


def test_a_program_header_that_changes_after_its_read_is_of_no_use() -> None:
    """W-20: the values are captured, and held against the signed table."""
    paddr = ELF + 52 + 12
    script: dict[At, Disturbance] = {
        At(f"fetch image+{paddr:#x}", 3): Poke("image", paddr, b"\0\0\0\x10")
    }
    assert load(script)[1] is TeeResult.SUCCESS  # there is no third read
    early: dict[At, Disturbance] = {
        At(f"fetch image+{paddr:#x}", 2): Poke("image", paddr, b"\0\0\0\x10")
    }
    assert load(early)[1] is TeeResult.BAD_PARAMETERS


def test_what_is_never_fetched_has_no_effect() -> None:
    machine, _ = load()
    seen = {at for event in fetches(machine) for at in range(event.span.start, event.span.end)}
    ignored = [at for at in range(len(GOOD)) if at not in seen]
    assert ignored
    image = bytearray(GOOD)
    for at in ignored:
        image[at] ^= 0xFF
    other, result = load(image=bytes(image))
    assert result is TeeResult.SUCCESS
    assert other.run.trace == machine.run.trace


def test_head_reads_p_paddr_before_it_looks_where_it_lies() -> None:
    assert HEAD.reads_paddr_first
    image = NEGATIVE["D_phoff_partial.bin"]
    machine, result = load(image=image)
    assert result is TeeResult.BAD_FORMAT
    assert not machine.tee.hazards

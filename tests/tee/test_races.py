# SPDX-License-Identifier: GPL-2.0-or-later
"""What the normal world changes while the TA looks, and what the generations make of it."""

import pytest

from rprocbench.base.errors import TeeResult
from rprocbench.base.run import At, Poke
from rprocbench.base.trace import Fetched
from rprocbench.soc.memory import Pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee import GENERATIONS

from .images import E_PHOFF, NEGATIVE, elf_at, hdr_small_first, put, with_elf
from .machine import GOOD, Machine

SIZES = bytes.fromhex("1801000000010000")
GROW = {At("TEE_Malloc", 2): Poke("image", 8, SIZES)}


def load(image: bytes, generation: str = "HEAD", script: dict[At, Poke] | None = None) -> TeeResult:
    board = STM32MP157C_DK2 if generation == "st" else None
    machine = Machine(script, generation=generation, board=board)
    machine.open()
    return machine.load(image).ret


def test_a_header_that_grows_between_its_two_reads_kills_the_ta() -> None:
    assert load(hdr_small_first(), script=GROW) is TeeResult.TARGET_DEAD
    assert load(hdr_small_first(), "hardened", GROW) is TeeResult.BAD_PARAMETERS


def test_the_header_is_fetched_twice() -> None:
    machine = Machine()
    machine.open()
    machine.load(GOOD)
    spans = [event.span for event in machine.run.trace if isinstance(event, Fetched)]
    assert sum(8 in span for span in spans) == 2


def test_bytes_changed_after_the_copy_have_no_effect() -> None:
    at = elf_at(GOOD) + 52 + 3 * 32
    late = {At("stm32_remoteproc_unmap", 1): Poke("image", at, bytes(64))}
    early = {At("stm32_remoteproc_map", 1): Poke("image", at, bytes(64))}
    assert load(GOOD, script=late) is TeeResult.SUCCESS
    assert load(GOOD, script=early) is TeeResult.SECURITY


@pytest.mark.parametrize(
    ("generation", "code"),
    [
        ("HEAD", TeeResult.TARGET_DEAD),
        ("pre-5597ed385", TeeResult.BAD_FORMAT),
        ("hardened", TeeResult.BAD_FORMAT),
    ],
)
def test_a_wild_e_phoff(generation: str, code: TeeResult) -> None:
    assert load(with_elf(GOOD, E_PHOFF, 0x7000_0000), generation) is code


def test_what_only_the_hardened_ta_refuses() -> None:
    note_all = NEGATIVE["D_ptype_note_all.bin"]
    assert load(note_all) is TeeResult.SUCCESS
    assert load(note_all, "hardened") is TeeResult.BAD_FORMAT
    wrap = NEGATIVE["A_sign_len_wrap_fffffff9.bin"]
    assert load(wrap) is TeeResult.TARGET_DEAD
    assert load(wrap, "hardened") is TeeResult.BAD_PARAMETERS


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_loads_a_good_image(generation: str) -> None:
    assert load(GOOD, generation) is TeeResult.SUCCESS
    assert load(put(GOOD, 0, 0), generation) is TeeResult.BAD_PARAMETERS


def test_an_unknown_tlv_that_steps_back_hangs_the_oldest_ta() -> None:
    from .images import unknown_length

    assert load(unknown_length(), "pre-07917406b") is TeeResult.TARGET_DEAD
    assert load(unknown_length()) is TeeResult.BAD_PARAMETERS


def test_loaded_code_can_be_patched_before_the_start() -> None:
    machine = Machine()
    machine.open()
    machine.load(GOOD)
    machine.soc.a7.write(Pa(0x1000_0000), b"\xde\xad\xbe\xef")
    assert machine.start().ret is TeeResult.SUCCESS

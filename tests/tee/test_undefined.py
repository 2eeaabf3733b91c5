# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the real code leaves what C defines, the records' sanitizers and the model say the same."""

import json

import pytest

from rprocbench.base.errors import TeeResult
from rprocbench.tee.undefined import MAX_HAZARDS, READ, WRAP
from rprocbench.verdicts.tee_corpus import SEVERAL_SESSIONS, CorpusPlayer, as_recorded
from tests.vectors.tee.gen_corpus import build_tee

from .images import E_PHOFF, hdr_small_first, put, with_elf, without_table
from .machine import GOOD, Machine, vector
from .replay import KEY, Player

CASES = [json.loads(line) for line in vector("verdicts.jsonl.gz").splitlines()]
UNSAFE = [json.loads(line) for line in vector("unsafe.jsonl.gz").splitlines()]
TOLD = [case for case in UNSAFE if "ub" in case or "oracle_unsafe" in case]
ALT64 = [case for case in UNSAFE if "alt64" in case]
COMPARED = ("c", "res", "mem", "rsc_pa", "rsc_size", "m4")


def test_hazards_are_those_that_the_sanitizers_found() -> None:
    assert len(TOLD) == 47
    told_of = {case["id"] for case in TOLD}
    for case in [*TOLD, *(c for c in CASES[::60] if c["id"] not in told_of)]:
        player = Player(case)
        player.play_case()
        kinds = {hazard.kind for hazard in player.machine.tee.hazards}
        told = {READ} if "oracle_unsafe" in case else set()
        told |= {WRAP} if "ub" in case else set()
        # Where a pointer wraps and is followed, the sanitizer stopped at the first of the two.
        assert kinds == told or (WRAP in told and kinds == {READ, WRAP}), case["id"]


@pytest.mark.parametrize("case", ALT64, ids=[case["id"] for case in ALT64])
def test_the_64_bit_build(case: dict[str, object]) -> None:
    machine = Machine(key=KEY, flags=SEVERAL_SESSIONS, bits=64)
    player = CorpusPlayer(machine, build_tee(case))  # type: ignore[no-untyped-call]
    told = case["alt64"]
    assert isinstance(told, dict)
    got = [as_recorded(step) for step in player.run(case["script"])]  # type: ignore[arg-type]
    want = told.get("v", case["v"])
    assert [{k: s[k] for k in COMPARED if k in s} for s in got] == [
        {k: s[k] for k in COMPARED if k in s} for s in want
    ]
    assert bool(machine.tee.hazards) == ("oracle_unsafe" in told)


def load(image: bytes, **options: object) -> tuple[Machine, TeeResult]:
    machine = Machine(**options)  # type: ignore[arg-type]
    machine.open()
    return machine, machine.load(image).ret


def test_a_hazard_says_why_and_where_and_what_a_safe_loader_answers() -> None:
    image = with_elf(GOOD, E_PHOFF, 0x7000_0000)
    machine, result = load(image)
    assert result is TeeResult.TARGET_DEAD
    wraps, reads = machine.tee.hazards
    assert (wraps.kind, reads.kind) == (WRAP, READ)
    assert "moved by e_phoff = 0x70000000" in str(wraps)
    assert str(wraps.span) == "image[0x248:0x24c]"
    assert str(reads) == (
        "read of 4 bytes outside the buffer at image[0x70000238:0x7000023c] "
        "(in e32_parser_load_elf_image)"
    )
    assert load(image, safe=True)[1] is reads.safe is TeeResult.BAD_FORMAT


def test_a_hardened_parser_moves_no_pointer_that_it_did_not_check() -> None:
    machine, result = load(with_elf(GOOD, E_PHOFF, 0x7000_0000), generation="hardened")
    assert result is TeeResult.BAD_FORMAT
    assert machine.tee.hazards == []


def test_a_short_buffer_is_read_before_its_size_is_known() -> None:
    machine, result = load(GOOD[:4])
    assert [str(h.span) for h in machine.tee.hazards] == ["image[0x8:0xc]", "image[0xc:0x10]"]
    assert result is load(GOOD[:4], safe=True)[1] is TeeResult.BAD_PARAMETERS


def test_a_sound_image_has_no_hazards_and_safety_changes_nothing() -> None:
    machine, result = load(GOOD)
    assert machine.tee.hazards == []
    assert load(GOOD, safe=True)[1] is result


def test_a_heap_block_that_is_overread_is_a_hazard_too() -> None:
    from rprocbench.base.run import At, Poke

    grow = {At("TEE_Malloc", 2): Poke("image", 8, bytes.fromhex("1801000000010000"))}
    machine, _ = load(hdr_small_first(), script=grow)
    (hazard,) = machine.tee.hazards
    assert "behind a heap block" in hazard.why
    assert load(hdr_small_first(), script=grow, safe=True)[1] is TeeResult.BAD_PARAMETERS


def test_a_long_walk_outside_keeps_its_first_hazards_only() -> None:
    image = with_elf(without_table(), 48, 0xFFFF, 2)
    machine, _ = load(image, generation="preelf")
    assert 0 < len(machine.tee.hazards) <= MAX_HAZARDS


def test_the_trace_tells_of_a_hazard_when_it_happens() -> None:
    machine, _ = load(put(GOOD, 0, 0)[:8])
    texts = [getattr(event, "text", "") for event in machine.run.trace]
    assert sum(text.startswith("undefined: read of 4 bytes") for text in texts) == 2

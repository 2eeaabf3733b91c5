# SPDX-License-Identifier: GPL-2.0-or-later
"""The acceptance map is what the whole model says, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from random import Random

import pytest

from rprocbench.base.errors import InputError, TeeResult
from rprocbench.base.trace import Filled, Wrote
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee.quick import QuickTa
from rprocbench.verdicts import AcceptanceMap, Answer, Fate, acceptance_map
from rprocbench.verdicts.acceptance_memory import differences
from rprocbench.verdicts.tee import cause_in
from rprocbench.verdicts.tee_machine import TeeMachine
from tests.tee.images import elf_at
from tests.tee.machine import GOOD, KEY, vector

from .images import flipped, small, two

Bytes = dict[str, tuple[bytearray, bytearray]]  # by memory: its bytes, and which were written
Outcome = tuple[TeeResult, str, bool, Bytes, list[int]]


def whole(image: bytes, ta: str) -> Outcome:
    """What the traced model, with real memories, does with an image."""
    machine = TeeMachine(key=KEY, board=STM32MP157C_DK2, generation=ta)
    machine.open()
    machine.pta_calls()
    result = machine.load(image).ret
    written: Bytes = {}
    for event in machine.run.trace[machine.mark :]:
        if isinstance(event, (Wrote, Filled)):
            size = machine.soc.rams[event.ram].size
            data, where = written.setdefault(event.ram, (bytearray(size), bytearray(size)))
            new = event.data if isinstance(event, Wrote) else bytes([event.value]) * event.size
            data[event.offset : event.offset + len(new)] = new
            where[event.offset : event.offset + len(new)] = b"\1" * len(new)
    function = "" if result is TeeResult.SUCCESS else cause_in(machine.run.trace).function
    reads = any(hazard.kind == "read" for hazard in machine.tee.hazards)
    table = machine.get_rsc()[1]
    return result, function, reads, written, table


def expected(outcome: Outcome, base: Outcome) -> Answer:
    """The answer that such an outcome is on a map."""
    result, function, reads, written, table = outcome
    if result is not TeeResult.SUCCESS:
        return Answer(Fate.REFUSED, result, function, reads)
    same = base[0] is TeeResult.SUCCESS and (written, table) == (base[3], base[4])
    return Answer(Fate.SAME if same else Fate.DIFFERENT, result, "", reads)


def assert_exact(image: bytes, ta: str, bits: range) -> AcceptanceMap:
    """Hold these bits of the map against the whole model."""
    drawn = acceptance_map(image, public_key=KEY, ta=ta)
    base = whole(image, ta)
    wrong = {
        (bit // 8, bit % 8): (str(drawn.at(bit)), str(want))
        for bit in bits
        if drawn.at(bit) != (want := expected(whole(flipped(image, bit), ta), base))
    }
    assert wrong == {}
    assert drawn.is_complete
    return drawn


def damaged(where: Callable[[bytes], int]) -> bytes:
    """The small image with a bit flipped."""
    return flipped(small(), 8 * where(small()))


IMAGES: dict[str, Callable[[], bytes]] = {
    "small": small,
    "two": two,
    "golden": lambda: GOOD,
    "multi": lambda: vector("multi_rsa2048.sig"),
    "bad segment": lambda: damaged(lambda image: image.index(b"vectors!") + 2),
    "bad signature": lambda: damaged(lambda _image: 300),
    "bad header": lambda: damaged(lambda _image: 4),
    "bad ELF": lambda: damaged(elf_at),
}


@pytest.mark.parametrize("name", IMAGES)
def test_a_sample_of_bits(name: str) -> None:
    image = IMAGES[name]()
    assert_exact(image, "head", range(len(name), 8 * len(image), 101))


@pytest.mark.parametrize("ta", ["first", "pretlv", "preelf", "hardened"])
def test_other_generations(ta: str) -> None:
    assert_exact(small(), ta, range(len(ta), 8 * len(small()), 97))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small", "two", "bad segment"])
def test_every_single_bit(name: str) -> None:
    image = IMAGES[name]()
    drawn = assert_exact(image, "head", range(8 * len(image)))
    assert len(drawn.outcomes) == 8 * len(image)
    assert not drawn.fates[Fate.UNKNOWN]


def test_what_only_a_hash_could_tell_is_hashed() -> None:
    bad = IMAGES["bad segment"]()
    drawn = acceptance_map(bad, public_key=KEY)
    repair = 8 * (small().index(b"vectors!") + 2)
    assert drawn.base == Answer(Fate.REFUSED, TeeResult.SECURITY, "rproc_pta_load_segment")
    assert drawn.at(repair).fate is Fate.DIFFERENT
    assert repair in drawn.effective
    assert drawn.changes[repair][0] == "it is loaded"
    around = {drawn.at(bit) for bit in range(repair - 8, repair + 16) if bit != repair}
    assert around == {drawn.base}


def test_one_flipped_bit_never_leaves_a_hash_as_it_was() -> None:
    dice = Random(7)  # noqa: S311  the same each time
    for size in (1, 64, 65, 4096):
        data = dice.randbytes(size)
        seen = {sha256(flipped(data, bit)).digest() for bit in range(0, 8 * size, 5)}
        assert len(seen) == len(range(0, 8 * size, 5))
        assert sha256(data).digest() not in seen


def test_regions_share_out_the_bytes() -> None:
    images = [IMAGES[name]() for name in ("two", "bad header")]
    for image in (*images, b"\x01", GOOD[:400]):
        drawn = acceptance_map(image, public_key=KEY)
        spans = sorted(span for region in drawn.regions for span in region.spans)
        assert spans[0].start == 0
        assert [a.end for a in spans[:-1]] == [b.start for b in spans[1:]]
        assert spans[-1].end == len(image)
        total = sum(sum(totals.fates.values()) for totals in drawn.totals)
        assert total == 8 * len(image) == sum(drawn.fates.values())
        assert len(drawn.effective) == drawn.fates[Fate.DIFFERENT]


def test_regions_have_names() -> None:
    names = [r.name for r in acceptance_map(two(), public_key=KEY).regions]
    assert names[:2] == ["header", "record SIGNTYPE"]
    assert "signature" in names
    assert "image 0: segment 0 at 0x40" in names
    assert "image 1: program headers" in names


def test_unsigned_headers_are_where_effects_are() -> None:
    drawn = acceptance_map(small(), public_key=KEY)
    kinds = {t.region.kind.value for t in drawn.totals if t.fates[Fate.DIFFERENT]}
    assert kinds == {"headers"}
    hashed = [t for t in drawn.totals if t.region.kind.value in ("signed", "signature", "hashed")]
    assert all(set(t.answers) <= {a for a in t.answers if a.fate is Fate.REFUSED} for t in hashed)


def test_stopping_keeps_what_is_known() -> None:
    known = 0

    def stop(bits: int) -> None:
        nonlocal known
        known += bits
        if known > 3000:
            raise KeyboardInterrupt

    drawn = acceptance_map(GOOD, public_key=KEY, progress=stop)
    assert not drawn.is_complete
    assert 3000 < 8 * len(GOOD) - drawn.fates[Fate.UNKNOWN] < 8 * len(GOOD)
    full = acceptance_map(GOOD, public_key=KEY)
    known_bits = [bit for bit in range(8 * len(GOOD)) if drawn.at(bit).fate is not Fate.UNKNOWN]
    assert all(drawn.at(bit) == full.at(bit) for bit in known_bits)


def test_progress_adds_up() -> None:
    told: list[int] = []
    acceptance_map(IMAGES["bad segment"](), public_key=KEY, progress=told.append)
    assert sum(told) == 8 * len(small())


def test_an_image_without_bytes_has_an_empty_map() -> None:
    drawn = acceptance_map(b"", public_key=KEY)
    assert drawn.is_complete
    assert drawn.base.result is TeeResult.BAD_PARAMETERS
    with pytest.raises(IndexError):
        drawn.at(0)
    with pytest.raises(InputError):
        acceptance_map(3, public_key=KEY)


def test_differences_are_about_what_lies_there_in_the_end() -> None:
    ta = QuickTa(KEY)
    base = ta.load(small())
    turned = replace(base, writes=tuple(reversed(base.writes)))
    assert differences(ta, base, turned) == ()
    first = base.writes[0]
    over = replace(base, writes=((first[0], 4, 0), *base.writes))
    assert differences(ta, base, over) == ()
    under = replace(base, writes=(*base.writes, (0x3000_0002, 2, 0xEE)))
    assert differences(ta, base, under) == ("mcusram[0x2:0x4] has other bytes",)
    missing = replace(base, writes=base.writes[1:], rsc_table=None)
    told = differences(ta, base, missing)
    assert told[0].endswith("is not written")
    assert told[-1].startswith("resource table nowhere instead of at 0x10000000")
    more = replace(base, writes=(*base.writes, (0x3800_1000, b"x")))
    assert differences(ta, base, more) == ("retram[0x1000:0x1001] is written too",)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Each weakness works against head, not against hardened, and its switch alone closes it."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

import pytest

from rprocbench.base.errors import Crash, TeeResult
from rprocbench.base.run import At, Disturbance, Poke
from rprocbench.base.trace import Lane
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.formats.elf_records import Elf32_Ehdr
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signer import sign_image
from rprocbench.formats.tee_params import (
    TA_REMOTEPROC_UUID,
    Login,
    OpenSession,
    PtaCmd,
    TaCmd,
    value,
)
from rprocbench.soc.memory import Pa
from rprocbench.tee import HARDENED, HEAD, Generation, Panic, generations
from rprocbench.tee.pta_remoteproc import rproc_pta_invoke_command
from rprocbench.tee.weaknesses import CLOSED, NOT_VULNERABLE, OPEN

from .images import (
    E_PHOFF,
    NEGATIVE,
    elf_at,
    hdr_small_first,
    put,
    with_area,
    with_elf,
    without_table,
)
from .machine import GOOD, Machine, signing_key

PT_ARM_EXIDX = 0x7000_0001
OK, DEAD = TeeResult.SUCCESS, TeeResult.TARGET_DEAD
RETRAM, CODE = Pa(0x3800_0000), Pa(0x1000_0000)


def world(
    generation: Generation, script: dict[At, Disturbance] | None = None, bits: int = 32
) -> Machine:
    machine = Machine(script, generation=generation, bits=bits)
    machine.open()
    return machine


def load(generation: Generation, image: bytes, bits: int = 32) -> TeeResult:
    return world(generation, bits=bits).load(image).ret


def accepts(name: str) -> Callable[[Generation], bool]:
    return lambda generation: load(generation, NEGATIVE[name]) is OK


def header_grows(generation: Generation) -> bool:
    grow = Poke("image", 8, bytes.fromhex("1801000000010000"))
    return world(generation, {At("TEE_Malloc", 2): grow}).load(hdr_small_first()).ret is DEAD


def loaded_code_is_patched(generation: Generation) -> bool:
    machine = world(generation)
    machine.load(GOOD)
    with suppress(Crash):
        machine.soc.a7.write(CODE, b"evil")
    machine.start()
    return machine.soc.a7.read(CODE, 4) == b"evil"


def bogus_ids_exhaust_the_heap(generation: Generation) -> bool:
    machine = world(generation)
    for rproc_id in range(1, 60):
        machine.load(GOOD, rproc_id=rproc_id)
    return machine.load(GOOD).ret is TeeResult.OUT_OF_MEMORY


def any_client_may_open(generation: Generation) -> bool:
    machine = Machine(generation=generation)
    asked = OpenSession(TA_REMOTEPROC_UUID, Login.PUBLIC, (value(0),))
    return machine.tee.optee_entry(asked).ret is OK


def garbage_is_loaded_again(generation: Generation) -> bool:
    machine = world(generation)
    machine.load(GOOD)
    return machine.load(b"garbage").ret is OK


def a_short_buffer_is_read(generation: Generation) -> bool:
    machine = world(generation)
    assert machine.load(GOOD[:4]).ret is TeeResult.BAD_PARAMETERS
    return bool(machine.tee.hazards)


def a_section_table_grows(generation: Generation) -> bool:
    at = elf_at(GOOD) + Elf32_Ehdr.SPANS["e_shnum"][0]
    grow = {At(f"fetch image+{at:#x}", 3): Poke("image", at, b"\xff\xff")}
    machine = world(generation, {**grow})
    machine.load(without_table())
    return bool(machine.tee.hazards)


def unsigned_tlvs_are_looked_at(generation: Generation) -> bool:
    machine = world(generation)
    machine.load(with_area(bytes(16)))
    return not any(call.startswith("PTA.VERIFY") for call in machine.tee.pta.calls)


def a_failed_load_leaves_code(generation: Generation) -> bool:
    machine = world(generation)
    assert machine.load(NEGATIVE["D_seg_last_flip.bin"]).ret is TeeResult.SECURITY
    return any(machine.soc.a7.read(RETRAM, 64))


def a_lost_instance_leaves_a_running_core(generation: Generation) -> bool:
    machine = world(generation, {At("remoteproc_get_coredump"): Panic()})
    machine.load(GOOD)
    machine.start()
    machine.invoke(TaCmd.GET_COREDUMP)
    machine.open()
    machine.stop()
    machine.load(GOOD)
    machine.stop()
    return machine.soc.mcu.running


def another_byte_is_stored(generation: Generation) -> bool:
    machine = world(generation)
    params = value(), value(0x10), value(4), value(0xAA)
    rproc_pta_invoke_command(machine.tee.pta, PtaCmd.SET_MEMORY, *params)
    return machine.soc.a7.read(Pa(0x3800_0010), 4, Lane.OPTEE) != b"\xaa" * 4


def what_is_missing_is_not_told(generation: Generation) -> bool:
    names = "C_hashtable_len0.bin", "C_num_img_0.bin"
    codes = {load(generation, NEGATIVE[name]) for name in names}
    return TeeResult.NO_DATA in codes


def signed(*elfs: list[Seg]) -> bytes:
    files = [(f"{index}.elf", build_elf(elf, [])) for index, elf in enumerate(elfs)]
    return sign_image(files, signing_key()).image


def one_image_stands_for_another(generation: Generation) -> bool:
    image = bytearray(signed([Seg(0, b"one.")], [Seg(0x1000_0000, b"two.")]))
    first, second = (payload.span for payload in SignedImage.parse(image).images)
    image[first.start : first.end] = image[second.start : second.end]
    return load(generation, bytes(image)) is OK


def a_row_shadows_a_genuine_segment(generation: Generation) -> bool:
    exidx = Seg(0x1000_0000, bytes(8), PT_ARM_EXIDX)
    return load(generation, signed([exidx, Seg(0x1000_0000, b"code")])) is not OK


ATTACKS: dict[str, Callable[[Generation], bool]] = {
    "W-01": lambda g: load(g, with_elf(GOOD, E_PHOFF, 0x7000_0000)) is DEAD,
    "W-02": accepts("D_ptype_note_all.bin"),
    "W-03": accepts("D_swap_phdrs.bin"),
    "W-04": header_grows,
    "W-05": accepts("F_rsc_addr_moved.bin"),
    "W-06": accepts("M_img2_class64.bin"),
    "W-07": one_image_stands_for_another,
    "W-08": a_row_shadows_a_genuine_segment,
    "W-09": loaded_code_is_patched,
    "W-13": lambda g: load(g, NEGATIVE["A_sign_len_wrap_fffffff9.bin"]) is DEAD,
    "W-14": lambda g: load(g, NEGATIVE["A_tlv_len_wrap_ffffffff.bin"], bits=64) is DEAD,
    "W-15": bogus_ids_exhaust_the_heap,
    "W-16": any_client_may_open,
    "W-17": garbage_is_loaded_again,
    "W-18": a_short_buffer_is_read,
    "W-19": a_section_table_grows,
    "W-25": unsigned_tlvs_are_looked_at,
    "W-26": a_failed_load_leaves_code,
    "W-27": a_lost_instance_leaves_a_running_core,
    "W-28": another_byte_is_stored,
    "W-29": what_is_missing_is_not_told,
}


@pytest.mark.parametrize("weakness", ATTACKS)
def test_head_is_vulnerable_and_hardened_is_not(weakness: str) -> None:
    attack, switch = ATTACKS[weakness], CLOSED[weakness]
    assert attack(HEAD)
    assert not attack(HARDENED)
    assert not attack(replace(HEAD, **{switch: getattr(HARDENED, switch)}))


def test_every_weakness_is_closed_or_has_a_reason() -> None:
    known = {f"W-{number:02}" for number in range(1, 31)}
    assert set(CLOSED) | set(OPEN) | set(NOT_VULNERABLE) == known
    assert set(ATTACKS) == set(CLOSED)


def test_hardened_differs_from_head_by_its_switches_and_each_cites_its_weakness() -> None:
    names = {f.name for f in fields(Generation)} - {"name", "title"}
    differ = {name for name in names if getattr(HEAD, name) != getattr(HARDENED, name)}
    assert differ == set(CLOSED.values())
    source = Path(generations.__file__).read_text("utf-8")
    for weakness, switch in CLOSED.items():
        assert re.search(rf'    {switch}: bool = \w+\n    """[^"]*{weakness}', source), switch


@pytest.mark.parametrize("name", ["A_good_baseline.bin", "M_multi_good.bin"])
def test_hardened_loads_starts_and_stops_what_is_sound(name: str) -> None:
    machine = world(HARDENED)
    steps = [machine.load(NEGATIVE[name]), machine.load(NEGATIVE[name]), machine.start()]
    steps += [machine.stop(), machine.load(NEGATIVE[name]), machine.release(), machine.close()]
    assert {step.ret for step in steps} == {OK}
    assert not machine.soc.firewall.rules
    assert not any(machine.soc.a7.read(RETRAM, 64))


def test_linux_still_writes_to_the_resource_table_of_a_hardened_world() -> None:
    machine = world(HARDENED)
    machine.load(GOOD)
    pa, _, size, _ = machine.get_rsc()[1]
    machine.soc.a7.write(Pa(pa), bytes(size))
    with pytest.raises(Crash, match="external abort"):
        machine.soc.a7.write(Pa(pa + size), b"x")


def test_another_genuine_image_is_not_what_is_loaded() -> None:
    machine = world(HARDENED)
    machine.load(GOOD)
    assert machine.load(NEGATIVE["M_multi_good.bin"]).ret is TeeResult.BAD_STATE
    assert machine.load(put(GOOD, 0, 0)).ret is TeeResult.BAD_PARAMETERS
    assert machine.load(GOOD).ret is OK

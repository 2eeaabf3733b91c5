# SPDX-License-Identifier: GPL-2.0-or-later
"""The history of the TA: names, neighbours, and what each commit changed."""

from dataclasses import fields, replace

import pytest

from rprocbench.base.errors import InputError, ModelledError, TeeResult
from rprocbench.soc.memory import Pa, Region
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee import GENERATIONS, HEAD, HISTORY, Generation, generation_of
from rprocbench.tee.changes import COMMITS, changes, neighbours
from rprocbench.tee.scmi_server import MCU, MCU_HOLD_BOOT, plat_scmi_rd_set_state
from rprocbench.tee.stm32_remoteproc import DeviceNode

from .images import BUILT, NEGATIVE
from .machine import GOOD, KEY, Machine

IMAGES = NEGATIVE | {name: build() for name, build in BUILT.items()}
SWITCHES = {f.name for f in fields(Generation)} - {"name", "title"}
BAD_STATE, OK = TeeResult.BAD_STATE, TeeResult.SUCCESS


def opened(generation: str, **options: object) -> Machine:
    machine = Machine(generation=generation, **options)  # type: ignore[arg-type]
    machine.open()
    return machine


def test_the_names_and_the_older_ones() -> None:
    names = ["first", "v2024", "pretlv", "preelf", "head", "hardened", "st"]
    assert list(GENERATIONS) == names
    assert generation_of("HEAD") is generation_of(HEAD) is HEAD
    assert generation_of("pre-5597ed385").name == "preelf"
    assert generation_of("pre-07917406b").name == "pretlv"
    with pytest.raises(InputError, match="no generation of the TA is called 'v9': first, v2024"):
        generation_of("v9")


def test_neighbours_differ_by_their_commits_and_nothing_else() -> None:
    assert [older.name for older, _ in neighbours()] == [g.name for g in HISTORY[:-1]]
    for older, newer in neighbours():
        named = [s for commit in COMMITS[older.name, newer.name] for s in commit.switches]
        differ = {name for name in SWITCHES if getattr(older, name) != getattr(newer, name)}
        assert differ == set(named)
        assert len(named) == len(set(named))
        assert differ


def test_which_images_a_commit_changes_is_computed() -> None:
    board = Machine().soc.board
    table = {change.commit.sha: change for change in changes(IMAGES, KEY, board)}
    tlv, elf = table["07917406b"].images, table["5597ed385"].images
    assert tlv["H_unknown_len_fffffff8.bin"][0].startswith("TARGET_DEAD")
    assert tlv["H_unknown_len_fffffff8.bin"][1].startswith("BAD_PARAMETERS")
    assert elf["E_segment_ends_at_eof.bin"][0].startswith("BAD_FORMAT")
    assert elf["E_segment_ends_at_eof.bin"][1] == "SUCCESS"
    assert elf["F_shnum_0.bin"][0] == "SUCCESS"
    for image, (before, after) in {**tlv, **elf}.items():
        assert before != after, image
    others = {sha: change.images for sha, change in table.items() if change.images}
    assert set(others) == {"07917406b", "5597ed385"}
    assert all(not change.images for change in changes())


def test_ad50321f4_loading_what_is_loaded() -> None:
    for generation, code in (("first", BAD_STATE), ("v2024", OK)):
        machine = opened(generation)
        assert machine.load(GOOD).ret is OK
        assert machine.load(b"anything").ret is code


def test_5c669b6d1_release() -> None:
    for generation, code in (("first", TeeResult.BAD_PARAMETERS), ("v2024", OK)):
        machine = opened(generation)
        machine.load(GOOD)
        assert machine.release().ret is code
        assert any(machine.soc.a7.read(Pa(0x3800_0000), 64)) is (code is not OK)


def test_beedc4600_regions_in_the_pagers_sram() -> None:
    pager = Region("pager", Pa(0x2FFD_0000), 0x1000)
    node = DeviceNode((pager,), (0x2FFD_0000, 0x2FFD_0000, 0x1000))
    assert opened("v2024", node=node).tee.pta.driver.registered
    assert not opened("pretlv", node=node).tee.pta.driver.registered


def test_a03044318_scmi() -> None:
    machine = opened("v2024")
    plat_scmi_rd_set_state(machine.tee, MCU_HOLD_BOOT, is_asserted=False)
    moved = [machine.soc.mcu.running]
    plat_scmi_rd_set_state(machine.tee, MCU_HOLD_BOOT, is_asserted=True)
    plat_scmi_rd_set_state(machine.tee, MCU, is_asserted=True)
    assert [*moved, machine.soc.mcu.running] == [True, False]
    with pytest.raises(ModelledError, match=r"ACCESS_DENIED: mcu_rst is the secure world's"):
        plat_scmi_rd_set_state(opened("pretlv").tee, MCU, is_asserted=True)


def test_0cc468d19_an_rcc_that_is_not_secure() -> None:
    node = replace(DeviceNode.of(STM32MP157C_DK2), is_rcc_secure=False)
    assert opened("v2024", node=node).load(GOOD).ret is OK
    dead = opened("pretlv", node=node)
    assert (dead.tee.panicked, dead.load(GOOD).ret) == (True, TeeResult.COMMUNICATION)
    test_build = opened("pretlv", node=node, cfg_insecure=True)
    assert test_build.load(GOOD).ret is OK
    assert not test_build.tee.pta.driver.mckprot
    assert opened("pretlv").tee.pta.driver.mckprot

# SPDX-License-Identifier: GPL-2.0-or-later
"""Boards as data, and boards from device trees: the same where they describe the same."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rprocbench.base.errors import InputCode, InputError
from rprocbench.formats.devicetree import DeviceTree
from rprocbench.formats.devicetree_node import DeviceTreeError
from rprocbench.soc.board import Board
from rprocbench.soc.boards import BOARDS, DEFAULT
from rprocbench.soc.from_dtb import board_of_tree
from rprocbench.soc.memory import Da, Pa, Region, Window
from rprocbench.soc.stm32mp25 import STM32MP257F_EV1
from tests.formats.dts import compiled, edited, needs_dtc, source, written

DK2 = "stm32mp157c-dk2"
M4 = "/ahb/m4@10000000"
LAST_WINDOW = "<0x30000000 0x30000000 0x60000>;\n\n"
RETRAM, RETRAM_REG = "/reserved-memory/retram@38000000", "reg = <0x38000000 0x10000>;\n\t\t\tno-map"
SIZES = "#size-cells = <1>;\n\t\tranges;\n\n\t\tmcuram2"


def board_of(text: str) -> Board:
    return board_of_tree(DeviceTree.parse(compiled(text), "board.dtb"), "board")


@needs_dtc
@pytest.mark.parametrize("name", [DK2, "example-controller"])
def test_the_tree_and_the_data_are_the_same_board(tmp_path: Path, name: str) -> None:
    board = Board.from_dtb(written(tmp_path, source(name)))
    for field in fields(Board):
        assert getattr(board, field.name) == getattr(BOARDS[name], field.name), field.name
    assert board == BOARDS[name]


def test_every_board_is_listed_under_its_own_name() -> None:
    assert DEFAULT.name == DK2
    assert {name: board.name for name, board in BOARDS.items()} == {name: name for name in BOARDS}
    for chip in ("stm32mp151", "stm32mp153", "stm32mp157c-ev1", "stm32mp257f-ev1"):
        assert any(name.startswith(chip) for name in BOARDS), chip


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_linux_finds_every_region_in_a_memory(board: Board) -> None:
    for region in (*board.linux_regions, *board.optee_regions):
        inside = [
            m for m in board.a7
            if m.base <= region.pa and region.pa + region.size <= m.base + m.size
        ]  # fmt: skip
        assert inside, region


@needs_dtc
def test_a_tree_is_called_as_its_root_says_or_as_its_file(tmp_path: Path) -> None:
    text = edited(source(DK2), ('"st,stm32mp157c-dk2", "st,stm32mp157"', '"acme,motor-7"'))
    assert Board.from_dtb(written(tmp_path, text)).name == "motor-7"
    nameless = edited(source(DK2), ('compatible = "st,stm32mp157c-dk2", "st,stm32mp157";', ""))
    board = Board.from_dtb(str(written(tmp_path, nameless, "mine.dtb")))
    assert board.name == "mine"
    assert board.optee_regions == board.linux_regions  # what ST's trees add, others' do not


@needs_dtc
@pytest.mark.parametrize(
    ("old", "new", "path", "prop"),
    [
        ('"st,stm32mp1-m4"', '"acme,m0"', "/", "compatible"),
        ('"st,stm32mp1-m4";', '"st,stm32mp1-m4"; status = "disabled";', M4, "status"),
        ('"st,mlahb", "simple-bus";', '"simple-bus"; status = "fail";', "/ahb", "status"),
        ("dma-ranges = <0x00000000", "dma-lost = <0x00000000", "/ahb", "dma-ranges"),
        (LAST_WINDOW, "<0x30000000>;\n\n", "/ahb", "dma-ranges"),
        ("memory-region =", "memory-lost =", M4, "memory-region"),
        ("st,syscfg-holdboot", "st,syscfg-lost", M4, "st,syscfg-holdboot"),
        ("<&rcc 0x10c 0x1>", "<&rcc 0x10c>", M4, "st,syscfg-holdboot"),
        ("<&tamp 0x144 0xffffffff>", "<0x77 0x144 0xffffffff>", M4, "st,syscfg-rsc-tbl"),
        ("<&ipcc 3>", "<&ipcc 6>", M4, "mboxes"),
        ("<&ipcc 3>", "<0x77 3>", M4, "mboxes"),
        ("#mbox-cells = <1>;", "", "/soc/mailbox@4c001000", "#mbox-cells"),
        ('"vq0", "vq1", "shutdown", "detach"', '"vq0"', M4, "mbox-names"),
        ("resets = <&rcc 0>;", "st,rproc-tee = <&rcc>;", M4, "st,rproc-tee"),
        (RETRAM_REG, "reg = <0x38008000 0x10000>; no-map", RETRAM, "reg"),
        (RETRAM_REG, "reg = <0xc8000100 0x10000>; no-map", RETRAM, "reg"),
        (RETRAM_REG, "reg = <0xc0000000 0x20000000>; no-map", M4, "memory-region"),
        (SIZES, SIZES.replace("<1>", "<3>"), "/reserved-memory", "#size-cells"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_node_and_property(
    old: str, new: str, path: str, prop: str
) -> None:
    with pytest.raises(DeviceTreeError) as caught:
        board_of(edited(source(DK2), (old, new)))
    error = caught.value
    assert (error.node, error.prop) == (path, prop)
    assert path in str(error)
    assert prop in str(error)


@needs_dtc
def test_who_holds_the_core_need_not_be_a_register() -> None:
    scmi = edited(
        source(DK2), ("<&rcc 0>;", "<&rcc 0>, <&rcc 1>;"), ('"mcu_rst"', '"mcu_rst", "hold_boot"'),
        ("st,syscfg-holdboot = <&rcc 0x10c 0x1>;", ""),
    )  # fmt: skip
    assert "st,syscfg-holdboot" not in board_of(scmi).syscons
    tee = edited(
        source(DK2), ("resets = <&rcc 0>;", "st,rproc-tee = <&rcc 3>;"),
        ("st,syscfg-holdboot = <&rcc 0x10c 0x1>;", ""),
    )  # fmt: skip
    assert board_of(tee).rproc_tee == 3


@needs_dtc
def test_flags_and_mailboxes() -> None:
    text = edited(
        source(DK2),
        ("interrupts = <68 1>;", 'st,auto-boot; wakeup-source; firmware-name = "m.elf";'),
        ("<&ipcc 0>, <&ipcc 1>, <&ipcc 2>, <&ipcc 3>", "<&ipcc 1>, <&ipcc 0>"),
        ('"vq0", "vq1", "shutdown", "detach"', '"vq1", "vq0"'),
    )  # fmt: skip
    board = board_of(text)
    assert (board.auto_boot, board.wakeup_source, board.watchdog) == (True, True, False)
    assert board.firmware == "m.elf"
    assert [board.channel(name) for name in ("vq0", "vq1", "shutdown")] == [0, 1, None]
    none = edited(source(DK2), ("mboxes =", "lost ="))
    assert board_of(none).mailboxes == ()


@needs_dtc
@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (("<&mcuram2>,", "<0x99>,"), "phandle 0x99"),
        (("reg = <0x10000000 0x40000>;\n\t\t\tno-map;", "no-map;"), "no usable reg"),
        (("mcuram2@10000000 {", 'mcuram2@10000000 { status = "disabled";'), "no usable reg"),
    ],
)  # fmt: skip
def test_an_entry_that_leads_nowhere_is_noted(edit: tuple[str, str], what: str) -> None:
    board = board_of(edited(source(DK2), edit))
    assert [region.name for region in board.linux_regions] == ["retram", "mcuram"]
    assert board.bad_region is not None
    assert what in board.bad_region


WIDE = """/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    compatible = "st,stm32mp257f-ev1", "st,stm32mp257";
    reserved-memory {
        #address-cells = <2>;
        #size-cells = <2>;
        fw: cm33_cube_fw@80100000 { reg = <0x0 0x80100000 0x0 0x800000>; };
        data: cm33_cube_data@80a00000 { reg = <0x0 0x80a00000 0x0 0x800000>; };
        ipc: ipc_shmem@81200000 { reg = <0x0 0x81200000 0x0 0x100000>; };
        sram1: cm33_sram1@a041000 { reg = <0x0 0xa041000 0x0 0x1f000>; };
        sram2: cm33_sram2@a060000 { reg = <0x0 0xa060000 0x0 0x20000>; };
    };
    bus {
        #address-cells = <2>;
        #size-cells = <2>;
        dma-ranges = <0x0 0x00000000 0x0 0x80000000 0x0 0x08000000>,
                     <0x0 0x08000000 0x0 0x08000000 0x0 0x08000000>,
                     <0x0 0x10000000 0x0 0x80000000 0x0 0x10000000>,
                     <0x0 0x20000000 0x0 0x20000000 0x0 0xd0000000>;
        m33@0 {
            compatible = "st,stm32mp2-m33";
            memory-region = <&fw>, <&data>, <&ipc>, <&sram1>, <&sram2>;
        };
    };
};
"""


@needs_dtc
def test_numbers_of_two_cells() -> None:
    board = board_of(WIDE)
    expected = STM32MP257F_EV1
    assert (board.name, board.node, board.core, board.bits) == (
        expected.name, "m33", "cortex-m33", 64,
    )  # fmt: skip
    assert board.dma_ranges == expected.dma_ranges
    assert board.linux_regions == expected.linux_regions
    seen = [mapping.base for mapping in board.m4 if mapping.chip == "cm33_cube_fw"]
    assert seen == [0x10_0000, 0x1010_0000, 0x8010_0000]


@needs_dtc
def test_dram_is_found_where_the_windows_show_it() -> None:
    board = board_of(source("example-controller"))
    assert [m for m in board.m4 if m.chip == "m4dram"][0].base == 0xC800_0000  # noqa: RUF015
    hidden = board_of(
        edited(source("example-controller"), (",\n\t\t\t     <0xc8000000 0xc8000000 0x100000>", ""))
    )
    assert hidden.linux_regions[-1].name == "m4dram"
    assert not [m for m in hidden.m4 if m.chip == "m4dram"]


@needs_dtc
def test_where_linux_allocates() -> None:
    pool = "reserved-memory {\n\t\t#address-cells = <1>;\n\t\t#size-cells = <1>;\n\t\tranges;\n"
    cma = "\n\t\tlinux,cma@d0000000 { linux,cma-default; reg = <0xd0000000 0x1000000>; };\n"
    given_ = board_of(edited(source(DK2), (pool, pool + cma)))
    assert given_.dma_pool == Region("linux,cma", Pa(0xD000_0000), 0x100_0000)
    secure = "\n\t\toptee@de000000 { reg = <0xde000000 0x2000000>; no-map; };\n"
    below = board_of(edited(source(DK2), (pool, pool + secure)))
    assert below.dma_pool == Region("linux,cma", Pa(0xDA00_0000), 0x400_0000)
    smaller = board_of(edited(source(DK2), ("<0xc0000000 0x20000000>", "<0xc0000000 0x8000000>")))
    assert smaller.dma_pool == Region("linux,cma", Pa(0xC400_0000), 0x400_0000)


def damaged(data: bytes, damage: list[tuple[int, int]]) -> Iterator[bytes]:
    changed = bytearray(data)
    for at, value in damage:
        changed[at % len(data)] = value
        yield bytes(changed)


@needs_dtc
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_tree_is_a_board_or_an_error(damage: list[tuple[int, int]]) -> None:
    for name in (DK2, "example-controller"):
        for data in damaged(compiled_once(name), damage):
            try:
                board = board_of_tree(DeviceTree.parse(data, "fuzz"), "fuzz")
            except InputError:
                continue
            assert board.dma_ranges
            assert sum(chip.size for chip in board.chips) <= 200 << 20


def compiled_once(name: str, known: dict[str, bytes] = {}) -> bytes:  # noqa: B006
    if name not in known:
        known[name] = compiled(source(name))
    return known[name]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Board.from_dtb(tmp_path / "none.dtb")
    assert caught.value.code is InputCode.NOT_FOUND


def test_windows_are_tried_in_order() -> None:
    first = DEFAULT.dma_ranges[0]
    assert first == Window(Da(0), Pa(0x3800_0000), 0x1_0000)

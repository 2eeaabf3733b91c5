# SPDX-License-Identifier: GPL-2.0-or-later
"""Which board: by name, or by its device tree."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rprocbench.bench.demo import demo_elf
from tests.formats.dts import edited, needs_dtc, source, written

from .conftest import Ran

Call = Callable[..., Ran]


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    path = tmp_path / "echo.elf"
    path.write_bytes(demo_elf())
    return path


@pytest.mark.parametrize("board", ["stm32mp157c-ev1", "stm32mp151a", "example-controller"])
def test_boards_by_name(call: Call, elf: Path, board: str) -> None:
    ran = call("boot", "--design", "mainline", "--board", board, elf)
    assert ran.status == 0, ran.err
    assert "hello" in ran.out


def test_a_board_that_is_none_says_which_there_are(call: Call, elf: Path) -> None:
    ran = call("boot", "--board", "stm32f4", elf)
    assert ran.status == 2
    assert "stm32mp157c-dk2" in ran.err
    assert "stm32mp257f-ev1" in ran.err


def test_a_core_that_is_not_executed_says_why(call: Call, elf: Path) -> None:
    ran = call("boot", "--design", "mainline", "--board", "stm32mp257f-ev1", elf)
    assert (ran.status, ran.out) == (1, "")
    assert "cortex-m33" in ran.err
    assert len(ran.err.splitlines()) == 1


@needs_dtc
@pytest.mark.parametrize("name", ["stm32mp157c-dk2", "example-controller"])
def test_boards_by_device_tree(call: Call, elf: Path, tmp_path: Path, name: str) -> None:
    tree = written(tmp_path, source(name))
    ran = call("boot", "--design", "mainline", "--dtb", tree, elf)
    assert ran.status == 0, ran.err
    assert "hello" in ran.out


@needs_dtc
def test_a_tree_with_a_bad_entry_boots_or_not_by_kernel(
    call: Call, elf: Path, tmp_path: Path
) -> None:
    tree = written(tmp_path, edited(source("stm32mp157c-dk2"), ("<&vdev0buffer>", "<0x99>")))
    new = call("boot", "--design", "mainline", "--dtb", tree, elf)
    assert new.status == 0, new.err
    old = call("boot", "--design", "mainline", "--dtb", tree, "--linux", "6.12", elf)
    assert old.status == 1
    assert "EINVAL" in old.err
    assert "phandle 0x99" in old.err


@needs_dtc
def test_a_tree_that_lacks_something_says_what_and_where(
    call: Call, elf: Path, tmp_path: Path
) -> None:
    tree = written(tmp_path, edited(source("stm32mp157c-dk2"), ("dma-ranges =", "lost =")))
    ran = call("boot", "--dtb", tree, elf)
    assert (ran.status, ran.out) == (1, "")
    assert "board.dtb: /ahb: property dma-ranges is missing" in ran.err
    assert len(ran.err.splitlines()) == 1


@needs_dtc
@pytest.mark.parametrize(
    "content", [b"", b"/dts-v1/;\n/ { };\n", b"\x7fELF", b"\xd0\x0d\xfe\xed" * 20]
)
def test_a_file_that_is_no_tree(call: Call, elf: Path, tmp_path: Path, content: bytes) -> None:
    tree = tmp_path / "odd.dtb"
    tree.write_bytes(content)
    ran = call("boot", "--dtb", tree, elf)
    assert (ran.status, ran.out) == (1, "")
    assert "odd.dtb" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_board_and_a_tree_are_one_too_many(call: Call, elf: Path) -> None:
    ran = call("boot", "--board", "stm32mp157c-dk2", "--dtb", "x.dtb", elf)
    assert ran.status == 2


@pytest.mark.parametrize("design", ["mainline", "v22"])
def test_a_firmware_that_comes_with_the_package(call: Call, design: str) -> None:
    ran = call("boot", "--design", design, "--firmware", "two_endpoints")
    assert ran.status == 0, ran.err
    assert "announced rpmsg-tty" in ran.out


def test_one_thing_to_boot(call: Call, elf: Path) -> None:
    assert call("boot").status == 2
    assert call("boot", elf, "--firmware", "echo").status == 2
    ran = call("boot", "--firmware", "nothing")
    assert ran.status == 2
    assert "two_endpoints" in ran.err

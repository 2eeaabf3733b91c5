# SPDX-License-Identifier: GPL-2.0-or-later
"""An outline is the same leaves, with tables in one piece; a listing of it is the same text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.layout import Leaf
from rprocbench.cli.inspect import listing, value_text
from rprocbench.formats.describe import describe_file, outline_file
from rprocbench.formats.elf import ElfView
from rprocbench.formats.elf_leaves import MAX_ROWS
from rprocbench.formats.elf_records import Elf32_Shdr
from rprocbench.formats.elf_rows import Rows
from tests.kernel.images import GOOD, RPMSG, elf

IMAGES = [GOOD, elf(None), elf(RPMSG, bits=64), elf(RPMSG, sections=False), elf(RPMSG, shnum=2)]


def expanded(data: bytes) -> list[Leaf]:
    """The leaves of an outline, those of its tables too."""
    leaves: list[Leaf] = []
    for part in outline_file(data).parts:
        leaves += part.leaves() if isinstance(part, Rows) else [part]
    return leaves


def listed(name: str, data: bytes) -> str:
    """The listing, made of every leaf."""
    described = describe_file(data, "image")
    column = min(max((len(leaf.path) for leaf in described.leaves), default=0), 53)
    lines = [f"{name}: {described.kind}, {len(data)} bytes"]
    for leaf in described.leaves:
        head = f"{leaf.span.start:08x}  {len(leaf.span):>7}  {leaf.path:<{column}}"
        lines.append(f"{head}  {value_text(leaf, data):<20}  {leaf.doc}".rstrip())
    return "\n".join(lines + [f"finding: {finding}" for finding in described.findings])


@pytest.mark.parametrize("image", IMAGES, ids=range(len(IMAGES)))
def test_tables_are_in_one_piece(image: bytes) -> None:
    parts = outline_file(image).parts
    tables = [part.path for part in parts if isinstance(part, Rows)]
    assert tables == (["elf.phdrs", "elf.shdrs"] if len(ElfView.parse(image).sections) else
                      ["elf.phdrs"])  # fmt: skip
    assert expanded(image) == describe_file(image).leaves
    assert listing("x", image) == listed("x", image)


@given(st.sampled_from(IMAGES), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)),
                                         max_size=6), st.integers(0, 900))  # fmt: skip
def test_damage_changes_nothing_of_that(
    image: bytes, changes: list[tuple[int, bytes]], length: int
) -> None:
    data = bytearray(image)
    for at, new in changes:
        data[at : at + len(new)] = new
    cut = bytes(data[: max(length, 1)])
    assert expanded(cut) == describe_file(cut).leaves
    assert outline_file(cut).findings == describe_file(cut).findings
    assert listing("x", cut) == listed("x", cut)


def test_a_table_that_lies_in_another_is_taken_apart() -> None:
    inside = elf(RPMSG, shoff=40)
    assert not [part for part in outline_file(inside).parts if isinstance(part, Rows)]
    assert expanded(inside) == describe_file(inside).leaves


def test_a_table_of_too_many_rows_is_not_shown_field_by_field() -> None:
    huge = elf(None, shnum=0) + bytes((MAX_ROWS + 1) * Elf32_Shdr.SIZE)
    at = len(elf(None, shnum=0))
    data = huge[:32] + at.to_bytes(4, "little") + huge[36:48]
    data += (MAX_ROWS + 1).to_bytes(2, "little") + huge[50:]
    assert not [part for part in outline_file(data).parts if isinstance(part, Rows)]
    assert any("rows beyond" in part.doc for part in outline_file(data).parts
               if isinstance(part, Leaf))  # fmt: skip


@pytest.mark.parametrize("data", [b"x", b"\x7fELF", b"# text\n", b"\x7fELF" + bytes(60)])
def test_what_is_no_elf_file_is_described_all_the_same(data: bytes) -> None:
    assert outline_file(data).parts == describe_file(data).leaves
    assert listing("x", data) == listed("x", data)


def test_a_name_does_not_steer_the_terminal(tmp_path: Path) -> None:
    text = listing(str(tmp_path) + "/\x1b[2J", GOOD)
    assert "\x1b" not in text

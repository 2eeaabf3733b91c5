# SPDX-License-Identifier: GPL-2.0-or-later
"""Debug information is read as pyelftools reads it, and damaged ones raise one kind of error."""

import io
from pathlib import Path

import pytest
from elftools.dwarf.callframe import FDE
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from rprocbench.emulator.debuginfo import DebugInfo
from rprocbench.formats import dwarf as dwarf_module
from rprocbench.formats.dwarf import Dwarf
from rprocbench.formats.dwarf_bytes import Cursor, DwarfError
from rprocbench.formats.dwarf_expressions import Context, InMemory, Unavailable, evaluate
from rprocbench.formats.dwarf_frames import FrameTable
from rprocbench.formats.dwarf_lines import LineTable
from rprocbench.formats.elf import ElfView
from rprocbench.resources import resource
from tests.debug.firmwares import CLANG, GCC, compile_shapes

SHIPPED = sorted(path.parent.name for path in resource("data", "firmware").glob("*/*.debug"))
DIALECTS = [
    (compiler, f"-gdwarf-{version}", level)
    for compiler in (GCC, CLANG) for version in (2, 3, 4, 5) for level in ("-O0", "-O2")
]  # fmt: skip


def agree(data: bytes) -> int:
    """Compare everything with pyelftools; how many entries there were."""
    mine, theirs = Dwarf(ElfView.parse(data)), ELFFile(io.BytesIO(data)).get_dwarf_info()
    count = 0
    units = list(theirs.iter_CUs())
    assert [unit.start for unit in mine.units] == [unit.cu_offset for unit in units]
    for unit, other in zip(mine.units, units, strict=True):
        dies = [die for die in other.iter_DIEs() if not die.is_null()]
        entries = list(unit.by_offset.values())
        assert [entry.offset for entry in entries] == [die.offset for die in dies]
        for entry, die in zip(entries, dies, strict=True):
            name = die.attributes.get("DW_AT_name")
            if name is not None:
                assert entry.name == name.value.decode()
            parent = die.get_parent()
            assert (entry.parent.offset if entry.parent else None) == (
                parent.offset if parent else None
            )
        count += len(dies)
        lines_agree(LineTable(unit), theirs, other)
    return count


def lines_agree(table: LineTable, theirs: object, unit: object) -> None:
    """Every address of a line program comes from the same line."""
    program = theirs.line_program_for_CU(unit)  # type: ignore[attr-defined]
    wanted: dict[int, int] = {}
    ends = set()
    for entry in program.get_entries() if program else ():
        if entry.state and entry.state.end_sequence:
            ends.add(entry.state.address)
        elif entry.state:
            wanted[entry.state.address] = entry.state.line  # the last of several counts
    for address, line in wanted.items():
        if address >= 0x1000_0000 and address not in ends:  # dropped functions overlap at 0
            row = table.row_at(address)
            assert row is not None
            assert row.line == line, hex(address)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_firmware_is_read_as_pyelftools_reads_it(name: str) -> None:
    assert agree(resource("data", "firmware", name, f"{name}.debug").read_bytes()) > 50


@pytest.mark.parametrize(("compiler", "version", "level"), DIALECTS)
def test_every_version_of_two_compilers_is_read(
    compiler: str, version: str, level: str, tmp_path: Path
) -> None:
    assert agree(compile_shapes(tmp_path, version, level, compiler=compiler).read_bytes()) > 50


@pytest.mark.parametrize("name", SHIPPED)
def test_call_frames_are_those_of_pyelftools(name: str) -> None:
    data = resource("data", "firmware", name, f"{name}.debug").read_bytes()
    table = FrameTable(Dwarf(ElfView.parse(data)).sections)
    theirs = ELFFile(io.BytesIO(data)).get_dwarf_info().CFI_entries()
    seen = 0
    for entry in theirs:
        if not isinstance(entry, FDE) or entry["initial_location"] < 0x1000_0000:
            continue
        for row in entry.get_decoded().table:
            rules = table.rules_at(row["pc"])
            assert rules is not None
            if row["cfa"].reg is not None:
                assert (rules.cfa_register, rules.cfa_offset) == (row["cfa"].reg, row["cfa"].offset)
            saved = {n: r.arg for n, r in row.items() if isinstance(n, int) and r.type == "OFFSET"}
            assert {n: r.number for n, r in rules.registers.items() if r.kind == "at"} == saved
            seen += 1
    assert seen > 20


def test_compressed_sections_and_types_of_their_own_give_the_same(tmp_path: Path) -> None:
    plain = DebugInfo(compile_shapes(tmp_path, "-gdwarf-5", "-O2").read_bytes())
    flags = ("-gdwarf-5", "-O2", "-gz", "-fdebug-types-section")
    packed = DebugInfo(compile_shapes(tmp_path, *flags).read_bytes())
    old = DebugInfo(
        compile_shapes(tmp_path, "-gdwarf-4", "-O2", "-fdebug-types-section").read_bytes()
    )
    shapes = [
        {(g.name, str(g.type), g.size, g.address) for g in info.globals()}
        for info in (plain, packed, old)
    ]
    assert ("second", "struct node", 56) in {each[:3] for each in shapes[0]}
    assert shapes[0] == shapes[1] == shapes[2]


def test_a_unit_is_read_only_when_it_is_asked_for() -> None:
    data = resource("data", "firmware", "echo", "echo.debug").read_bytes()
    info = DebugInfo(data)
    main = info.symbol("main")
    assert main
    assert info.line_at(main.da) is not None
    assert info.global_called("ticks") is not None
    assert info.dwarf
    read = [unit.name for unit in info.dwarf.units if "by_offset" in vars(unit)]
    assert "common/tick.c" in read
    assert len(read) < len(info.dwarf.units) / 2


@given(st.binary(max_size=40))
def test_numbers_and_strings_end_where_the_bytes_end(data: bytes) -> None:
    for read in ("u8", "u16", "u32", "uleb", "sleb", "text", "length"):
        cursor = Cursor(data)
        try:
            while True:
                getattr(cursor, read)()
        except DwarfError:
            assert cursor.at <= len(data)


@given(st.binary(max_size=60))
def test_any_expression_ends(expression: bytes) -> None:
    context = Context(lambda n: n, lambda _at, size: bytes(size), cfa=lambda: 0x100)
    try:
        place = evaluate(expression, context)
    except DwarfError:
        return
    if isinstance(place, InMemory):
        assert 0 <= place.address < 1 << 32


def test_expressions_that_loop_are_given_up() -> None:
    forever = b"\x2f\xfd\xff"  # skip back to itself
    with pytest.raises(DwarfError, match="more than 1000 steps"):
        evaluate(forever, Context(lambda _n: 0, lambda _a, n: bytes(n)))


def test_a_variable_that_is_nowhere_says_so() -> None:
    with pytest.raises(Unavailable, match="optimised away"):
        evaluate(b"", Context(lambda _n: 0, lambda _a, n: bytes(n)))


MUTABLE = resource("data", "firmware", "echo", "echo.debug").read_bytes()
PLACES = [
    (s.header.sh_offset, s.header.sh_size)
    for s in ElfView.parse(MUTABLE).sections
    if s.name.startswith(".debug") and s.header.sh_size
]


@settings(max_examples=60)
@given(st.lists(
    st.tuples(st.sampled_from(PLACES), st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1,
    max_size=30,
))  # fmt: skip
def test_damaged_debug_information_never_raises(
    changes: list[tuple[tuple[int, int], int, int]],
) -> None:
    data = bytearray(MUTABLE)
    for (start, size), offset, value in changes:
        data[start + offset % size] = value
    info = DebugInfo(bytes(data))
    registers = {f"r{n}": 0x1002_0000 for n in range(13)}
    registers |= {"sp": 0x1003_FF00, "lr": 0x1000_0245, "pc": 0x1000_0360, "xpsr": 1 << 24}

    def read(da: int, size: int) -> bytes:
        return bytes(da >> 3 & 0xFF for da in range(da, da + size))

    info.files()
    for pc in (0x1000_0360, 0x1000_0024, 0x1000_0500):
        info.line_at(pc)
        list(map(str, info.backtrace({**registers, "pc": pc}, read)))
        list(map(str, info.locals_at(pc, registers, read)))
    for each in info.globals():
        assert each.name
    info.breakpoints_of("rpmsg_send")
    info.addresses_of("rpmsg.c", 60)
    info.type_called("struct vring")


@pytest.mark.parametrize("kind", list(dwarf_module.MAX_WORK))
def test_a_file_that_asks_for_too_much_work_is_as_good_as_none(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(dwarf_module.MAX_WORK, kind, 3)
    info = DebugInfo(resource("data", "firmware", "echo", "echo.debug").read_bytes())
    place = info.symbol("rpmsg_send")
    assert place
    registers = {"pc": place.da, "sp": 0x1003_FF00, "lr": 3, "xpsr": 1 << 24}
    assert not info.addresses_of("rpmsg.c", 60) or kind == "pieces"
    assert list(info.globals()) == [] or kind in ("pieces", "rows", "names")
    assert info.backtrace(registers, lambda _da, size: bytes(size))[0].function == "rpmsg_send"
    with pytest.raises(DwarfError, match=f"too many {kind}"):
        for _ in range(4):
            Dwarf(ElfView.parse(MUTABLE)).spend(kind, 4)

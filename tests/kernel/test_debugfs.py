# SPDX-License-Identifier: GPL-2.0-or-later
"""debugfs: its files, the layout of its texts, and how it matches words (kernel.md section 1.6)."""

import struct

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.kernel import remoteproc_debugfs as debugfs
from rprocbench.kernel import remoteproc_sysfs as sysfs
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.soc.memory import Pa

from . import images
from .driver import leave_table, machine
from .images import ANY, carveout, elf, table, trace, vdev

EINVAL = Errno.EINVAL


def booted(resources: bytes = images.RPMSG, **options: int) -> Rproc:
    rproc = machine(elf(resources), word_bits=options.get("bits", 32))
    sysfs.write(rproc, "state", "start")
    return rproc


def code(rproc: Rproc, name: str, text: str) -> Errno | int:
    try:
        return debugfs.write(rproc, name, text)
    except ModelledError as error:
        return Errno(error.code)


def state(rproc: Rproc) -> RprocState:
    return rproc.state


def test_files_and_their_modes() -> None:
    rproc = machine(elf(images.RPMSG))
    fixed = {
        "name": 0o400, "recovery": 0o600, "crash": 0o200, "resource_table": 0o400,
        "carveout_memories": 0o400, "coredump": 0o600,
    }  # fmt: skip
    assert debugfs.modes(rproc) == fixed
    sysfs.write(rproc, "state", "start")
    assert debugfs.modes(rproc) == fixed | {"trace0": 0o400}
    sysfs.write(rproc, "state", "stop")
    assert debugfs.modes(rproc) == fixed


def test_u20_root_may_open_what_the_file_cannot_do() -> None:
    rproc = booted()
    for name in ("name", "resource_table", "carveout_memories", "trace0"):
        assert code(rproc, name, "x") == EINVAL
    for name, error in (("crash", "EINVAL"), ("trace1", "ENOENT")):
        with pytest.raises(ModelledError, match=error):
            debugfs.read(rproc, name)
    assert code(rproc, "trace1", "x") == Errno.ENOENT


def test_the_name_is_cut() -> None:
    rproc = machine()
    rproc.name = "n" * 120
    assert debugfs.read(rproc, "name") == "n" * 98 + "\n"


TABLE = table(
    carveout(b"mcuram", 0x1000_0000, 0x100),
    trace(0x1000_0400, 0x100),
    vdev([(ANY, 16, 16), (ANY, 32, 8)], dfeatures=0x21),
    struct.pack("<I", 77),
)
TEXT = """\
Entry 0 is of type carveout
  Device Address 0x10000000
  Physical Address 0x10000000
  Length 0x40000 Bytes
  Flags 0x0
  Reserved (should be zero) [0]
  Name mcuram

Entry 1 is of type trace
  Device Address 0x10000400
  Length 0x100 Bytes
  Reserved (should be zero) [0]
  Name cm4_log

Entry 2 is of type vdev
  ID 7
  Notify ID 0
  Device features 0x21
  Guest features 0x1
  Config length 0x0
  Status 0x7
  Number of vrings 2
  Reserved (should be zero) [0][0]

  Vring 0
    Device Address 0x10040000
    Alignment 16
    Number of buffers 16
    Notify ID 0
    Physical Address 0x0

  Vring 1
    Device Address 0x10041000
    Alignment 32
    Number of buffers 8
    Notify ID 1
    Physical Address 0x0

"""


def test_the_resource_table_is_the_live_one() -> None:
    rproc = booted(TABLE)
    text = debugfs.read(rproc, "resource_table")
    assert text.startswith(TEXT)
    rest = text.removeprefix(TEXT)
    assert rest.startswith("Unknown resource type found: 77 [hdr: ")
    assert rest.endswith("]\n\n")
    sysfs.write(rproc, "state", "stop")
    assert debugfs.read(rproc, "resource_table") == "No resource table found\n"


def test_a_notify_id_of_all_ones_shows_as_minus_one() -> None:
    rproc = machine(detached=True)
    leave_table(rproc, images.RPMSG)
    sysfs.write(rproc, "state", "start")
    assert rproc.table_ptr is not None
    at = rproc.table_ptr.u32(16) + 8
    rproc.table_ptr.put_u32(at, 0xFFFF_FFFF)
    assert "  ID 7\n  Notify ID -1\n" in debugfs.read(rproc, "resource_table")


def test_nothing_is_bounded() -> None:
    rproc = booted()
    assert rproc.table_ptr is not None
    rproc.table_ptr.put_u32(16, 0x7FFF_0000)  # where the first entry is
    with pytest.raises(Crash):
        debugfs.read(rproc, "resource_table")


def test_a_name_without_an_end_runs_on() -> None:
    rproc = booted(table(carveout(b"n" * 32, ANY, 0x1000), trace(0x1000_0400, 0x100)))
    first = debugfs.read(rproc, "resource_table").splitlines()[6]
    assert first.startswith("  Name " + "n" * 32)
    assert len(first) > len("  Name ") + 32


@pytest.mark.parametrize(("bits", "digits"), [(32, 8), (64, 16)])
def test_carveouts(bits: int, digits: int) -> None:
    rproc = booted(bits=bits)
    text = debugfs.read(rproc, "carveout_memories")
    entries = text.split("Carveout memory entry:\n")[1:]
    assert len(entries) == len(rproc.carveouts) == 5
    name, va, dma, da, length, end = entries[0].split("\n")[:6]
    assert name == "\tName: retram"
    key, pointer = va.split(": ")
    assert key == "\tVirtual address"
    assert len(pointer) == digits
    assert int(pointer, 16) != 0x3800_0000  # it is veiled
    assert dma == f"\tDMA address: 0x{0x3800_0000:0{digits}x}"
    assert (da, length, end) == ("\tDevice address: 0x0", "\tLength: 0x10000 Bytes", "")
    sysfs.write(rproc, "state", "stop")
    assert debugfs.read(rproc, "carveout_memories") == ""


def test_a_trace_is_read_up_to_its_end() -> None:
    rproc = booted(table(trace(0x1000_0400, 8), trace(0x9000_0000, 8)))
    a7 = rproc.host.soc.a7
    at = Pa(rproc.carveouts[1].dma + 0x400)
    a7.write(at, b"one\0two\0")
    assert debugfs.read(rproc, "trace0") == "one"
    a7.write(at, b"eight ch and more")
    assert debugfs.read(rproc, "trace0") == "eight ch"
    assert debugfs.read(rproc, "trace1") == "Trace  not available\n"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("e", "enabled"), ("enabled", "enabled"), ("enabled\n", "enabled"), ("en", "enabled"),
        ("d", "disabled"), ("dis", "disabled"), ("disabled\n", "disabled"), ("r", "recover"),
        ("recover\n", "recover"), ("enabled\0", "enabled"), ("enabled\0xx", "enabled"),
    ],
)  # fmt: skip
def test_u11_as_much_as_was_written_is_compared(text: str, word: str) -> None:
    rproc = machine()
    rproc.recovery_disabled = word != "disabled"
    assert code(rproc, "recovery", text) == len(text)
    expected = {"enabled": "enabled", "disabled": "disabled", "recover": "disabled"}[word]
    assert debugfs.read(rproc, "recovery") == expected + "\n"


@pytest.mark.parametrize(
    "text", ["", "\n", "x", "e\n", "dis\n", "enabled\n\n", "Enabled", "disabledxxx", "enabledx"]
)
def test_u11_what_is_no_beginning_is_refused(text: str) -> None:
    assert code(machine(), "recovery", text) == EINVAL


@pytest.mark.parametrize("text", ["", "x" * 21, "\n", "default", "in\n"])
def test_coredump_refuses(text: str) -> None:
    assert code(machine(), "coredump", text) == EINVAL


def test_coredump_of_a_crashed_processor() -> None:
    rproc = booted()
    rproc.recovery_disabled = True
    assert code(rproc, "crash", "0") == 1
    assert state(rproc) == RprocState.CRASHED
    assert code(rproc, "coredump", "in") == Errno.EBUSY
    assert code(rproc, "coredump", "") == EINVAL  # the length is looked at first
    assert code(rproc, "recovery", "r") == 1
    assert state(rproc) == RprocState.RUNNING
    assert code(rproc, "coredump", "in") == 2
    assert debugfs.read(rproc, "coredump") == "inline\n"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("0", 1), ("1\n", 2), ("7", 1), ("0x2", 3), ("0X2\n", 4), ("010", 3), ("+3", 2),
        ("4294967295", 10), ("4294967296", Errno.ERANGE), ("99999999999", Errno.ERANGE),
        ("0x100000000", Errno.ERANGE), ("-1", EINVAL), ("", EINVAL), ("\n", EINVAL), ("0x", EINVAL),
        ("08", EINVAL), ("1 ", EINVAL), (" 1", EINVAL), ("1\n\n", EINVAL), ("abc", EINVAL),
    ],
)  # fmt: skip
def test_u12_crash_types(text: str, answer: Errno | int) -> None:
    rproc = booted()
    assert code(rproc, "crash", text) == answer
    assert rproc.crash_cnt == (0 if isinstance(answer, Errno) else 1)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Each firmware of the suite does what its page says: signed for OP-TEE, plain for Linux alone."""

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from rprocbench.base.run import At, Disturbance
from rprocbench.base.trace import Logged
from rprocbench.bench import Bench, Machine
from rprocbench.bench.race import Outrun
from rprocbench.designs import DESIGNS
from rprocbench.kernel.remoteproc import RprocState
from rprocbench.soc.memory import Da

FIRMWARE = Path(__file__).parents[2] / "data" / "firmware"
BOTH = pytest.mark.parametrize("design", ["mainline", "v22"])
TICK_MS = 4  # of its own clock; the firmware believes that it runs at 64 MHz


M4_IS_QUICKER = {At("rproc_start_subdevices"): Outrun(20)}


def run(name: str, design: str, script: Mapping[At, Disturbance] | None = None) -> Machine:
    """The firmware, started, and given time to announce itself."""
    kind = "sign" if DESIGNS[design].signed else "elf"
    image = (FIRMWARE / name / f"{name}.{kind}").read_bytes()
    board = Bench(design=DESIGNS[design]).machine(image, script)
    board.probe()
    board.write_state("start")
    board.wait_for_channel()
    return board


def log(board: Machine) -> list[str]:
    """What the firmware has written to its trace buffer."""
    return [e.text for e in board.run.trace if isinstance(e, Logged) and e.level == "trace"]


def stop(board: Machine) -> None:
    """Stop it, which leaves a machine that could be started again."""
    board.write_state("stop")
    assert board.rproc
    assert board.rproc.state == RprocState.OFFLINE


@BOTH
@pytest.mark.parametrize("name", ["echo", "echo_clang"])
def test_echo_says_back_whoever_compiled_it(name: str, design: str) -> None:
    board = run(name, design)
    for payload in (b"a", b"hello", bytes(range(256)), b"x" * 496):
        assert board.say(payload) == payload
    stop(board)
    assert "shutdown requested" in log(board)


@BOTH
def test_a_logger_has_no_channel_and_says_what_time_it_is(design: str) -> None:
    board = run("trace_logger", design)
    assert not board.devices
    board.wait(lambda: False, 100 * TICK_MS)
    lines = log(board)
    assert lines[:3] == ["starting", "100 ms", "200 ms"]
    stop(board)
    assert log(board)[-1].startswith("stopped after ")


@BOTH
def test_a_logger_forgets_its_older_half_and_no_line_is_broken(design: str) -> None:
    board = run("trace_logger", design)
    board.wait(lambda: False, 3000 * TICK_MS)
    assert board.rproc
    trace = board.rproc.traces[0]
    text = board.soc.m4.read(Da(trace.da), trace.len).split(b"\0")[0].decode()
    assert text.endswith(" ms\n")
    times = [int(line.removesuffix(" ms")) for line in text.splitlines()]
    assert times[0] > 100
    assert times == list(range(times[0], times[-1] + 1, 100))


@BOTH
def test_who_reads_the_table_too_early_never_talks(design: str) -> None:
    board = run("late_vring", design, M4_IS_QUICKER)
    assert not board.devices
    assert "vring 0 is at 0xffffffff, says the table" in log(board)
    assert "vring 1 is no use, and nobody will look again" in log(board)
    stop(board)


@BOTH
def test_who_reads_it_early_gets_away_with_it_where_linux_is_quicker(design: str) -> None:
    assert "vring 0 is at 0x10040000, says the table" in log(run("late_vring", design))


@BOTH
def test_clearing_shared_memory_is_well_where_the_m4_is_quicker(design: str) -> None:
    board = run("shared_ram_init", design, M4_IS_QUICKER)
    assert board.say(b"hello") == b"hello"


@BOTH
def test_who_clears_shared_memory_finds_no_buffer(design: str) -> None:
    board = run("shared_ram_init", design)
    assert not board.devices
    assert "cleared 131072 bytes of shared memory" in log(board)
    assert "no buffer: dropped 40 bytes for 0x35" in log(board)


@BOTH
def test_without_a_table_it_runs_unseen(design: str) -> None:
    board = run("no_table", design)
    assert not board.devices
    assert board.rproc
    assert not board.rproc.traces
    board.wait(lambda: False, 10 * TICK_MS)
    assert board.soc.mcu.running
    beats = [int.from_bytes(board.soc.m4.read(Da(at), 4), "little") for at in HEARTBEATS]
    assert any(beats)
    stop(board)


HEARTBEATS = range(0x1002_0000, 0x1002_0830, 4)  # its .bss; the beat is among it


@BOTH
def test_loaders_clear_what_is_not_in_the_file(design: str) -> None:
    board = run("bss_everywhere", design)
    found = [line for line in log(board) if line.endswith("words are not zero")]
    assert [line.split(": ")[1].split()[0] for line in found] == ["0", "0", "0", "0"]
    assert board.say(b"hello") == b"hello"


def test_the_table_is_where_no_loader_put_it_until_linux_does() -> None:
    board = run("flash_layout", "mainline")
    assert "data copied; the table's version is 1" in log(board)
    assert board.say(b"hello") == b"hello"


def test_op_tee_loads_by_p_paddr_and_so_nobody_writes_the_table() -> None:
    board = run("flash_layout", "v22")
    assert not board.devices
    assert not log(board)  # Linux found no trace entry either


@BOTH
def test_floating_point_survives_interrupts(design: str) -> None:
    board = run("fpu_irq", design)
    for _ in range(5):
        assert board.say(b"?") == b"exact"
    told = [int(line.split()[2]) for line in log(board) if line.startswith("exact, interrupted")]
    assert len(told) == 5


@BOTH
def test_three_tries_then_locked(design: str) -> None:
    board = run("secure_counter", design)
    assert board.say(b"0000") == b"wrong"
    assert board.say(b"4711") == b"the treasure is under the third board"
    assert [board.say(b"0000") for _ in range(3)] == [b"wrong"] * 3
    assert board.say(b"4711") == b"locked"
    assert "opened 1 times" in log(board)


def order(board: Machine, write: int, address: int, value: int = 0) -> tuple[int, ...]:
    """What `firewalled` answers to one order."""
    answer = board.say(struct.pack("<3I", write, address, value))
    assert answer
    return struct.unpack("<3I", answer)


@BOTH
def test_it_survives_what_it_must_not_touch(design: str) -> None:
    board = run("firewalled", design)
    assert order(board, 0, 0x1002_0000) == (0, 0x1002_0000, 1)  # the table's version
    assert order(board, 1, 0x3000_0100, 0xCAFE) == (1, 0x3000_0100, 0xCAFE)
    assert order(board, 0, 0x6000_0000)[0] == 0xFFFF_FFFF
    assert "refused at 0x60000000, cfsr 0x8200" in log(board)
    assert order(board, 0, 0x1000_0100) == (0, 0x1000_0100, 0xCAFE)  # the alias


@BOTH
def test_two_endpoints_are_told_apart_and_one_can_go(design: str) -> None:
    ports = run("two_endpoints", design).linux.rpmsg
    terminal, mirror = ports["rpmsg-tty"], ports["rpmsg-raw"]
    terminal.write(b"abc")
    mirror.write(b"abc")
    assert terminal.read() == b"abc"
    assert mirror.read() == b"cba"
    mirror.write(b"bye")
    terminal.write(b"still here")
    assert terminal.read() == b"still here"
    assert "rpmsg-raw" not in ports
    assert not mirror.is_open

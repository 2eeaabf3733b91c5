# SPDX-License-Identifier: GPL-2.0-or-later
"""A firmware that really dies: what Linux hears of it, and how each design goes on (series.md)."""

from pathlib import Path

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.base.trace import Entered, Lane, Logged, Signalled
from rprocbench.bench import Bench, Machine
from rprocbench.bench.scenarios import boot_loader, shell, start
from rprocbench.designs import DESIGNS
from rprocbench.formats.elf import ElfView
from rprocbench.kernel.remoteproc import RprocState
from rprocbench.kernel.versions import LINUX
from rprocbench.soc.memory import Da

FIRMWARE = Path(__file__).parents[2] / "data" / "firmware" / "crash"
TABLE = Da(0x1002_0000)
FIRST_VRING = 24 + 48 + 28  # behind the header, the trace entry and the vdev's own fields
DEATHS = (b"bus", b"usage", b"watchdog")
PATIENCE_MS = 3000
RECOVERS = sorted(set(DESIGNS) - {"seed-ext-boot"})


def machine(design: str, linux: str = "7.3") -> Machine:
    """A machine with `crash` as its firmware."""
    kind = "sign" if DESIGNS[design].signed else "elf"
    image = (FIRMWARE / f"crash.{kind}").read_bytes()
    return Bench(design=DESIGNS[design], linux=linux).machine(image)


def state(board: Machine) -> RprocState:
    """What Linux believes."""
    assert board.rproc
    return board.rproc.state


def die(board: Machine, death: bytes) -> None:
    """Say the word, and wait for what comes after."""
    assert board.say(b"alive") == b"alive"
    assert board.say(death, PATIENCE_MS) is None
    board.wait_for_channel()


def console(board: Machine, level: str) -> list[str]:
    """The lines of one level."""
    return [e.text for e in board.run.trace if isinstance(e, Logged) and e.level == level]


@pytest.mark.parametrize("linux", LINUX)
@pytest.mark.parametrize("design", RECOVERS)
@pytest.mark.parametrize("death", DEATHS)
def test_after_boot_recovery_the_firmware_answers_again(
    design: str, linux: str, death: bytes
) -> None:
    board = machine(design, linux)
    board.probe()
    assert start(board)
    die(board, death)
    assert state(board) == RprocState.RUNNING
    assert board.soc.mcu.starts == 2
    assert board.say(b"again") == b"again"
    assert "crash detected in m4: type watchdog" in console(board, "err")
    wires = [e.line for e in board.run.trace if isinstance(e, Signalled)]
    assert wires.count("exti 68") == 1
    board.write_state("stop")
    assert state(board) == RprocState.OFFLINE


@pytest.mark.parametrize(
    ("death", "words"),
    [(b"bus", ("cfsr 0x8200", "hfsr 0x40000000")), (b"usage", ("cfsr 0x10000", "0x40000000"))],
)
def test_its_last_words_say_which_fault_it_was(death: bytes, words: tuple[str, ...]) -> None:
    board = machine("mainline")
    board.probe()
    assert start(board)
    die(board, death)
    last = next(line for line in console(board, "trace") if line.startswith("fault: pc 0x1000"))
    assert all(word in last for word in words)


def vring_addresses(board: Machine) -> list[int]:
    """The addresses in the table that the firmware sees."""
    return [
        int.from_bytes(board.soc.m4.read(Da(TABLE + FIRST_VRING + 20 * ring), 4), "little")
        for ring in range(2)
    ]


def test_the_firmware_finds_its_rings_in_the_reloaded_table() -> None:
    """Linux copies its cached table over the pristine one, with the addresses from before."""
    board = machine("mainline")
    board.probe()
    assert start(board)
    before = vring_addresses(board)
    die(board, b"bus")
    assert vring_addresses(board) == before == [0x1004_0000, 0x1004_1000]
    elf = ElfView.parse((FIRMWARE / "crash.elf").read_bytes())
    pristine = elf.section(".resource_table")
    assert pristine
    assert pristine.header.sh_addr == TABLE


def test_the_sketch_of_the_seed_does_not_recover() -> None:
    """Linux believes it is OFFLINE while the firmware runs: nothing to talk to, nothing to stop."""
    board = machine("seed-ext-boot")
    board.probe()
    assert shell(board.write_state, "start")
    assert state(board) == RprocState.OFFLINE
    assert board.soc.mcu.running
    assert not board.devices
    with pytest.raises(ModelledError) as caught:
        board.write_state("stop")
    assert caught.value.code == Errno.EINVAL


def test_without_recovery_it_stays_crashed_until_somebody_stops_it() -> None:
    board = machine("v22")
    board.probe()
    assert start(board)
    board.linux.remoteproc[0].recovery = "disabled"
    die(board, b"watchdog")
    assert state(board) == RprocState.CRASHED
    assert not board.soc.mcu.running
    board.write_state("stop")
    assert state(board) == RprocState.OFFLINE
    assert start(board)
    assert board.say(b"again") == b"again"


def test_the_dump_holds_the_memory_as_the_firmware_left_it() -> None:
    board = machine("mainline")
    board.probe()
    assert start(board)
    board.linux.remoteproc[0].coredump = "enabled"
    die(board, b"bus")
    dump = ElfView.parse(board.host.coredumps[-1].data)
    log = next(s for s in dump.segments if b"about to read 0x60000000" in dump.content(s))
    assert b"fault: pc" in dump.content(log)


@pytest.mark.parametrize("linux", LINUX)
def test_attached_detached_and_attached_again_it_talks_and_recovers(linux: str) -> None:
    board = machine("mainline", linux)
    boot_loader(board)
    board.probe()
    assert state(board) == RprocState.DETACHED
    for payload in (b"first", b"second"):
        assert start(board)
        assert state(board) == RprocState.ATTACHED
        assert board.say(payload) == payload
        if payload == b"first":
            board.write_state("detach")
            assert state(board) == RprocState.DETACHED
            assert board.soc.mcu.running
    die(board, b"usage")
    assert state(board) == RprocState.RUNNING  # boot recovery: from now on it is Linux's own
    assert board.say(b"again") == b"again"


def test_an_attached_core_is_not_the_tas_to_stop() -> None:
    """v2 sends STOP for a firmware that the TA never loaded: the recovery ends in CRASHED."""
    board = machine("v2")
    boot_loader(board)
    board.probe()
    assert start(board)
    die(board, b"bus")
    assert state(board) == RprocState.CRASHED
    with pytest.raises(ModelledError) as caught:
        board.write_state("stop")
    assert caught.value.code == Errno.EIO


def test_v22_refuses_to_attach() -> None:
    board = machine("v22")
    boot_loader(board)
    with pytest.raises(ModelledError) as caught:
        board.probe()
    assert caught.value.code == Errno.EINVAL


@pytest.mark.parametrize("linux", LINUX)
def test_attach_recovery_lets_the_core_start_by_itself(linux: str) -> None:
    """Detaching releases hold-boot: the core that its watchdog reset starts anew, from memory."""
    board = machine("mainline", linux)
    boot_loader(board)
    rproc = board.probe()
    rproc.attach_on_recovery = True  # stm32 does not set it; another driver of the core may
    assert start(board)
    mark = len(board.run.trace)
    die(board, b"watchdog")
    called = [e.function for e in board.run.trace[mark:] if isinstance(e, Entered)]
    assert "rproc_attach_recovery" in called
    assert not {"request_firmware", "rproc_stop", "rproc_coredump"} & set(called)
    assert state(board) == RprocState.ATTACHED
    assert board.soc.mcu.starts == 2
    if LINUX[linux].attach_recovery_full:
        assert board.say(b"again") == b"again"
    else:  # the table that Linux now writes to is its own copy: the firmware waits for DRIVER_OK
        assert board.devices == []


def test_linux_that_dies_over_a_message_is_not_a_lockup_of_the_m4() -> None:
    board = machine("mainline")
    board.probe()
    board.write_state("start")
    board.soc.firewall.deny("vdev0buffer", (Lane.LINUX,))
    with pytest.raises(Crash, match="external abort: Linux may not read vdev0buffer"):
        board.wait_for_channel()
    assert not [line for line in console(board, "err") if "lockup" in line]

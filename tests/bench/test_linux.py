# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user of the modelled Linux has in hand, as attributes."""

from contextlib import suppress
from dataclasses import replace

import pytest

from rprocbench.base.errors import Crash, Errno, InputCode, InputError, ModelledError
from rprocbench.bench import Bench, Machine
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.bench.linux import Cdev, Remoteproc
from rprocbench.designs import MAINLINE, V22
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.soc.board import Board
from rprocbench.soc.boards import BOARDS, DEFAULT
from rprocbench.soc.memory import Pa
from rprocbench.soc.stm32mp25 import STM32MP257F_EV1


def machine(board: Board = DEFAULT, *, engine: bool = False, linux: str = "7.3") -> Machine:
    bench = Bench(board=board, design=MAINLINE, engine=engine, linux=linux)
    made = bench.machine(demo_elf())
    made.probe()
    return made


def probed(**options: object) -> Remoteproc:
    return machine(**options).linux.remoteproc[0]  # type: ignore[arg-type]


def shown(remote: Remoteproc, name: str) -> str:
    text: str = getattr(remote, name)
    return text


def test_reading_is_cat_and_assigning_is_echo() -> None:
    remote = probed()
    assert [remote.name, remote.state, remote.firmware, remote.recovery, remote.coredump] == [
        "m4", "offline", "rproc-m4-fw", "enabled", "disabled",
    ]  # fmt: skip
    remote.coredump = "inline"
    remote.state = "start"
    assert (remote.coredump, shown(remote, "state")) == ("inline", "running")
    remote.state = "stop"
    assert shown(remote, "state") == "offline"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("state", "foo", Errno.EINVAL), ("state", "start\n", Errno.EINVAL),
        ("state", "stop", Errno.EINVAL), ("firmware", "", Errno.EINVAL),
        ("name", "x", Errno.EACCES), ("recovery", "on", Errno.EINVAL),
    ],
)  # fmt: skip
def test_what_the_kernel_refuses_is_raised(name: str, text: str, code: Errno) -> None:
    remote = probed()
    with pytest.raises(ModelledError) as caught:
        setattr(remote, name, text)
    assert caught.value.code == code


def test_there_is_none_before_the_probe() -> None:
    made = Bench(design=MAINLINE, engine=False).machine(demo_elf())
    assert len(made.linux.remoteproc) == 0
    assert list(made.linux.remoteproc) == []
    with pytest.raises(ModelledError) as caught:
        made.linux.remoteproc[0]
    assert caught.value.code == Errno.ENOENT


def test_debugfs() -> None:
    remote = probed()
    remote.state = "start"
    assert "trace0" in list(remote.debugfs)
    assert "is of type vdev" in remote.debugfs.resource_table
    assert remote.debugfs.carveout_memories.startswith("Carveout memory entry:\n\tName: retram\n")
    remote.debugfs.recovery = "disabled"
    remote.debugfs.crash = "1"
    assert shown(remote, "state") == "crashed"
    assert remote.debugfs.write("recovery", "r") == 1
    assert shown(remote, "state") == "running"
    with pytest.raises(ModelledError):
        print(remote.debugfs.crash)  # noqa: T201  reading is what fails


def test_the_trace_is_what_the_firmware_wrote() -> None:
    made = machine(engine=True)
    remote = made.linux.remoteproc[0]
    remote.state = "start"
    made.wait_for_channel()
    assert "announced" in remote.debugfs.trace0
    assert any("is now up" in line.text for line in made.linux.dmesg)


def test_the_character_device() -> None:
    remote = probed()
    with remote.open() as device:
        assert isinstance(device, Cdev)
        assert device.write("s") == 1
        for text in ("start\n", "", "x" * 11):
            with pytest.raises(ModelledError, match="EINVAL"):
                device.write(text)
        with pytest.raises(ModelledError, match="EINVAL"):
            device.read()
        with pytest.raises(ModelledError, match="EINVAL"):
            device.ioctl(0xB703)
    assert shown(remote, "state") == "running"  # closing did nothing
    other = remote.open()
    other.shutdown_on_release = True
    assert remote.open().shutdown_on_release  # the device has it, not the file
    other.close()
    assert shown(remote, "state") == "offline"
    other.close()  # and again: there is nothing to stop
    assert shown(remote, "state") == "offline"


def test_a_coredump_is_listed() -> None:
    made = machine()
    remote = made.linux.remoteproc[0]
    remote.coredump = "enabled"
    remote.state = "start"
    remote.debugfs.crash = "0"
    (dump,) = made.linux.coredumps
    assert dump.data[:4] == b"\x7fELF"


M4_BOARDS = [board for board in BOARDS.values() if board.core == "cortex-m4"]


@pytest.mark.parametrize("board", M4_BOARDS, ids=lambda board: board.name)
def test_the_echo_firmware_runs_on_every_board_with_an_m4(board: Board) -> None:
    recording = Bench(board=board, design=MAINLINE).boot(demo_elf())
    assert (recording.verdict, recording.code) == ("running", None)
    assert [message.payload for message in recording.messages] == [b"hello", b"hello"]


def test_an_m33_is_loaded_for_and_not_executed() -> None:
    with pytest.raises(InputError, match="cortex-m33") as caught:
        machine(STM32MP257F_EV1, engine=True)
    assert caught.value.code is InputCode.UNSUPPORTED
    remote = probed(board=STM32MP257F_EV1)
    with pytest.raises(ModelledError):  # an image for another board has no place in its memories
        remote.state = "start"
    assert (remote.name, remote.state) == ("m33", "offline")


@pytest.mark.parametrize(
    ("da", "state"), [(0x0010_0000, "running"), (0x8010_0000, "offline"), (0, "offline")]
)
def test_an_image_for_the_m33_is_loaded_where_the_first_window_shows_it(
    da: int, state: str
) -> None:
    made = machine(STM32MP257F_EV1)
    remote = made.linux.remoteproc[0]
    made.host.files = {"m33.elf": build_elf([Seg(da, b"code")], [])}
    remote.firmware = "m33.elf"
    with suppress(ModelledError):
        remote.state = "start"
    assert remote.state == state
    there = made.soc.a7.read(Pa(0x8010_0000), 4)
    assert (there == b"code") == (state == "running")


def test_a_bad_entry_of_memory_region_by_version() -> None:
    regions = DEFAULT.linux_regions
    cut = replace(DEFAULT, linux_regions=regions[:5], bad_region="it leads nowhere")
    remote = probed(board=cut)
    remote.state = "start"
    assert "vdev0buffer" not in remote.debugfs.carveout_memories
    for linux in ("6.1", "6.12"):
        old = probed(board=cut, linux=linux)
        with pytest.raises(ModelledError, match="it leads nowhere") as caught:
            old.state = "start"
        assert caught.value.code == Errno.EINVAL


def test_the_firmwares_name_is_read_by_newer_kernels() -> None:
    board = replace(DEFAULT, firmware="motor.elf")
    assert probed(board=board).firmware == "motor.elf"
    assert probed(board=board, linux="6.12").firmware == "rproc-m4-fw"


def test_a_board_without_the_optional_registers() -> None:
    board = replace(DEFAULT, syscons=frozenset({"st,syscfg-holdboot"}))
    made = machine(board)
    remote = made.linux.remoteproc[0]
    made.soc.syscon.m4_state = 9
    remote.state = "start"
    remote.state = "stop"
    assert (made.soc.syscon.m4_state, made.soc.syscon.pdds) == (9, 0)


def test_the_number_in_the_device_tree_is_the_processors_in_the_tee() -> None:
    made = Bench(replace(DEFAULT, rproc_tee=0), V22, engine=False).machine(demo_image())
    made.probe()
    made.linux.remoteproc[0].state = "start"
    other = Bench(replace(DEFAULT, rproc_tee=3), V22, engine=False).machine(demo_image())
    with pytest.raises(ModelledError) as caught:
        other.probe()
    assert caught.value.code == Errno.EINVAL


def test_attaching_without_a_register_for_the_table_crashes() -> None:
    board = replace(DEFAULT, syscons=frozenset({"st,syscfg-holdboot", "st,syscfg-m4-state"}))
    for hardened, expected in ((False, Crash), (True, ModelledError)):
        made = Bench(board, MAINLINE, engine=False, hardened=hardened).machine(demo_elf())
        made.soc.syscon.m4_state = 2  # a boot loader has started the core
        made.probe()
        remote = made.linux.remoteproc[0]
        assert remote.state == "detached"
        with pytest.raises(expected, match="st,syscfg-rsc-tbl"):
            remote.state = "start"

# SPDX-License-Identifier: GPL-2.0-or-later
"""The chip around the M4: what start-up code waits for comes, and what it waits for is told."""

from pathlib import Path

import pytest

from rprocbench.base.run import Run
from rprocbench.emulator import restore, save
from rprocbench.emulator.peripherals import BASES, Blocks, name_of
from rprocbench.emulator.peripherals.hsem import A7, Hsem
from rprocbench.emulator.waiting import waits_for
from rprocbench.soc.board import Soc
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .rig import boot, rig
from .torture import load, printed

HAL = Path(__file__).parents[2] / "data" / "hal" / "hal.elf"
STEPS = ("clocks", "power", "semaphore", "pins", "serial", "i2c", "timer", "system tick", "edge",
         "others")  # fmt: skip
IRQ = 16


@pytest.fixture
def blocks() -> Blocks:
    """Peripherals without a core, at cycle 0."""
    soc = Soc(STM32MP157C_DK2, Run())
    return Blocks(soc, lambda: 0, lambda _line: None)


def test_start_up_code_gets_through() -> None:
    core = load(HAL.read_bytes())
    core.run_until(5_000_000)
    assert printed(core) == [*(f"{step}: fine" for step in STEPS), "waiting for a button"]
    assert core.blocks.consoles["USART3"].text == b"over the wire\n"
    assert core.soc.syscon.m4_state == 2
    assert {"I2C5", "USART3", "TIM7", "RCC"} <= set(core.bus.names())
    assert str(waits_for(core)) == "asleep: waits for TIM7 or EXTI14"


def test_somebody_presses_the_button() -> None:
    core = load(HAL.read_bytes())
    core.run_until(5_000_000)
    core.blocks.drive("GPIOA", 14, level=True)
    core.run_until(core.cycles + 10_000)
    assert printed(core)[-1] == "button: fine"


@pytest.mark.parametrize("at", [10_000, 150_000, 300_000])
def test_it_goes_on_from_any_checkpoint(at: int) -> None:
    whole = load(HAL.read_bytes())
    whole.run_until(at)
    middle = save(whole)
    whole.run_until(5_000_000)
    other = load(HAL.read_bytes())
    restore(other, middle)
    other.run_until(5_000_000)
    assert save(other).peripherals["blocks"] == save(whole).peripherals["blocks"]
    assert save(other).memories == save(whole).memories
    assert other.cycles == whole.cycles


def test_a_serial_port_receives_what_it_is_fed_and_interrupts() -> None:
    main = """
        ldr r1, =0x4000f000
        movs r0, #0x25
        str r0, [r1]
        ldr r1, =SCS
        movs r0, #0x80
        str r0, [r1, #0x104]
        1: wfi
        b 1b
    """
    handler = "ldr r1, =0x4000f000; ldr r0, [r1, #0x24]; ldr r2, =MAIL; ldr r3, [r2]; lsls r3, r3, #8; orrs r3, r0; str r3, [r2]; bx lr"  # noqa: E501
    it = rig(main, {IRQ + 39: handler}).start().go()
    it.core.blocks.feed("USART3", b"abc")
    assert it.go().word() == int.from_bytes(b"abc", "big")
    it.core.blocks.feed("USART3", b"d")
    assert it.go().word() == int.from_bytes(b"abcd", "big")


def test_what_nobody_reads_is_lost_and_not_kept_for_ever(blocks: Blocks) -> None:
    for _ in range(100):
        blocks.feed("UART4", bytes(1000))
    assert blocks.save()["UART4:received"].bit_length() <= 8 * 4096 + 1


def test_two_cores_share_the_semaphores() -> None:
    hsem = Hsem("HSEM")
    assert hsem.read(0x80, A7) == 1 << 31 | A7 << 8
    assert hsem.read(0x80) == 1 << 31 | A7 << 8  # not ours
    hsem.write(0, 2 << 8)  # not ours to give back
    assert hsem.holder(0) == A7
    hsem.write(0x110, 1)
    hsem.unlock(0, A7)
    assert hsem.lines == 0  # it was given no wire
    assert hsem.read(0x11C) == 1
    hsem.write(0x114, 1)
    assert hsem.read(0x11C) == 0
    assert hsem.read(0x80) == 1 << 31 | 2 << 8


def test_backup_registers_are_those_of_linux_and_op_tee(blocks: Blocks) -> None:
    tamp = BASES["TAMP"]
    blocks.soc.syscon.rsc_tbl = 0x1002_0000
    assert blocks.load(tamp + 0x144) == 0x1002_0000
    blocks.store(tamp + 0x148, 5, 0xFFFF_FFFF)
    assert blocks.soc.syscon.m4_state == 5
    blocks.store(tamp + 0x14C, 7, 0xFFFF_FFFF)
    assert blocks.load(tamp + 0x14C) == 7


def test_state_comes_and_goes_as_numbers(blocks: Blocks) -> None:
    fresh = blocks.save()
    assert fresh == {}
    blocks.store(BASES["I2C5"], 1, 0xFFFF_FFFF)
    blocks.store(BASES["I2C5"] + 4, 1 << 13 | 2 << 16 | 0x66, 0xFFFF_FFFF)
    blocks.store(BASES["GPIOA"] + 0x18, 4, 0xFFFF_FFFF)
    blocks.load(BASES["RNG1"] + 8)
    used = blocks.save()
    number = blocks.load(BASES["RNG1"] + 8)
    blocks.restore(fresh)
    assert blocks.save() == fresh
    blocks.restore(used)
    assert blocks.save() == used
    assert blocks.load(BASES["RNG1"] + 8) == number


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0x4001_5018, "I2C5.ISR"),
        (0x4000_F01C, "USART3.ISR"),
        (0x5000_0808, "RCC.OCRDYR"),
        (0x5C00_A148, "TAMP.BKP18R"),
        (0x4000_9000, "LPTIM1.ISR"),
        (0x5000_9010, "GPIOH.IDR"),
        (0x4000_0010, "TIM2.SR"),
        (0x4C00_4004, "CRC2+0x4"),
        (0x4F00_0000, "0x4f000000"),
    ],
)
def test_registers_have_names(address: int, name: str) -> None:
    assert name_of(address) == name


@pytest.mark.parametrize(
    ("main", "told"),
    [
        ("ldr r1, =0x40015000; 1: ldr r0, [r1, #0x18]; lsls r0, #30; bpl 1b; b .",
         "polling: waits for I2C5.ISR, which reads 0x00000001"),
        ("ldr r1, =MAIL; 1: ldrb r0, [r1, #3]; cmp r0, #0; beq 1b; b .",
         "polling: waits for the word at 0x10020000, which reads 0x00000000"),
        ("wfi; b .", "asleep, for nothing that could come"),
        ("b .", "polling, for nothing that could come"),
    ],
)  # fmt: skip
def test_it_is_told_what_a_firmware_waits_for(main: str, told: str) -> None:
    it = boot(main)
    before = save(it.core)
    assert str(waits_for(it.core)) == told
    assert save(it.core) == before


def test_who_gets_on_waits_for_nothing() -> None:
    it = rig("1: .rept 300; adds r4, #1; nop; .endr; b 1b").start().go()
    assert waits_for(it.core) is None


def test_a_vdev_that_nobody_readied_is_what_it_waits_for() -> None:
    names = {0x1002_0000: "vdev.status"}
    it = boot("ldr r1, =MAIL; 1: ldrb r0, [r1]; lsls r0, r0, #29; bpl 1b; b .")
    told = str(waits_for(it.core, names.get))
    assert told == "polling: waits for vdev.status, which reads 0x00000000"


def test_the_instrumentation_trace_prints() -> None:
    main = """
        ldr r1, =0xe0000e00
        movs r0, #1
        str r0, [r1]
        str r0, [r1, #0x80]
        ldr r1, =0xe0000000
        1: ldr r0, [r1]
        cmp r0, #0
        beq 1b
        movs r0, #0x68
        strb r0, [r1]
        movs r0, #0x69
        strb r0, [r1]
        str r0, [r1, #4]
        b .
    """
    assert boot(main).core.itm.console.text == b"hi"  # port 1 is not enabled

# SPDX-License-Identifier: GPL-2.0-or-later
"""What surrounds the M4 on an STM32MP15, besides its mailbox: one class per peripheral.

A peripheral that nobody models is storage of the bus, under the name that `addresses` has for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from rprocbench.emulator.console import Console
from rprocbench.emulator.registers import WORD, Peripheral
from rprocbench.soc.board import Soc

from .addresses import BASES, IRQS, SIZE, name_of
from .block import Block
from .clocks import Pwr, Rcc, Tamp
from .hsem import Hsem
from .i2c import I2c
from .pins import ExtiRegisters, Gpio
from .serial import Usart
from .simple import READY, Ready, Rng
from .timer import Timer, WideTimer

__all__ = ["BASES", "Block", "Blocks", "name_of"]

PORTS = "ABCDEFGHIJKZ"
SERIAL = ("USART1", "USART2", "USART3", "UART4", "UART5", "USART6", "UART7", "UART8")
I2C = ("I2C1", "I2C2", "I2C3", "I2C4", "I2C5", "I2C6")
TIMERS = tuple(f"TIM{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17))
WIDE = ("TIM2", "TIM5")  # of 32 bits


@dataclass
class Blocks(Peripheral):
    """All of them, by address. `tell(line)` hears what the serial ports print, line by line.

    Their state as one: `I2C5+0x4` a register, `TIM3:origin` a field, `USART3.sent` of its console.
    """

    soc: Soc
    clock: Callable[[], int]
    tell: Callable[[str], None]

    def __post_init__(self) -> None:
        self.consoles = {name: Console(name, self.tell) for name in SERIAL}
        exti = ExtiRegisters("EXTI")
        ports = {f"GPIO{port}": Gpio(f"GPIO{port}") for port in PORTS}
        for number, gpio in enumerate(ports.values()):
            gpio.edge = partial(exti.pin_edge, number)
        self.by_name: dict[str, Block] = {
            "RCC": Rcc("RCC"),
            "PWR": Pwr("PWR", syscon=self.soc.syscon),
            "TAMP": Tamp("TAMP", syscon=self.soc.syscon),
            "HSEM": Hsem("HSEM", IRQS["HSEM"]),
            "EXTI": exti,
            **ports,
            **{n: Usart(n, IRQS[n], console=self.consoles[n]) for n in SERIAL},
            **{n: I2c(n, IRQS[n]) for n in I2C},
            **{n: timer(n)(n, IRQS[n], clock=self.clock) for n in TIMERS},
            **{n: Rng(n) for n in ("RNG1", "RNG2")},
            **{n: Ready(n, ones=ones, zeros=zeros) for n, (ones, zeros) in READY.items()},
        }
        self.by_page = {BASES[name] // SIZE: block for name, block in self.by_name.items()}
        kinds = (Hsem, ExtiRegisters, Usart, I2c, Timer)
        self._wired = [block for block in self.by_name.values() if isinstance(block, kinds)]
        self._awake: list[Block] = []  # those of them that were written to: others raise nothing
        self._timers: list[Timer] = []  # the timers among these
        self._saved: dict[str, int] | None = {}

    def __contains__(self, address: int) -> bool:
        return address // SIZE in self.by_page

    def load(self, address: int) -> int:
        """Read the word at a bus address."""
        self._saved = None
        return self.by_page[address // SIZE].read(address % SIZE) & WORD

    def store(self, address: int, value: int, lanes: int) -> bool:
        """Write; whether an interrupt or a timer may have changed by that."""
        self._saved = None
        block = self.by_page[address // SIZE]
        if not block.words:
            self._wake([*self._awake, block])
        before = block.lines
        block.write(address % SIZE, value, lanes)
        return isinstance(block, Timer) or block.lines != before

    def feed(self, port: str, data: bytes) -> None:
        """Send bytes to the firmware over a serial port."""
        self._saved = None
        block = self.by_name[port]
        assert isinstance(block, Usart)
        block.feed(data)

    def drive(self, port: str, pin: int, *, level: bool) -> None:
        """Put a level on pin `pin` of `GPIOA` or another port."""
        self._saved = None
        block = self.by_name[port]
        assert isinstance(block, Gpio)
        block.drive(pin, level)

    @property
    def lines(self) -> int:
        """All interrupt wires."""
        lines = 0
        for block in self._awake:
            block.catch_up()
            lines |= block.lines
        return lines

    def _wake(self, used: Iterable[Block]) -> None:
        names = {block.name for block in used}
        self._awake = [block for block in self._wired if block.name in names]
        self._timers = [block for block in self._awake if isinstance(block, Timer)]

    @property
    def next_event(self) -> int | None:
        """The next thing that happens by itself."""
        times = (timer.next_event for timer in self._timers)
        return min((time for time in times if time is not None), default=None)

    @classmethod
    def defaults(cls) -> dict[str, int]:
        """None of its own."""
        return {}

    def reset(self) -> None:
        """Not by the M4's own reset: it does not reach the bus."""

    def save(self) -> dict[str, int]:
        """The state of all that was used."""
        if self._saved is None or self._timers:
            state = {}
            for name, block in self.by_name.items():
                if block.words or block.save() != block.defaults():
                    for key, value in block.save().items():
                        state[name + (key if key[0] == "+" else f":{key}")] = value
            for name, console in self.consoles.items():
                if console.sent:
                    state |= {f"{name}.{key}": value for key, value in console.save().items()}
            self._saved = state
        return dict(self._saved)

    def restore(self, state: Mapping[str, int]) -> None:
        """Go back to what `save` returned."""
        parts: dict[str, dict[str, int]] = {}
        for key, value in state.items():
            at = next(at for at, char in enumerate(key) if char in "+:.")
            parts.setdefault(key[:at] + (key[at] if key[at] == "." else ""), {})[
                key[at:] if key[at] == "+" else key[at + 1 :]
            ] = value
        for name, block in self.by_name.items():
            block.restore(block.defaults() | parts.get(name, {}))
        for name, console in self.consoles.items():
            console.restore(console.defaults() | parts.get(f"{name}.", {}))
        self._wake([block for block in self._wired if block.words])
        self._saved = dict(state)


def timer(name: str) -> type[Timer]:
    """Two of them are of 32 bits."""
    return WideTimer if name in WIDE else Timer

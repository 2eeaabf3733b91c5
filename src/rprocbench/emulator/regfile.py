# SPDX-License-Identifier: GPL-2.0-or-later
"""The core's registers by the names that a debugger uses."""

from collections.abc import Callable, Iterator, Mapping

from rprocbench.base.errors import InputCode, InputError

from .engine import STATE, Engine, R, Reg, S, T

NAMES: dict[str, int] = {
    **{f"r{n}": register for n, register in enumerate(R)},
    "sp": Reg.SP, "lr": Reg.LR, "pc": Reg.PC, "xpsr": Reg.XPSR, "msp": Reg.MSP, "psp": Reg.PSP,
    "primask": Reg.PRIMASK, "basepri": Reg.BASEPRI, "faultmask": Reg.FAULTMASK,
    "control": Reg.CONTROL, **{f"s{n}": register for n, register in enumerate(S)},
    "fpscr": Reg.FPSCR,
}  # fmt: skip
SAVED = {register: at for at, register in enumerate(STATE)}
ALIASES = {"r13": "sp", "r14": "lr", "r15": "pc"}


def known(name: str) -> str:
    """The register's own name. Raises `InputError` BAD_VALUE for one that there is not."""
    name = ALIASES.get(name.lower(), name.lower())
    if name not in NAMES:
        raise InputError(InputCode.BAD_VALUE, f"a Cortex-M4 has no register {name!r}")
    return name


def read_register(engine: Engine, name: str) -> int:
    """Its value; of special ones also while the code is unprivileged, and could not read it."""
    register = NAMES[known(name)]
    if register in SAVED and register not in (*R, *S, Reg.LR):
        return engine.save()[SAVED[register]]
    return engine[register]


def write_register(engine: Engine, name: str, value: int) -> None:
    """Give it another value. Bits that the register does not have are lost."""
    name, value = known(name), value & 0xFFFF_FFFF
    match name:
        case "pc":
            engine.jump(value, engine[Reg.XPSR] & ~IT | T)
        case "xpsr":  # who changes the exception number in passing breaks more than is asked for
            engine[Reg.XPSR] = engine[Reg.XPSR] & 0x1FF | value & ~0x1FF
            engine.is_thumb = bool(value & T)
        case _:
            state = list(engine.save())
            register = NAMES[name]
            if register is Reg.SP:
                engine[Reg.SP] = value & ~3
            else:
                state[SAVED[register]] = value
                engine.put(tuple(state))


IT = 0x0600_FC00  # in xPSR: an instruction that is jumped to belongs to no IT block


class Registers(Mapping[str, int]):
    """The registers of the core that is looked at, read when they are asked for.

    `sp` is the stack pointer in use. Assigning goes through `write`, which may refuse.
    """

    def __init__(self, engine: Callable[[], Engine], write: Callable[[str, int], None]) -> None:
        self._engine, self._write = engine, write

    def __getitem__(self, name: str) -> int:
        if ALIASES.get(name.lower(), name.lower()) not in NAMES:
            raise KeyError(name)
        return read_register(self._engine(), name)

    def __setitem__(self, name: str, value: int) -> None:
        self._write(known(name), value)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

# SPDX-License-Identifier: GPL-2.0-or-later
"""What other worlds did to an M4, done once more to its replica, event by event of the trace.

The replica's own doings are in the trace as well: they are compared, not done. An assignment is
made unless the field has that value already, so it does not matter whose it was.
"""

from typing import Any

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Changed, Event, Filled, Lane, Signalled, Wrote
from rprocbench.soc.board import Board, Soc

from .machine import CortexM4
from .regfile import write_register

DEBUGGER = "debugger"  # the "wire" by which a register is written from outside
WIRES = "MCU"  # moved by its methods, which the core must hear of


class Silent(Run):
    """A run that keeps no trace."""

    def record(self, event: Event) -> None:
        """Forget it."""


class Replica:
    """An M4 with silicon of its own, to which a trace's events are applied."""

    def __init__(self, board: Board, *, native_meter: bool = True) -> None:
        self.soc = Soc(board, Silent())
        self.core = CortexM4(self.soc, self.soc.run, native_meter=native_meter, is_silent=True)
        self.soc.mcu.plug(self.core)
        self._objects: dict[str, Watched] = {
            each.label: each for each in vars(self.soc).values() if isinstance(each, Watched)
        }
        self._aliases: dict[str, list[tuple[int, int]]] = {}
        for mapping in self.soc.m4.mappings:
            where = (mapping.base - mapping.offset, mapping.offset)
            self._aliases.setdefault(mapping.chip, []).append(where)

    def apply(self, event: Event) -> None:
        """Do what `event` tells. Raises `InputError` BAD_FILE where the replica did otherwise."""
        match event:
            case Wrote(lane=Lane.M4):
                self._compare(event)
            case Wrote():
                self._write(event.ram, event.offset, event.data)
            case Filled():
                self._write(event.ram, event.offset, bytes([event.value]) * event.size)
            case Changed() if event.owner in self._objects and event.owner != WIRES:
                self._assign(self._objects[event.owner], event)
            case Signalled(line="mcu_rst") if event.source is not Lane.M4:
                self.soc.mcu.assert_reset(event.source)
            case Signalled() if event.line == DEBUGGER:
                name, value = event.what.split(" = ")
                write_register(self.core.engine, name, int(value, 0))
            case Signalled(line="hold_boot"):
                self.soc.mcu.set_boot_mcu(event.what == "released", event.source)
            case _:
                pass

    def _write(self, ram: str, offset: int, data: bytes) -> None:
        if ram in self._aliases:
            self.soc.rams[ram].write(Lane.HARDWARE, offset, data)
            self.changed(ram, offset, len(data))

    def changed(self, ram: str, offset: int, size: int) -> None:
        """Somebody wrote there: what was translated from it is worth nothing."""
        for base, _ in self._aliases[ram]:
            self.core.engine.forget_code(base + offset, size)

    def _compare(self, event: Wrote) -> None:
        found = self.soc.rams[event.ram].read(event.offset, len(event.data))
        if found != event.data:
            at = next(i for i, pair in enumerate(zip(found, event.data, strict=False))
                      if pair[0] != pair[1])  # fmt: skip
            why = (
                f"at cycle {self.core.cycles} the M4 wrote {event.data[at]:#04x} to {event.ram}"
                f"+{event.offset + at:#x}, but running again it wrote {found[at]:#04x}"
            )
            raise InputError(InputCode.BAD_FILE, why)

    def _assign(self, owner: Watched, event: Changed) -> None:
        if event.owner == "firewall":
            self._guard(event.after)
        elif owner.frozen() and getattr(owner, event.field, None) != event.after:
            setattr(owner, event.field, event.after)

    def _guard(self, denied: Any) -> None:
        """The firewall's rules, from what it shows of them."""
        firewall = self.soc.firewall
        if firewall.denied == denied:
            return
        for region in {rule.region.name for rule in firewall.rules}:
            firewall.allow(region)
        for region, lanes, mode in denied:
            names = [lane for lane in Lane if lane in lanes or lane.name in lanes]
            firewall.deny(region, names, is_readable=mode == "write")

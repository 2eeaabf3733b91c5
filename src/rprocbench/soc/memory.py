# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that several worlds share, each seeing it at addresses of its own.

`Pa` is where the Cortex-A finds a byte, `Da` where the Cortex-M does. A `Ram` is the silicon; an
`AddressSpace` maps it, at one address or at several (aliases share the storage).
"""

import mmap
from dataclasses import dataclass, field
from typing import ClassVar, Generic, NewType, TypeVar

from rprocbench.base.errors import Crash, Undefined
from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Filled, Lane, Wrote

from .firewall import Firewall
from .twin import PAGE, Twin

Pa = NewType("Pa", int)
Da = NewType("Da", int)
Address = TypeVar("Address", Pa, Da)

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Window:
    """One `dma-ranges` triple: `size` bytes that the M4 finds at `da` and Linux at `pa`."""

    da: Da
    pa: Pa
    size: int


@dataclass(frozen=True, slots=True)
class Region:
    """A reserved-memory node: `size` bytes at `pa`, given to the remote processor."""

    name: str
    pa: Pa
    size: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A memory as it is soldered: its name and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Mapping(Generic[Address]):
    """`size` bytes of `chip`, from `offset`, that appear at `base`."""

    base: Address
    chip: str
    size: int
    offset: int = 0


def pa_to_da(windows: tuple[Window, ...], pa: Pa, size: int = 1) -> Da | None:
    """The device address of `[pa, pa + size)` by the first window that holds all of it."""
    for window in windows:
        if window.pa <= pa and pa + size <= window.pa + window.size:
            return Da(pa - window.pa + window.da)
    return None


def da_to_pa(windows: tuple[Window, ...], da: Da, size: int = 1) -> Pa | None:
    """The physical address of `[da, da + size)` by the first window that holds all of it."""
    for window in windows:
        if window.da <= da and da + size <= window.da + window.size:
            return Pa(da - window.da + window.pa)
    return None


@dataclass
class Ram(Watched):
    """`size` bytes of storage, `fill` in each at power-up. Who writes says in which lane."""

    LANE: ClassVar[Lane] = Lane.HARDWARE

    run: Run
    name: str
    size: int
    fill: int = 0
    _store: mmap.mmap = field(init=False, repr=False)
    _shadow: bytearray | None = field(init=False, repr=False, default=None)
    _twin: Twin | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self._store = mmap.mmap(-1, self.size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if self.fill:
            self._store[:] = bytes([self.fill]) * self.size
        self.watch(self.name)

    @property
    def buffer(self) -> mmap.mmap:
        """The storage itself, for an engine to map. What it writes shows at `note_changes`."""
        if self.run.ANNOUNCES:
            self._remember()
        return self._store

    def _remember(self) -> bytearray:
        """What the trace knows to be stored: kept apart from when others begin to write too."""
        if self._shadow is None:
            self._twin = Twin(self._store)
            self._shadow = self._twin.copy
        return self._shadow

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`."""
        return self._store[offset : offset + size]

    def write(self, lane: Lane, offset: int, data: bytes) -> None:
        """Put `data` at `offset`."""
        if data:
            if self.run.is_quiet and self.run.ANNOUNCES:
                self._remember()
            self._store[offset : offset + len(data)] = data
            if self.run.is_quiet:
                return
            if self._shadow is not None:
                self._shadow[offset : offset + len(data)] = data
            self.run.record(Wrote(lane, self.label, offset, bytes(data)))

    def set(self, lane: Lane, offset: int, size: int, value: int) -> None:
        """Set `size` bytes from `offset` to `value`."""
        if size:
            if self.run.is_quiet and self.run.ANNOUNCES:
                self._remember()
            self._store[offset : offset + size] = bytes([value]) * size
            if self.run.is_quiet:
                return
            if self._shadow is not None:
                self._shadow[offset : offset + size] = bytes([value]) * size
            self.run.record(Filled(lane, self.label, offset, size, value))

    def note_changes(self, lane: Lane) -> None:
        """Record what was written behind our back (by the engine) since the last call."""
        twin = self._twin
        if twin is None or self.run.is_quiet:
            return
        for at in twin.pages():
            before = int.from_bytes(twin.copy[at : at + PAGE], "little")
            now = twin.learn(at)
            changed = int.from_bytes(now, "little") ^ before
            first = ((changed & -changed).bit_length() - 1) // 8
            last = (changed.bit_length() + 7) // 8
            self.run.record(Wrote(lane, self.label, at + first, now[first:last]))


class AddressSpace(Generic[Address]):
    """What one world sees: which byte of which memory lies at an address.

    What the firewall denies to Linux ends as it does on the bus, in an external abort, which its
    kernel does not survive: `Crash`. OP-TEE passes; the M4's own accesses are its engine's affair.
    """

    def __init__(
        self,
        lane: Lane,
        mappings: tuple[Mapping[Address], ...],
        rams: dict[str, Ram],
        firewall: Firewall | None = None,
    ) -> None:
        self.lane = lane
        self.mappings: list[Mapping[Address]] = list(mappings)
        self.rams = rams
        self.firewall = firewall

    def locate(self, address: Address, size: int) -> tuple[Ram, int] | None:
        """The memory and offset of `[address, address + size)`; None unless one mapping has all."""
        for mapping in self.mappings:
            at = address - mapping.base
            if at >= 0 and at + size <= mapping.size:
                return self.rams[mapping.chip], mapping.offset + at
        return None

    def _find(self, address: Address, size: int) -> tuple[Ram, int]:
        found = self.locate(address, size)
        if found is None:
            raise IndexError(f"{self.lane} sees no memory at {address:#x}+{size:#x}")
        return found

    def _pass(self, lane: Lane, address: Address, size: int, *, write: bool) -> tuple[Ram, int]:
        """The memory and offset, if the firewall lets `lane` there."""
        ram, offset = self._find(address, size)
        if self.firewall and self.firewall.rules and lane is Lane.LINUX:
            region = self.firewall.blocker(lane, ram.label, offset, size, write=write)
            if region:
                verb = "write" if write else "read"
                why = f"external abort: {lane} may not {verb} {region.name} ({address:#x})"
                raise Crash(Undefined.OOPS, why)
        return ram, offset

    def read(self, address: Address, size: int, lane: Lane | None = None) -> bytes:
        """`size` bytes, on behalf of `lane`. Raises `IndexError` where this world sees no memory.

        Raises `Crash` where the firewall denies it.
        """
        ram, offset = self._pass(lane or self.lane, address, size, write=False)
        return ram.read(offset, size)

    def write(self, address: Address, data: bytes, lane: Lane | None = None) -> None:
        """Put `data`, on behalf of `lane`. Raises as `read` does."""
        lane = lane or self.lane
        ram, offset = self._pass(lane, address, len(data), write=True)
        ram.write(lane, offset, data)

    def fill(self, address: Address, size: int, value: int, lane: Lane | None = None) -> None:
        """Set bytes, on behalf of `lane`. Raises as `read` does."""
        lane = lane or self.lane
        ram, offset = self._pass(lane, address, size, write=True)
        ram.set(lane, offset, size, value)

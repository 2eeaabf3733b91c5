# SPDX-License-Identifier: GPL-2.0-or-later
"""Resource tables: what a firmware asks of Linux, in a file or in live memory (our zone).

Layouts: linux, include/linux/remoteproc.h. What Linux accepts is for the models to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise

from rprocbench.base.errors import Span
from rprocbench.base.layout import Bytes, Leaf, Record, raw, u8, u32

from .cover import cover, with_values
from .elf import ElfView, Section
from .finding import Finding, read_record

SECTION_NAME = ".resource_table"
ADDR_ANY = 0xFFFF_FFFF
MAX_VRINGS = 16  # of one device, as MAX_ENTRIES
MAX_ENTRIES = 512  # more than any real table has; what a hostile one claims beyond is not shown


class RscType(IntEnum):
    """The types of entries that Linux knows; 128 to 512 belong to vendors."""

    CARVEOUT = 0
    DEVMEM = 1
    TRACE = 2
    VDEV = 3
    LAST = 4
    VENDOR_START = 128
    VENDOR_END = 512


class RscTableHdr(Record):
    """`struct resource_table`, followed by `num` u32 offsets."""

    ver: int = u32("must be 1")
    num: int = u32("number of entries, and of offsets that follow")
    reserved0: int = u32("must be zero")
    reserved1: int = u32("must be zero")


class RscOffset(Record):
    """One element of the offset array."""

    offset: int = u32("where the entry begins, from the start of the table")


class FwRscHdr(Record):
    """`struct fw_rsc_hdr`: what every entry begins with."""

    type: int = u32("0 carveout, 1 devmem, 2 trace, 3 vdev, 128..512 vendor")


class FwRscCarveout(Record):
    """`struct fw_rsc_carveout`: memory that Linux must reserve."""

    da: int = u32("device address, or ffffffff for any")
    pa: int = u32("physical address; Linux fills it in")
    len: int = u32("size in bytes")
    flags: int = u32("IOMMU protection flags")
    reserved: int = u32("must be zero")
    name: bytes = raw(32, "ties it to memory that the board reserved, NUL padded")


class FwRscDevmem(Record):
    """`struct fw_rsc_devmem`: a device that the firmware wants mapped by an IOMMU."""

    da: int = u32("device address to map it to")
    pa: int = u32("physical address of the device")
    len: int = u32("size in bytes")
    flags: int = u32("IOMMU protection flags")
    reserved: int = u32("must be zero")
    name: bytes = raw(32, "for people, NUL padded")


class FwRscTrace(Record):
    """`struct fw_rsc_trace`: a text buffer that Linux shows in debugfs."""

    da: int = u32("device address of the buffer")
    len: int = u32("size in bytes")
    reserved: int = u32("must be zero")
    name: bytes = raw(32, "for people, NUL padded")


class FwRscVdev(Record):
    """`struct fw_rsc_vdev`: a virtio device, followed by its vrings and its config space."""

    id: int = u32("virtio device id; 7 is rpmsg")
    notifyid: int = u32("number to kick with when the configuration changes")
    dfeatures: int = u32("features that the firmware offers, one bit each")
    gfeatures: int = u32("features that Linux accepted; it writes them here")
    config_len: int = u32("bytes of config space after the vrings")
    status: int = u8("virtio status; Linux writes it")
    num_of_vrings: int = u8("number of vrings that follow")
    reserved: bytes = raw(2, "must be zero")


class FwRscVdevVring(Record):
    """`struct fw_rsc_vdev_vring`: one queue of a virtio device."""

    da: int = u32("device address, or ffffffff for any; Linux writes it")
    align: int = u32("alignment of the parts of the ring, in bytes")
    num: int = u32("number of buffers, a power of two")
    notifyid: int = u32("number to kick this queue with; Linux writes it")
    pa: int = u32("physical address")


Body = FwRscCarveout | FwRscDevmem | FwRscTrace | FwRscVdev
BODIES: dict[int, type[Body]] = {
    RscType.CARVEOUT: FwRscCarveout,
    RscType.DEVMEM: FwRscDevmem,
    RscType.TRACE: FwRscTrace,
    RscType.VDEV: FwRscVdev,
}


def type_name(type_: int) -> str:
    """What an entry of that type is called.

    >>> type_name(3), type_name(130), type_name(4)
    ('vdev', 'vendor 130', 'unknown 4')
    """
    if type_ in BODIES:
        return RscType(type_).name.lower()
    if RscType.VENDOR_START <= type_ <= RscType.VENDOR_END:
        return f"vendor {type_}"
    return f"unknown {type_}"


def text_of(name: bytes) -> str:
    """A NUL-padded name as text, without what cannot be printed."""
    text = name.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
    return text if text.isprintable() else ascii(text)[1:-1]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its header, what follows it as far as the table has it, and where it all lies.

    `body` is None for vendor and unknown types and for an entry cut short; `payload` is the span
    after the header, which for those reaches to the next entry or the end of the table.
    """

    index: int
    span: Span
    header: FwRscHdr
    body: Body | None
    vrings: tuple[FwRscVdevVring, ...]
    payload: Span
    config: Span

    @property
    def type(self) -> int:
        """Its type."""
        return self.header.type

    @property
    def name(self) -> str:
        """Its name, "" for types without one."""
        return text_of(getattr(self.body, "name", b""))


@dataclass(frozen=True)
class ResourceTable:
    """A resource table of `data`, which lies at byte `base` of the buffer called `buffer`."""

    data: bytes
    buffer: str
    base: int
    header: RscTableHdr
    offsets: tuple[RscOffset, ...]
    entries: tuple[Entry, ...]

    @classmethod
    def parse(cls, data: Bytes, buffer: str = "table", base: int = 0) -> "ResourceTable":
        """View `data` as a resource table, all of it, whatever it says.

        A table too short for its header reads as if zeros followed, with a finding.
        """
        data = bytes(data)
        size = RscTableHdr.SIZE
        header = read_record(RscTableHdr, data[:size].ljust(size, b"\0"), 0, buffer, base)
        fit = max(0, min(header.num, (len(data) - size) // RscOffset.SIZE, MAX_ENTRIES))
        offsets = tuple(
            read_record(RscOffset, data, size + index * RscOffset.SIZE, buffer, base)
            for index in range(fit)
        )
        table = cls(data, buffer, base, header, offsets, ())
        entries = tuple(table._entries())
        return cls(data, buffer, base, header, offsets, entries)

    def _span(self, start: int, end: int) -> Span:
        size = len(self.data)
        return Span(self.buffer, self.base + min(start, size), self.base + min(end, size))

    def _entries(self) -> Iterator[Entry]:
        starts = sorted({record.offset for record in self.offsets} | {len(self.data)})
        following = dict(pairwise(starts))
        for index, record in enumerate(self.offsets):
            at = record.offset
            if at + FwRscHdr.SIZE <= len(self.data):
                yield self._entry(index, at, following[at])

    def _entry(self, index: int, at: int, following: int) -> Entry:
        header = read_record(FwRscHdr, self.data, at, self.buffer, self.base)
        start = at + FwRscHdr.SIZE
        kind = BODIES.get(header.type)
        if kind is None or start + kind.SIZE > len(self.data):
            payload = self._span(start, max(start, following))
            none = self._span(len(self.data), len(self.data))
            return Entry(
                index, self._span(at, max(start, following)), header, None, (), payload, none
            )
        body = read_record(kind, self.data, start, self.buffer, self.base)
        end = start + kind.SIZE
        vrings: tuple[FwRscVdevVring, ...] = ()
        config_len = 0
        if isinstance(body, FwRscVdev):
            room = (len(self.data) - end) // FwRscVdevVring.SIZE
            fit = min(body.num_of_vrings, room, MAX_VRINGS)
            vrings = tuple(
                read_record(FwRscVdevVring, self.data, end + n * 20, self.buffer, self.base)
                for n in range(fit)
            )
            end += body.num_of_vrings * FwRscVdevVring.SIZE
            config_len = body.config_len
        span = self._span(at, end + config_len)
        config = self._span(end, end + config_len)
        return Entry(
            index, span, header, body, vrings, self._span(start, span.end - self.base), config
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is cut, out of range or unknown."""
        from .resource_findings import table_findings  # noqa: PLC0415  it looks at this class

        return tuple(table_findings(self))

    def read(self, span: Span) -> bytes:
        """The bytes of `span`, which is one of this table's."""
        return self.data[span.start - self.base : span.end - self.base]

    def layer(self, path: str = "table") -> list[Leaf]:
        """Leaves of the fields, without overlap; bytes that nothing describes are left out."""
        area = Span(self.buffer, self.base, self.base + len(self.data))
        layers = [self.header.leaves(path)]
        layers += [record.leaves(f"{path}.offset[{n}]") for n, record in enumerate(self.offsets)]
        layers += [_entry_leaves(entry, path) for entry in self.entries]
        fields = [leaf for layer in layers[: 1 + len(self.offsets)] for leaf in layer]
        entries = [leaf for layer in layers[1 + len(self.offsets) :] for leaf in layer]
        return [leaf for leaf in cover([fields, entries], area, "") if leaf.path[:4] != ".gap"]

    def leaves(self, path: str = "table") -> list[Leaf]:
        """Leaves that cover every byte of the table exactly once."""
        area = Span(self.buffer, self.base, self.base + len(self.data))
        return with_values(cover([self.layer(path)], area, path), self.data, self.base)


def _entry_leaves(entry: Entry, path: str) -> Iterator[Leaf]:
    path = f"{path}.entry[{entry.index}]"
    yield from entry.header.leaves(path)
    if entry.body is None:
        yield Leaf(f"{path}.payload", entry.payload, b"", f"payload of type {entry.header.type}")
        return
    yield from entry.body.leaves(f"{path}.{type_name(entry.type)}")
    for index, vring in enumerate(entry.vrings):
        yield from vring.leaves(f"{path}.vring[{index}]")
    if entry.vrings:
        more = Span(entry.span.buffer, entry.vrings[-1].span().end, entry.config.start)
        yield Leaf(f"{path}.vring[{len(entry.vrings)}:]", more, b"", "more vrings")
    yield Leaf(f"{path}.config", entry.config, b"", "config space of the virtio device")


def find_table_section(elf: ElfView) -> Section | None:
    """The first section called `.resource_table`."""
    return elf.section(SECTION_NAME)

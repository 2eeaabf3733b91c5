# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtqueues and rpmsg: where the parts of a split ring lie, and what a message looks like.

The layout is that of legacy virtio; the messages are those of Linux's rpmsg bus (reference:
kernel.md sections 7.2 and 7.3).

>>> ring = SplitRing(num=16, align=16)
>>> hex(ring.avail), hex(ring.used), hex(ring.end)
('0x100', '0x130', '0x1b6')
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from rprocbench.base.layout import Record, raw, u16, u32, u64

VIRTIO_ID_RPMSG = 7
RPMSG_ADDR_ANY = 0xFFFF_FFFF
RPMSG_NS_ADDR = 53
RPMSG_RESERVED_ADDRESSES = 1024
RPMSG_NAME_SIZE = 32
MAX_RPMSG_BUF_SIZE = 512


class VirtioStatus(IntFlag):
    """`VIRTIO_CONFIG_S_*`: how far the driver has come with the device."""

    ACKNOWLEDGE = 1
    DRIVER = 2
    DRIVER_OK = 4
    FEATURES_OK = 8
    FAILED = 0x80


class Feature(IntEnum):
    """Feature bits by their number."""

    RPMSG_NS = 0  # the device announces its endpoints
    RPMSG_BUFSZ = 2  # the configuration space says how big buffers are; proposed, never merged
    RING_INDIRECT_DESC = 28  # a descriptor may point to a table of descriptors
    RING_EVENT_IDX = 29  # both sides say at which index they want to be told
    VERSION_1 = 32  # not legacy; out of reach here, the table has 32 feature bits


class VringDescFlags(IntFlag):
    """`VRING_DESC_F_*`"""

    NEXT = 1
    WRITE = 2
    INDIRECT = 4


VRING_AVAIL_F_NO_INTERRUPT = 1
VRING_USED_F_NO_NOTIFY = 1


class VringDesc(Record):
    """`struct vring_desc`: a buffer that the driver lends to the device."""

    addr: int = u64("host physical address of the buffer")
    len: int = u32("its size in bytes")
    flags: int = u16("1 another follows, 2 the device writes, 4 a table of descriptors")
    next: int = u16("number of the descriptor that follows")


class VringUsedElem(Record):
    """`struct vring_used_elem`: a buffer that the device gives back."""

    id: int = u32("head of the descriptor chain")
    len: int = u32("how many bytes the device says it wrote")


class VringIndex(Record):
    """What the available and the used ring begin with."""

    flags: int = u16("1: do not signal me")
    idx: int = u16("how many entries were ever put in, modulo 2^16")


class RpmsgHdr(Record):
    """`struct rpmsg_hdr`: what every rpmsg buffer begins with."""

    src: int = u32("address of the sending endpoint")
    dst: int = u32("address of the receiving endpoint")
    reserved: int = u32("of no meaning to Linux")
    len: int = u16("bytes of payload")
    flags: int = u16("none are defined")


class NsFlags(IntFlag):
    """`enum rpmsg_ns_flags`"""

    CREATE = 0
    DESTROY = 1


class RpmsgNsMsg(Record):
    """`struct rpmsg_ns_msg`: an endpoint announces that it lives, or that it is gone."""

    name: bytes = raw(RPMSG_NAME_SIZE, "name of the service, NUL padded")
    addr: int = u32("address of its endpoint")
    flags: int = u32("0 created, 1 destroyed")


RPMSG_MTU = MAX_RPMSG_BUF_SIZE - RpmsgHdr.SIZE


def align_up(size: int, align: int, word_bits: int = 32) -> int:
    """Round up as C does: right for powers of two, and wrapping at `word_bits`."""
    word = (1 << word_bits) - 1
    return (size + align - 1) & ~(align - 1) & word


def vring_size(num: int, align: int, word_bits: int = 32) -> int:
    """`vring_size`: bytes of a ring of `num` entries; wraps as an `unsigned` does.

    >>> vring_size(16, 16), vring_size(16, 4096), vring_size(256, 4096)
    (438, 4230, 10246)
    """
    word, counter = (1 << word_bits) - 1, 0xFFFF_FFFF
    front = VringDesc.SIZE * num + 2 * (3 + num & counter) & word
    back = 3 * 2 + VringUsedElem.SIZE * num
    return (align_up(front, align, word_bits) + back) & counter


def vring_need_event(event_idx: int, new: int, old: int) -> bool:
    """Whether the step from index `old` to `new` passed `event_idx`, all modulo 2^16."""
    return (new - event_idx - 1) & 0xFFFF < (new - old) & 0xFFFF


@dataclass(frozen=True, slots=True)
class SplitRing:
    """Where everything lies in a ring of `num` entries at address `base`.

    The used ring begins at an aligned *address*, not at an aligned distance from `base`.
    """

    num: int
    align: int
    base: int = 0
    word_bits: int = 32

    @property
    def avail(self) -> int:
        """The available ring: flags, index, entries, used_event."""
        return self.base + VringDesc.SIZE * self.num

    @property
    def used_event(self) -> int:
        """At which used index the driver wants an interrupt."""
        return self.avail_ring(self.num)

    @property
    def used(self) -> int:
        """The used ring: flags, index, entries, avail_event."""
        return align_up(self.used_event + 2, self.align, self.word_bits)

    @property
    def avail_event(self) -> int:
        """At which available index the device wants a notification."""
        return self.used_ring(self.num)

    @property
    def end(self) -> int:
        """The first byte after the ring."""
        return self.avail_event + 2

    def desc(self, index: int) -> int:
        """Descriptor `index`."""
        return self.base + VringDesc.SIZE * index

    def avail_ring(self, index: int) -> int:
        """Entry `index` of the available ring."""
        return self.avail + VringIndex.SIZE + 2 * index

    def used_ring(self, index: int) -> int:
        """Entry `index` of the used ring."""
        return self.used + VringIndex.SIZE + VringUsedElem.SIZE * index

# SPDX-License-Identifier: GPL-2.0-or-later
"""Disturbances of the wire, for scripts: somebody writes into a ring, or a doorbell rings.

>>> str(PokeRing.parse("output.avail.idx=+100"))
'output.avail.idx=+100'
"""

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.run import Modelled
from rprocbench.base.trace import Lane
from rprocbench.kernel.remoteproc import Rproc
from rprocbench.kernel.virtio_device import VirtioDevice
from rprocbench.kernel.virtproc import VirtprocInfo
from rprocbench.kernel.virtqueue import Virtqueue
from rprocbench.soc.memory import Pa

if TYPE_CHECKING:
    from collections.abc import Callable

# Calls that only pass a signal on: each may be skipped, which loses it.
SIGNALS = (
    "stm32_rproc_kick", "mbox_send_message", "stm32_ipcc_send_data", "stm32_ipcc_rx_irq",
    "stm32_ipcc_tx_irq", "mbox_chan_received_data", "mbox_chan_txdone", "stm32_rproc_mb_callback",
    "stm32_rproc_mb_vq_work", "rpmsg_recv_done", "rpmsg_xmit_done",
)  # fmt: skip
RINGS = ("input", "output")
# Field: offset in the ring, and its `struct` format. Entries and descriptors are the newest ones.
FIELDS: "dict[str, tuple[Callable[[Virtqueue], int], str]]" = {
    "desc.addr": (lambda vq: 16 * newest(vq), "<Q"),
    "desc.len": (lambda vq: 16 * newest(vq) + 8, "<I"),
    "desc.flags": (lambda vq: 16 * newest(vq) + 12, "<H"),
    "desc.next": (lambda vq: 16 * newest(vq) + 14, "<H"),
    "avail.flags": (lambda vq: vq.avail, "<H"),
    "avail.idx": (lambda vq: vq.avail + 2, "<H"),
    "avail.ring": (lambda vq: vq.avail + 4 + 2 * ((vq.avail_idx - 1) & vq.mask), "<H"),
    "used.flags": (lambda vq: vq.used, "<H"),
    "used.idx": (lambda vq: vq.used + 2, "<H"),
    "used.id": (lambda vq: vq.used + 4 + 8 * (vq.last_used_idx & vq.mask), "<I"),
    "used.len": (lambda vq: vq.used + 8 + 8 * (vq.last_used_idx & vq.mask), "<I"),
}


def newest(vq: Virtqueue) -> int:
    """The descriptor that was lent last."""
    return vq.memory.u16(vq.avail + 4 + 2 * ((vq.avail_idx - 1) & vq.mask)) & vq.mask


def queue_of(subject: Modelled, ring: str) -> Virtqueue | None:
    """The input or output queue of the first vdev, from whatever a call works on."""
    if isinstance(subject, Virtqueue):
        vqs = subject.vdev.vqs
    elif isinstance(subject, VirtioDevice):
        vqs = subject.vqs
    elif isinstance(subject, VirtprocInfo):
        vqs = subject.vdev.vqs
    else:
        rproc = subject if isinstance(subject, Rproc) else getattr(subject, "rproc", None)
        rvdevs = getattr(rproc, "rvdevs", ())
        vqs = rvdevs[0].vdev.vqs if rvdevs and rvdevs[0].vdev else ()
    return vqs[RINGS.index(ring)] if len(vqs) > RINGS.index(ring) else None


@dataclass(frozen=True, slots=True)
class PokeRing:
    """A disturbance: before the call somebody writes into a ring; `by` adds, else `value` is set.

    A remote does this to Linux (`used`), a broken Linux to the M4 (`avail`, `desc`); the trace says
    that it was the hardware. Where there is no such ring yet, nothing happens.
    """

    ring: str
    field: str
    value: int
    by: bool = False

    def __call__(self, subject: Modelled) -> None:
        vq = queue_of(subject, self.ring)
        if vq is None:
            return
        where, form = FIELDS[self.field]
        size, pa = struct.calcsize(form), Pa(vq.ring.base + where(vq))
        space = vq.vdev.soc.a7
        old = int.from_bytes(space.read(pa, size, Lane.HARDWARE), "little") if self.by else 0
        number = (old + self.value) & ((1 << 8 * size) - 1)
        space.write(pa, number.to_bytes(size, "little"), Lane.HARDWARE)

    def __str__(self) -> str:
        value = f"{self.value:+}" if self.by else f"{self.value:#x}"
        return f"{self.ring}.{self.field}={value}"

    @classmethod
    def parse(cls, text: str) -> "PokeRing":
        """`RING.FIELD=VALUE`, the value with a sign being added. Raises `InputError` BAD_VALUE."""
        where, equals, number = text.partition("=")
        ring, _, field = where.partition(".")
        if not equals or ring not in RINGS or field not in FIELDS:
            known = f"{' or '.join(RINGS)}, then one of {', '.join(FIELDS)}"
            raise InputError(InputCode.BAD_VALUE, f"{text!r} is not RING.FIELD=VALUE: {known}")
        try:
            value = int(number, 0)
        except ValueError:
            raise InputError(InputCode.BAD_VALUE, f"{number!r} is no number") from None
        return cls(ring, field, value, by=number[:1] in ("+", "-"))


@dataclass(frozen=True, slots=True)
class RingBell:
    """A disturbance: before the call a doorbell rings, of `channel`; at Linux, or at the M4."""

    channel: int
    to_m4: bool = False

    def __call__(self, subject: Modelled) -> None:
        rproc = subject if isinstance(subject, Rproc) else getattr(subject, "rproc", None)
        vq = queue_of(subject, "input")
        soc = vq.vdev.soc if vq else rproc.host.soc if isinstance(rproc, Rproc) else None
        if soc:
            ring = soc.ipcc.send_to_m4 if self.to_m4 else soc.ipcc.send_to_a7
            ring(self.channel)

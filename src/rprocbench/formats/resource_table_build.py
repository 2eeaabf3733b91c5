# SPDX-License-Identifier: GPL-2.0-or-later
"""Building resource tables, sound ones and broken ones, and what their fields mean (our zone)."""

from collections.abc import Sequence
from typing import Any

from rprocbench.base.layout import Record

from .resource_table import (
    ADDR_ANY,
    FwRscCarveout,
    FwRscDevmem,
    FwRscHdr,
    FwRscTrace,
    FwRscVdev,
    FwRscVdevVring,
    RscTableHdr,
    RscType,
    type_name,
)

VIRTIO_IDS = {1: "network", 2: "block", 3: "console", 4: "entropy", 7: "rpmsg", 11: "rproc serial"}
VIRTIO_STATUS = {
    1: "ACKNOWLEDGE",
    2: "DRIVER",
    4: "DRIVER_OK",
    8: "FEATURES_OK",
    64: "NEEDS_RESET",
    128: "FAILED",
}
RPMSG = 7
ZERO: dict[str, Any] = {}  # fields that are not given are zero, which mypy does not know


def entry(type_: int, payload: bytes) -> bytes:
    """An entry of any type."""
    return FwRscHdr(type=type_).pack() + payload


def carveout(
    name: str | bytes, da: int = ADDR_ANY, len_: int = 0, pa: int = 0, flags: int = 0
) -> bytes:
    """A carveout entry."""
    body = FwRscCarveout(da=da, pa=pa, len=len_, flags=flags, name=_name(name), **ZERO)
    return entry(RscType.CARVEOUT, body.pack())


def devmem(name: str | bytes, da: int, pa: int, len_: int, flags: int = 0) -> bytes:
    """A devmem entry."""
    body = FwRscDevmem(da=da, pa=pa, len=len_, flags=flags, name=_name(name), **ZERO)
    return entry(RscType.DEVMEM, body.pack())


def trace(name: str | bytes, da: int, len_: int) -> bytes:
    """A trace entry."""
    return entry(RscType.TRACE, FwRscTrace(da=da, len=len_, name=_name(name), **ZERO).pack())


def vring(
    da: int = ADDR_ANY, align: int = 16, num: int = 16, notifyid: int = ADDR_ANY
) -> FwRscVdevVring:
    """A vring of a vdev entry."""
    return FwRscVdevVring(da=da, align=align, num=num, notifyid=notifyid, **ZERO)


def vdev(
    vrings: Sequence[FwRscVdevVring],
    id_: int = RPMSG,
    dfeatures: int = 1,
    config: bytes = b"",
    **fields: Any,
) -> bytes:
    """A vdev entry; `fields` sets further fields of `FwRscVdev`, wrong counts included."""
    values: dict[str, Any] = {"num_of_vrings": len(vrings), "config_len": len(config)} | fields
    body = FwRscVdev(id=id_, dfeatures=dfeatures, **values)
    return entry(RscType.VDEV, body.pack() + b"".join(ring.pack() for ring in vrings) + config)


def build_table(entries: Sequence[bytes], **fields: Any) -> bytes:
    """A table of `entries`, one after the other; `fields` sets fields of its header."""
    at = RscTableHdr.SIZE + 4 * len(entries)
    values = {"ver": 1, "num": len(entries)} | fields
    offsets = b""
    for item in entries:
        offsets += at.to_bytes(4, "little")
        at += len(item)
    return RscTableHdr(**values).pack() + offsets + b"".join(entries)


def meaning(record: Record, field: str) -> str:
    """What the value of a field says, "" where the number says it all.

    >>> meaning(FwRscVdev(id=7, dfeatures=1, status=7), "status")
    'ACKNOWLEDGE, DRIVER, DRIVER_OK'
    >>> meaning(FwRscVdevVring(da=0xffffffff), "da")
    'any: Linux picks it'
    """
    value = getattr(record, field)
    if isinstance(value, bytes):
        return ""
    if field in ("da", "pa", "notifyid") and value == ADDR_ANY:
        return "any: Linux picks it"
    if isinstance(record, FwRscHdr):
        return type_name(value)
    if isinstance(record, FwRscVdev):
        return _vdev_meaning(record, field, value)
    return ""


def _vdev_meaning(vdev_: FwRscVdev, field: str, value: int) -> str:
    if field == "id":
        return VIRTIO_IDS.get(value, "")
    if field == "status":
        return _bits(value, VIRTIO_STATUS)
    if field in ("dfeatures", "gfeatures"):
        return _bits(value, {1: "VIRTIO_RPMSG_F_NS"} if vdev_.id == RPMSG else {})
    return ""


def _bits(value: int, names: dict[int, str]) -> str:
    known = [name for bit, name in names.items() if value & bit]
    rest = value & ~sum(names)
    return ", ".join([*known, f"{rest:#x}"] if rest else known)


def _name(name: str | bytes) -> bytes:
    return (name.encode() if isinstance(name, str) else name)[:32]

# SPDX-License-Identifier: GPL-2.0-or-later
"""What Linux made of one image, as values (our zone)."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from rprocbench.base.errors import Span


@dataclass(frozen=True)
class LinuxCarveout:
    """A carveout when the core was started: `size` bytes at `pa`, which the remote finds at `da`.

    `rsc_offset` is the payload's offset in the table if the table asked for it; a `dynamic` one was
    allocated, the others are the board's. `content` is what lay there, `sha256` its hash. Linux
    itself has no address for the buffers of virtio devices: `pa` 0, and nothing in them.
    """

    name: str
    da: int
    pa: int
    size: int
    rsc_offset: int | None
    dynamic: bool
    content: bytes | memoryview = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content, in hex."""
        return digest(self.content)


@dataclass(frozen=True)
class LinuxTable:
    """The resource table when the core was started. Without `pa` only Linux's own copy exists."""

    pa: int | None
    size: int
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content, in hex."""
        return digest(self.content)


@dataclass(frozen=True, slots=True)
class LinuxTrace:
    """A trace buffer that the table asked for, and whether Linux can read it."""

    da: int
    size: int
    readable: bool


@dataclass(frozen=True, slots=True)
class LinuxVdev:
    """A virtio device after the boot: its type, what its driver's probe reported, its status.

    `probe` is None where no driver fits, "" where it succeeded, else the errno's name.
    """

    id: int
    probe: str | None
    features: int
    status: int


@dataclass(frozen=True)
class LinuxVerdict:
    """What Linux made of an image: booted it, refused it, or left defined behaviour.

    - `stage`: where it failed first (`ok`: nowhere): request_firmware, sanity_check, enable_iommu,
      prepare, get_boot_addr, parse_fw, handle_resources, alloc_carveouts, load_segments,
      find_loaded_rsc_table, copy_rsc_table, prepare_subdevices, start, start_subdevices; or
      shutdown, if the boot was well but the stop that follows it is not;
    - `errno`: the error's name, None for none;
    - `message`: the line of dmesg that says why ("" when nothing went wrong);
    - `spans`: the bytes of the image or its table that are to blame;
    - `undefined`: what the real kernel does that C gives no meaning to, None if nothing. Everything
      else then is what was known up to that moment.

    Memories, table, carveouts and trace buffers are as the core found them when it was started; of
    an image that was refused, `changed` is what the refusal left behind. `parse_fw` is what the
    ELF loader made of the table ("" if it took it, None if it was not asked); the stm32 driver
    boots without one. `log` has all lines of the boot as `level:text`.
    """

    linux: str
    bits: int
    hardened: bool
    stage: str
    errno: str | None
    message: str
    log: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    undefined: str | None = None
    started: bool = False
    parse_fw: str | None = None
    boot_address: int | None = None
    table: LinuxTable | None = None
    carveouts: tuple[LinuxCarveout, ...] = ()
    traces: tuple[LinuxTrace, ...] = ()
    vdevs: tuple[LinuxVdev, ...] = ()
    changed: dict[str, bytes] = field(default_factory=dict, repr=False)
    leaked_devices: int = 0
    shutdown: str | None = None

    @cached_property
    def memories(self) -> dict[str, str]:
        """SHA-256 of each memory that is not what it was at power-up."""
        return {name: digest(content) for name, content in self.changed.items()}

    @property
    def result(self) -> str:
        """`boot`, `reject` or `undefined`."""
        if self.undefined is not None:
            return "undefined"
        return "reject" if self.errno and self.stage != "shutdown" else "boot"

    def __str__(self) -> str:
        if self.undefined is not None:
            return f"undefined at {self.stage}: {self.undefined}"
        if self.result == "boot":
            return "boots"
        return f"{self.errno} at {self.stage}: {self.message}"


def digest(content: bytes | memoryview) -> str:
    """SHA-256 in hex. Most memories are as they were: their hash is known."""
    if content and (first := content[0]) == content[-1] and content == filling(len(content), first):
        return filling_digest(len(content), first)
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=32)
def filling(size: int, fill: int) -> bytes:
    """`size` bytes of `fill`."""
    return bytes([fill]) * size


@lru_cache(maxsize=32)
def filling_digest(size: int, fill: int) -> str:
    """Their SHA-256."""
    return hashlib.sha256(filling(size, fill)).hexdigest()

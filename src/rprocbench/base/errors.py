# SPDX-License-Identifier: GPL-2.0-or-later
"""Codes, places in bytes, sources, and the errors that rprocbench raises on purpose."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Errno(IntEnum):
    """Linux error numbers, positive; the kernel returns them negated (asm-generic)."""

    EPERM = 1
    ENOENT = 2
    EINTR = 4
    EIO = 5
    ENXIO = 6
    ENOEXEC = 8
    EBADF = 9
    EAGAIN = 11
    ENOMEM = 12
    EACCES = 13
    EFAULT = 14
    EBUSY = 16
    EEXIST = 17
    ENODEV = 19
    EINVAL = 22
    ENOSPC = 28
    EPIPE = 32
    ERANGE = 34
    ENAMETOOLONG = 36
    ETIME = 62
    EOVERFLOW = 75
    EMSGSIZE = 90
    EOPNOTSUPP = 95
    ENETRESET = 102
    ENOBUFS = 105
    ETIMEDOUT = 110
    ERESTARTSYS = 512
    EPROBE_DEFER = 517


class TeeResult(IntEnum):
    """Result codes of the GlobalPlatform TEE interfaces (reference: tee.md section 6)."""

    SUCCESS = 0x0000_0000
    CORRUPT_OBJECT = 0xF010_0001
    GENERIC = 0xFFFF_0000
    ACCESS_DENIED = 0xFFFF_0001
    BAD_FORMAT = 0xFFFF_0005
    BAD_PARAMETERS = 0xFFFF_0006
    BAD_STATE = 0xFFFF_0007
    ITEM_NOT_FOUND = 0xFFFF_0008
    NOT_IMPLEMENTED = 0xFFFF_0009
    NOT_SUPPORTED = 0xFFFF_000A
    NO_DATA = 0xFFFF_000B
    OUT_OF_MEMORY = 0xFFFF_000C
    BUSY = 0xFFFF_000D
    COMMUNICATION = 0xFFFF_000E
    SECURITY = 0xFFFF_000F
    SHORT_BUFFER = 0xFFFF_0010
    TIMEOUT = 0xFFFF_3001
    TARGET_DEAD = 0xFFFF_3024
    SIGNATURE_INVALID = 0xFFFF_3072


class Undefined(StrEnum):
    """What the real code does where C gives it no defined result."""

    OOPS = "OOPS"  # the kernel reads, writes or jumps where it must not
    HANG = "HANG"  # the kernel waits for itself for ever
    LOCKUP = "LOCKUP"  # the Cortex-M faulted while it could not take a fault


class InputCode(StrEnum):
    """What can be wrong with something the user handed over."""

    NOT_FOUND = "NOT_FOUND"
    NOT_READABLE = "NOT_READABLE"
    NOT_WRITABLE = "NOT_WRITABLE"
    IS_A_DIRECTORY = "IS_A_DIRECTORY"
    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    TRUNCATED = "TRUNCATED"
    NOT_ELF = "NOT_ELF"
    NOT_SIGNED = "NOT_SIGNED"
    UNSUPPORTED = "UNSUPPORTED"
    BAD_KEY = "BAD_KEY"
    BAD_PASSPHRASE = "BAD_PASSPHRASE"  # noqa: S105  a code, not a passphrase
    BAD_VALUE = "BAD_VALUE"
    BAD_FILE = "BAD_FILE"


Code = Errno | TeeResult | Undefined | InputCode
MODELLED = (Errno, TeeResult, Undefined)


def parse_code(text: str) -> Errno | TeeResult:
    """The error named `text`: an errno (`EIO`) or a TEE result (`SECURITY`, `TEE_ERROR_SECURITY`).

    Raises `InputError` for a name that is neither.
    """
    name = text.strip().upper().removeprefix("TEE_ERROR_").removeprefix("-")
    for codes in (Errno, TeeResult):
        if name in codes.__members__ and name != "SUCCESS":
            return codes[name]
    raise InputError(InputCode.BAD_VALUE, f"{text!r} is neither an errno nor a TEE result")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes `start` (included) to `end` (excluded) of the buffer called `buffer`."""

    buffer: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.buffer}[{self.start:#x}:{self.end:#x}]"

    def __len__(self) -> int:
        return self.end - self.start

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.end

    def sub(self, start: int, end: int) -> "Span":
        """The part that lies `start` to `end` bytes into this one."""
        return Span(self.buffer, self.start + start, self.start + end)


@dataclass(frozen=True, slots=True)
class Cite:
    """Where in the real world a fact comes from: a source tree, a path in it, a symbol."""

    tree: str
    path: str
    symbol: str = ""

    def __str__(self) -> str:
        return f"{self.tree}:{self.path}" + (f"#{self.symbol}" if self.symbol else "")


class RprocError(Exception):
    """What rprocbench reports on purpose: a code, why, which bytes, by which rule.

    Any other exception that leaves the package is a bug in rprocbench.
    """

    def __init__(
        self, code: Code, why: str = "", *, span: Span | None = None, cite: Cite | None = None
    ) -> None:
        super().__init__(code, why)
        self.code = code
        self.why = why
        self.span = span
        self.cite = cite

    def __str__(self) -> str:
        text = self.code.name
        if self.why:
            text += f": {self.why}"
        if self.span:
            text += f" at {self.span}"
        if self.cite:
            text += f" [{self.cite}]"
        return text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle by calling the class with `args` alone, which would lose the rest.
        state = {"span": self.span, "cite": self.cite}
        return (type(self), (self.code, self.why), state)


class ModelledError(RprocError):
    """An error the modelled system would report itself."""

    code: Errno | TeeResult


class Crash(RprocError):  # noqa: N818  it is no error that anybody reports
    """The modelled system has no defined result here: it would corrupt memory, oops or lock up.

    Nothing unwinds after it, as nothing would.
    """

    code: Undefined


class InputError(RprocError):
    """Something the user handed over cannot be used."""

    code: InputCode

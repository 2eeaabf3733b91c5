# SPDX-License-Identifier: GPL-2.0-or-later
"""OP-TEE's answer to one image, without a board: `tee_load`."""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from rprocbench.base.errors import Cite, InputCode, InputError, Span, TeeResult
from rprocbench.base.files import read_file
from rprocbench.base.trace import Failed, Fetched, Trace
from rprocbench.bench.cause import Cause, cause_of
from rprocbench.formats.keys import PublicKey, RsaPublicKey, as_public_key
from rprocbench.soc.board import Board
from rprocbench.soc.boards import BOARDS
from rprocbench.tee import Generation, generation_of
from rprocbench.tee.heap import TA_HEAP_SIZE
from rprocbench.tee.st_otp import Fuses

from .tee_machine import IMAGE, TeeMachine

LOADED = "remoteproc_load_fw"


@dataclass(frozen=True)
class TeeVerdict:
    """What OP-TEE says to an image, and what is in the M4's memory by then.

    - `result`: the answer; where the real code leaves defined behaviour, that of a safe loader
    - `real`: the answer of the real code, built for `bits` and with the buffer in pages of its own
    - `step`: the function whose check decided, `cite` where it is, `why` what it found
    - `pta_calls`: what the TA asked of the PTA, in the notation of the recorded verdicts
    - `rsc_table`: physical address and size of the resource table, None if there is none
    - `undefined`: how the real code leaves defined behaviour, with the offset; else None
    - `spans`: the bytes that decided; of an image that is loaded all that the TA looked at
    - `memory`: SHA-256 of each region that is not what it was, by name
    - `messages`: lines on the secure console
    """

    result: TeeResult
    real: TeeResult
    step: str
    why: str
    cite: Cite | None
    pta_calls: list[str]
    rsc_table: tuple[int, int] | None
    undefined: str | None
    spans: tuple[Span, ...]
    memory: dict[str, str] = field(repr=False)
    messages: list[str] = field(repr=False)

    @property
    def is_loaded(self) -> bool:
        """Whether the image is loaded."""
        return self.result is TeeResult.SUCCESS

    def __str__(self) -> str:
        text = f"{self.result.name} ({self.result:#010x})"
        if self.why:
            text += f" from {self.step}: {self.why}"
        if self.spans and not self.is_loaded:
            text += f" at {self.spans[0]}"
        return text + (f"; undefined: {self.undefined}" if self.undefined else "")


def tee_load(  # noqa: PLR0913  all but two have defaults
    image: object,
    *,
    public_key: object,
    board: Board | str = "stm32mp157c-dk2",
    ta: Generation | str = "head",
    offset: int = 0,
    bits: int = 32,
    heap_size: int | None = TA_HEAP_SIZE,
    otp: Fuses | None = None,
) -> TeeVerdict:
    """Give `image` to a fresh OP-TEE that has `public_key` built in, and tell what it says.

    `image` is bytes, a path, or None for a NULL pointer. `public_key` is an RSA key of ours, of
    `cryptography`'s, in PEM or DER, or a path. `board` is a name or a `Board`, `ta` a generation
    (`rprocbench.tee.GENERATIONS`). `offset` is how far from an aligned address the buffer begins,
    `bits` how wide a pointer of the TA is. `heap_size` None gives it memory without end. `otp` are
    the fuses that generation `st` reads keys from.

    Raises `InputError` for what cannot be used; nothing about the bytes of `image` is an error.
    """
    data, key = image_bytes(image), rsa_key(public_key)
    where, generation = board_named(board), generation_named(ta)
    check_number("offset", offset, range(1 << 31))
    check_number("bits", bits, (32, 64))

    def ask(*, safe: bool) -> TeeMachine:
        machine = TeeMachine(
            key=key, board=where, generation=generation, bits=bits, heap_size=heap_size, safe=safe,
            otp=otp,
        )  # fmt: skip
        machine.open()
        machine.pta_calls()
        return machine

    machine = ask(safe=False)
    before = machine.memories()
    real = machine.load(data, offset=offset)
    undefined = "; ".join(map(str, machine.tee.hazards)) or None
    result = real
    if undefined:
        machine = ask(safe=True)
        before = machine.memories()
        result = machine.load(data, offset=offset)
    messages = machine.messages()
    trace = machine.run.trace[machine.mark :]
    calls = machine.pta_calls()
    after = machine.memories()
    changed = {name: now for name, now in after.items() if now != before[name]}
    cause = None if result.ret is TeeResult.SUCCESS else cause_in(machine.run.trace)
    _, table = machine.get_rsc()
    pa, size = table[0] | table[1] << 32, table[2] | table[3] << 32
    return TeeVerdict(
        result.ret,
        real.ret,
        cause.function if cause else LOADED,
        cause.why if cause else "",
        cause.cite if cause else None,
        calls,
        (pa, size) if pa or size else None,
        undefined,
        decided(trace, cause),
        {name: sha256(now).hexdigest() for name, now in changed.items()},
        messages,
    )


def cause_in(trace: Trace) -> Cause:
    """Why the last command to the TA failed."""
    last = max(
        index
        for index, event in enumerate(trace)
        if isinstance(event, Failed) and event.function == "tee_ta_invoke_command"
    )
    return cause_of(trace, last)


def decided(trace: Trace, cause: Cause | None) -> tuple[Span, ...]:
    """The bytes that a failure is about, or all of shared memory that was looked at."""
    if cause and cause.span and cause.span.buffer == IMAGE:
        return (cause.span,)
    fetched = [event.span for event in trace if isinstance(event, Fetched)]
    if cause:
        return tuple(fetched[-1:])
    return merged(fetched)


def merged(spans: list[Span]) -> tuple[Span, ...]:
    """The same bytes in as few spans as there can be, in order."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end:
            result[-1] = Span(span.buffer, result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def image_bytes(image: object) -> bytes | None:
    """The bytes of `image`. Raises `InputError` BAD_VALUE for what has none."""
    if image is None:
        return None
    if isinstance(image, (str, Path)):
        return read_file(Path(image), empty=True)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    raise InputError(InputCode.BAD_VALUE, f"an image is bytes or a path, not {image!r:.60}")


def rsa_key(key: object) -> RsaPublicKey:
    """The RSA key in `key`. Raises `InputError` BAD_KEY: OP-TEE has no other kind built in."""
    if isinstance(key, (str, Path)) and "-----BEGIN" not in str(key):
        key = read_file(Path(key))
    found = _read_key(bytes(key)) if isinstance(key, (bytes, bytearray)) else as_public_key(key)
    if not isinstance(found, RsaPublicKey):
        why = "that is no RSA key: OP-TEE has none other built in"
        raise InputError(InputCode.BAD_KEY, why)
    return found


@lru_cache(maxsize=16)  # to read a private key takes ten times as long as to load an image
def _read_key(held: bytes) -> PublicKey:
    return as_public_key(held)


def board_named(board: Board | str) -> Board:
    """The board of that name, or the board itself. Raises `InputError` BAD_VALUE."""
    if isinstance(board, Board):
        return board
    if board not in list(BOARDS):  # compared, not hashed: anything may have been given
        why = f"there is no board {board!r}; there is {', '.join(BOARDS)}"
        raise InputError(InputCode.BAD_VALUE, why)
    return BOARDS[board]


def generation_named(ta: Generation | str) -> Generation:
    """The generation of the TA, by any of its names. Raises `InputError` BAD_VALUE."""
    if not isinstance(ta, (Generation, str)):
        raise InputError(InputCode.BAD_VALUE, f"a generation of the TA has a name, not {ta!r:.40}")
    return generation_of(ta)


def check_number(what: str, number: object, allowed: range | tuple[int, ...]) -> None:
    """Raise `InputError` BAD_VALUE unless `number` is one of `allowed`."""
    if type(number) is not int or number not in allowed:
        text = f"from 0 to {allowed[-1]}" if isinstance(allowed, range) else " or ".join(
            map(str, allowed))  # fmt: skip
        raise InputError(InputCode.BAD_VALUE, f"{what} is {text}, not {number!r:.40}")

# SPDX-License-Identifier: GPL-2.0-or-later
"""How an answer is read: whatever a learner types becomes a plain value, or a hint why it cannot.

Each reader takes any object. It looks at types first and calls nothing of the object that it does
not know, and what it gives is a built-in value, so that comparing it is harmless.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

from rprocbench.base.errors import Errno, InputError, TeeResult, parse_code
from rprocbench.base.run import At, Disturbance, Fail, Poke

Reader = Callable[[object], Any]
LONGEST = 200  # characters of a typed answer, or entries of a list
LARGEST = 1 << 20  # bytes of an image


class Unread(Exception):  # noqa: N818  it is no error: the answer is of another kind
    """An answer of the wrong kind; the text says which kind is wanted."""


def number(answer: object) -> int:
    """A whole number: `12`, `0x0c`, `"0x0c"`, or anything that is an int."""
    if isinstance(answer, bool):
        raise Unread("A number is wanted here, not yes or no.")
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    if isinstance(answer, str) and len(answer) <= LONGEST:
        with suppress(ValueError):
            answer = int(answer.strip().replace(" ", ""), 0)
    if isinstance(answer, int):
        if abs(answer) >= 1 << 64:
            raise Unread("That number needs more than 64 bits.")
        return int(answer)
    raise Unread("A whole number is wanted here: 300, 0x12c, or an expression that gives one.")


def name(answer: object) -> str:
    """A name: text, a function, an enum's member, or the function of a place."""
    if isinstance(answer, Enum):
        return answer.name
    if isinstance(answer, At):
        return answer.function
    if not isinstance(answer, str):
        answer = getattr(answer, "__name__", None)
    if not isinstance(answer, str) or len(answer) > LONGEST:
        raise Unread('A name is wanted here, as text: "rproc_boot", say.')
    return answer.strip().removesuffix("()").strip("`'\"")


def one_of(*known: str) -> Reader:
    """A name out of a few, whatever its case."""
    by_fold = {each.casefold(): each for each in known}

    def read(answer: object) -> str:
        given = name(answer)
        if given.casefold() not in by_fold:
            raise Unread(f"Choose one of: {', '.join(known)}.")
        return by_fold[given.casefold()]

    return read


def code(answer: object) -> str:
    """An error's name: `"EIO"`, `Errno.EIO`, `-5`, `"TEE_ERROR_SECURITY"`, `0xffff000f`."""
    if isinstance(answer, (Errno, TeeResult)):
        return answer.name
    if isinstance(answer, int) and not isinstance(answer, bool):
        for codes, value in ((TeeResult, answer), (Errno, abs(answer))):
            if any(value == known.value for known in codes):
                return str(codes(value).name)
    try:
        return parse_code(name(answer)).name
    except InputError:
        raise Unread('An error\'s name is wanted here: "EIO" or "SECURITY", say.') from None


def names(answer: object) -> tuple[str, ...]:
    """Several names in order: a list, or text with commas or blanks between them."""
    if isinstance(answer, str) and len(answer) <= LONGEST:
        answer = answer.replace(",", " ").split()
    if not isinstance(answer, (list, tuple)) or len(answer) > LONGEST:
        raise Unread('Several names are wanted here, in order: ["LOAD", "START"], say.')
    return tuple(map(name, answer))


def script(answer: object) -> dict[At, Disturbance]:
    """A script: what happens at which places. A single place is taken with EIO."""
    if isinstance(answer, At):
        answer = {answer: Fail(Errno.EIO)}
    if not isinstance(answer, Mapping) or not 0 < len(answer) <= LONGEST:
        raise Unread('A script is wanted here: {At("rproc_start"): Fail(Errno.EIO)}, say.')
    read: dict[At, Disturbance] = {}
    for at, what in list(answer.items()):
        if not isinstance(at, At) or not isinstance(what, (Fail, Poke)):
            raise Unread("A script maps At(...) to Fail(...): one of its entries does not.")
        read[at] = what
    return read


def image(answer: object) -> bytes:
    """An image: bytes, at most a mebibyte of them."""
    if not isinstance(answer, (bytes, bytearray)):
        raise Unread("An image is wanted here: bytes, such as demo_image() gives.")
    if len(answer) > LARGEST:
        raise Unread(f"That image has {len(answer)} bytes; {LARGEST} is the most here.")
    return bytes(answer)
